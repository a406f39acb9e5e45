package policies

import "slices"

// PurposeRow is one purpose of a tenant with the row that answers its situation at this moment.
type PurposeRow struct {
	Bit     uint8 // the purpose's bit, below 32
	Row     *Row
	Key     uint32 // of the situation
	TTLDays int    // the tenant's bound for the purpose; 0: the policy's alone
}

// Target is one field, or one event, of a tenant's catalogue, as far as a ruling may know it.
type Target struct {
	Category Category
	Tag      Tag
	Purposes uint32 // the bits of the purposes that the catalogue binds it to
	TTLDays  int    // the tenant's bound for the field; 0: none
}

// Grant is one purpose's permit to hold one value.
type Grant struct {
	Purpose     uint8 // bit
	Generalised bool  // this purpose may see the coarser form only
	Row         uint32
	TTLDays     uint16
}

// Ruling is what happens to one value: the sum of what its purposes say.
type Ruling struct {
	Verdict FieldVerdict
	Grants  []Grant  // by rising bit; empty with Drop
	Reasons []string // sorted, each once, at least one
}

// Rule combines the answers of a tenant's purposes for one field. A value is kept in the best form that any purpose
// permits, and each grant says which form its own purpose may see. It is a pure function: what it returns shares no
// memory with what it was given, but for the ids.
func Rule(rows []PurposeRow, field Target) Ruling {
	var r Ruling
	r.Grants, r.Reasons = AppendRuling(nil, nil, rows, field)
	r.Verdict = VerdictOf(r.Grants)
	return r
}

// AppendRuling is Rule for a hot path: it appends the grants and the reasons to the caller's slices. The appended grants
// are by rising bit, the appended reasons sorted and each once.
func AppendRuling(grants []Grant, reasons []string, rows []PurposeRow, field Target) ([]Grant, []string) {
	firstGrant, firstReason := len(grants), len(reasons)
	for i := range rows {
		p := &rows[i]
		if p.Row == nil || field.Purposes&(1<<p.Bit) == 0 {
			continue
		}
		rule := p.Row.Field(Class{Category: field.Category, Tag: field.Tag, Bound: true})
		ttl := shortest(int(rule.TTLDays), p.TTLDays, field.TTLDays)
		if rule.Verdict == Drop || ttl == 0 {
			continue
		}
		grants = append(grants, Grant{Purpose: p.Bit, Generalised: rule.Verdict == Generalise, Row: p.Key, TTLDays: ttl})
		reasons = append(reasons, p.Row.Reasons...)
		if rule.Verdict == Generalise || field.Category == CategorySpecial {
			reasons = append(reasons, rule.Reason) // what coarsened it, or the ground of Article 9(2) that it needs besides
		}
	}
	if len(grants) == firstGrant {
		reasons = appendRefusals(reasons, rows, field)
	}
	slices.SortFunc(grants[firstGrant:], func(a, b Grant) int { return int(a.Purpose) - int(b.Purpose) })
	slices.Sort(reasons[firstReason:])
	return grants, reasons[:firstReason+len(slices.Compact(reasons[firstReason:]))]
}

// appendRefusals says why no purpose permits the field: each bound purpose's own reasons, or that none is bound.
func appendRefusals(reasons []string, rows []PurposeRow, field Target) []string {
	first := len(reasons)
	for i := range rows {
		p := &rows[i]
		if p.Row == nil || field.Purposes&(1<<p.Bit) == 0 {
			continue
		}
		if !p.Row.Permit {
			reasons = append(reasons, p.Row.Reasons...)
			continue
		}
		reasons = append(reasons, p.Row.Field(Class{Category: field.Category, Tag: field.Tag, Bound: true}).Reason)
	}
	if len(reasons) == first {
		reasons = append(reasons, ReasonNotBound)
	}
	return reasons
}

// VerdictOf is the verdict that a value's grants add up to: kept if any purpose may see it whole, generalised if purposes
// may see the coarser form only, dropped without any grant.
func VerdictOf(grants []Grant) FieldVerdict {
	verdict := Drop
	for i := range grants {
		if !grants[i].Generalised {
			return Keep
		}
		verdict = Generalise
	}
	return verdict
}

// shortest is the smallest of the bounds that are set. A bound of the policy is always set for a value that it permits.
func shortest(policy int, bounds ...int) uint16 {
	for _, b := range bounds {
		if b > 0 && b < policy {
			policy = b
		}
	}
	return uint16(policy)
}
