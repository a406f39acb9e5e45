package compile

import (
	"math"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// limits is what conditions that hold leave of the values of slots. It serves warnings, so it says only what is certain.
type limits struct {
	file  *file
	slots map[int]*limit
	known []claim
}

// claim is a condition that is true, or one that is false; no error either.
type claim struct {
	node  *node
	truth bool
}

// limit is what is left of one slot.
type limit struct {
	there, absent     bool // it has a value; it has none
	low, high         float64
	openLow, openHigh bool     // the bound itself is not within
	closed            bool     // of a text: it is one of texts
	texts             []string // all that a text may be
	barred            []string // what a text is not
	prefixes          []string // what a text begins with, all of them
}

func (f *file) limits() *limits { return &limits{file: f, slots: map[int]*limit{}} }

// copy gives limits that may change on their own; beyond the budget, those of which nothing is known.
func (l *limits) copy() *limits {
	if !l.file.spend(len(l.known) + 8*len(l.slots)) {
		return l.file.limits()
	}
	c := &limits{file: l.file, slots: make(map[int]*limit, len(l.slots)), known: slices.Clone(l.known)}
	for slot, v := range l.slots {
		copied := *v
		c.slots[slot] = &copied
	}
	return c
}

// slot gives the limit of a slot; one that nothing is known of has the bounds of what it is.
func (l *limits) slot(slot int) *limit {
	v := l.slots[slot]
	if v != nil {
		return v
	}
	v = &limit{low: -math.MaxFloat64, high: math.MaxFloat64} // a record has finite numbers only
	switch x := &l.file.reads.features[slot]; x.Aggregate {
	case abi.Count, abi.Decayed:
		v.low = 0
	case abi.DaysSinceFirst, abi.DaysSinceLast:
		v.low = 0
		if days := l.file.kept(x); days > 0 {
			v.high = float64(days)
		}
	case abi.FieldValue:
		if field := l.file.catalogue.field(fieldOf(x)); x.Type == abi.String && field.Values != nil && !field.Coarse {
			v.closed, v.texts = true, field.Values
		}
	}
	l.slots[slot] = v
	return v
}

// hold adds that a condition is true, or false, and tells whether that can be, beside all that holds already. Beyond the
// budget everything can be.
func (l *limits) hold(n *node, truth bool) bool {
	if !l.file.spend(1) {
		return true
	}
	l.known = append(l.known, claim{n, truth})
	can := func(a *node, truth bool) bool { return l.copy().hold(a, truth) }
	switch n.op {
	case constant:
		return (n.number != 0) == truth
	case not:
		return l.hold(n.args[0], !truth)
	case all, some:
		if (n.op == all) == truth {
			return !slices.ContainsFunc(n.args, func(a *node) bool { return !l.hold(a, truth) })
		}
		// One of them suffices; nothing is learned, since any may be the one.
		return slices.ContainsFunc(n.args, func(a *node) bool { return can(a, truth) })
	case choice:
		for i, chosen := range []bool{true, false} {
			if c := l.copy(); c.hold(n.args[0], chosen) && c.hold(n.args[1+i], truth) {
				return true
			}
		}
		return false
	case present:
		v := l.slot(n.slot)
		if v.there, v.absent = v.there || truth, v.absent || !truth; v.there {
			return !v.absent
		}
	case feature: // a bool
		return l.seen(n.slot) && l.slot(n.slot).between(equal, truthNumber(truth))
	case within, startsWith:
		return l.holdText(n, truth)
	case equal, unequal, less, lessEqual, greater, moreEqual:
		slot, op, c, ok := comparison(n, truth)
		switch {
		case !ok:
		case !l.seen(slot):
			return false
		case c.kind != aString:
			return l.slot(slot).between(op, c.value())
		case !l.file.spend(l.slot(slot).size()):
			return true
		case op == equal:
			return l.slot(slot).keep(func(s string) bool { return s == c.text }, c.text)
		case op == unequal:
			return l.slot(slot).bar(c.text)
		}
	}
	return true
}

// holdText is hold for a list, and for the beginning of a text.
func (l *limits) holdText(n *node, truth bool) bool {
	a := n.args[0]
	if a.op != feature || n.op == startsWith && n.args[1].op != constant {
		return n.op != within || len(n.list) > 0 || !truth
	}
	if !l.seen(a.slot) {
		return false
	}
	v := l.slot(a.slot)
	switch {
	case !l.file.spend(len(v.texts) + (1+4*len(n.list))*(1+len(v.barred)+len(v.prefixes))):
		return true
	case n.op == startsWith && truth:
		v.prefixes = slices.Concat(v.prefixes, []string{n.args[1].text})
		return v.keep(func(s string) bool { return strings.HasPrefix(s, n.args[1].text) })
	case n.op == startsWith:
		return v.keepIf(func(s string) bool { return !strings.HasPrefix(s, n.args[1].text) })
	case a.kind == aString && truth:
		return v.keep(among(texts(n.list)), texts(n.list)...)
	case a.kind == aString:
		return v.bar(texts(n.list)...)
	case truth:
		return slices.ContainsFunc(n.list, func(c *node) bool { one := *v; return one.between(equal, c.value()) })
	}
	return true
}

// seen notes that a slot has a value: a comparison with it gave an answer.
func (l *limits) seen(slot int) bool {
	v := l.slot(slot)
	v.there = true
	return !v.absent
}

// size is what a question about texts costs: it is asked of each.
func (v *limit) size() int { return 1 + len(v.texts) + len(v.barred) + len(v.prefixes) }

// keep leaves what a test admits: of the texts that are left, or of those that are given where all were possible.
func (v *limit) keep(admits func(string) bool, given ...string) bool {
	if !v.closed && len(given) > 0 {
		v.closed, v.texts = true, slices.DeleteFunc(slices.Clone(given), func(s string) bool {
			return slices.Contains(v.barred, s) || slices.ContainsFunc(v.prefixes, func(p string) bool { return !strings.HasPrefix(s, p) })
		})
	}
	return v.keepIf(admits) && !v.torn()
}

// keepIf leaves, of texts that are known, what a test admits.
func (v *limit) keepIf(admits func(string) bool) bool {
	if !v.closed {
		return true
	}
	v.texts = slices.DeleteFunc(slices.Clone(v.texts), func(s string) bool { return !admits(s) })
	return len(v.texts) > 0
}

func (v *limit) bar(list ...string) bool {
	v.barred = slices.Concat(v.barred, list)
	listed := among(list)
	return v.keepIf(func(s string) bool { return !listed(s) })
}

// torn tells whether no text can begin with all the prefixes: then not even the longest of them does.
func (v *limit) torn() bool {
	longest := ""
	for _, p := range v.prefixes {
		if len(p) > len(longest) {
			longest = p
		}
	}
	return slices.ContainsFunc(v.prefixes, func(p string) bool { return !strings.HasPrefix(longest, p) })
}

// between narrows a number by a comparison, and tells whether any is left.
func (v *limit) between(op operation, c float64) bool {
	if op == equal || op == greater || op == moreEqual {
		if c > v.low || c == v.low && op == greater {
			v.low, v.openLow = c, op == greater
		}
	}
	if op == equal || op == less || op == lessEqual {
		if c < v.high || c == v.high && op == less {
			v.high, v.openHigh = c, op == less
		}
	}
	if op == unequal && v.low == c && v.high == c {
		return false
	}
	return v.low < v.high || v.low == v.high && !v.openLow && !v.openHigh
}

var (
	turned  = map[operation]operation{less: greater, lessEqual: moreEqual, greater: less, moreEqual: lessEqual, equal: equal, unequal: unequal}
	negated = map[operation]operation{less: moreEqual, lessEqual: greater, greater: lessEqual, moreEqual: less, equal: unequal, unequal: equal}
)

// comparison reads a comparison of a slot with a constant as one of a slot on the left, that is true. Numbers in a record are
// finite, so what is not less is at least as much.
func comparison(n *node, truth bool) (slot int, op operation, c *node, ok bool) {
	a, b, op := n.args[0], n.args[1], n.op
	if a.op == constant {
		a, b, op = b, a, turned[op]
	}
	if !truth {
		op = negated[op]
	}
	return a.slot, op, b, a.op == feature && b.op == constant
}

// value is a constant that is no text, as a number.
func (n *node) value() float64 {
	if n.kind == anInt || n.kind == aDouble {
		return n.asDouble()
	}
	return float64(n.number)
}

func truthNumber(truth bool) float64 {
	if truth {
		return 1
	}
	return 0
}

// among gives the test for being one of a list, which may be long.
func among(list []string) func(string) bool {
	set := make(map[string]struct{}, len(list))
	for _, s := range list {
		set[s] = struct{}{}
	}
	return func(s string) bool { _, ok := set[s]; return ok }
}

func texts(list []*node) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i] = c.text
	}
	return out
}
