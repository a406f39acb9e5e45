package profile

import (
	"slices"
	"time"

	"github.com/lotse-edge/lotse/policies"
)

// Target is what a ruling is about: an event's occurrence, or a field's value, be it a value of the profile or an event's
// property.
type Target struct {
	Event bool
	ID    uint16 // of the event type, or of the field
}

// Shrink rules anew on all that is kept, after a consent, a policy or a catalogue changed. Ruling gives the grants that a
// target would get now; it is asked once for each target. What is kept never grows: a purpose that a value was not granted
// stays out, a generalised grant stays generalised, a time to live gets shorter or stays. A value that no purpose allows
// any more goes, and with an event go its properties. A value that was kept for purposes which are gone is made coarser.
// Shrink gives the number of values, events and properties that went.
func (p *Profile) Shrink(ruling func(Target) []policies.Grant, coarsen Coarsen) (removed int) {
	s := shrinker{ruling: ruling, coarsen: coarsen, rulings: make(map[Target][]policies.Grant)}
	removed = p.eachValue(func(v *Stored) bool {
		v.Grants = s.meet(v.Grants, Target{ID: v.Field})
		return s.settle(v.Field, &v.Value, &v.Generalised, v.Grants)
	})
	p.eachEvent(func(event uint16, e *Event) bool {
		if e.Grants = s.meet(e.Grants, Target{Event: true, ID: event}); len(e.Grants) == 0 {
			removed += 1 + len(e.Properties)
			return false
		}
		removed += e.filter(func(q *Property) bool {
			q.Grants = s.meet(q.Grants, Target{ID: q.Field})
			return s.settle(q.Field, &q.Value, &q.Generalised, q.Grants)
		})
		return true
	})
	return removed
}

// Expire removes the grants that have ended, and what has none left, and makes coarser what is no longer kept for a purpose
// that may have it as it is; without coarsen that goes too. It gives the number of values, events and properties that went.
func (p *Profile) Expire(now time.Time, coarsen Coarsen) (removed int) {
	removed, _ = p.expire(At(now), coarsen)
	return removed
}

// expire also tells whether anything changed, be it no more than a grant.
func (p *Profile) expire(now Millis, coarsen Coarsen) (removed int, changed bool) {
	s := shrinker{coarsen: coarsen}
	removed = p.eachValue(func(v *Stored) bool {
		v.Grants = s.living(v.Grants, v.At, now)
		return s.settle(v.Field, &v.Value, &v.Generalised, v.Grants)
	})
	p.eachEvent(func(_ uint16, e *Event) bool {
		if e.Grants = s.living(e.Grants, e.At, now); len(e.Grants) == 0 {
			removed += 1 + len(e.Properties)
			return false
		}
		removed += e.filter(func(q *Property) bool {
			q.Grants = s.living(q.Grants, e.At, now)
			return s.settle(q.Field, &q.Value, &q.Generalised, q.Grants)
		})
		return true
	})
	return removed, s.changed
}

type shrinker struct {
	ruling  func(Target) []policies.Grant
	coarsen Coarsen
	rulings map[Target][]policies.Grant
	changed bool // of expire: a grant has ended
}

// meet gives what both the old grants and the new ruling allow. It never writes to the old ones, which are shared.
func (s *shrinker) meet(old []policies.Grant, t Target) []policies.Grant {
	ruling, ok := s.rulings[t]
	if !ok {
		ruling = s.ruling(t)
		s.rulings[t] = ruling
	}
	if slices.Equal(old, ruling) {
		return old
	}
	var out []policies.Grant
	for _, g := range old {
		for _, r := range ruling {
			if r.Purpose != g.Purpose {
				continue
			}
			r.Generalised = r.Generalised || g.Generalised
			if r.TTLDays == 0 || g.TTLDays != 0 && g.TTLDays < r.TTLDays {
				r.TTLDays = g.TTLDays
			}
			out = append(out, r)
			break
		}
	}
	return out
}

// settle brings a value into the form that its grants allow, and tells whether anything of it stays.
func (s *shrinker) settle(field uint16, v *Value, generalised *bool, grants []policies.Grant) bool {
	if len(grants) == 0 {
		return false
	}
	if !*generalised && !keeps(grants) {
		if s.coarsen == nil {
			return false
		}
		*v, *generalised = s.coarsen(field, *v), true
	}
	return v.Kind != 0
}

// living gives the grants that have not ended: the same slice where all live.
func (s *shrinker) living(grants []policies.Grant, at, now Millis) []policies.Grant {
	ended := func(g policies.Grant) bool { return !alive(g, at, now) }
	if !slices.ContainsFunc(grants, ended) {
		return grants
	}
	s.changed = true
	var out []policies.Grant
	for _, g := range grants {
		if !ended(g) {
			out = append(out, g)
		}
	}
	return out
}

// eachValue visits all values, removes those for which stay is false, and gives the number that went. A value that has lost
// its lowest purpose may have its place behind another of its field then.
func (p *Profile) eachValue(stay func(*Stored) bool) (removed int) {
	left := 0
	for i := range p.Values {
		if !stay(&p.Values[i]) {
			continue
		}
		if left != i {
			p.Values[left] = p.Values[i]
		}
		left++
	}
	removed = len(p.Values) - left
	clear(p.Values[left:])
	p.Values = p.Values[:left]
	if !slices.IsSortedFunc(p.Values, compareStored) {
		slices.SortFunc(p.Values, compareStored)
	}
	return removed
}

// eachEvent visits all events and removes those for which stay is false, and types without events. Where nothing goes,
// nothing is moved.
func (p *Profile) eachEvent(stay func(event uint16, e *Event) bool) {
	types := 0
	for i := range p.Events {
		h := &p.Events[i]
		left := 0
		for j := range h.Events {
			if !stay(h.Type, &h.Events[j]) {
				continue
			}
			if left != j {
				h.Events[left] = h.Events[j]
			}
			left++
		}
		clear(h.Events[left:])
		if h.Events = h.Events[:left]; left == 0 {
			continue
		}
		if types != i {
			p.Events[types] = *h
		}
		types++
	}
	clear(p.Events[types:])
	p.Events = p.Events[:types]
}

// filter visits the properties and removes those for which stay is false; it gives the number that went.
func (e *Event) filter(stay func(*Property) bool) int {
	left := 0
	for i := range e.Properties {
		if !stay(&e.Properties[i]) {
			continue
		}
		if left != i {
			e.Properties[left] = e.Properties[i]
		}
		left++
	}
	gone := len(e.Properties) - left
	clear(e.Properties[left:])
	if e.Properties = e.Properties[:left]; left == 0 {
		e.Properties = nil
	}
	return gone
}
