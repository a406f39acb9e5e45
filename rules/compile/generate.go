package compile

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file generates code for conditions and booleans. An expression leaves its value on the stack; where CEL has an
// error, the code branches to a label that the caller gives, and what lay on the stack is gone. Errors need no value of
// their own: all that rules can do about one is to absorb it in && and ||.

type generator struct {
	*code
	helpers *helpers
	zero    uint32 // a local that is never set
	there   []int  // slots that are known to be present where the code is now
}

func (h *helpers) generator(params int) *generator {
	g := &generator{code: newCode(params), helpers: h}
	g.zero = g.local(i32)
	return g
}

// branch generates code that may not run, or not to its end: what it finds out about slots is forgotten after it.
func (g *generator) branch(generate func()) {
	known := len(g.there)
	generate()
	g.there = g.there[:known]
}

// slotAt is the address of a feature's slot; its parts are at these offsets.
func slotAt(slot int) uint32 { return inputBase + abi.HeaderSize + uint32(slot)*abi.SlotSize }

const (
	slotPresent = 0
	slotLength  = 4
	slotValue   = 8
	momentAt    = inputBase + 24
)

// load pushes what lies at an address that is known now.
func (g *generator) load(op byte, address uint32) {
	g.get(g.zero)
	g.memory(op, address)
}

// when generates code that runs only where the expression is true, not where it is false or an error. It opens an if for it:
// the compiler behind the host makes better code of one than of leaving a block.
func (g *generator) when(n *node, then func()) {
	if n.op == all && len(n.args) <= mostNested {
		g.whenAll(n.args, then)
		return
	}
	otherwise := g.block(opBlock)
	g.branch(func() {
		if n.op == all || n.op == some {
			g.condition(n, otherwise)
			then()
			return
		}
		g.value(n.lax(), otherwise)
		g.block(opIf)
		if n.op == present {
			g.there = append(g.there, n.slot)
		}
		then()
		g.end()
	})
	g.end()
}

// mostNested is how many conditions are nested that must all be true.
const mostNested = 4

func (g *generator) whenAll(list []*node, then func()) {
	if len(list) == 0 {
		then()
		return
	}
	g.when(list[0], func() { g.whenAll(list[1:], then) })
}

// condition goes on when the expression is true, and leaves by the label when it is false or an error: whoever asks for a
// condition treats the two alike. This is what makes && and || cheap, since here they have no error to remember.
func (g *generator) condition(n *node, otherwise label) {
	switch n.op {
	case all:
		for _, a := range n.args {
			g.condition(a, otherwise)
		}
	case some:
		last := len(n.args) - 1
		yes := g.block(opBlock)
		for _, a := range n.args[:last] {
			no := g.block(opBlock)
			g.branch(func() { g.condition(a, no) })
			g.br(yes)
			g.end()
		}
		g.branch(func() { g.condition(n.args[last], otherwise) })
		g.end()
	case not:
		g.value(n.args[0], otherwise)
		g.brIf(otherwise)
	default:
		g.value(n.lax(), otherwise)
		g.op(opI32Eqz)
		g.brIf(otherwise)
		if n.op == present {
			g.there = append(g.there, n.slot)
		}
	}
}

// lax spares a condition the question whether a slot is present. The value of an absent slot is all zero; where zero makes
// the condition false, it comes to the same as the error.
func (n *node) lax() *node {
	if n.op == feature && n.kind == aBool {
		return n.withZero()
	}
	if len(n.args) == 0 || n.args[0].op != feature || n.args[0].whole || n.args[0].kind == aTime {
		return n
	}
	for _, a := range n.args[1:] {
		if a.op != constant {
			return n
		}
	}
	if n.holdsForZero() {
		return n
	}
	copied := *n
	copied.args = append([]*node{n.args[0].withZero()}, n.args[1:]...)
	return &copied
}

func (n *node) withZero() *node {
	copied := *n
	copied.zero = true
	return &copied
}

// holdsForZero tells whether a comparison of a slot with constants is true for a slot that is all zero, or could be.
func (n *node) holdsForZero() bool {
	var against []*node
	switch n.op {
	case within:
		against = n.list
	case equal, startsWith, endsWith, contains:
		against = n.args[1:]
	case greater:
		return n.args[1].kind == aString || n.args[1].asDouble() < 0
	case moreEqual:
		return n.args[1].kind == aString || n.args[1].asDouble() <= 0
	default:
		return true
	}
	for _, c := range against {
		if c.text == "" && c.number == 0 && c.double == 0 {
			return true
		}
	}
	return false
}

