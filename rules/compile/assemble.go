package compile

import (
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file puts a module together: one function for each condition and each reason, and the evaluation that calls them.
// Functions of their own keep each small, as the compiler behind the host likes it.

type assembly struct {
	module  *binaryModule
	helpers *helpers
}

// module generates the module.
func (f *file) module() *binaryModule {
	m := newModule()
	a := &assembly{m, newHelpers(m)}
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
	m.exportFunction(abi.ExportEvaluate, a.evaluation(f))
	return m
}

// refused is what a module answers to a record that is not its own.
const refused = -1

// evaluation is lotse_evaluate: func(length of the record) -> number of entries.
func (a *assembly) evaluation(f *file) int {
	index := a.module.declare([]valueType{i32}, []valueType{i32})
	c := newCode(1)
	at := c.local(i32) // where the next entry goes
	c.get(0)
	c.i32(int32(abi.HeaderSize + len(f.reads.features)*abi.SlotSize))
	c.op(opI32LtU)
	c.block(opIf)
	c.i32(refused)
	c.op(opReturn)
	c.end()
	c.i32(outputBase)
	c.set(at)
	for i := range f.scores {
		a.score(c, at, i, &f.scores[i])
	}
	for i := range f.segments {
		c.call(a.condition(f.segments[i].when))
		c.block(opIf)
		entry(c, at, abi.SegmentEntry, i, 0, nil)
		c.end()
	}
	for i := range f.traits {
		a.trait(c, at, i, &f.traits[i])
	}
	c.get(at)
	c.i32(outputBase)
	c.op(opI32Sub)
	c.i32(4) // entries have 16 bytes
	c.op(opI32ShrU)
	a.module.define(index, c)
	return index
}

// entry writes an entry and steps to the next.
func entry(c *code, at uint32, k abi.Kind, index, reason int, number func()) {
	c.get(at)
	c.i64(int64(k) | int64(index)<<16 | int64(reason)<<32)
	c.memory(opI64Store, 0)
	c.get(at)
	if number == nil {
		c.i64(0)
		c.memory(opI64Store, 8)
	} else {
		number()
		c.memory(opF64Store, 8)
	}
	c.get(at)
	c.i32(abi.EntrySize)
	c.op(opI32Add)
	c.set(at)
}

// score uses the first model whose condition holds.
func (a *assembly) score(c *code, at uint32, index int, s *score) {
	done := c.block(opBlock)
	for i := range s.models {
		m := &s.models[i]
		next := c.block(opBlock)
		if m.when != nil {
			c.call(a.condition(m.when))
			c.op(opI32Eqz)
			c.brIf(next)
		}
		a.model(c, at, index, s, m)
		c.br(done)
		c.end()
	}
	c.end()
}

// model asks each reason and says what gave points. Where the sum is above the model's cap, the reasons that stand last
// give up what is too much, so that what is said always adds up to the score.
func (a *assembly) model(c *code, at uint32, index int, s *score, m *model) {
	lent := c.mark()
	defer c.release(lent)
	points := make([]uint32, len(m.reasons))
	for i := range m.reasons {
		points[i] = c.local(f64)
		c.call(a.reason(&m.reasons[i]))
		c.set(points[i])
	}
	if m.cap != nil {
		excess, cut := c.local(f64), c.local(f64)
		c.f64(0)
		for _, p := range points {
			c.get(p)
			c.op(opF64Add)
		}
		c.f64(*m.cap)
		c.op(opF64Sub)
		c.tee(excess)
		c.f64(0)
		c.op(opF64Gt)
		c.block(opIf)
		for _, p := range slices.Backward(points) {
			c.get(p)
			c.f64(0)
			c.op(opF64Max)
			c.get(excess)
			c.op(opF64Min)
			c.set(cut)
			for _, local := range []uint32{p, excess} {
				c.get(local)
				c.get(cut)
				c.op(opF64Sub)
				c.set(local)
			}
		}
		c.end()
	}
	for i, p := range points {
		c.get(p)
		c.f64(0)
		c.op(opF64Ne)
		c.block(opIf)
		entry(c, at, abi.ScoreEntry, index, slices.Index(s.reasons, m.reasons[i].name), func() { c.get(p) })
		c.end()
	}
}

// reason is func() -> points; 0 where the condition does not hold, or where it or the points are an error.
func (a *assembly) reason(r *reason) int {
	index := a.module.declare(nil, []valueType{f64})
	g := a.helpers.generator(0)
	none := g.block(opBlock)
	if r.when != nil {
		g.condition(r.when.node, none)
	}
	g.value(r.points.node, none)
	if r.points.kind == anInt {
		g.op(opF64ConvertI64S)
	}
	if r.points.op != constant {
		v := g.local(f64)
		g.tee(v)
		g.op(opF64Abs)
		g.f64(maxPoints)
		g.op(opF64Le, opI32Eqz) // NaN is not at most anything
		g.brIf(none)
		g.get(v)
	}
	if r.cap != nil {
		g.f64(*r.cap)
		if *r.cap > 0 {
			g.op(opF64Min)
		} else {
			g.op(opF64Max)
		}
	}
	g.op(opReturn)
	g.end()
	g.f64(0)
	a.module.define(index, g.code)
	return index
}

// condition is func() -> 1 where the expression is true, 0 where it is false or an error.
func (a *assembly) condition(x *expression) int {
	index := a.module.declare(nil, []valueType{i32})
	g := a.helpers.generator(0)
	no := g.block(opBlock)
	g.condition(x.node, no)
	g.i32(1)
	g.op(opReturn)
	g.end()
	g.i32(0)
	a.module.define(index, g.code)
	return index
}

func (a *assembly) trait(c *code, at uint32, index int, t *trait) {
	done := c.block(opBlock)
	for i, v := range t.values {
		next := c.block(opBlock)
		if v.when != nil {
			c.call(a.condition(v.when))
			c.op(opI32Eqz)
			c.brIf(next)
		}
		entry(c, at, abi.TraitEntry, index, i, nil)
		c.br(done)
		c.end()
	}
	c.end()
}
