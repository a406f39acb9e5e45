package wasm

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// Stores: before each one the granule is marked. The host restores Slack bytes beyond a marked granule, so that a store
// at a small offset is covered by a mark of its base, and stores through one base need one mark.

// maxMarks bounds what is searched at each store.
const maxMarks = 16

func (m *meter) store(i instruction) {
	value, address := m.pop(), m.pop()
	float := i.op == 0x38 || i.op == 0x39
	blurred := float && !value.exact
	mk := mark{base: address.base, low: i.a}
	if uint64(i.a)+16 <= uint64(m.slack) && mk.kind != constantBase {
		mk.low = 0
	}
	switch {
	case m.current(address.base):
		if !m.marked(mk, i.a) {
			m.insert(i.at, m.mark(mk))
			m.marks = append(m.marks, mk)
		}
	case value.at >= 0 && value.at == m.last:
		// The value is one instruction without an effect: the address lies open before it.
		mk.base = base{kind: localBase, local: m.scratch.address()}
		m.insert(value.at, append(appendU32([]byte{0x22}, mk.local), m.mark(mk)...))
	default:
		mk.base = base{kind: localBase, local: m.scratch.address()}
		v := m.scratch.of(stored(i.op))
		b := appendU32([]byte{0x21}, v)
		b = appendU32(append(b, 0x22), mk.local)
		b = append(b, m.mark(mk)...)
		m.insert(i.at, appendU32(append(b, 0x20), v))
		if blurred {
			m.replace(i, m.asInteger(i, appendCanonical(nil, v, i.op == 0x39)))
		}
		return
	}
	if blurred {
		m.replace(i, m.asInteger(i, m.canonical(value, i.op == 0x39)))
	}
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

// marked tells whether a mark that has been made covers a store at this offset. A constant base is marked where it
// lies, so that two of them are the same when their granule is.
func (m *meter) marked(want mark, offset uint32) bool {
	for _, k := range m.marks[max(0, len(m.marks)-maxMarks):] {
		if k.kind == constantBase && want.kind == constantBase && m.granule(k) == m.granule(want) {
			return true
		}
		if k.base == want.base && k.low <= offset && uint64(offset)+16 <= uint64(k.low)+uint64(m.slack) {
			return true
		}
	}
	return false
}

func (m *meter) granule(k mark) uint64 { return (uint64(k.value) + uint64(k.low)) >> m.shift }

// mark sets the bit of the granule where a base plus an offset lies. The sum is made in 64 bits, so that it cannot wrap
// to another granule; what lies beyond the last one traps.
func (m *meter) mark(k mark) []byte {
	b := appendU32([]byte{0x23}, m.mask)
	b = append(b, 0x42, 1)
	if k.kind == constantBase {
		b = appendSigned(append(b, 0x42), int64(m.granule(k)&63))
	} else {
		b = appendU32(append(b, 0x20), k.local)
		if k.kind == wrappedBase {
			b = append(b, 0xa7)
		}
		b = append(b, 0xad)
		if k.low != 0 {
			b = append(appendSigned(append(b, 0x42), int64(k.low)), 0x7c)
		}
		b = append(appendSigned(append(b, 0x42), int64(m.shift)), 0x88)
	}
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
	if m.f.counted == 0 {
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

// render writes the function with its edits.
func (m *meter) render() []byte {
	slices.SortStableFunc(m.edits, func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	b := m.enter(make([]byte, 0, len(m.f.instructions)+16*len(m.edits)), m.edits[0].charge)
	at := 0
	for _, e := range m.edits[1:] {
		b = append(b, m.f.instructions[at:e.at]...)
		at = e.end
		b = append(b, e.b...)
		if s := e.charge; s != nil && s.own && !m.f.free {
			b = m.add(b, opSub, m.fuel, units(s.cost))
			if s.check || m.f.careful {
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
