package profile

import (
	"fmt"
	"math"

	"github.com/lotse-edge/lotse/policies"
)

// slack is the room that a decoded list of events has for new ones.
const slack = 4

// decoder reads profiles. Lists are cut from a few large arrays, each piece with its own capacity, so that an append to one
// never meets the next.
type decoder struct {
	reader
	sets       [][]policies.Grant
	texts      []string
	events     []Event
	properties []Property
}

// decodeProfile reads a body. It never allocates more than a small multiple of the body's size.
func decodeProfile(body []byte, id VisitorID) (*Profile, error) {
	if len(body) > maxRow {
		return nil, fmt.Errorf("%w: a profile of %d bytes", ErrDamaged, len(body))
	}
	d := decoder{reader: newReader(body)}
	if v := d.byte(); v != profileBody && !d.bad {
		return nil, fmt.Errorf("%w: a profile of version %d", ErrFormat, v)
	}
	d.tables()
	p := &Profile{ID: id}
	d.profile(p)
	if err := d.end(); err != nil {
		return nil, err
	}
	return p, nil
}

func (d *decoder) tables() {
	n := d.count(4)
	d.sets = make([][]policies.Grant, n)
	grants := make([]policies.Grant, 0, 2*n)
	for i := range d.sets {
		k := d.count(3)
		if k == 0 {
			d.fail()
			return
		}
		from := len(grants)
		for range k {
			b := d.byte()
			if b > 63 {
				d.fail()
				return
			}
			grants = append(grants, policies.Grant{
				Purpose:     b >> 1,
				Generalised: b&1 != 0,
				Row:         uint32(d.below(math.MaxUint32)),
				TTLDays:     uint16(d.below(math.MaxUint16)),
			})
		}
		d.sets[i] = grants[from:len(grants):len(grants)]
	}
	d.texts = make([]string, d.count(1))
	for i := range d.texts {
		d.texts[i] = d.reader.text()
	}
}

// list makes a list of n; nil for none, as an encoder cannot tell the two apart.
func list[T any](n int) []T {
	if n == 0 {
		return nil
	}
	return make([]T, n)
}

func (d *decoder) profile(p *Profile) {
	p.Created = Millis(d.int())
	flags := d.below(flagRestricted)
	p.Restricted = flags&flagRestricted != 0
	p.Objected = uint32(d.below(math.MaxUint32))
	p.consents = uint32(d.below(math.MaxUint32))
	p.transitions = uint32(d.below(math.MaxUint32))
	d.values(p)
	d.histories(p)
	p.Consents = list[Consent](d.count(8))
	last := -1
	for i := range p.Consents {
		last = d.step(last, 31)
		p.Consents[i].Purpose = uint8(last)
		d.consent(&p.Consents[i], p.Created)
	}
	p.Asked = list[uint16](d.count(1))
	last = -1
	for i := range p.Asked {
		last = d.step(last, math.MaxUint16)
		p.Asked[i] = uint16(last)
	}
	p.Derived.Stage = d.text()
	p.Derived.Quadrant = d.text()
	p.Derived.Segments = list[string](d.count(1))
	for i := range p.Derived.Segments {
		p.Derived.Segments[i] = d.text()
	}
	p.Derived.Bands = list[Band](d.count(2))
	for i := range p.Derived.Bands {
		p.Derived.Bands[i] = Band{Score: d.text(), Name: d.text()}
	}
}

func (d *decoder) values(p *Profile) {
	p.Values = list[Stored](d.count(5))
	var order valueOrder
	last, more := -1, false
	for i := range p.Values {
		v := &p.Values[i]
		if !more {
			last = d.step(last, math.MaxUint16)
		}
		v.Field = uint16(last)
		shape := d.byte()
		another := more
		more = shape&shapeMore != 0
		shape = d.shape(shape&^shapeMore, &v.Generalised)
		v.Provenance = Provenance(d.below(uint64(lastProvenance)))
		v.At = p.Created + Millis(d.int())
		v.Grants = d.grants()
		v.Value = d.value(shape)
		if !order.next(another, v.Grants) {
			d.fail()
		}
	}
	if more {
		d.fail()
	}
}

