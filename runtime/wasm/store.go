package wasm

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Stores: before each one the granule is marked, by the address or by another one that is near. The host restores Slack
// bytes on both sides of a marked granule, so that a store at a small offset is covered by a mark of its base, and stores
// near to each other need one mark. The granules lie in a circle, whose length divides 2^32: sums may wrap.

// value is what is known of an i32, or of the lower half of an i64: it lies delta beyond another one, which has a number.
// Number 0 is zero, so that a constant is its own delta. Two of the same number and delta are equal wherever the second one
// is reached: where ways meet, the locals that were set on one of them get new numbers.
type value struct{ number, delta uint32 }

// fresh gives a value that is known to be no other.
func (m *meter) fresh() value {
	m.numbers++
	return value{number: m.numbers}
}

func (m *meter) sum(a, b value, minus bool) value {
	switch {
	case b.number == 0 && minus:
		return value{a.number, a.delta - b.delta}
	case b.number == 0:
		return value{a.number, a.delta + b.delta}
	case a.number == 0 && !minus:
		return value{b.number, a.delta + b.delta}
	}
	return m.fresh()
}

// held tells whether the local that an operand came from holds it still.
func (m *meter) held(o operand) bool { return o.local >= 0 && m.values[o.local] == o.value }

// mark says that this value's granule has been marked.
type mark value

// maxMarks bounds what is searched at each store.
const maxMarks = 16

// marked tells whether a mark that has been made covers the 16 bytes from an address on.
func (m *meter) marked(address value) bool {
	for _, k := range m.marks[max(0, len(m.marks)-maxMarks):] {
		if k.number != address.number {
			continue
		}
		if k.number == 0 && address.delta>>m.shift == k.delta>>m.shift {
			return true
		}
		if beyond := address.delta - k.delta; beyond+m.slack <= 2*m.slack-16 {
			m.reaches(beyond)
			return true
		}
	}
	return false
}

// reaches notes that a store writes up to 16 bytes so far beyond what is marked, or before it where that is negative.
func (w *writer) reaches(beyond uint32) {
	d := int32(beyond)
	w.reach = max(w.reach, uint32(max(d+16, -d)))
}

func (m *meter) store(i instruction) {
	v, address := m.pop(), m.pop()
	blurred := (i.op == 0x38 || i.op == 0x39) && !v.exact
	low := uint32(0)
	if uint64(i.a)+16 > uint64(m.slack) {
		low = i.a
	}
	covered := m.marked(value{address.number, address.delta + i.a})
	switch {
	case covered:
	case address.number == 0:
		m.insert(i.at, m.markConstant(address.delta+low))
	case m.short && low == 0 && m.held(address) && m.f.types[address.local] == I32:
		m.edits = append(m.edits, edit{at: address.end, end: address.end, marks: true, charge: m.takes(address.end)})
	case m.held(address):
		m.insert(i.at, m.mark(uint32(address.local), m.f.types[address.local], low))
	case address.end >= 0:
		s := m.scratch.address()
		m.insert(address.end, append(appendU32([]byte{0x22}, s), m.mark(s, I32, low)...))
	default:
		s, t := m.scratch.address(), m.scratch.of(stored(i.op))
		b := appendU32([]byte{0x21}, t)
		b = append(appendU32(append(b, 0x22), s), m.mark(s, I32, low)...)
		m.insert(i.at, appendU32(append(b, 0x20), t))
		v.local = -1
	}
	if !covered {
		m.reaches(i.a - low)
		m.marks = append(m.marks, mark{address.number, address.delta + low})
	}
	if blurred {
		m.replace(i, m.asInteger(i, m.canonical(v, i.op == 0x39)))
	}
}

// takes gives the current segment if what marks at this place of the body may charge it too: the place belongs to it, and
// nothing that must be tested or charged first lies before.
func (m *meter) takes(at int) *segment {
	s := m.segments.cur
	if at < s.at || s.check || s.taken || s.closed || m.f.careful {
		return nil
	}
	s.taken = true
	return s
}

// asInteger is the store of a float's bits, with what makes them canonical before it.
func (m *meter) asInteger(i instruction, canonical []byte) []byte {
	return append(append(canonical, i.op-2), m.f.instructions[i.at+1:i.end]...) // i32.store and i64.store lie two before
}

// stored is the type of a store's value.
func stored(op byte) ValueType {
	switch op {
	case 0x36, 0x3a, 0x3b:
		return I32
	case 0x38:
		return F32
	case 0x39:
		return F64
	}
	return I64
}

