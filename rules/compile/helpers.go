package compile

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// helpers are functions that generated code calls. A module has those that it needs.
type helpers struct {
	module *binaryModule
	made   map[string]int
}

func newHelpers(m *binaryModule) *helpers { return &helpers{module: m, made: map[string]int{}} }

// function gives a helper, and makes it when it is first asked for.
func (h *helpers) function(name string, params []valueType, result valueType, write func(*code)) int {
	if f, ok := h.made[name]; ok {
		return f
	}
	f := h.module.declare(params, []valueType{result})
	h.made[name] = f
	c := newCode(len(params))
	write(c)
	h.module.define(f, c)
	return f
}

// equalBytes is func(p, q, n) -> whether n bytes are the same: eight at a time, and of the last eight, which may lie beyond them
// but not beyond the memory, those that count.
func (h *helpers) equalBytes() int {
	return h.function("equalBytes", []valueType{i32, i32, i32}, i32, func(c *code) {
		const p, q, n = 0, 1, 2
		words := func(differ ...byte) {
			c.get(p)
			c.memory(opI64Load, 0)
			c.get(q)
			c.memory(opI64Load, 0)
			c.op(differ...)
		}
		few := c.block(opBlock)
		again := c.block(opLoop)
		c.get(n)
		c.i32(8)
		c.op(opI32LtU)
		c.brIf(few)
		words(opI64Ne)
		c.block(opIf)
		c.i32(0)
		c.op(opReturn)
		c.end()
		c.step(p, 8)
		c.step(q, 8)
		c.step(n, -8)
		c.br(again)
		c.end()
		c.end()
		words(opI64Xor)
		c.firstBytes(n)
		c.op(opI64And, opI64Eqz)
	})
}

// equalBytesPrice is the price of a call for so many bytes.
func (h *helpers) equalBytesPrice(n int) uint64 { return h.module.costs(h.equalBytes(), n/8) }

// equalTexts is func(p, n, q, m) -> whether the texts are the same.
func (h *helpers) equalTexts() int {
	bytes := h.equalBytes()
	return h.function("equalTexts", []valueType{i32, i32, i32, i32}, i32, func(c *code) {
		const p, n, q, m = 0, 1, 2, 3
		c.get(n)
		c.get(m)
		c.op(opI32Eq)
		c.open(opIf, byte(i32))
		c.get(p)
		c.get(q)
		c.get(n)
		c.call(bytes)
		c.op(opElse)
		c.i32(0)
		c.end()
	})
}

// compareTexts is func(p, n, q, m) -> below, at or above 0, byte by byte: eight at a time until they differ. The last eight may
// lie beyond a text, but not beyond the memory, and what lies there is masked.
func (h *helpers) compareTexts() int {
	return h.function("compareTexts", []valueType{i32, i32, i32, i32}, i32, func(c *code) {
		const p, n, q, m = 0, 1, 2, 3
		left, a, b, differ := c.local(i32), c.local(i64), c.local(i64), c.local(i64)
		words := func() { // pushes what differs in the next eight bytes
			c.get(p)
			c.memory(opI64Load, 0)
			c.tee(a)
			c.get(q)
			c.memory(opI64Load, 0)
			c.tee(b)
			c.op(opI64Xor)
		}
		c.get(n)
		c.get(m)
		c.get(n)
		c.get(m)
		c.op(opI32LtU, opSelect)
		c.set(left)

		found := c.block(opBlock)
		few := c.block(opBlock)
		again := c.block(opLoop)
		c.get(left)
		c.i32(8)
		c.op(opI32LtU)
		c.brIf(few)
		words()
		c.tee(differ)
		c.op(opI64Eqz, opI32Eqz)
		c.brIf(found)
		c.step(p, 8)
		c.step(q, 8)
		c.step(left, -8)
		c.br(again)
		c.end()
		c.end()
		words()
		c.firstBytes(left)
		c.op(opI64And)
		c.tee(differ)
		c.op(opI64Eqz)
		c.block(opIf)
		c.get(n) // lengths are small, so that their difference is no overflow
		c.get(m)
		c.op(opI32Sub, opReturn)
		c.end()
		c.end()

		// The lowest bit that differs lies in the first byte that does.
		c.get(differ)
		c.op(opI64Ctz)
		c.i64(56)
		c.op(opI64And)
		c.set(differ)
		for _, word := range []uint32{a, b} {
			c.get(word)
			c.get(differ)
			c.op(opI64ShrU, opI32WrapI64)
			c.i32(0xff)
			c.op(opI32And)
		}
		c.op(opI32Sub)
	})
}

// compareTextsPrice is the price of a call for texts of which the shorter one has so many bytes.
func (h *helpers) compareTextsPrice(n int) uint64 { return h.module.costs(h.compareTexts(), n/8) }

// step adds a constant to a local.
func (c *code) step(local uint32, by int32) {
	c.get(local)
	c.i32(by)
	c.op(opI32Add)
	c.set(local)
}

// firstBytes pushes a mask of so many bytes, of which there are fewer than eight.
func (c *code) firstBytes(count uint32) {
	c.i64(1)
	c.get(count)
	c.i32(3)
	c.op(opI32Shl, opI64ExtendI32U, opI64Shl)
	c.i64(1)
	c.op(opI64Sub)
}

