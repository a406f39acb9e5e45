package compile

import "math"

// This file generates code for numbers: ints with CEL's errors on overflow and division by zero, doubles as IEEE 754 has
// them, times and durations as milliseconds within CEL's ranges.

// number pushes a double.
func (g *generator) number(n *node, fail label) {
	switch n.op {
	case constant:
		g.f64(n.double)
	case feature:
		g.need(n, fail)
		g.load(opF64Load, slotAt(n.slot)+slotValue)
	case choice:
		g.choice(n, fail)
	case toDouble:
		g.integer(n.args[0], fail)
		g.op(opF64ConvertI64S)
	case negate:
		g.number(n.args[0], fail)
		g.op(opF64Neg)
	case add, subtract, multiply, divide:
		g.number(n.args[0], fail)
		g.number(n.args[1], fail)
		g.op(map[operation]byte{add: opF64Add, subtract: opF64Sub, multiply: opF64Mul, divide: opF64Div}[n.op])
	default:
		panic("BUG: not an operation on doubles")
	}
}

// integer pushes an int, a time or a duration.
func (g *generator) integer(n *node, fail label) {
	lent := g.mark()
	defer g.release(lent)
	switch n.op {
	case constant:
		g.i64(n.number)
	case moment:
		g.load(opI64Load, momentAt)
	case feature:
		g.whole(n, fail)
	case choice:
		g.choice(n, fail)
	case size:
		p, length := g.located(g.text(n.args[0], fail))
		g.get(p)
		g.get(length)
		g.run(g.helpers.codePoints(), n.args[0].longest()/8)
	case toInt:
		g.toInt(n.args[0], fail)
	case part:
		g.part(n, fail)
	case negate:
		g.integer(n.args[0], fail)
		v := g.local(i64)
		g.tee(v)
		g.i64(math.MinInt64)
		g.op(opI64Eq)
		g.brIf(fail)
		g.i64(0)
		g.get(v)
		g.op(opI64Sub)
	case add, subtract, multiply, divide, modulo:
		a, b := g.local(i64), g.local(i64)
		g.integer(n.args[0], fail)
		g.set(a)
		g.integer(n.args[1], fail)
		g.set(b)
		if n.kind == anInt {
			g.checked(n.op, a, b, fail)
		} else {
			g.times(n, a, b, fail)
		}
	default:
		panic("BUG: not an operation on ints")
	}
}

// whole pushes a feature that CEL takes as a whole number: a count, or the day of a date.
func (g *generator) whole(n *node, fail label) {
	v := g.local(f64)
	g.need(n, fail)
	g.load(opF64Load, slotAt(n.slot)+slotValue)
	g.set(v)
	if n.kind == aTime {
		g.within64(v, opF64Ge, firstDay, opF64Lt, lastDay+1, fail)
		g.get(v)
		g.f64(millisOfDay)
		g.op(opF64Mul, opI64TruncF64S)
		return
	}
	g.truncate(v, fail)
}

// truncate pushes the whole part of a double, and leaves where that is no int.
func (g *generator) truncate(v uint32, fail label) {
	g.within64(v, opF64Gt, -two63, opF64Lt, two63, fail)
	g.get(v)
	g.op(opI64TruncF64S)
}

// within64 leaves unless a double lies between two bounds; NaN does not.
func (g *generator) within64(v uint32, above byte, low float64, below byte, high float64, fail label) {
	g.get(v)
	g.f64(low)
	g.op(above)
	g.get(v)
	g.f64(high)
	g.op(below, opI32And, opI32Eqz)
	g.brIf(fail)
}

const (
	two63 = 1 << 63

	// The ranges of CEL's timestamps, from year 1 to year 9999, and durations.
	firstDay, lastDay     = -719162, 2932896
	millisOfDay           = 24 * 60 * 60 * 1000
	firstMilli, lastMilli = firstDay * millisOfDay, (lastDay+1)*millisOfDay - 1
	longestSpan           = math.MaxInt64 / 1_000_000
	longestSpanSeconds    = math.MaxInt64 / 1_000_000_000
)

func (g *generator) toInt(n *node, fail label) {
	if n.kind == aTime { // seconds
		g.integer(n, fail)
		g.floorDivide(1000)
		return
	}
	v := g.local(f64)
	g.number(n, fail)
	g.set(v)
	g.truncate(v, fail)
}

// floorDivide divides the i64 on the stack by a positive constant, rounding down.
func (g *generator) floorDivide(by int64) {
	v := g.local(i64)
	g.tee(v)
	g.i64(by)
	g.op(opI64DivS)
	// One less where the remainder is negative: the remainder's sign bit, spread, is -1.
	g.get(v)
	g.i64(by)
	g.op(opI64RemS)
	g.i64(63)
	g.op(opI64ShrS, opI64Add)
}

