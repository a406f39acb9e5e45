package edge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// scratch is what evaluations use one after the other.
type scratch struct {
	values  []abi.Value
	record  []byte
	entries []abi.Entry
}

// evaluate runs the modules whose purposes permit profiling, each over the features that it declared and may see. A module
// that fails leaves its part of the answer out and disturbs no other. When the host is too busy for one of them, it is not
// asked for the others.
func (j *journey) evaluate(ctx context.Context) error {
	if len(j.site.modules) == 0 {
		return nil
	}
	var s scratch
	busy := false
	for _, m := range j.site.modules {
		if !j.mayProfile(m.purpose.Bit) {
			continue
		}
		j.profiled = true
		if busy {
			j.unanswered++
		} else {
			busy = j.ask(ctx, &s, m)
		}
	}
	return ctx.Err()
}

// ask has the version in force answer. When that failed many times in a row, the version before it answers in its place. It
// tells whether the host had no time.
func (j *journey) ask(ctx context.Context, s *scratch, m *siteModule) (busy bool) {
	limit, retry := j.server.config.BreakerFaults, j.server.config.BreakerRetry
	open := true
	if m.module.breaker.allows(j.now, retry) {
		said, err := j.call(ctx, s, m.version, &j.outcome)
		open = m.module.breaker.note(err, j.now, limit, retry)
		if err == nil {
			j.compare(ctx, m, said)
			return false
		}
		j.fault(m, err)
		busy = errors.Is(err, runtime.ErrBusy)
	}
	if !open || busy {
		j.unanswered++
		return busy
	}
	last := m.previous
	if last == nil || !j.mayProfile(last.purpose.Bit) || !last.module.breaker.allows(j.now, retry) {
		j.unanswered++
		j.faults = append(j.faults, faultAnswer{m.name, "The module failed too often and is not asked for a while."})
		return false
	}
	_, err := j.call(ctx, s, last, &j.outcome)
	if last.module.breaker.note(err, j.now, limit, retry); err != nil {
		j.unanswered++
		j.fault(m, err)
		return errors.Is(err, runtime.ErrBusy)
	}
	j.replaced++
	j.faults = append(j.faults, faultAnswer{m.name, "The module failed too often: its version before, " +
		last.module.Manifest().Version + ", answers in its place for a while."})
	return false
}

// call evaluates one version over the visitor and adds what it says to an outcome.
func (j *journey) call(ctx context.Context, s *scratch, v *version, o *rules.Outcome) (said []abi.Entry, err error) {
	at := j.moment()
	s.values = j.profile.AppendValues(s.values[:0], v.plan, v.purpose.Bit, at, j.coarsen)
	if s.record, err = abi.AppendRecord(s.record[:0], at.UnixMilli(), s.values); err != nil {
		return nil, err
	}
	if s.entries, err = v.module.Evaluate(ctx, s.record, s.entries[:0]); err != nil {
		return nil, err
	}
	if err := o.Add(v.module.Manifest(), s.entries); err != nil {
		return nil, fmt.Errorf("%w: %w", errAnswer, err)
	}
	if j.explain && o == &j.outcome {
		j.seen = append(j.seen, answered{v.module.Manifest(), slices.Clone(s.values)})
	}
	return s.entries, nil
}

// errAnswer is a module's answer that its manifest does not allow, or with points out of bounds.
var errAnswer = errors.New("the module's answer is not usable")

// moment is the one that scores are for.
func (j *journey) moment() time.Time {
	if j.at.IsZero() {
		return j.now
	}
	return j.at
}

// fault notes a module's failure for the tenant. A fault names places and causes, never a value.
func (j *journey) fault(m *siteModule, err error) {
	detail := "The module's answer was not usable."
	var f *runtime.Fault
	switch {
	case errors.As(err, &f):
		detail = "The module failed: " + f.Kind.String() + "."
	case errors.Is(err, runtime.ErrBusy):
		detail = "The module was not asked: the server has too much to do."
	case errors.Is(err, runtime.ErrUnsafe):
		detail = "The module is closed: it was not as it should be after a call."
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
		j.emit(before)
		if j.profiled {
			j.site.config.Rating.Finish(&j.outcome, "", j.knownField)
		}
		return
	}
	j.site.config.Rating.Finish(&j.outcome, before.Stage, j.knownField)
	if j.unanswered > 0 {
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
	if len(after.Bands) == 0 {
		return // nothing is derived any more; the stage and the segments have said so
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
	stored := j.profile.ValueFor(field.ID, j.profiling())
	if stored == nil {
		return "", false
	}
	v, exact := stored.Value, stored.Generalised
	for _, g := range stored.Grants {
		exact = exact || j.mayProfile(g.Purpose) && !g.Generalised
	}
	if !exact {
		v = j.coarsen(field.ID, v)
	}
	return v.String(), v.Kind != 0
}

// profiling gives the purposes that permit profiling now.
func (j *journey) profiling() (set uint32) {
	for i := range j.rows {
		if bit := j.rows[i].Bit; j.mayProfile(bit) {
			set |= 1 << bit
		}
	}
	return set
}
