package compile

import (
	"cmp"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file finds what compiles and is likely not meant.

// What people still follow, from practice: five to seven factors in a model, six criteria in a segment.
const (
	manyReasons  = 7
	manyCriteria = 6
)

// warn warns of what is likely not meant, of each thing once.
func (f *file) warn() {
	for i := range f.scores {
		f.warnScore(&f.scores[i])
	}
	for i, s := range f.segments {
		f.warnCondition("the segment "+s.name+" is always empty", nil, s.when)
		if n := s.when.criteria(); n > manyCriteria {
			f.report.warning(s.when.start(), "keep to six, so that people can follow it", "the segment %s has %d criteria", s.name, n)
		}
		twin := func(o segment) bool { return f.same(o.when.node, s.when.node) }
		if at := slices.IndexFunc(f.segments[:i], twin); at >= 0 {
			f.report.warning(s.when.start(), "mend one of the two, or leave it out", "the segments %s and %s have the same condition, so they hold the same visitors", f.segments[at].name, s.name)
		}
	}
	for _, t := range f.traits {
		var before []*expression
		for _, v := range t.values {
			if !f.warnCondition("the value "+v.name+" is never given", nil, v.when) {
				if by, covered := f.covered(v.when, before); covered {
					f.report.warning(v.when.start(), "put the narrower condition first", "the value %s is never given: %s stands before it, and its condition holds wherever this one does", v.name, t.values[by].name)
				}
			}
			before = append(before, v.when)
		}
	}
	f.warnReads()
}

func (f *file) warnScore(s *score) {
	var before []*expression
	for i := range s.models {
		m := &s.models[i]
		if len(m.reasons) > manyReasons {
			f.report.warning(m.at, "keep to five to seven, so that people can follow the score", "the model of %s has %d reasons", s.name, len(m.reasons))
		}
		if !f.warnCondition("the model is never used", nil, m.when) {
			if by, covered := f.covered(m.when, before); covered {
				f.report.warning(m.when.start(), "put the narrower condition first", "the model is never used: the one on line %d stands before it, and its condition holds wherever this one does", s.models[by].at.line)
			}
		}
		before = append(before, m.when)
		for j := range m.reasons {
			f.warnReason(m, j)
		}
	}
}

// warnReason warns of a reason that gives no points, or others than are meant.
func (f *file) warnReason(m *model, at int) {
	r := &m.reasons[at]
	f.warnValues(r.points)
	if f.warnCondition("the reason "+r.name+" never fires", m.when, r.when) {
		return
	}
	l := f.limits()
	if m.when != nil && !l.hold(m.when.node, true) {
		return // the model is never used
	}
	gives, _ := r.gives(l)
	switch points := r.points; {
	case gives == interval{}:
		f.report.warning(points.start(), "look for a factor of 0, or for points beyond what a reason may give", "the reason %s never gives points", r.name)
	case r.cap == nil:
	case points.op == constant && points.asDouble() == r.worth():
		f.report.warning(r.at, "multiply the points by what they are for, such as 10 * count(...), or leave the cap out", "the cap of the reason %s has no effect: its points are always the same", r.name)
	case points.op == constant:
		f.report.warning(r.at, "write the points as they count", "the points of the reason %s are always above its cap", r.name)
	case *r.cap > 0 && gives.high <= *r.cap:
		f.report.warning(r.at, "leave the cap out; what takes points away is bounded by a cap below 0", "the cap of the reason %s has no effect: its points are at most %s", r.name, rules.ShownPoints(gives.high))
	case *r.cap < 0 && gives.low >= *r.cap:
		f.report.warning(r.at, "leave the cap out; what gives points is bounded by a cap above 0", "the cap of the reason %s has no effect: its points are at least %s", r.name, rules.ShownPoints(gives.low))
	}
	twin := func(o reason) bool {
		return f.same(o.points.node, r.points.node) && (o.when == nil && r.when == nil || o.when != nil && r.when != nil && f.same(o.when.node, r.when.node))
	}
	if i := slices.IndexFunc(m.reasons[:at], twin); i >= 0 {
		f.report.warning(r.at, "mend one of the two, or leave it out", "the reasons %s and %s are the same, so their points count twice", m.reasons[i].name, r.name)
	}
}

// warnCondition warns of a condition that cannot be true, also where another one holds already.
func (f *file) warnCondition(what string, given, x *expression) (never bool) {
	if x == nil {
		return false
	}
	if f.warnValues(x) {
		return true // it says why
	}
	l := f.limits()
	if given != nil && !l.hold(given.node, true) {
		return true // that is warned of at its own place
	}
	if l.hold(x.node, true) {
		return false
	}
	f.report.warning(x.start(), "look for conditions that exclude each other", "%s: its condition cannot be true", what)
	return true
}

// warnValues warns of texts that a field never has.
func (f *file) warnValues(x *expression) (found bool) {
	type place struct {
		id    int64
		field *Field
	}
	told := map[place]bool{} // what is written out for each constant of a list stands there once
	x.walk(func(n *node) {
		var against []*node
		switch n.op {
		case equal, unequal, startsWith:
			against = n.args
		case within:
			against = append([]*node{n.args[0]}, n.list...)
		default:
			return
		}
		field := f.fieldIn(n.args)
		if field == nil {
			return
		}
		never := field.never
		if n.op == startsWith {
			never = field.neverBegins
		}
		for _, c := range against {
			if c.op != constant || n.op == unequal && c.text == "" { // != "" asks whether it is known
				continue
			}
			if told[place{c.id, field}] || f.report.warned() {
				continue
			}
			if why, suggestion := never(c.text); why != "" {
				f.report.warning(x.at(c), suggestion, "%s", why)
				told[place{c.id, field}], found = true, true
			}
		}
	})
	return found
}

// fieldIn gives the field of a text that stands among operands; nil where there is none.
func (f *file) fieldIn(args []*node) *Field {
	for _, n := range args {
		if n.op == feature && n.kind == aString {
			return f.catalogue.field(fieldOf(&f.reads.features[n.slot]))
		}
	}
	return nil
}

func fieldOf(x *abi.Feature) string { return cmp.Or(x.Field, x.Name) }

// warnReads warns of features that are less than they say: what the purpose may not see, and what is not kept so long.
func (f *file) warnReads() {
	told := map[int]bool{}
	f.each(func(x *expression) {
		x.walk(func(n *node) {
			if n.op != feature && n.op != present || told[n.slot] {
				return
			}
			told[n.slot] = true
			r := &f.reads.features[n.slot]
			if what := f.unseen(r); what != "" {
				f.report.warning(x.at(n), "add the purpose to it in catalogue.yaml, or do not read it", "%s is not bound to the purpose %s, so the rules never see it", what, f.purpose)
				return
			}
			what, length := "window", r.Window
			if r.HalfLife != "" {
				what, length = "half-life", r.HalfLife
			}
			kept := f.kept(r)
			if d, err := abi.ParseDuration(length); err == nil && kept > 0 && d > time.Duration(kept)*24*time.Hour {
				f.report.warning(x.at(n), "make the "+what+" shorter, or let the catalogue keep the events longer",
					"the %s of %s is longer than what it asks of %s is kept, which is %d days", what, length, r.Event, kept)
			}
		})
	})
}

// unseen names what of a feature the purpose may not see; empty where it may see all.
func (f *file) unseen(x *abi.Feature) string {
	hidden := func(purposes []string) bool { return purposes != nil && !slices.Contains(purposes, f.purpose) }
	if x.Aggregate == abi.FieldValue {
		if hidden(f.catalogue.field(fieldOf(x)).Purposes) {
			return "the field " + fieldOf(x)
		}
		return ""
	}
	if hidden(f.catalogue.event(x.Event).Purposes) {
		return "the event " + x.Event
	}
	for _, p := range properties(x) {
		if hidden(f.catalogue.field(p).Purposes) {
			return "the property " + p
		}
	}
	return ""
}

// kept is for how many days at most the rules see the events of a feature; 0 where the catalogue does not say, or for a field.
func (f *file) kept(x *abi.Feature) int {
	if x.Aggregate == abi.FieldValue {
		return 0
	}
	days := []int{f.catalogue.Lifetimes[f.purpose], f.catalogue.event(x.Event).Days}
	for _, p := range properties(x) {
		days = append(days, f.catalogue.field(p).Days)
	}
	least := 0
	for _, d := range days {
		if d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return least
}

// properties are those that a feature reads of its events.
func properties(x *abi.Feature) (names []string) {
	if x.Property != "" {
		names = append(names, x.Property)
	}
	for _, c := range x.Where {
		names = append(names, c.Property)
	}
	return names
}

// criteria counts the conditions that a condition is made of, as they are written.
func (n *node) criteria() (count int) {
	switch {
	case n.again:
		return 0
	case n.op == all || n.op == some || n.op == not:
		for _, a := range n.args {
			count += a.criteria()
		}
		return count
	}
	return 1
}