// checked pushes the result for two ints, and leaves where it is not an int.
func (g *generator) checked(op operation, a, b uint32, fail label) {
	r := g.local(i64)
	pair := func(x, y uint32, op byte) {
		g.get(x)
		g.get(y)
		g.op(op)
	}
	switch op {
	case add, subtract:
		// Overflow shows in the signs: of a sum that differs from both parts, of a difference that differs from the
		// first while the two parts differ.
		sum, other := byte(opI64Add), b
		if op == subtract {
			sum = opI64Sub
		}
		pair(a, b, sum)
		g.set(r)
		pair(a, r, opI64Xor)
		if op == add {
			pair(other, r, opI64Xor)
		} else {
			pair(a, b, opI64Xor)
		}
		g.op(opI64And)
		g.i64(0)
		g.op(opI64LtS)
		g.brIf(fail)
	case multiply:
		pair(a, b, opI64Mul)
		g.set(r)
		g.get(a)
		g.op(opI64Eqz, opI32Eqz)
		g.block(opIf)
		g.get(a)
		g.i64(-1)
		g.op(opI64Eq)
		g.block(opIf) // the only divisor with which a division can trap
		g.get(b)
		g.i64(math.MinInt64)
		g.op(opI64Eq)
		g.brIf(fail)
		g.op(opElse)
		pair(r, a, opI64DivS)
		g.get(b)
		g.op(opI64Ne)
		g.brIf(fail)
		g.end()
		g.end()
	case divide, modulo:
		g.get(b)
		g.op(opI64Eqz)
		g.brIf(fail)
		g.get(a)
		g.i64(math.MinInt64)
		g.op(opI64Eq)
		g.get(b)
		g.i64(-1)
		g.op(opI64Eq, opI32And)
		g.brIf(fail)
		if op == divide {
			pair(a, b, opI64DivS)
		} else {
			pair(a, b, opI64RemS)
		}
		return
	}
	g.get(r)
}

// times pushes the sum or the difference of times and durations. Neither can leave the range of an i64, so only CEL's own
// ranges are checked.
func (g *generator) times(n *node, a, b uint32, fail label) {
	r := g.local(i64)
	g.get(a)
	g.get(b)
	if n.op == add {
		g.op(opI64Add)
	} else {
		g.op(opI64Sub)
	}
	g.set(r)
	if n.kind == aTime {
		g.between(r, firstMilli, lastMilli, fail)
	} else {
		g.between(r, -longestSpan, longestSpan, fail)
	}
	if n.kind == aSpan && n.args[0].kind == aTime { // CEL looks at the seconds first
		seconds := g.local(i64)
		g.get(a)
		g.floorDivide(1000)
		g.get(b)
		g.floorDivide(1000)
		g.op(opI64Sub)
		g.set(seconds)
		g.between(seconds, -longestSpanSeconds, longestSpanSeconds, fail)
	}
	g.get(r)
}

// between leaves unless low <= v <= high.
func (g *generator) between(v uint32, low, high int64, fail label) {
	g.get(v)
	g.i64(low)
	g.op(opI64Sub)
	g.i64(high - low)
	g.op(opI64GtU)
	g.brIf(fail)
}

// part pushes a part of a time, in UTC, or of a duration, in whole hours, minutes and so on.
func (g *generator) part(n *node, fail label) {
	a := n.args[0]
	units := map[int64]struct{ unit, in int64 }{
		partHour: {3_600_000, 24}, partMinute: {60_000, 60}, partSecond: {1000, 60}, partMilli: {1, 1000},
	}
	u := units[n.number]
	g.integer(a, fail)
	switch {
	case a.kind == aSpan:
		g.i64(u.unit)
		g.op(opI64DivS)
	case n.number >= partHour:
		g.floorDivide(u.unit)
		g.floorModulo(u.in)
	case n.number == partWeekday:
		g.floorDivide(millisOfDay)
		g.i64(4) // 1970 began on a Thursday
		g.op(opI64Add)
		g.floorModulo(7)
	default:
		g.floorDivide(millisOfDay)
		g.i32(int32(n.number))
		g.run(g.helpers.calendar())
	}
}

// floorModulo gives the remainder of the i64 on the stack that is not negative.
func (g *generator) floorModulo(by int64) {
	v := g.local(i64)
	g.i64(by)
	g.op(opI64RemS)
	g.tee(v)
	g.get(v)
	g.i64(63)
	g.op(opI64ShrS)
	g.i64(by)
	g.op(opI64And, opI64Add)
}