// asDouble is a constant number.
func (n *node) asDouble() float64 {
	if n.kind == anInt {
		return float64(n.number)
	}
	return n.double
}

// value pushes the value of any expression but a string.
func (g *generator) value(n *node, fail label) {
	switch n.kind {
	case aBool:
		g.boolean(n, fail)
	case aDouble:
		g.number(n, fail)
	case anInt, aTime, aSpan:
		g.integer(n, fail)
	default:
		panic("BUG: a text is no value on the stack")
	}
}

var stackTypes = map[kind]valueType{aBool: i32, anInt: i64, aTime: i64, aSpan: i64, aDouble: f64}

func (g *generator) boolean(n *node, fail label) {
	switch n.op {
	case constant:
		g.i32(int32(n.number))
	case feature:
		g.need(n, fail)
		g.load(opI32Load, slotAt(n.slot)+slotValue)
	case present:
		g.load(opI32Load8U, slotAt(n.slot)+slotPresent)
	case not:
		g.boolean(n.args[0], fail)
		g.op(opI32Eqz)
	case all, some:
		g.logic(n, fail)
	case choice:
		g.choice(n, fail)
	case equal, unequal, less, lessEqual, greater, moreEqual:
		g.comparison(n, fail)
	case within:
		g.within(n, fail)
	case startsWith, endsWith, contains:
		g.textTest(n, fail)
	default:
		panic("BUG: not an operation on booleans")
	}
}

// need leaves when a feature is absent.
func (g *generator) need(n *node, fail label) {
	if n.zero || slices.Contains(g.there, n.slot) {
		return
	}
	g.load(opI32Load8U, slotAt(n.slot)+slotPresent)
	g.op(opI32Eqz)
	g.brIf(fail)
	g.there = append(g.there, n.slot)
}

// logic is a && b && ... or a || b || ... as a value. One operand that decides (false of &&, true of ||) decides whatever
// errors the others have; only when none does, an error is the result.
func (g *generator) logic(n *node, fail label) {
	decides := int32(0)
	if n.op == some {
		decides = 1
	}
	lent := g.mark()
	defer g.release(lent)
	last := len(n.args) - 1
	var failed uint32 // whether an operand was an error
	remembers := false
	for _, a := range n.args[:last] {
		remembers = remembers || a.fails()
	}
	if remembers {
		failed = g.local(i32)
		g.i32(0)
		g.set(failed)
	}
	done := g.open(opBlock, byte(i32))
	for _, a := range n.args[:last] {
		if !a.fails() {
			g.i32(decides)
			g.branch(func() { g.boolean(a, fail) })
			g.unless(decides == 1)
			g.brIf(done)
			g.op(opDrop)
			continue
		}
		next := g.block(opBlock)
		wrong := g.block(opBlock)
		g.branch(func() { g.boolean(a, wrong) })
		g.unless(decides == 0)
		g.brIf(next)
		g.i32(decides)
		g.br(done)
		g.end()
		g.i32(1)
		g.set(failed)
		g.end()
	}
	g.branch(func() { g.boolean(n.args[last], fail) })
	if remembers {
		value := g.local(i32)
		g.tee(value)
		g.unless(decides == 0)
		g.get(failed)
		g.op(opI32And)
		g.brIf(fail)
		g.get(value)
	}
	g.end()
}

// unless turns a boolean over where it does not stand as it is needed.
func (g *generator) unless(asItIs bool) {
	if !asItIs {
		g.op(opI32Eqz)
	}
}

// choice is a ? b : c; only one of b and c is evaluated.
func (g *generator) choice(n *node, fail label) {
	g.boolean(n.args[0], fail)
	g.open(opIf, byte(stackTypes[n.kind]))
	g.branch(func() { g.value(n.args[1], fail) })
	g.op(opElse)
	g.branch(func() { g.value(n.args[2], fail) })
	g.end()
}