// mark sets the bit of the granule where the address in a local plus an offset lies. A shift takes the six lowest bits of
// the granule's number, which are those of its place in the circle.
func (w *writer) mark(local uint32, t ValueType, low uint32) []byte {
	b := append(appendU32([]byte{0x23}, w.mask), 0x42, 1)
	b = appendU32(append(b, 0x20), local)
	if t == I32 {
		b = append(b, 0xad)
	}
	if low != 0 {
		b = append(appendSigned(append(b, 0x42), int64(low)), 0x7c)
	}
	b = append(appendSigned(append(b, 0x42), int64(w.shift)), 0x88)
	return appendU32(append(b, 0x86, 0x84, 0x24), w.mask)
}

func (m *meter) markConstant(address uint32) []byte {
	b := append(appendU32([]byte{0x23}, m.mask), 0x42, 1)
	b = appendSigned(append(b, 0x42), int64(address>>m.shift&63))
	return appendU32(append(b, 0x86, 0x84, 0x24), m.mask)
}

// scratch are the locals that the instrumenter adds to a function: one for an address, one for a value of each type.
type scratch struct {
	first uint32
	uses  []use
}

type use struct {
	typ     ValueType
	address bool
}

func (s *scratch) of(t ValueType) uint32 { return s.local(use{t, false}) }
func (s *scratch) address() uint32       { return s.local(use{I32, true}) }

func (s *scratch) local(u use) uint32 {
	i := slices.Index(s.uses, u)
	if i < 0 {
		i = len(s.uses)
		s.uses = append(s.uses, u)
	}
	return s.first + uint32(i)
}

func (s *scratch) append(groups []byte) []byte {
	if len(s.uses) == 0 {
		return groups
	}
	n, size := binary.Uvarint(groups)
	b := appendU32(nil, uint32(n)+uint32(len(s.uses)))
	b = append(b, groups[size:]...)
	for _, u := range s.uses {
		b = append(b, 1, byte(u.typ))
	}
	return b
}

// trap ends the call when the condition on the stack holds.
var trap = []byte{opIf, 0x40, 0x00, opEnd}

func (w *writer) add(b []byte, op byte, global uint32, n uint64) []byte {
	b = appendU32(append(b, 0x23), global)
	b = append(appendSigned(append(b, 0x42), int64(n)), op)
	return appendU32(append(b, 0x24), global)
}

const (
	opAdd byte = 0x7c
	opSub byte = 0x7d
)

// exhausted pushes whether the fuel is below 0.
func (w *writer) exhausted(b []byte) []byte {
	return append(appendU32(append(b, 0x23), w.fuel), 0x42, 0, 0x53)
}

// enter charges the entry, takes the stack from the height, and tests both at once.
func (m *meter) enter(b []byte, s *segment) []byte {
	if m.f.free {
		return b
	}
	b = m.add(b, opSub, m.fuel, units(s.cost))
	switch {
	case m.f.counted == 0 && !s.check:
		return b
	case m.f.counted == 0:
		return append(m.exhausted(b), trap...)
	}
	b = m.add(b, opSub, m.height, m.f.counted)
	b = appendU32(append(b, 0x23), m.height)
	b = appendU32(append(b, 0x23), m.fuel)
	b = append(append(b, 0x84, 0x42, 0, 0x53), trap...)
	switch r := m.f.typ.Results; len(r) {
	case 0:
		return append(b, 0x02, 0x40)
	case 1:
		return append(b, 0x02, byte(r[0]))
	default:
		return appendSigned(append(b, 0x02), int64(m.typeOf(FuncType{Results: r})))
	}
}

// due is what a segment is charged.
func (m *meter) due(s *segment) uint64 {
	if s == nil || !s.own || m.f.free {
		return 0
	}
	return units(s.cost)
}

// render writes the function with its edits.
func (m *meter) render() []byte {
	slices.SortStableFunc(m.edits, func(a, b edit) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.end, b.end)) })
	b := m.enter(make([]byte, 0, len(m.f.instructions)+16*len(m.edits)), m.edits[0].charge)
	at := 0
	for _, e := range m.edits[1:] {
		b = append(b, m.f.instructions[at:e.at]...)
		at = e.end
		b = append(b, e.b...)
		n := m.due(e.charge)
		switch {
		case e.marks:
			b = append(b, call(m.helper(markHelper+helperKind(n)))...)
		case n > 0 && !e.charge.taken:
			b = m.add(b, opSub, m.fuel, n)
			if e.charge.check || m.f.careful {
				b = append(m.exhausted(b), trap...)
			}
		}
	}
	b = append(b, m.f.instructions[at:]...)
	if m.f.counted > 0 {
		b = append(m.add(b, opAdd, m.height, m.f.counted), opEnd)
	}
	return b
}
