package profile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/lotse-edge/lotse/policies"
)

// The body of a profile, format 1. Numbers are variable-length, those that rise are written as steps. First come the two
// tables that the rest points into, for a profile repeats itself: the sets of grants and the texts. Then
//
//	created, flags, objected, rows of history, rows of transitions
//	values:   field, shape, provenance, moment, grants, value
//	events:   totals of events and properties; per type: type, number; per event: shape, moment, hash, count, grants,
//	          properties: field, shape, grants, value
//	consents, asked fields, derived
//
// A shape is a byte of flags that says what follows. A value whose shape has the flag more is followed by one of the same
// field, which does not write the field again. Rows from before a field could have several values lack the flag and read as
// they did, so it is the same format; a program from then finds a row with the flag damaged.
const (
	profileBody = 1

	shapeKind        = 0x03
	shapeGeneralised = 0x04
	shapeFloat       = 0x08 // a number of eight bytes
	shapeMore        = 0x10 // of a stored value only

	shapeHash       = 0x01
	shapeCount      = 0x02
	shapeProperties = 0x04

	flagRestricted = 0x01
)

var errInvalid = errors.New("BUG: a profile that cannot be stored")

// encoder writes profiles. It is used again and again: the tables keep their room.
type encoder struct {
	body  []byte
	sets  [][]policies.Grant
	texts []string
	index map[string]uint32
	err   error
}

var encoders = sync.Pool{New: func() any { return &encoder{index: make(map[string]uint32)} }}

// appendProfile appends the body of a profile to dst.
func appendProfile(dst []byte, p *Profile) ([]byte, error) {
	e := encoders.Get().(*encoder)
	defer e.release()
	e.profile(p)
	if e.err != nil {
		return nil, e.err
	}
	dst = append(dst, profileBody)
	dst = binary.AppendUvarint(dst, uint64(len(e.sets)))
	for _, set := range e.sets {
		dst = binary.AppendUvarint(dst, uint64(len(set)))
		for _, g := range set {
			purpose := g.Purpose << 1
			if g.Generalised {
				purpose |= 1
			}
			dst = append(dst, purpose)
			dst = binary.AppendUvarint(dst, uint64(g.Row))
			dst = binary.AppendUvarint(dst, uint64(g.TTLDays))
		}
	}
	dst = binary.AppendUvarint(dst, uint64(len(e.texts)))
	for _, s := range e.texts {
		dst = appendText(dst, s)
	}
	return append(dst, e.body...), nil
}

func (e *encoder) release() {
	if cap(e.body) > 64<<10 || len(e.texts) > 4096 { // one giant must not be kept for good
		return
	}
	clear(e.sets)
	clear(e.texts)
	clear(e.index)
	e.body, e.sets, e.texts, e.err = e.body[:0], e.sets[:0], e.texts[:0], nil
	encoders.Put(e)
}

func (e *encoder) fail(what string) {
	if e.err == nil {
		e.err = fmt.Errorf("%w: %s", errInvalid, what)
	}
}

func (e *encoder) uint(u uint64) { e.body = binary.AppendUvarint(e.body, u) }
func (e *encoder) int(i int64)   { e.body = appendInt(e.body, i) }

func (e *encoder) profile(p *Profile) {
	e.int(int64(p.Created))
	var flags uint64
	if p.Restricted {
		flags |= flagRestricted
	}
	e.uint(flags)
	e.uint(uint64(p.Objected))
	e.uint(uint64(p.consents))
	e.uint(uint64(p.transitions))
	e.uint(uint64(len(p.Values)))
	var order valueOrder
	last := -1
	for i := range p.Values {
		v := &p.Values[i]
		another := i > 0 && v.Field == p.Values[i-1].Field
		if !another {
			last = e.step(last, int(v.Field))
		}
		if !order.next(another, v.Grants) {
			e.fail("the values of a field are out of order, or two are for one purpose")
		}
		e.shape(v.Value, v.Generalised)
		if i+1 < len(p.Values) && p.Values[i+1].Field == v.Field {
			e.body[len(e.body)-1] |= shapeMore
		}
		e.uint(uint64(v.Provenance))
		if v.Provenance > lastProvenance {
			e.fail("provenance")
		}
		e.int(int64(v.At - p.Created))
		e.grants(v.Grants)
		e.value(v.Value)
	}
	e.events(p)
	e.uint(uint64(len(p.Consents)))
	last = -1
	for i := range p.Consents {
		c := &p.Consents[i]
		last = e.step(last, int(c.Purpose))
		e.consent(c, p.Created)
	}
	e.uint(uint64(len(p.Asked)))
	last = -1
	for _, f := range p.Asked {
		last = e.step(last, int(f))
	}
	e.text(p.Derived.Stage)
	e.text(p.Derived.Quadrant)
	e.uint(uint64(len(p.Derived.Segments)))
	for _, s := range p.Derived.Segments {
		e.text(s)
	}
	e.uint(uint64(len(p.Derived.Bands)))
	for _, b := range p.Derived.Bands {
		e.text(b.Score)
		e.text(b.Name)
	}
}

