package profile

import (
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

// MaxEvents is how many events of one type a profile keeps: the newest. When one more comes, the oldest goes, so a count
// without a window is a count of at most so many events.
const MaxEvents = 1024

// History is the events of one type, by rising time. It is never empty within a profile.
type History struct {
	Type   uint16
	Events []Event
}

// Event is one thing that a visitor did.
type Event struct {
	At         Millis
	Hash       uint64  // of the website's id for the event; 0: none, and then no duplicate is noticed
	Count      float64 // how many times it stands for; 0 counts as 1
	Grants     []policies.Grant
	Properties []Property
}

// Property is a field's value among an event's properties. A purpose sees it while it is granted both the property and
// the event.
type Property struct {
	Field       uint16
	Value       Value
	Generalised bool
	Grants      []policies.Grant
}

// History finds the events of a type; nil where there are none.
func (p *Profile) History(event uint16) *History {
	if i, ok := p.findHistory(event); ok {
		return &p.Events[i]
	}
	return nil
}

func (p *Profile) findHistory(event uint16) (int, bool) {
	return slices.BinarySearchFunc(p.Events, event, func(h History, t uint16) int { return int(h.Type) - int(t) })
}

// AddEvent adds an event in its place in time, after those of the same moment. It tells whether the profile has an event
// of this type with this hash already; a duplicate changes nothing. An event without a grant is not kept, nor is a property
// without one. When there are MaxEvents already, the oldest goes; that may be the new one.
func (p *Profile) AddEvent(event uint16, e Event) (duplicate bool) {
	i, ok := p.findHistory(event)
	if ok && e.Hash != 0 {
		list := p.Events[i].Events
		for j := range list {
			if list[j].Hash == e.Hash {
				return true
			}
		}
	}
	if len(e.Grants) == 0 {
		return false
	}
	if e.Count == 0 {
		e.Count = 1
	}
	for _, q := range e.Properties {
		if !q.Generalised && len(q.Grants) > 0 && !keeps(q.Grants) {
			panic("BUG: a property that no purpose may keep as it is must be generalised before it is stored")
		}
	}
	e.Properties = kept(e.Properties)
	if !ok {
		p.Events = slices.Insert(p.Events, i, History{Type: event})
	}
	h := &p.Events[i]
	at := h.after(e.At)
	if len(h.Events) >= MaxEvents {
		if at == 0 {
			return false
		}
		copy(h.Events, h.Events[1:at])
		h.Events[at-1] = e
		return false
	}
	h.Events = slices.Insert(h.Events, at, e)
	return false
}

// kept gives the properties that have a grant and a value; the list itself where all have.
func kept(list []Property) []Property {
	drop := func(q Property) bool { return len(q.Grants) == 0 || q.Value.Kind == 0 }
	if !slices.ContainsFunc(list, drop) {
		return list
	}
	var out []Property
	for _, q := range list {
		if !drop(q) {
			out = append(out, q)
		}
	}
	return out
}

// after gives the index of the first event later than a moment.
func (h *History) after(at Millis) int {
	i, j := 0, len(h.Events)
	for i < j {
		m := int(uint(i+j) >> 1)
		if h.Events[m].At > at {
			j = m
		} else {
			i = m + 1
		}
	}
	return i
}

// trim removes the oldest quarter of the events of the type that has the most, at least one; false when there are none.
func (p *Profile) trim() bool {
	if len(p.Events) == 0 {
		return false
	}
	most := 0
	for i := range p.Events {
		if len(p.Events[i].Events) > len(p.Events[most].Events) {
			most = i
		}
	}
	h := &p.Events[most]
	h.Events = slices.Delete(h.Events, 0, (len(h.Events)+3)/4)
	if len(h.Events) == 0 {
		p.Events = slices.Delete(p.Events, most, most+1)
	}
	return true
}
