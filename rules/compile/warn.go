package compile

import (
	"math"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file finds what compiles and is likely not meant.

// What people still follow, from practice: five to seven factors in a model, six criteria in a segment.
const (
	manyReasons  = 7
	manyCriteria = 6
)

func (f *file) warn() {
	for _, s := range f.scores {
		for i := range s.models {
			f.warnModel(s.name, &s.models[i])
		}
	}
	for _, s := range f.segments {
		f.warnCondition("the segment "+s.name+" is always empty", nil, s.when)
		if n := s.when.criteria(); n > manyCriteria {
			f.report.warning(s.when.lowering.source.start(), "keep to six, so that people can follow it", "the segment %s has %d criteria", s.name, n)
		}
	}
	for _, t := range f.traits {
		for _, v := range t.values {
			f.warnCondition("the value "+v.name+" is never given", nil, v.when)
		}
	}
}

func (f *file) warnModel(score string, m *model) {
	if len(m.reasons) > manyReasons {
		f.report.warning(m.at, "keep to five to seven, so that people can follow the score", "the model of %s has %d reasons", score, len(m.reasons))
	}
	f.warnCondition("the model is never used", nil, m.when)
	for _, r := range m.reasons {
		f.warnCondition("the reason "+r.name+" never fires", m.when, r.when)
		f.warnValues(r.points)
		switch points := r.points; {
		case r.cap == nil:
		case points.op == constant && points.asDouble() == r.worth():
			f.report.warning(r.at, "multiply the points by what they are for, such as 10 * count(...), or leave the cap out", "the cap of the reason %s has no effect: its points are always the same", r.name)
		case points.op == constant:
			f.report.warning(r.at, "write the points as they count", "the points of the reason %s are always above its cap", r.name)
		}
	}
}

// warnCondition warns of a condition that cannot be true, also where another one holds already.
func (f *file) warnCondition(what string, given, x *expression) {
	if x == nil {
		return
	}
	if f.warnValues(x) {
		return // it says why
	}
	l := limits{file: f, slots: map[int]*limit{}}
	if given != nil && !l.allow(given.node) {
		return // that is warned of at its own place
	}
	if !l.allow(x.node) {
		f.report.warning(x.lowering.source.start(), "look for conditions that exclude each other", "%s: its condition cannot be true", what)
	}
}

// warnValues warns of texts that a field never has, because the catalogue lists all that it may be.
func (f *file) warnValues(x *expression) (found bool) {
	x.walk(func(n *node) {
		var against []*node
		switch n.op {
		case equal, unequal:
			against = n.args
		case within:
			against = append([]*node{n.args[0]}, n.list...)
		default:
			return
		}
		values := f.values(n.args[0])
		if len(n.args) > 1 && values == nil {
			values = f.values(n.args[1])
		}
		for _, c := range against {
			if values != nil && c.op == constant && !slices.Contains(values, c.text) {
				suggestion := didYouMean(c.text, values)
				if suggestion == "" {
					suggestion = "the catalogue has " + strings.Join(values, ", ")
				}
				f.report.warning(x.at(c), suggestion, "the field never has the value %s", shown(c.text))
				found = true
			}
		}
	})
	return found
}

// values are all that a field may be, or nil where the catalogue does not say.
func (f *file) values(n *node) []string {
	if n.op != feature || n.kind != aString {
		return nil
	}
	x := &f.reads.features[n.slot]
	return f.catalogue.field(fieldOf(x)).Values
}

func fieldOf(x *abi.Feature) string {
	if x.Field != "" {
		return x.Field
	}
	return x.Name
}

// criteria counts the conditions that a condition is made of.
func (n *node) criteria() (count int) {
	switch n.op {
	case all, some, not:
		for _, a := range n.args {
			count += a.criteria()
		}
		return count
	}
	return 1
}

// limits is what conditions that all hold leave of the values of slots.
type limits struct {
	file  *file
	slots map[int]*limit
}

type limit struct {
	low, high         float64
	openLow, openHigh bool // the bound itself is not within
	texts             []string
	closed            bool // only texts are allowed
}

// allow adds a condition and tells whether all can hold. It answers no only where that is certain.
func (l *limits) allow(n *node) bool {
	switch n.op {
	case constant:
		return n.number != 0
	case all:
		for _, a := range n.args {
			if !l.allow(a) {
				return false
			}
		}
	case some:
		// Each on its own beside what holds already; nothing is learned, since any may be the one.
		return slices.ContainsFunc(n.args, func(a *node) bool { return l.copy().allow(a) })
	case not:
		return n.args[0].op != constant || n.args[0].number == 0
	case within:
		if n.args[0].op == feature && n.args[0].kind == aString {
			var texts []string
			for _, c := range n.list {
				texts = append(texts, c.text)
			}
			return l.keep(n.args[0].slot, texts)
		}
		return len(n.list) > 0
	case equal, less, lessEqual, greater, moreEqual:
		return l.compare(n)
	}
	return true
}

func (l *limits) copy() *limits {
	c := &limits{file: l.file, slots: make(map[int]*limit, len(l.slots))}
	for slot, v := range l.slots {
		copied := *v
		c.slots[slot] = &copied
	}
	return c
}

func (l *limits) slot(slot int) *limit {
	v := l.slots[slot]
	if v == nil {
		v = &limit{low: math.Inf(-1), high: math.Inf(1)}
		switch x := &l.file.reads.features[slot]; x.Aggregate {
		case abi.Count, abi.Decayed, abi.DaysSinceFirst, abi.DaysSinceLast:
			v.low = 0 // none of them is negative
		}
		l.slots[slot] = v
	}
	return v
}

// keep leaves only some texts.
func (l *limits) keep(slot int, texts []string) bool {
	v := l.slot(slot)
	if v.closed {
		texts = slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return !slices.Contains(v.texts, s) })
	}
	v.closed, v.texts = true, texts
	return len(texts) > 0
}

// compare adds a comparison of a slot with a constant.
func (l *limits) compare(n *node) bool {
	a, b, op := n.args[0], n.args[1], n.op
	if a.op == constant {
		a, b = b, a
		if turned, ok := map[operation]operation{less: greater, lessEqual: moreEqual, greater: less, moreEqual: lessEqual}[op]; ok {
			op = turned
		}
	}
	if a.op != feature || b.op != constant {
		return true
	}
	switch {
	case a.kind == aString:
		return op != equal || l.keep(a.slot, []string{b.text})
	case a.kind != anInt && a.kind != aDouble:
		return true
	}
	v, c := l.slot(a.slot), b.asDouble()
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
	return v.low < v.high || v.low == v.high && !v.openLow && !v.openHigh
}
