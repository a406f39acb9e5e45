package compile

import "encoding/binary"

// This file generates code for texts. They are compared where they lie: in the record, or among the module's constants.

// textValue is a text: a constant, or an address and a length in two locals.
type textValue struct {
	constant   string
	isConstant bool
	p, length  uint32
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
		g.copy(s, g.text(n.args[1], fail))
		g.op(opElse)
		g.copy(s, g.text(n.args[2], fail))
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
			g.call(g.helpers.equalTexts())
		}
		g.unless(n.op == equal)
		return
	}
	g.push(a)
	g.push(b)
	g.call(g.helpers.compareTexts())
	g.i32(0)
	g.op(comparisons[i32][n.op-equal])
}

// longInline is up to which length a constant is compared by instructions of its own.
const longInline = 64

// equalsConstant pushes whether the text in two locals is this one. The length says no most of the time.
func (g *generator) equalsConstant(p, length uint32, s string) {
	g.get(length)
	if s == "" {
		g.op(opI32Eqz)
		return
	}
	g.i32(int32(len(s)))
	g.op(opI32Eq)
	g.open(opIf, byte(i32))
	g.beginsWith(p, s)
	g.op(opElse)
	g.i32(0)
	g.end()
}

// beginsWith pushes whether the bytes from an address on are these; so many bytes must be there, and at least one. Pieces
// may overlap, so that three loads compare any text of up to 24 bytes.
func (g *generator) beginsWith(p uint32, s string) {
	if len(s) > longInline {
		g.get(p)
		g.i32(int32(g.helpers.module.intern(s)))
		g.i32(int32(len(s)))
		g.call(g.helpers.equalBytes())
		return
	}
	width := 8
	for width > len(s) {
		width /= 2
	}
	piece := func(at int) {
		g.get(p)
		b := []byte(s[at : at+width])
		if width == 8 {
			g.memory(opI64Load, uint32(at))
			g.i64(int64(binary.LittleEndian.Uint64(b)))
			g.op(opI64Xor)
			return
		}
		var word [4]byte
		copy(word[:], b)
		g.memory(map[int]byte{4: opI32Load, 2: opI32Load16U, 1: opI32Load8U}[width], uint32(at))
		g.i32(int32(binary.LittleEndian.Uint32(word[:])))
		g.op(opI32Xor)
	}
	piece(0)
	for at := width; at < len(s); at += width {
		piece(min(at, len(s)-width))
		if width == 8 {
			g.op(opI64Or)
		} else {
			g.op(opI32Or)
		}
	}
	if width == 8 {
		g.op(opI64Eqz)
	} else {
		g.op(opI32Eqz)
	}
}

// textTest is startsWith, endsWith and contains.
func (g *generator) textTest(n *node, fail label) {
	lent := g.mark()
	defer g.release(lent)
	a := g.text(n.args[0], fail)
	b := g.text(n.args[1], fail)
	if n.op == contains {
		g.push(a)
		g.push(b)
		g.call(g.helpers.containsText())
		return
	}
	p, length := g.located(a)
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
	}
	g.op(opElse)
	g.i32(0)
	g.end()
}
