package wasm

import "slices"

// Helpers stand in for instructions that are rare and whose cost is known only when they run.

type helperKind int

const (
	growHelper helperKind = iota
	copyHelper
	fillHelper
	markHelper // marks an i32 and gives it back; the kinds behind it charge 1, 2, 3 units and so on too
)

func (h helperKind) typ() FuncType {
	if h == growHelper || h >= markHelper {
		return FuncType{Params: []ValueType{I32}, Results: []ValueType{I32}}
	}
	return FuncType{Params: []ValueType{I32, I32, I32}}
}

// helper gives the index of a helper, which is added if it is the first to ask for it.
func (w *writer) helper(h helperKind) uint32 {
	i := slices.Index(w.helpers, h)
	if i < 0 {
		i = len(w.helpers)
		w.helpers = append(w.helpers, h)
	}
	return uint32(len(w.list) + i)
}

func (w *writer) helperBody(h helperKind) Body {
	e := emitter{locals: none}
	switch h {
	case growHelper:
		e.locals = []byte{1, 1, byte(I32)}
		w.grow(&e)
	case copyHelper:
		w.bulk(&e, 0xfc, 10, 0, 0)
	case fillHelper:
		w.bulk(&e, 0xfc, 11, 0)
	default:
		if n := uint64(h - markHelper); n > 0 {
			e.b = w.add(e.b, opSub, w.fuel, n)
		}
		e.get(0)
		e.b = append(e.b, w.mark(0, I32, 0)...)
	}
	return Body{Locals: e.locals, Instructions: append(e.b, opEnd)}
}

func (e *emitter) getGlobal(i uint32) { e.b = appendU32(append(e.b, 0x23), i) }
func (e *emitter) setGlobal(i uint32) { e.b = appendU32(append(e.b, 0x24), i) }

// grow counts: the memory has its full size from the first moment, and what lies beyond the counted pages is zero
// unless the guest itself has written there.
func (w *writer) grow(e *emitter) {
	const by, old = 0, 1
	most := w.physical
	if m := w.m.Memory; m.HasMax {
		most = min(most, max(m.Max, w.size))
	}
	e.getGlobal(w.pages)
	e.op(0x22, old) // tee
	e.op(0xad)      // extend
	e.get(by)
	e.op(0xad, 0x7c) // add
	e.i64(int64(most))
	e.op(0x56, opIf, 0x40) // gt_u
	e.i32(-1)
	e.op(0x0f, opEnd)
	e.get(old)
	e.get(by)
	e.op(0x6a)
	e.setGlobal(w.pages)
	e.get(old)
}

// bulk charges by length, tests, marks every granule from the first byte to the last, and does it. A range that does not
// fit the memory gives a senseless mark, and a trap before anything is written.
func (w *writer) bulk(e *emitter, instruction ...byte) {
	const to, from, length = 0, 1, 2
	e.getGlobal(w.fuel)
	e.get(length)
	e.op(0xad)
	e.i64(bulkShift)
	e.op(0x88, 0x7d)
	e.setGlobal(w.fuel)
	e.b = append(w.exhausted(e.b), trap...)
	e.get(length)
	e.op(opIf, 0x40)
	e.getGlobal(w.mask)
	e.i64(-1)
	e.get(to)
	e.op(0xad)
	e.i64(int64(w.shift))
	e.op(0x88, 0x86) // from the first granule on
	e.i64(-1)
	e.i64(63)
	e.get(to)
	e.op(0xad)
	e.get(length)
	e.op(0xad, 0x7c)
	e.i64(1)
	e.op(0x7d)
	e.i64(int64(w.shift))
	e.op(0x88, 0x7d, 0x88) // up to the last
	e.op(0x83, 0x84)
	e.setGlobal(w.mask)
	e.op(opEnd)
	e.get(to)
	e.get(from)
	e.get(length)
	e.op(instruction...)
}