// comparisons are the instructions for equal, unequal, less, lessEqual, greater and moreEqual.
var comparisons = map[valueType][6]byte{
	i32: {opI32Eq, opI32Ne, opI32LtS, opI32LeS, opI32GtS, opI32GeS},
	i64: {opI64Eq, opI64Ne, opI64LtS, opI64LeS, opI64GtS, opI64GeS},
	f64: {opF64Eq, opF64Ne, opF64Lt, opF64Le, opF64Gt, opF64Ge},
}

func (g *generator) comparison(n *node, fail label) {
	a, b := n.args[0], n.args[1]
	lent := g.mark()
	defer g.release(lent)
	which := n.op - equal
	switch {
	case a.kind == aString:
		g.compareTexts(n, fail)
	case a.kind == aBool && n.op >= less:
		g.order(n, fail)
	case a.kind == aDouble || b.kind == aDouble:
		// An int beside a double is compared as a double, and nothing orders NaN: CEL's interpreter and IEEE 754 agree.
		for _, operand := range n.args {
			g.value(operand, fail)
			if operand.kind == anInt {
				g.op(opF64ConvertI64S)
			}
		}
		g.op(comparisons[f64][which])
	default:
		g.value(a, fail)
		g.value(b, fail)
		g.op(comparisons[stackTypes[a.kind]][which])
	}
}

// order is < and the like for two booleans, without a comparison: wazero 1.12.0 takes 0 < (x & y) for (x & y) < 0 where a
// branch follows.
func (g *generator) order(n *node, fail label) {
	upwards := n.op == less || n.op == lessEqual // !a && b, !a || b; else a && !b, a || !b
	g.value(n.args[0], fail)
	g.unless(!upwards)
	g.value(n.args[1], fail)
	g.unless(upwards)
	if n.op == less || n.op == greater {
		g.op(opI32And)
	} else {
		g.op(opI32Or)
	}
}

// Lists up to these lengths are compared one by one, longer ones looked up in a table.
const (
	fewTexts   = 8
	fewNumbers = 16
)

func (g *generator) within(n *node, fail label) {
	lent := g.mark()
	defer g.release(lent)
	a := n.args[0]
	if a.kind == aString {
		s := g.text(a, fail)
		p, length := g.located(s)
		if len(n.list) > fewTexts {
			table, all := g.helpers.texts(n.list)
			g.get(p)
			g.get(length)
			g.i32(int32(table))
			g.i32(int32(len(all)))
			g.call(g.helpers.findText())
			g.charge(g.helpers.findTextPrice(all, a.longest()))
			return
		}
		g.oneOf(p, length, n.list)
		return
	}
	t := stackTypes[a.kind]
	g.value(a, fail)
	v := g.local(t)
	g.set(v)
	if len(n.list) > fewNumbers && t != i32 {
		table, count := g.helpers.numbers(n.list)
		g.get(v)
		g.i32(int32(table))
		g.i32(int32(count))
		g.run(g.helpers.findNumber(t), bits.Len32(count))
		return
	}
	g.any(n.list, func(item *node) {
		g.get(v)
		g.value(item, fail)
		g.op(comparisons[t][0])
	})
}

// any pushes whether the test holds for one of the items.
func (g *generator) any(items []*node, test func(*node)) {
	g.i32(0)
	for _, item := range items {
		test(item)
		g.op(opI32Or)
	}
}

// oneOf pushes whether the text in two locals is one of the constants. Those of one short length are compared with a word
// that is loaded once.
func (g *generator) oneOf(p, length uint32, list []*node) {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *node) int { return cmp.Compare(len(a.text), len(b.text)) })
	w := g.local(i64)
	g.i32(0)
	for i := 0; i < len(list); {
		n := i + 1
		for n < len(list) && len(list[n].text) == len(list[i].text) {
			n++
		}
		size := len(list[i].text)
		if n == i+1 || size > 8 {
			for _, item := range list[i:n] {
				g.equalsConstant(p, length, item.text)
				g.op(opI32Or)
			}
			i = n
			continue
		}
		if size == 0 {
			g.get(length)
			g.op(opI32Eqz, opI32Or)
			i = n
			continue
		}
		g.get(length)
		g.i32(int32(size))
		g.op(opI32Eq)
		g.word(p, size)
		g.set(w)
		g.any(list[i:n], func(item *node) {
			g.get(w)
			g.i64(wordOf(item.text))
			g.op(opI64Eq)
		})
		g.op(opI32And, opI32Or)
		i = n
	}
}