// step writes a number that is greater than the last one of its list.
func (e *encoder) step(last, n int) int {
	if n <= last {
		e.fail("a list is out of order")
	}
	e.uint(uint64(n - last - 1))
	return n
}

func (e *encoder) events(p *Profile) {
	events, properties := 0, 0
	for i := range p.Events {
		events += len(p.Events[i].Events)
		for j := range p.Events[i].Events {
			properties += len(p.Events[i].Events[j].Properties)
		}
	}
	e.uint(uint64(events))
	e.uint(uint64(properties))
	e.uint(uint64(len(p.Events)))
	last := -1
	for i := range p.Events {
		h := &p.Events[i]
		last = e.step(last, int(h.Type))
		e.uint(uint64(len(h.Events)))
		if len(h.Events) == 0 || len(h.Events) > MaxEvents {
			e.fail("a history without events, or with too many")
			return
		}
		at := p.Created
		for j := range h.Events {
			v := &h.Events[j]
			if j == 0 {
				e.shapeOfEvent(v)
				e.int(int64(v.At - at))
			} else {
				if v.At < at {
					e.fail("events are out of order")
				}
				e.shapeOfEvent(v)
				e.uint(uint64(v.At - at))
			}
			at = v.At
			e.event(v)
		}
	}
}

func (e *encoder) shapeOfEvent(v *Event) {
	var shape byte
	if v.Hash != 0 {
		shape |= shapeHash
	}
	if v.Count != 1 {
		shape |= shapeCount
	}
	if len(v.Properties) != 0 {
		shape |= shapeProperties
	}
	e.body = append(e.body, shape)
}

func (e *encoder) event(v *Event) {
	if v.Hash != 0 {
		e.body = binary.LittleEndian.AppendUint64(e.body, v.Hash)
	}
	if v.Count != 1 {
		if !(v.Count > 0) || math.IsInf(v.Count, 0) {
			e.fail("the count of an event")
		}
		e.body = binary.LittleEndian.AppendUint64(e.body, math.Float64bits(v.Count))
	}
	e.grants(v.Grants)
	if len(v.Properties) == 0 {
		return
	}
	e.uint(uint64(len(v.Properties)))
	for i := range v.Properties {
		q := &v.Properties[i]
		e.uint(uint64(q.Field))
		e.shape(q.Value, q.Generalised)
		e.grants(q.Grants)
		e.value(q.Value)
	}
}

func (e *encoder) shape(v Value, generalised bool) {
	s := byte(v.Kind)
	if generalised {
		s |= shapeGeneralised
	}
	if v.Kind == Number && !whole(v.Number) {
		s |= shapeFloat
	}
	e.body = append(e.body, s)
}

func (e *encoder) value(v Value) {
	switch v.Kind {
	case Number:
		switch {
		case math.IsNaN(v.Number) || math.IsInf(v.Number, 0) || v.Text != "":
			e.fail("a number")
		case whole(v.Number):
			e.int(int64(v.Number))
		default:
			e.body = binary.LittleEndian.AppendUint64(e.body, math.Float64bits(v.Number))
		}
	case Boolean:
		if v.Number != 0 && v.Number != 1 || v.Text != "" {
			e.fail("a boolean")
		}
		e.body = append(e.body, byte(v.Number))
	case Text:
		if v.Number != 0 {
			e.fail("a text")
		}
		e.text(v.Text)
	default:
		e.fail("a value without a kind")
	}
}

// grants writes the number of a set of grants. Values that came from one ruling share the slice: that is found first.
func (e *encoder) grants(set []policies.Grant) {
	if len(set) == 0 {
		e.fail("a value without a grant")
		return
	}
	for i, known := range e.sets {
		if len(known) == len(set) && &known[0] == &set[0] {
			e.uint(uint64(i))
			return
		}
	}
	for i, known := range e.sets {
		if slices.Equal(known, set) {
			e.uint(uint64(i))
			return
		}
	}
	for _, g := range set {
		if g.Purpose > 31 {
			e.fail("a purpose's bit")
		}
	}
	e.uint(uint64(len(e.sets)))
	e.sets = append(e.sets, set)
}

func (e *encoder) text(s string) {
	i, ok := e.index[s]
	if !ok {
		i = uint32(len(e.texts))
		e.texts = append(e.texts, s)
		e.index[s] = i
	}
	e.uint(uint64(i))
}

func (e *encoder) consent(c *Consent, base Millis) {
	if c.Purpose > 31 {
		e.fail("a purpose's bit")
	}
	var objected uint64
	if c.Objected {
		objected = 1
	}
	e.uint(uint64(c.Status))
	e.uint(uint64(c.Proof))
	e.uint(objected)
	e.text(c.Method)
	e.text(c.Language)
	e.text(c.TextVersion)
	e.int(int64(c.At - base))
	if c.ValidUntil == 0 {
		e.uint(0)
		return
	}
	e.uint(1)
	e.int(int64(c.ValidUntil - c.At))
}