// codePoints is func(p, n) -> the number of characters: bytes that do not continue one, which those do whose highest bits are
// 1 and 0. Eight bytes at a time are looked at, and of the last eight, which may lie beyond the text, those that are its own.
func (h *helpers) codePoints() int {
	return h.function("codePoints", []valueType{i32, i32}, i64, func(c *code) {
		const p, n = 0, 1
		left, word, count := c.local(i32), c.local(i64), c.local(i64)
		next := func() { // takes those that continue one in the word on the stack off the count
			c.set(word)
			c.get(count)
			c.get(word)
			c.i64(7)
			c.op(opI64ShrU)
			c.get(word)
			c.i64(-1)
			c.op(opI64Xor)
			c.i64(6)
			c.op(opI64ShrU, opI64And)
			c.i64(everyByte)
			c.op(opI64And, opI64Popcnt, opI64Sub)
			c.set(count)
		}
		c.get(n)
		c.tee(left)
		c.op(opI64ExtendI32U)
		c.set(count)
		few := c.block(opBlock)
		again := c.block(opLoop)
		c.get(left)
		c.i32(8)
		c.op(opI32LtU)
		c.brIf(few)
		c.get(p)
		c.memory(opI64Load, 0)
		next()
		c.step(p, 8)
		c.step(left, -8)
		c.br(again)
		c.end()
		c.end()
		c.get(p)
		c.memory(opI64Load, 0)
		c.firstBytes(left)
		c.op(opI64And)
		next()
		c.get(count)
	})
}

// texts makes a table of the constants, by length and then by bytes: an address and a length each.
func (h *helpers) texts(list []*node) (table uint32, all []string) {
	for _, n := range list {
		all = append(all, n.text)
	}
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(a)-len(b), cmp.Compare(a, b)) })
	all = slices.Compact(all)
	var rows []byte
	for _, s := range all {
		rows = binary.LittleEndian.AppendUint32(rows, h.module.intern(s))
		rows = binary.LittleEndian.AppendUint32(rows, uint32(len(s)))
	}
	h.module.align()
	return h.module.intern(string(rows)), all
}

// search writes a binary search over a table of eight-byte rows: local 0 on is the key, then the table and the count.
// look gets the address of a row in a local and pushes below 0, 0 or above 0 for a key below, at or above the row.
func search(c *code, table, count uint32, look func(row uint32)) {
	half, row, order := c.local(i32), c.local(i32), c.local(i32)
	done := c.block(opBlock)
	again := c.block(opLoop)
	c.get(count)
	c.op(opI32Eqz)
	c.brIf(done)
	c.get(count)
	c.i32(1)
	c.op(opI32ShrU)
	c.tee(half)
	c.i32(3)
	c.op(opI32Shl)
	c.get(table)
	c.op(opI32Add)
	c.set(row)
	look(row)
	c.tee(order)
	c.op(opI32Eqz)
	c.block(opIf)
	c.i32(1)
	c.op(opReturn)
	c.end()
	c.get(order)
	c.i32(0)
	c.op(opI32GtS)
	c.block(opIf) // behind the row: what is left begins after it
	c.get(row)
	c.i32(8)
	c.op(opI32Add)
	c.set(table)
	c.get(count)
	c.get(half)
	c.op(opI32Sub)
	c.i32(1)
	c.op(opI32Sub)
	c.set(count)
	c.op(opElse)
	c.get(half)
	c.set(count)
	c.end()
	c.br(again)
	c.end()
	c.end()
	c.i32(0)
}

// findText is func(p, n, table, count) -> whether the text is in the table.
func (h *helpers) findText() int {
	compare := h.compareTexts()
	return h.function("findText", []valueType{i32, i32, i32, i32}, i32, func(c *code) {
		const p, n, table, count = 0, 1, 2, 3
		search(c, table, count, func(row uint32) {
			length := c.local(i32)
			c.get(n)
			c.get(row)
			c.memory(opI32Load, 4)
			c.op(opI32Sub)
			c.tee(length)
			c.op(opI32Eqz)
			c.open(opIf, byte(i32))
			c.get(p)
			c.get(n)
			c.get(row)
			c.memory(opI32Load, 0)
			c.get(n)
			c.call(compare)
			c.op(opElse)
			c.get(length)
			c.end()
		})
	})
}

// findTextPrice is the price of a call for a text of at most so many bytes. It is compared with rows of its own length only.
func (h *helpers) findTextPrice(table []string, longest int) uint64 {
	turns := bits.Len(uint(len(table)))
	var compared uint64
	for from := 0; from < len(table); {
		to := from + 1
		for to < len(table) && len(table[to]) == len(table[from]) {
			to++
		}
		if n := len(table[from]); n <= longest {
			compared = max(compared, uint64(min(to-from, turns))*h.compareTextsPrice(n))
		}
		from = to
	}
	return h.module.costs(h.findText(), turns) + compared
}

// numbers makes a sorted table of the constants.
func (h *helpers) numbers(list []*node) (table, count uint32) {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.double, b.double))
	})
	var rows []byte
	for _, n := range sorted {
		if n.kind == aDouble {
			rows = append(rows, doubleBits(n.double)...)
		} else {
			rows = binary.LittleEndian.AppendUint64(rows, uint64(n.number))
		}
	}
	h.module.align()
	return h.module.intern(string(rows)), uint32(len(sorted))
}

// findNumber is func(v, table, count) -> whether the number is in the table. NaN is in none: it is neither at nor below a
// row, so the search goes on behind each.
func (h *helpers) findNumber(t valueType) int {
	name, load, below, at := "findInt", byte(opI64Load), byte(opI64LtS), byte(opI64Eq)
	if t == f64 {
		name, load, below, at = "findDouble", opF64Load, opF64Lt, opF64Eq
	}
	return h.function(name, []valueType{t, i32, i32}, i32, func(c *code) {
		const v, table, count = 0, 1, 2
		search(c, table, count, func(row uint32) {
			against := func(op byte) {
				c.get(v)
				c.get(row)
				c.memory(load, 0)
				c.op(op)
			}
			c.i32(0)
			c.i32(-1)
			c.i32(1)
			against(below)
			c.op(opSelect)
			against(at)
			c.op(opSelect)
		})
	})
}
