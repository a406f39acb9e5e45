package profile

import (
	"math"
	"time"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// AppendValues appends the features that a module reads, in the order of the plan, exact at now and seen with the eyes of
// one purpose: a value, an event or a property that the purpose was not granted, or whose grant has ended, is not there.
// Where the grant is for the generalised form, coarsen makes it.
//
// A window ends with now and is open at its start: an event counts when now-window < time <= now. Events later than now
// do not count at all. Count and Decayed weigh an event by its count; Sum adds the property of each event once. Count, Sum
// and Decayed are 0 without events, DaysSinceFirst and DaysSinceLast are absent. A condition on a property that is not
// there does not hold.
//
// It allocates nothing but what dst lacks, beside what coarsen does. The texts are those of the profile.
func (p *Profile) AppendValues(dst []abi.Value, plan *rules.Plan, purposeBit uint8, now time.Time, coarsen Coarsen) []abi.Value {
	w := viewer{purpose: purposeBit, now: At(now), coarsen: coarsen}
	for i := range plan.Features {
		f := &plan.Features[i]
		if f.Aggregate == abi.FieldValue {
			dst = append(dst, w.field(p, f))
		} else {
			dst = append(dst, w.aggregate(p.History(f.Event), f))
		}
	}
	return dst
}

// viewer is the eyes of one purpose at one moment.
type viewer struct {
	purpose uint8
	now     Millis
	coarsen Coarsen
}

func (w *viewer) field(p *Profile, f *rules.PlannedFeature) abi.Value {
	s := p.ValueFor(f.Field, 1<<w.purpose)
	if s == nil {
		return abi.Value{Type: f.Type}
	}
	v, ok := w.see(s.Field, s.Value, s.Generalised, s.Grants, s.At)
	if !ok {
		return abi.Value{Type: f.Type}
	}
	return v.feature(f.Type)
}

// see gives a value in the form that the purpose may have.
func (w *viewer) see(field uint16, v Value, generalised bool, grants []policies.Grant, at Millis) (Value, bool) {
	g, ok := granted(grants, w.purpose, at, w.now)
	if !ok {
		return Value{}, false
	}
	if g.Generalised && !generalised {
		if w.coarsen == nil {
			return Value{}, false
		}
		v = w.coarsen(field, v)
	}
	return v, v.Kind != 0
}

const millisOfDay = float64(day)

func (w *viewer) aggregate(h *History, f *rules.PlannedFeature) abi.Value {
	out := abi.Value{Type: f.Type}
	if f.Aggregate != abi.DaysSinceFirst && f.Aggregate != abi.DaysSinceLast {
		out.Present = true
	}
	if h == nil {
		return out
	}
	events := h.Events[:h.after(w.now)]
	if f.WindowMillis > 0 {
		events = events[min(h.after(w.now-Millis(f.WindowMillis)), len(events)):]
	}
	switch f.Aggregate {
	case abi.DaysSinceFirst:
		for i := range events {
			if w.counts(&events[i], f) {
				out.Present, out.Number = true, float64(w.now-events[i].At)/millisOfDay
				break
			}
		}
	case abi.DaysSinceLast:
		for i := len(events) - 1; i >= 0; i-- {
			if w.counts(&events[i], f) {
				out.Present, out.Number = true, float64(w.now-events[i].At)/millisOfDay
				break
			}
		}
	case abi.Count:
		for i := range events {
			if w.counts(&events[i], f) {
				out.Number += events[i].Count
			}
		}
	case abi.Sum:
		for i := range events {
			if !w.counts(&events[i], f) {
				continue
			}
			if v, ok := w.property(&events[i], f.Property); ok && v.Kind == Number {
				out.Number += v.Number
			}
		}
	case abi.Decayed:
		for i := range events {
			if w.counts(&events[i], f) {
				out.Number += events[i].Count * math.Exp2(-float64(w.now-events[i].At)/f.HalfLifeMillis)
			}
		}
	}
	// A sum of finite numbers can leave their range; a record takes finite numbers only.
	out.Number = max(-math.MaxFloat64, min(math.MaxFloat64, out.Number))
	return out
}

// counts tells whether the purpose sees an event and the conditions hold.
func (w *viewer) counts(e *Event, f *rules.PlannedFeature) bool {
	if _, ok := granted(e.Grants, w.purpose, e.At, w.now); !ok {
		return false
	}
	for i := range f.Where {
		c := &f.Where[i]
		v, ok := w.property(e, c.Property)
		if !ok || !v.meets(c.In, c.Prefix) {
			return false
		}
	}
	return true
}

func (w *viewer) property(e *Event, field uint16) (Value, bool) {
	for i := range e.Properties {
		if q := &e.Properties[i]; q.Field == field {
			return w.see(field, q.Value, q.Generalised, q.Grants, e.At)
		}
	}
	return Value{}, false
}
