package policies

// Document is the row as invariants, officers and other tools see it: JSON's types only, the same on every machine.
func (r *Row) Document() map[string]any {
	fields := map[string]any{}
	for c := range categoryCount {
		byTag := map[string]any{}
		for t := range tagCount {
			rule := r.Field(Class{Category: c, Tag: t, Bound: true})
			byTag[t.String()] = map[string]any{"verdict": rule.Verdict.String(), "days": int(rule.TTLDays), "reason": rule.Reason}
		}
		fields[c.String()] = byTag
	}
	portable := map[string]any{}
	for p := range provenanceCount {
		portable[p.String()] = r.Portable[p]
	}
	return map[string]any{
		"permit": r.Permit, "reasons": r.Reasons, "fields": fields, "retention": r.Retention,
		"profiling": r.Profiling.String(), "review": r.Review, "profiling_reasons": r.ProfilingReasons,
		"transfer": r.Transfer, "transfer_reasons": r.TransferReasons, "device": r.Device, "device_reasons": r.DeviceReasons,
		"portable": portable, "portable_reasons": r.PortableReasons,
	}
}
