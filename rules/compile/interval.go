package compile

import (
	"math"

	"github.com/lotse-edge/lotse/rules"
)

// This file finds the least and the most that numbers can be, points and scores among them. The bounds are computed in the
// arithmetic of the code itself, whose rounding keeps the order of numbers, so a value never leaves them.

// interval is where a number lies. With an infinite bound it may also be an infinity, or not a number.
type interval struct{ low, high float64 }

var anything = interval{math.Inf(-1), math.Inf(1)}

// exact is the largest int that a float64 counts up to.
const exact = 1 << 53

func (i interval) or(o interval) interval { return interval{min(i.low, o.low), max(i.high, o.high)} }

func (i interval) has(v float64) bool { return i.low <= v && v <= i.high }

// ends combines every end of two intervals: the value of a product or a quotient lies between these.
func ends(a, b interval, f func(x, y float64) float64) interval {
	out := interval{math.Inf(1), math.Inf(-1)}
	for _, x := range []float64{a.low, a.high} {
		for _, y := range []float64{b.low, b.high} {
			v := f(x, y)
			if math.IsNaN(v) {
				return anything
			}
			out = out.or(interval{v, v})
		}
	}
	return out
}

// interval gives where an int or a double lies, wherever the conditions hold and it is no error; beyond the budget, anywhere.
func (l *limits) interval(n *node) interval {
	if !l.file.spend(1) {
		return anything
	}
	i := l.number(n)
	if n.kind == anInt && !(i.low >= -exact && i.high <= exact) { // beyond, float64 is not the arithmetic of ints
		if i.low < -exact {
			i.low = math.Inf(-1)
		}
		if i.high > exact {
			i.high = math.Inf(1)
		}
	}
	if math.IsNaN(i.low) || math.IsNaN(i.high) {
		return anything
	}
	return i
}

func (l *limits) number(n *node) interval {
	of := func(arg int) interval { return l.interval(n.args[arg]) }
	switch n.op {
	case constant:
		return interval{n.asDouble(), n.asDouble()}
	case feature:
		v := l.slot(n.slot)
		return interval{v.low, v.high}
	case choice:
		var out *interval
		for at, chosen := range []bool{true, false} {
			if c := l.copy(); c.hold(n.args[0], chosen) {
				if i := c.interval(n.args[1+at]); out == nil {
					out = &i
				} else {
					*out = out.or(i)
				}
			}
		}
		if out == nil {
			return anything // the choice is always an error
		}
		return *out
	case add:
		a, b := of(0), of(1)
		return interval{a.low + b.low, a.high + b.high}
	case subtract:
		a, b := of(0), of(1)
		return interval{a.low - b.high, a.high - b.low}
	case negate:
		a := of(0)
		return interval{-a.high, -a.low}
	case multiply:
		return ends(of(0), of(1), func(x, y float64) float64 {
			if n.kind == anInt && (x == 0 || y == 0) { // an int is never an infinity
				return 0
			}
			return x * y
		})
	case divide:
		a, b := of(0), of(1)
		if b.has(0) {
			return anything
		}
		q := ends(a, b, func(x, y float64) float64 { return x / y })
		if n.kind == anInt {
			q = interval{math.Trunc(q.low), math.Trunc(q.high)}
		}
		return q
	case modulo: // has the sign of what is divided
		a, b := of(0), of(1)
		most := max(math.Abs(b.low), math.Abs(b.high))
		return interval{max(-most, min(a.low, 0)), min(most, max(a.high, 0))}
	case toInt:
		if n.args[0].kind != aDouble {
			return anything
		}
		a := of(0)
		return interval{math.Trunc(a.low), math.Trunc(a.high)}
	case toDouble:
		a := of(0)
		return interval{max(a.low, math.MinInt64), min(a.high, math.MaxInt64)}
	case size:
		return interval{0, math.Inf(1)}
	case part:
		if n.args[0].kind == aTime {
			return partsOfTime[n.number]
		}
	}
	return anything
}

var partsOfTime = map[int64]interval{
	partYear: {1, 9999}, partMonth: {0, 11}, partDate: {1, 31}, partDay: {0, 30}, partWeekday: {0, 6}, partYearDay: {0, 365},
	partHour: {0, 23}, partMinute: {0, 59}, partSecond: {0, 59}, partMilli: {0, 999},
}

// gives is where the points of a reason lie where the limits hold: before its cap, and with it.
func (r *reason) gives(l *limits) (before, with interval) {
	none := interval{}
	if r.when != nil && !l.hold(r.when.node, true) {
		return none, none
	}
	before = l.interval(r.points.node)
	within := interval{max(before.low, -maxPoints), min(before.high, maxPoints)}
	switch {
	case within.low > within.high: // always beyond what points may be
		within = none
	case r.when != nil, r.points.fails(), within != before:
		within = within.or(none)
	}
	with = within
	switch {
	case r.cap == nil:
	case *r.cap > 0:
		with = interval{min(within.low, *r.cap), min(within.high, *r.cap)}
	default:
		with = interval{max(within.low, *r.cap), max(within.high, *r.cap)}
	}
	return within, with
}

// points is the least and the most that a score can be.
func (f *file) points(s *score) rules.Range {
	var out *interval
	sure := false // that one of the models gives the points
	for i := range s.models {
		m := &s.models[i]
		l := f.limits()
		if m.when != nil && !l.hold(m.when.node, true) {
			continue
		}
		sum := interval{}
		for j := range m.reasons {
			_, gives := m.reasons[j].gives(l.copy())
			sum.low, sum.high = sum.low+gives.low, sum.high+gives.high
		}
		if m.cap != nil && sum.high > *m.cap {
			// The reasons that stand last give up what is too much: their sum is the cap, but for rounding.
			slack := 1e-9 * max(1, *m.cap)
			sum.low, sum.high = min(sum.low, *m.cap)-slack, *m.cap+slack
		}
		if out != nil {
			sum = sum.or(*out)
		}
		out, sure = &sum, sure || m.when == nil
	}
	switch {
	case out == nil:
		return rules.Range{}
	case !sure:
		*out = out.or(interval{})
	}
	return rules.Range{Low: out.low, High: out.high}
}
