package wasm

import "encoding/binary"

// instruction is one instruction of a body that the decoder has admitted, with where it lies in it.
type instruction struct {
	at, end int
	op      byte
	sub     uint32   // behind 0xfc
	a       uint32   // label, function, type, local, global; the offset of a load or store
	block   int64    // a block's type, as in the binary
	value   int64    // of an integer constant
	labels  []uint32 // of a br_table, valid until the next one; the default is the last
}

// cursor reads instructions without checks: the decoder has made them, and what it has not read is not here.
type cursor struct {
	b      []byte
	p      int
	labels []uint32
}

func (c *cursor) u32() uint32 {
	v, n := binary.Uvarint(c.b[c.p:])
	c.p += n
	return uint32(v)
}

func (c *cursor) signed() int64 {
	var v int64
	for shift := uint(0); ; shift += 7 {
		b := c.b[c.p]
		c.p++
		v |= int64(b&0x7f) << shift
		if b < 0x80 {
			if shift+7 < 64 && b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

func (c *cursor) more() bool { return c.p < len(c.b) }

func (c *cursor) next() instruction {
	i := instruction{at: c.p, op: c.b[c.p]}
	c.p++
	switch shape[i.op] {
	case blockOp:
		i.block = c.signed()
	case labelOp, callOp, localOp, globalOp:
		i.a = c.u32()
	case tableOp:
		n := c.u32()
		c.labels = c.labels[:0]
		for range n + 1 {
			c.labels = append(c.labels, c.u32())
		}
		i.labels = c.labels
	case indirectOp:
		i.a = c.u32()
		c.u32()
	case memoryOp:
		c.u32()
		i.a = c.u32()
	case zeroOp:
		c.p++
	case i32Op, i64Op:
		i.value = c.signed()
	case f32Op:
		c.p += 4
	case f64Op:
		c.p += 8
	case prefixOp:
		i.sub = c.u32()
		switch i.sub {
		case 10:
			c.p += 2
		case 11:
			c.p++
		}
	}
	i.end = c.p
	return i
}

// localTypes gives the types of a function's parameters and locals.
func localTypes(t FuncType, locals []byte) []ValueType {
	list := append([]ValueType(nil), t.Params...)
	c := cursor{b: locals}
	for range c.u32() {
		n, t := c.u32(), ValueType(locals[c.p])
		c.p++
		for range n {
			list = append(list, t)
		}
	}
	return list
}

// effect is how many operands a plain instruction takes; each gives one result, but those that give none.
func effect(op byte) (pops, pushes int) {
	switch {
	case op >= 0x28 && op <= 0x35: // loads
		return 1, 1
	case op >= 0x36 && op <= 0x3e: // stores
		return 2, 0
	case op == 0x01:
		return 0, 0
	case op == 0x1a: // drop
		return 1, 0
	case op == 0x1b: // select
		return 3, 1
	case op == 0x3f: // memory.size
		return 0, 1
	case op == 0x40: // memory.grow
		return 1, 1
	case op >= 0x41 && op <= 0x44: // constants
		return 0, 1
	case op == 0x45, op == 0x50, op >= 0x67 && op <= 0x69, op >= 0x79 && op <= 0x7b, op >= 0x8b && op <= 0x91,
		op >= 0x99 && op <= 0x9f, op >= 0xa7 && op <= 0xc4:
		return 1, 1
	}
	return 2, 1 // comparisons and binary arithmetic
}

func isStore(op byte) bool { return op >= 0x36 && op <= 0x3e }