func (d *decoder) step(last int, most uint64) int {
	n := uint64(last+1) + d.below(most)
	if n > most {
		d.fail()
		return last
	}
	return int(n)
}

func (d *decoder) histories(p *Profile) {
	events, properties := d.count(3), d.count(4)
	types := d.count(2)
	if d.bad || types > events {
		d.fail()
		return
	}
	d.events = make([]Event, events+slack*types)
	d.properties = make([]Property, properties)
	p.Events = list[History](types)
	last := -1
	for i := range p.Events {
		last = d.step(last, math.MaxUint16)
		n := int(d.below(MaxEvents))
		if d.bad || n == 0 || n > events {
			d.fail()
			return
		}
		events -= n
		h := &p.Events[i]
		h.Type, h.Events = uint16(last), d.events[:n:n+slack]
		d.events = d.events[n+slack:]
		at := p.Created
		for j := range h.Events {
			shape := d.byte()
			if j == 0 {
				at += Millis(d.int())
			} else {
				at += Millis(d.uint())
			}
			if j > 0 && at < h.Events[j-1].At {
				d.fail()
				return
			}
			h.Events[j].At = at
			d.event(&h.Events[j], shape)
		}
	}
	if events != 0 || len(d.properties) != 0 {
		d.fail()
	}
}

func (d *decoder) event(e *Event, shape byte) {
	if shape > shapeHash|shapeCount|shapeProperties {
		d.fail()
		return
	}
	if shape&shapeHash != 0 {
		e.Hash = d.fixed()
	}
	e.Count = 1
	if shape&shapeCount != 0 {
		e.Count = math.Float64frombits(d.fixed())
		if !(e.Count > 0) || math.IsInf(e.Count, 0) {
			d.fail()
		}
	}
	e.Grants = d.grants()
	if shape&shapeProperties == 0 {
		return
	}
	n := int(d.below(uint64(len(d.properties))))
	if n == 0 {
		d.fail()
		return
	}
	e.Properties = d.properties[:n:n]
	d.properties = d.properties[n:]
	for i := range e.Properties {
		q := &e.Properties[i]
		q.Field = uint16(d.below(math.MaxUint16))
		shape := d.shape(d.byte(), &q.Generalised)
		q.Grants = d.grants()
		q.Value = d.value(shape)
	}
}

// shape checks the shape of a value.
func (d *decoder) shape(s byte, generalised *bool) byte {
	*generalised = s&shapeGeneralised != 0
	if s > shapeKind|shapeGeneralised|shapeFloat || s&shapeFloat != 0 && Kind(s&shapeKind) != Number {
		d.fail()
	}
	return s
}

func (d *decoder) value(shape byte) (v Value) {
	v.Kind = Kind(shape & shapeKind)
	switch v.Kind {
	case Number:
		if shape&shapeFloat == 0 {
			v.Number = float64(d.int())
		} else {
			v.Number = math.Float64frombits(d.fixed())
		}
		if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
			d.fail()
		}
	case Boolean:
		if b := d.byte(); b > 1 {
			d.fail()
		} else {
			v.Number = float64(b)
		}
	case Text:
		v.Text = d.text()
	default:
		d.fail()
	}
	return v
}

func (d *decoder) grants() []policies.Grant {
	i := d.uint()
	if i >= uint64(len(d.sets)) {
		d.fail()
		return nil
	}
	return d.sets[i]
}

// text reads the number of a text; it hides the reader's own, which reads a text in place.
func (d *decoder) text() string {
	i := d.uint()
	if i >= uint64(len(d.texts)) {
		d.fail()
		return ""
	}
	return d.texts[i]
}

func (d *decoder) consent(c *Consent, base Millis) {
	c.Status = policies.Status(d.below(math.MaxUint8))
	c.Proof = policies.Proof(d.below(math.MaxUint8))
	c.Objected = d.below(1) != 0
	c.Method, c.Language, c.TextVersion = d.text(), d.text(), d.text()
	c.At = base + Millis(d.int())
	if d.below(1) != 0 {
		c.ValidUntil = c.At + Millis(d.int())
	}
}
