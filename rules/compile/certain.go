package compile

import (
	"slices"
	"strings"
)

// This file finds conditions that hold wherever others do.

// covered tells whether one of the conditions before holds wherever this one does, and which. One that is nil always holds.
func (f *file) covered(x *expression, before []*expression) (by int, covered bool) {
	if x == nil {
		return 0, false
	}
	ways := []*node{x.node}
	if x.op == some {
		ways = x.args
	}
	by = -1
	for _, way := range ways {
		l := f.limits()
		if !l.hold(way, true) {
			continue // never so; that is warned of on its own
		}
		i := slices.IndexFunc(before, func(b *expression) bool { return b == nil || l.certain(b.node, true) })
		if i < 0 {
			return 0, false
		}
		by = max(by, i)
	}
	return by, by >= 0
}

// certain tells whether a condition is true, or false, and no error, wherever all that is known holds. It answers yes only
// where that is so; beyond the budget nothing is certain.
func (l *limits) certain(n *node, truth bool) bool {
	if !l.file.spend(1 + len(l.known)) {
		return false
	}
	if slices.ContainsFunc(l.known, func(c claim) bool { return c.truth == truth && l.file.same(c.node, n) }) {
		return true
	}
	switch n.op {
	case constant:
		return (n.number != 0) == truth
	case not:
		return l.certain(n.args[0], !truth)
	case all, some:
		if (n.op == all) == truth {
			return !slices.ContainsFunc(n.args, func(a *node) bool { return !l.certain(a, truth) })
		}
		return slices.ContainsFunc(n.args, func(a *node) bool { return l.certain(a, truth) })
	case present:
		v := l.slots[n.slot]
		return v != nil && (truth && v.there || !truth && v.absent)
	case feature:
		v := l.slots[n.slot]
		return v != nil && v.there && v.meets(equal, truthNumber(truth))
	case equal, unequal, less, lessEqual, greater, moreEqual:
		slot, op, c, ok := comparison(n, truth)
		v := l.slots[slot]
		switch {
		case !ok || v == nil || !v.there:
			return false
		case c.kind != aString:
			return v.meets(op, c.value())
		case !l.file.spend(v.size()):
			return false
		case op == equal:
			return v.all(func(s string) bool { return s == c.text })
		case op == unequal:
			return slices.Contains(v.barred, c.text) || v.all(func(s string) bool { return s != c.text })
		}
	case within:
		v := l.slots[n.args[0].slot]
		if n.args[0].op != feature || n.args[0].kind != aString || v == nil || !v.there || !v.closed || !l.file.spend(v.size()+4*len(n.list)) {
			return false
		}
		listed := among(texts(n.list))
		return v.all(func(s string) bool { return listed(s) == truth })
	case startsWith:
		v := l.slots[n.args[0].slot]
		if n.args[0].op != feature || n.args[1].op != constant || v == nil || !v.there || !l.file.spend(v.size()) {
			return false
		}
		begins := func(s string) bool { return strings.HasPrefix(s, n.args[1].text) }
		return truth && slices.ContainsFunc(v.prefixes, begins) || v.all(func(s string) bool { return begins(s) == truth })
	}
	return false
}

// all tells whether a test admits every text that is left.
func (v *limit) all(admits func(string) bool) bool {
	return v.closed && !slices.ContainsFunc(v.texts, func(s string) bool { return !admits(s) })
}

// meets tells whether every number that is left passes a comparison.
func (v *limit) meets(op operation, c float64) bool {
	switch op {
	case equal:
		return v.low == c && v.high == c
	case unequal:
		return v.meets(less, c) || v.meets(greater, c)
	case less:
		return v.high < c || v.high == c && v.openHigh
	case lessEqual:
		return v.high <= c
	case greater:
		return v.low > c || v.low == c && v.openLow
	default:
		return v.low >= c
	}
}

// same tells whether two expressions are the same, so that they have the same value and the same error. Beyond the budget
// none are.
func (f *file) same(a, b *node) bool {
	return a.op == b.op && a.kind == b.kind && a.slot == b.slot && a.number == b.number && a.double == b.double && a.text == b.text &&
		f.spend(1) && slices.EqualFunc(a.args, b.args, f.same) && slices.EqualFunc(a.list, b.list, f.same)
}
