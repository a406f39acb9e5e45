package compile

import (
	"math"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file puts a module together.

type assembly struct {
	module  *binaryModule
	helpers *helpers
	inlined int // nodes of the expressions that stand in the evaluation itself
	costs   []cost
}

// module generates the module, and bounds what an evaluation costs.
func (f *file) module() (*binaryModule, bound) {
	m := newModule()
	a := &assembly{module: m, helpers: newHelpers(m)}
	address := func(at int32) int {
		index := m.declare(nil, []valueType{i32})
		c := newCode(0)
		c.i32(at)
		m.define(index, c)
		return index
	}
	m.exports = append(m.exports, export{"memory", exportMemory, 0})
	m.exportFunction(abi.ExportInput, address(inputBase))
	m.exportFunction(abi.ExportOutput, address(outputBase))
	evaluation := a.evaluation(f)
	m.exportFunction(abi.ExportEvaluate, evaluation)
	return m, bound{units: m.costs(evaluation)/quarters + 1, of: a.costs}
}

// refused is what a module answers to a record that is not its own.
const refused = -1

// evaluation is lotse_evaluate: func(length of the record) -> number of entries.
func (a *assembly) evaluation(f *file) int {
	index := a.module.declare([]valueType{i32}, []valueType{i32})
	g := a.helpers.generator(1)
	at := g.local(i32) // where the next entry goes
	g.get(0)
	g.i32(int32(abi.HeaderSize + len(f.reads.features)*abi.SlotSize))
	g.op(opI32LtU)
	g.block(opIf)
	g.i32(refused)
	g.op(opReturn)
	g.end()
	g.load(opI32Load8U, slotAt(len(f.reads.features))-1)
	g.op(opDrop)
	g.i32(outputBase)
	g.set(at)
	for i := range f.scores {
		a.score(g, at, i, &f.scores[i])
	}
	for i := range f.segments {
		a.when(g, f.segments[i].when, func() { entry(g, at, abi.SegmentEntry, i, 0, nil) })
	}
	for i := range f.traits {
		a.trait(g, at, i, &f.traits[i])
	}
	g.get(at)
	g.i32(outputBase)
	g.op(opI32Sub)
	g.i32(4) // entries have 16 bytes
	g.op(opI32ShrU)
	a.module.define(index, g.code)
	return index
}

// entry writes an entry and steps to the next.
func entry(g *generator, at uint32, k abi.Kind, index, reason int, number func()) {
	g.get(at)
	if number == nil {
		g.i64(0)
		g.memory(opI64Store, 8)
	} else {
		number()
		g.memory(opF64Store, 8)
	}
	g.get(at)
	g.i64(int64(k) | int64(index)<<16 | int64(reason)<<32)
	g.memory(opI64Store, 0)
	g.get(at)
	g.i32(abi.EntrySize)
	g.op(opI32Add)
	g.set(at)
}

// attempt generates what may be given up on the way, by the label behind it.
func (g *generator) attempt(generate func(label)) {
	behind := g.block(opBlock)
	g.branch(func() { generate(behind) })
	g.end()
}

// when generates code that runs where the condition holds. No condition always holds.
func (a *assembly) when(g *generator, x *expression, then func()) {
	switch {
	case x == nil:
		then()
	case a.inline(x):
		before := g.price.so.sum
		g.when(x.node, func() {
			a.note(x, g.price.so.sum-before)
			then()
		})
	default:
		condition := a.condition(x)
		a.note(x, a.module.costs(condition))
		g.run(condition)
		g.block(opIf)
		g.branch(then)
		g.end()
	}
}

// note keeps what an expression costs.
func (a *assembly) note(x *expression, price uint64) {
	a.costs = append(a.costs, cost{x, price / quarters})
}

// Small expressions stand in the evaluation itself, as long as it stays small: a call costs more than they do. The others
// are functions of their own, because the compiler behind the host takes the square of a function's size.
const (
	smallExpression = 40
	smallEvaluation = 400
)

func (a *assembly) inline(x *expression) bool {
	n := x.count()
	if n > smallExpression || a.inlined+n > smallEvaluation {
		return false
	}
	a.inlined += n
	return true
}

// score uses the first model whose condition holds.
func (a *assembly) score(g *generator, at uint32, index int, s *score) {
	done := g.block(opBlock)
	for i := range s.models {
		m := &s.models[i]
		a.when(g, m.when, func() {
			a.model(g, at, index, s, m)
			g.br(done)
		})
	}
	g.end()
}

// model asks each reason and says what gave points. Where the sum is above the model's cap, the reasons that stand last
// give up what is too much, so that what is said always adds up to the score.
func (a *assembly) model(g *generator, at uint32, index int, s *score, m *model) {
	lent := g.mark()
	defer g.release(lent)
	points := make([]uint32, len(m.reasons))
	say := func(i int) {
		g.get(points[i])
		g.f64(0)
		g.op(opF64Ne)
		g.block(opIf)
		entry(g, at, abi.ScoreEntry, index, slices.Index(s.reasons, m.reasons[i].name), func() { g.get(points[i]) })
		g.end()
	}
	for i := range m.reasons {
		r := &m.reasons[i]
		if m.cap == nil && r.points.op == constant {
			a.when(g, r.when, func() {
				entry(g, at, abi.ScoreEntry, index, slices.Index(s.reasons, r.name), func() { g.f64(r.worth()) })
			})
			continue
		}
		points[i] = g.local(f64)
		g.f64(0)
		g.set(points[i])
		a.when(g, r.when, func() {
			g.attempt(func(none label) {
				a.points(g, r, none)
				g.set(points[i])
			})
		})
		if m.cap == nil {
			say(i)
		}
	}
	if m.cap == nil {
		return
	}
	excess, cut := g.local(f64), g.local(f64)
	g.f64(0)
	for _, p := range points {
		g.get(p)
		g.op(opF64Add)
	}
	g.f64(*m.cap)
	g.op(opF64Sub)
	g.tee(excess)
	g.f64(0)
	g.op(opF64Gt)
	g.block(opIf)
	for _, p := range slices.Backward(points) {
		g.get(p)
		g.f64(0)
		g.op(opF64Max)
		g.get(excess)
		g.op(opF64Min)
		g.set(cut)
		for _, local := range []uint32{p, excess} {
			g.get(local)
			g.get(cut)
			g.op(opF64Sub)
			g.set(local)
		}
	}
	g.end()
	for i := range points {
		say(i)
	}
}

// worth is what a reason with constant points gives.
func (r *reason) worth() float64 {
	v := r.points.asDouble()
	switch {
	case r.cap == nil:
	case *r.cap > 0:
		v = min(v, *r.cap)
	default:
		v = max(v, *r.cap)
	}
	return v
}

// points pushes what a reason gives, or leaves where that is an error or beyond what points may be.
func (a *assembly) points(g *generator, r *reason, none label) {
	switch {
	case r.points.op == constant:
		g.f64(r.worth())
		return
	case a.inline(r.points):
		before := g.price.so.sum
		g.points(r.points, none)
		a.note(r.points, g.price.so.sum-before)
	default:
		points := a.pointsFunction(r.points)
		a.note(r.points, a.module.costs(points))
		g.run(points)
	}
	if r.cap != nil {
		g.f64(*r.cap)
		if *r.cap > 0 {
			g.op(opF64Min)
		} else {
			g.op(opF64Max)
		}
	}
}

// points pushes a number as points.
func (g *generator) points(x *expression, none label) {
	g.asDouble(x.node, none)
	if x.bounded() {
		return
	}
	v := g.local(f64)
	g.tee(v)
	g.op(opF64Abs)
	g.f64(maxPoints)
	g.op(opF64Le, opI32Eqz) // NaN is not at most anything
	g.brIf(none)
	g.get(v)
}

// asDouble pushes an int or a double as a double; a choice of ints becomes one of doubles.
func (g *generator) asDouble(n *node, fail label) {
	switch {
	case n.op == constant:
		g.f64(n.asDouble())
	case n.op == choice:
		g.boolean(n.args[0], fail)
		g.open(opIf, byte(f64))
		g.branch(func() { g.asDouble(n.args[1], fail) })
		g.op(opElse)
		g.branch(func() { g.asDouble(n.args[2], fail) })
		g.end()
	default:
		g.value(n, fail)
		if n.kind == anInt {
			g.op(opF64ConvertI64S)
		}
	}
}

// bounded tells whether a number is one of some constants that points may be.
func (n *node) bounded() bool {
	switch n.op {
	case constant:
		return math.Abs(n.asDouble()) <= maxPoints
	case choice:
		return n.args[1].bounded() && n.args[2].bounded()
	}
	return false
}

// pointsFunction is func() -> points; 0 for an error.
func (a *assembly) pointsFunction(x *expression) int {
	index := a.module.declare(nil, []valueType{f64})
	g := a.helpers.generator(0)
	g.attempt(func(none label) {
		g.points(x, none)
		g.op(opReturn)
	})
	g.f64(0)
	a.module.define(index, g.code)
	return index
}

// condition is func() -> 1 where the expression is true, 0 where it is false or an error.
func (a *assembly) condition(x *expression) int {
	index := a.module.declare(nil, []valueType{i32})
	g := a.helpers.generator(0)
	g.when(x.node, func() {
		g.i32(1)
		g.op(opReturn)
	})
	g.i32(0)
	a.module.define(index, g.code)
	return index
}

// trait says the first value whose condition holds.
func (a *assembly) trait(g *generator, at uint32, index int, t *trait) {
	done := g.block(opBlock)
	for i, v := range t.values {
		a.when(g, v.when, func() {
			entry(g, at, abi.TraitEntry, index, i, nil)
			g.br(done)
		})
	}
	g.end()
}
