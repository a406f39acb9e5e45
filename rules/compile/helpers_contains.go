package compile

import (
	"fmt"
	"strings"
)

// This file generates the search for one text in another. Eight places of a text are asked at once: the words at the places
// themselves and at those behind them, each against one byte of what is sought, eight times over. Together they are 0 in the
// bytes of those places where all of it stands.

const (
	everyByte = 0x0101_0101_0101_0101
	highBits  = -0x7f7f_7f7f_7f7f_7f80 // 0x80 in every byte

	// What is sought is asked for whole up to this length. Of what is longer, so many bytes in a row are asked for; only
	// where they stand is the whole compared.
	soughtAtOnce = 16
)

// every is a byte, eight times over.
func every(b byte) int64 { return int64(uint64(b) * everyByte) }

// places pushes the bits of the places, of the eight from an address on, at which bytes stand that locals hold, each eight
// times over. The lowest bit is right; beside it, bits may be set that should not.
func (c *code) places(from uint32, first uint32, count int, differ uint32) {
	for i := range count {
		c.get(from)
		c.memory(opI64Load, uint32(i))
		c.get(first + uint32(i))
		c.op(opI64Xor)
		if i > 0 {
			c.op(opI64Or)
		}
	}
	c.tee(differ)
	c.i64(everyByte)
	c.op(opI64Sub)
	c.get(differ)
	c.i64(-1)
	c.op(opI64Xor, opI64And)
	c.i64(highBits)
	c.op(opI64And)
}

// place turns the lowest bit of places in a local into a place.
func (c *code) place(bits uint32) {
	c.get(bits)
	c.op(opI64Ctz, opI32WrapI64)
	c.i32(3)
	c.op(opI32ShrU)
}

// containsShort is func(p, last, bytes...) -> whether so many bytes, each given eight times over, stand at one of the places
// from p to p + last; at none where that is negative. Words may lie beyond the text, but not beyond the memory.
func (h *helpers) containsShort(length int) int {
	params := []valueType{i32, i32}
	for range length {
		params = append(params, i64)
	}
	return h.function(fmt.Sprintf("contains%d", length), params, i32, func(c *code) {
		const p, last, first = 0, 1, 2
		bits := c.local(i64)
		none := c.block(opBlock)
		again := c.block(opLoop)
		c.get(last)
		c.i32(0)
		c.op(opI32LtS)
		c.brIf(none)
		c.places(p, first, length, bits)
		c.tee(bits)
		c.op(opI64Eqz, opI32Eqz)
		c.block(opIf)
		c.place(bits) // one beyond the last is none
		c.get(last)
		c.op(opI32LeS, opReturn)
		c.end()
		c.step(p, 8)
		c.step(last, -8)
		c.br(again)
		c.end()
		c.end()
		c.i32(0)
	})
}

// containsLong is func(p, last, q, length, from, apart, bytes...) -> whether the text at q stands at one of the places from p
// to p + last. The bytes are some of it, from "from" on; they stand at least "apart" from each other.
func (h *helpers) containsLong() int {
	equal := h.equalBytes()
	params := []valueType{i32, i32, i32, i32, i32, i32}
	for range soughtAtOnce {
		params = append(params, i64)
	}
	return h.function("containsLong", params, i32, func(c *code) {
		const p, last, q, length, from, apart, first = 0, 1, 2, 3, 4, 5, 6
		bits, by := c.local(i64), c.local(i32)
		c.get(p) // p is where the bytes are asked for
		c.get(from)
		c.op(opI32Add)
		c.set(p)
		step := func() {
			c.get(p)
			c.get(by)
			c.op(opI32Add)
			c.set(p)
			c.get(last)
			c.get(by)
			c.op(opI32Sub)
			c.set(last)
		}
		none := c.block(opBlock)
		again := c.block(opLoop)
		c.get(last)
		c.i32(0)
		c.op(opI32LtS)
		c.brIf(none)
		c.i32(8)
		c.set(by)
		c.places(p, first, soughtAtOnce, bits)
		c.tee(bits)
		c.op(opI64Eqz, opI32Eqz)
		c.block(opIf)
		c.place(bits)
		c.set(by)
		step()
		c.get(last)
		c.i32(0)
		c.op(opI32LtS)
		c.brIf(none)
		c.get(p)
		c.get(from)
		c.op(opI32Sub)
		c.get(q)
		c.get(length)
		c.call(equal)
		c.block(opIf)
		c.i32(1)
		c.op(opReturn)
		c.end()
		c.get(apart)
		c.set(by)
		c.end()
		step()
		c.br(again)
		c.end()
		c.end()
		c.i32(0)
	})
}

// sought chooses the bytes by which a long text is looked for: those that overlap themselves least, since a visitor may send
// a text in which they stand as often as they can.
func sought(s string) (from, apart int) {
	for at := range len(s) - soughtAtOnce + 1 {
		piece := s[at : at+soughtAtOnce]
		shift := 1
		for !strings.HasPrefix(piece, piece[shift:]) {
			shift++
		}
		if shift > apart {
			from, apart = at, shift
		}
		if apart == soughtAtOnce {
			break
		}
	}
	return from, apart
}

// containsText pushes whether a text of at most so many bytes, in two locals, contains a constant.
func (g *generator) containsText(p, length uint32, longest int, s string) {
	h := g.helpers
	places := max(0, longest-len(s)+1)
	if s == "" {
		g.i32(1)
		return
	}
	g.get(p)
	g.get(length)
	g.i32(int32(len(s)))
	g.op(opI32Sub)
	push := func(s string) {
		for i := range len(s) {
			g.i64(every(s[i]))
		}
	}
	if len(s) <= soughtAtOnce {
		push(s)
		g.run(h.containsShort(len(s)), upTo(places, 8))
		return
	}
	from, apart := sought(s)
	g.i32(int32(h.module.intern(s)))
	g.i32(int32(len(s)))
	g.i32(int32(from))
	g.i32(int32(apart))
	push(s[from : from+soughtAtOnce])
	g.call(h.containsLong())
	g.charge(h.module.costs(h.containsLong(), upTo(places, min(apart, 8)))) // each turn goes on by so much
	g.charge(uint64(upTo(places, apart)) * h.equalBytesPrice(len(s)))
}

// upTo is how many steps of a size it takes.
func upTo(n, size int) int { return (n + size - 1) / size }
