package compile

import "encoding/binary"

// This file generates code for texts. They are compared where they lie: in the record, or among the module's constants.

// textValue is a text: a constant, or an address and a length in two locals.
type textValue struct {
	constant   string
	isConstant bool
	p, length  uint32
}

// longestText is the most bytes of a text in a record: of all that the edge takes (maxString in edge/limits.go), and of what a
// catalogue lets a field hold (maxLength in edge/tenant/catalogue.go). What a catalogue's own max_length says is not asked,
// since a text that was stored before it changed may be longer.
const longestText = 4096

// longest is the most bytes that a text can have.
func (n *node) longest() int {
	switch n.op {
	case constant:
		return len(n.text)
	case choice:
		return max(n.args[1].longest(), n.args[2].longest())
	default:
		return longestText
	}
}

// text evaluates a text; the locals are the caller's to release.
func (g *generator) text(n *node, fail label) textValue {
	switch n.op {
	case constant:
		return textValue{constant: n.text, isConstant: true}
	case feature:
		s := textValue{p: g.local(i32), length: g.local(i32)}
		g.need(n, fail)
		g.load(opI32Load, slotAt(n.slot)+slotValue)
		g.i32(inputBase)
		g.op(opI32Add)
		g.set(s.p)
		g.load(opI32Load, slotAt(n.slot)+slotLength)
		g.set(s.length)
		return s
	case choice:
		s := textValue{p: g.local(i32), length: g.local(i32)}
		lent := g.mark()
		g.boolean(n.args[0], fail)
		g.block(opIf)
		g.branch(func() { g.copy(s, g.text(n.args[1], fail)) })
		g.op(opElse)
		g.branch(func() { g.copy(s, g.text(n.args[2], fail)) })
		g.end()
		g.release(lent)
		return s
	default:
		panic("BUG: not an operation on texts")
	}
}

func (g *generator) copy(to, from textValue) {
	g.push(from)
	g.set(to.length)
	g.set(to.p)
}

// push pushes address and length.
func (g *generator) push(s textValue) {
	if s.isConstant {
		g.i32(int32(g.helpers.module.intern(s.constant)))
		g.i32(int32(len(s.constant)))
		return
	}
	g.get(s.p)
	g.get(s.length)
}

// located gives address and length in locals.
func (g *generator) located(s textValue) (p, length uint32) {
	if s.isConstant {
		at := textValue{p: g.local(i32), length: g.local(i32)}
		g.copy(at, s)
		s = at
	}
	return s.p, s.length
}

func (g *generator) compareTexts(n *node, fail label) {
	shorter := min(n.args[0].longest(), n.args[1].longest())
	a := g.text(n.args[0], fail)
	b := g.text(n.args[1], fail)
	if n.op == equal || n.op == unequal {
		if a.isConstant && !b.isConstant {
			a, b = b, a
		}
		if b.isConstant {
			p, length := g.located(a)
			g.equalsConstant(p, length, b.constant)
		} else {
			g.push(a)
			g.push(b)
			g.run(g.helpers.equalTexts())
			g.charge(g.helpers.equalBytesPrice(shorter))
		}
		g.unless(n.op == equal)
		return
	}
	g.push(a)
	g.push(b)
	g.call(g.helpers.compareTexts())
	g.charge(g.helpers.compareTextsPrice(shorter))
	g.i32(0)
	g.op(comparisons[i32][n.op-equal])
}

// Constants of up to these lengths are compared at once, whatever the text's length is, and by instructions of their own.
// What a load reads beyond a text is still memory of the module, and does not matter where the lengths differ.
const (
	atOnce     = 16
	longInline = 64
)

// equalsConstant pushes whether the text in two locals is this one.
func (g *generator) equalsConstant(p, length uint32, s string) {
	g.get(length)
	if s == "" {
		g.op(opI32Eqz)
		return
	}
	g.i32(int32(len(s)))
	g.op(opI32Eq)
	if len(s) <= atOnce {
		g.beginsWith(p, s)
		g.op(opI32And)
		return
	}
	g.open(opIf, byte(i32))
	g.beginsWith(p, s)
	g.op(opElse)
	g.i32(0)
	g.end()
}

// beginsWith pushes whether the bytes from an address on are these, of which there is one at least.
func (g *generator) beginsWith(p uint32, s string) {
	if len(s) > longInline {
		g.get(p)
		g.i32(int32(g.helpers.module.intern(s)))
		g.i32(int32(len(s)))
		g.call(g.helpers.equalBytes())
		g.charge(g.helpers.equalBytesPrice(len(s)))
		return
	}
	if len(s) <= 8 {
		g.word(p, len(s))
		g.i64(wordOf(s))
		g.op(opI64Eq)
		return
	}
	for at := 0; at < len(s); at += 8 { // the last piece may overlap the one before it
		from := min(at, len(s)-8)
		g.get(p)
		g.memory(opI64Load, uint32(from))
		g.i64(wordOf(s[from : from+8]))
		g.op(opI64Xor)
		if at > 0 {
			g.op(opI64Or)
		}
	}
	g.op(opI64Eqz)
}

// word pushes 1 to 8 bytes as an i64, of which two pieces may overlap.
func (g *generator) word(p uint32, size int) {
	load, half := byte(opI64Load), 0
	switch {
	case size == 8:
	case size >= 4:
		load, half = opI64Load32U, 4
	case size >= 2:
		load, half = opI64Load16U, 2
	default:
		load = opI64Load8U
	}
	g.get(p)
	g.memory(load, 0)
	if size > half && half > 0 {
		g.get(p)
		g.memory(load, uint32(size-half))
		g.i64(32)
		g.op(opI64Shl, opI64Or)
	}
}

// wordOf is what word pushes for a constant.
func wordOf(s string) int64 {
	read := func(s string) uint64 {
		var b [8]byte
		copy(b[:], s)
		return binary.LittleEndian.Uint64(b[:])
	}
	half := 0
	switch n := len(s); {
	case n >= 4 && n < 8:
		half = 4
	case n >= 2 && n < 4:
		half = 2
	}
	if half == 0 || len(s) == half {
		return int64(read(s))
	}
	return int64(read(s[:half]) | read(s[len(s)-half:])<<32)
}

// textTest is startsWith, endsWith and contains.
func (g *generator) textTest(n *node, fail label) {
	lent := g.mark()
	defer g.release(lent)
	a := g.text(n.args[0], fail)
	b := g.text(n.args[1], fail)
	p, length := g.located(a)
	if n.op == contains {
		g.containsText(p, length, n.args[0].longest(), b.constant)
		return
	}
	at := g.local(i32)
	inner := func() { // where the bytes to compare begin
		g.get(p)
		if n.op == endsWith {
			g.get(length)
			g.op(opI32Add)
			if b.isConstant {
				g.i32(int32(len(b.constant)))
			} else {
				g.get(b.length)
			}
			g.op(opI32Sub)
		}
		g.set(at)
	}
	if b.isConstant && b.constant == "" {
		g.i32(1)
		return
	}
	g.get(length)
	if b.isConstant {
		g.i32(int32(len(b.constant)))
	} else {
		g.get(b.length)
	}
	g.op(opI32GeU)
	g.open(opIf, byte(i32))
	inner()
	if b.isConstant {
		g.beginsWith(at, b.constant)
	} else {
		g.get(at)
		g.get(b.p)
		g.get(b.length)
		g.call(g.helpers.equalBytes())
		g.charge(g.helpers.equalBytesPrice(min(n.args[0].longest(), n.args[1].longest())))
	}
	g.op(opElse)
	g.i32(0)
	g.end()
}
