package edge

import (
	"context"
	"errors"
	"slices"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// evaluate runs the modules whose purposes permit profiling, each over the features that it declared and may see. A module
// that fails leaves its part of the answer out and disturbs no other.
func (j *journey) evaluate(ctx context.Context) error {
	var (
		values  []abi.Value
		record  []byte
		entries []abi.Entry
	)
	for _, m := range j.site.modules {
		if !j.mayProfile(m.purpose.Bit) {
			continue
		}
		j.profiled = true
		values = j.profile.AppendValues(values[:0], m.plan, m.purpose.Bit, j.now, j.coarsen)
		var err error
		if record, err = abi.AppendRecord(record[:0], j.now.UnixMilli(), values); err == nil {
			if entries, err = m.module.Evaluate(ctx, record, entries[:0]); err == nil {
				err = j.outcome.Add(m.module.Manifest(), entries)
			}
		}
		if err != nil {
			j.fault(m, err)
		}
	}
	return ctx.Err()
}

// fault notes a module's failure for the tenant. A fault names places and causes, never a value.
func (j *journey) fault(m *siteModule, err error) {
	detail := "The module's answer was not usable."
	var f *runtime.Fault
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		detail = "The module did not answer in time and was stopped."
	case errors.As(err, &f):
		detail = "The module failed: " + f.Kind.String() + "."
	case errors.Is(err, abi.ErrRecordSize):
		detail = "The features that the module reads do not fit into one record."
	}
	j.faults = append(j.faults, faultAnswer{m.name, detail})
	j.server.metrics.faults.WithLabelValues(j.site.config.ID, m.name).Inc()
	j.server.config.Log.Warn("module fault", "tenant", j.site.config.ID, "module", m.name, "digest", m.module.Digest(), "error", err)
}

// mayProfile tells whether a purpose permits to judge the visitor.
func (j *journey) mayProfile(bit uint8) bool {
	for i := range j.rows {
		if j.rows[i].Bit == bit {
			r := j.rows[i].Row
			return r.Permit && r.Profiling >= policies.ProfilingScore && !j.profile.Restricted
		}
	}
	return false
}

// rate turns the modules' answers into bands, quadrant and stage, and notes what changed since the last time.
func (j *journey) rate() {
	before := j.profile.Derived
	if !j.profiled || j.profile.Empty() {
		// Nothing may be derived, so nothing derived is kept; a visitor of whom nothing is stored has no past stage.
		j.profile.Derived = profile.Derived{}
		if j.profiled {
			j.site.config.Rating.Finish(&j.outcome, "", j.knownField)
		}
		return
	}
	j.site.config.Rating.Finish(&j.outcome, before.Stage, j.knownField)
	if len(j.faults) > 0 {
		return // a part is missing: what was derived last time stands
	}
	j.profile.Derived = derivedFrom(&j.outcome)
	j.emit(before)
}

// emit puts what changed into the outbox, to be committed with the profile.
func (j *journey) emit(before profile.Derived) {
	after, at := &j.profile.Derived, profile.At(j.now)
	if after.Stage != before.Stage {
		j.update.Emit(profile.Transition{Visitor: j.id, At: at, Kind: "stage", From: before.Stage, To: after.Stage})
	}
	for _, segment := range after.Segments {
		if !slices.Contains(before.Segments, segment) {
			j.update.Emit(profile.Transition{Visitor: j.id, At: at, Kind: "segment", Name: segment, To: "entered"})
		}
	}
	for _, segment := range before.Segments {
		if !slices.Contains(after.Segments, segment) {
			j.update.Emit(profile.Transition{Visitor: j.id, At: at, Kind: "segment", Name: segment, To: "left"})
		}
	}
	for _, band := range after.Bands {
		if was := bandOf(before.Bands, band.Score); was != band.Name {
			j.update.Emit(profile.Transition{Visitor: j.id, At: at, Kind: "band", Name: band.Score, From: was, To: band.Name})
		}
	}
}

func bandOf(bands []profile.Band, score string) string {
	for _, b := range bands {
		if b.Score == score {
			return b.Name
		}
	}
	return ""
}

func derivedFrom(o *rules.Outcome) profile.Derived {
	d := profile.Derived{Stage: o.Stage, Quadrant: o.Quadrant, Segments: append([]string(nil), o.Segments...)}
	for _, s := range o.Scores {
		d.Bands = append(d.Bands, profile.Band{Score: s.Name, Name: s.Band})
	}
	return d
}

// knownField gives a field for the conditions of a stage: what a purpose that permits profiling may see.
func (j *journey) knownField(name string) (string, bool) {
	field, ok := j.site.config.FieldByName(name)
	if !ok {
		return "", false
	}
	stored := j.profile.Value(field.ID)
	if stored == nil {
		return "", false
	}
	for _, g := range stored.Grants {
		if j.mayProfile(g.Purpose) {
			return stored.Value.String(), true
		}
	}
	return "", false
}
