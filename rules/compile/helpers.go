package compile

import (
	"cmp"
	"encoding/binary"
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

// equalBytes is func(p, q, n) -> whether n bytes are the same: eight at a time, and the last eight overlapping.
func (h *helpers) equalBytes() int {
	return h.function("equalBytes", []valueType{i32, i32, i32}, i32, func(c *code) {
		const p, q, n = 0, 1, 2
		step := func(load byte, width int32, differ ...byte) {
			c.get(p)
			c.memory(load, 0)
			c.get(q)
			c.memory(load, 0)
			c.op(differ...)
			c.block(opIf)
			c.i32(0)
			c.op(opReturn)
			c.end()
			for _, local := range []uint32{p, q} {
				c.get(local)
				c.i32(width)
				c.op(opI32Add)
				c.set(local)
			}
			c.get(n)
			c.i32(width)
			c.op(opI32Sub)
			c.set(n)
		}
		for _, width := range []int32{8, 1} {
			done := c.block(opBlock)
			again := c.block(opLoop)
			c.get(n)
			c.i32(width)
			c.op(opI32LtU)
			c.brIf(done)
			if width == 8 {
				step(opI64Load, 8, opI64Ne)
			} else {
				step(opI32Load8U, 1, opI32Ne)
			}
			c.br(again)
			c.end()
			c.end()
		}
		c.i32(1)
	})
}

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

// compareTexts is func(p, n, q, m) -> below, at or above 0, byte by byte.
func (h *helpers) compareTexts() int {
	return h.function("compareTexts", []valueType{i32, i32, i32, i32}, i32, func(c *code) {
		const p, n, q, m = 0, 1, 2, 3
		i, d := c.local(i32), c.local(i32)
		done := c.block(opBlock)
		again := c.block(opLoop)
		for _, length := range []uint32{n, m} {
			c.get(i)
			c.get(length)
			c.op(opI32GeU)
			c.brIf(done)
		}
		for _, start := range []uint32{p, q} {
			c.get(start)
			c.get(i)
			c.op(opI32Add)
			c.memory(opI32Load8U, 0)
		}
		c.op(opI32Sub)
		c.tee(d)
		c.block(opIf)
		c.get(d)
		c.op(opReturn)
		c.end()
		increment(c, i)
		c.br(again)
		c.end()
		c.end()
		c.get(n) // lengths are small, so that their difference is no overflow
		c.get(m)
		c.op(opI32Sub)
	})
}

func increment(c *code, local uint32) {
	c.get(local)
	c.i32(1)
	c.op(opI32Add)
	c.set(local)
}

// containsText is func(p, n, q, m) -> whether the first text contains the second. Each place is asked for the second text's
// first eight bytes, or all that it has, by one load; only where they are is the rest compared. Loads may read beyond a
// text, but not beyond the memory, and what they read there is masked.
func (h *helpers) containsText() int {
	bytes := h.equalBytes()
	return h.function("containsText", []valueType{i32, i32, i32, i32}, i32, func(c *code) {
		const p, n, q, m = 0, 1, 2, 3
		last, mask, word := c.local(i32), c.local(i64), c.local(i64)
		c.get(n) // places left beside this one: none where it is negative
		c.get(m)
		c.op(opI32Sub)
		c.set(last)
		c.i64(-1) // the mask: eight bytes, or m of them
		c.set(mask)
		c.get(m)
		c.i32(8)
		c.op(opI32LtU)
		c.block(opIf)
		c.i64(1)
		c.get(m)
		c.i32(3)
		c.op(opI32Shl, opI64ExtendI32U, opI64Shl)
		c.i64(1)
		c.op(opI64Sub)
		c.set(mask)
		c.end()
		masked := func(at uint32) {
			c.get(at)
			c.memory(opI64Load, 0)
			c.get(mask)
			c.op(opI64And)
		}
		masked(q)
		c.set(word)

		done := c.block(opBlock)
		again := c.block(opLoop)
		c.get(last)
		c.i32(0)
		c.op(opI32LtS)
		c.brIf(done)
		masked(p)
		c.get(word)
		c.op(opI64Eq)
		c.block(opIf)
		c.get(p)
		c.get(q)
		c.get(m)
		c.call(bytes)
		c.block(opIf)
		c.i32(1)
		c.op(opReturn)
		c.end()
		c.end()
		increment(c, p)
		c.get(last)
		c.i32(1)
		c.op(opI32Sub)
		c.set(last)
		c.br(again)
		c.end()
		c.end()
		c.i32(0)
	})
}

// codePoints is func(p, n) -> the number of characters: bytes that do not continue one.
func (h *helpers) codePoints() int {
	return h.function("codePoints", []valueType{i32, i32}, i64, func(c *code) {
		const p, n = 0, 1
		end, count := c.local(i32), c.local(i32)
		c.get(p)
		c.get(n)
		c.op(opI32Add)
		c.set(end)
		done := c.block(opBlock)
		again := c.block(opLoop)
		c.get(p)
		c.get(end)
		c.op(opI32GeU)
		c.brIf(done)
		c.get(count)
		c.get(p)
		c.memory(opI32Load8U, 0)
		c.i32(0xc0)
		c.op(opI32And)
		c.i32(0x80)
		c.op(opI32Ne, opI32Add)
		c.set(count)
		increment(c, p)
		c.br(again)
		c.end()
		c.end()
		c.get(count)
		c.op(opI64ExtendI32U)
	})
}

// texts makes a table of the constants, by length and then by bytes: an address and a length each.
func (h *helpers) texts(list []*node) (table, count uint32) {
	var all []string
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
	return h.module.intern(string(rows)), uint32(len(all))
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
