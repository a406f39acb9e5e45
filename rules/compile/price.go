package compile

// This file bounds the fuel of what is generated, while it is generated. The host charges instructions by its price table
// (runtime/wasm/prices.go); here the same prices are added up. Generated code has loops in helpers only, so everything else
// runs once at most, and the sum over all of it is what an evaluation costs at most.

// Prices are in quarters of the host's unit, as the host's are.
const (
	quarters = 4

	priceEntry = 16 // of a function, and one for each parameter and local
	priceMerge = 2  // of a local that differs where branches meet

	// What a branch leads to is charged apart, rounded up to a unit, unless it is small, and it and all other small parts
	// with it are not much.
	rounding    = quarters - 1
	smallPart   = 48
	mergedParts = 200
)

// priceOf is what the host charges for an instruction. Constants, local.get and the ends of blocks are free.
func priceOf(op byte) uint64 {
	switch {
	case op == opIf, op == opBrIf:
		return 5
	case op == opBr, op == opReturn:
		return 2
	case op == opCall:
		return 10
	case op == opLoop, op == opSelect:
		return 4
	case op == opLocalSet, op == opLocalTee:
		return 1
	case op < opI32Load, op >= opI32Const && op <= opF64Const:
		return 0
	case op < opI64Store:
		return 8
	case op <= opF64Store:
		return 12
	case op == opI64Mul, op == opI64Ctz, op == opI64Popcnt, op == opF64Abs, op == opF64Neg:
		return 4
	case op == opI64DivS, op == opI64RemS:
		return 44
	case op == opF64Add, op == opF64Sub, op == opF64Mul:
		return 6
	case op == opF64Div:
		return 22
	case op == opF64Min, op == opF64Max:
		return 14
	case op == opI64TruncF64S:
		return 24
	case op == opF64ConvertI64S:
		return 10
	default: // integers, comparisons
		return 2
	}
}

// price adds up one function.
type price struct {
	so     tally
	blocks []block  // that are open
	turns  []uint64 // prices of a turn of each loop that has ended
}

type tally struct {
	sum   uint64
	parts uint64 // that are charged apart at most
	sets  uint64 // of locals
}

// block is what was so where it began.
type block struct {
	tally
	loop bool
}

func (p *price) add(op byte) {
	p.so.sum += priceOf(op)
	switch op {
	case opIf, opElse, opEnd, opBrIf, opLoop:
		p.so.parts++
	case opLocalSet, opLocalTee:
		p.so.sets++
	}
}

func (p *price) open(op byte) {
	p.blocks = append(p.blocks, block{p.so, op == opLoop})
}

// end ends the innermost block of a function of so many locals.
func (p *price) end(locals int) {
	began := p.blocks[len(p.blocks)-1]
	p.blocks = p.blocks[:len(p.blocks)-1]
	p.so.sum += min(p.so.sets-began.sets, uint64(locals)) * priceMerge
	if !began.loop {
		return
	}
	turn := priceOf(opLoop) + p.so.sum - began.sum
	apart := 1 + p.so.parts - began.parts
	if turn <= mergedParts {
		apart = min(apart, 1+turn/smallPart)
	}
	p.turns = append(p.turns, turn+apart*rounding)
}

// total is the price of a call in which each loop makes one turn.
func (c *code) total() uint64 {
	return priceEntry + uint64(c.params+len(c.locals)) + c.price.so.sum + (1+c.price.so.parts)*rounding
}

// costs is the price of a call in which the loops make so many turns each, without the functions that it calls.
func (m *binaryModule) costs(f int, turns ...int) uint64 {
	sum := m.functions[f].once
	for i, turn := range m.functions[f].turns {
		sum += turn * uint64(turns[i])
	}
	return sum
}

// run calls a function whose loops make so many turns each at most, and which calls no other.
func (g *generator) run(f int, turns ...int) {
	g.call(f)
	g.charge(g.helpers.module.costs(f, turns...))
}

// charge adds what the host charges elsewhere for what is done here.
func (c *code) charge(price uint64) { c.price.so.sum += price }
