package compile

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// history is a function over a visitor's events. A call of it has constant arguments and becomes one feature of the
// manifest, which the host computes.
type history struct {
	aggregate abi.Aggregate
	property  bool      // the second argument names a number among the event's properties
	span      spanUse   // the argument after that
	result    *cel.Type // int for a count, which is a whole number to people
	example   string    // for errors
}

// spanUse says whether a function takes a duration, such as "90d".
type spanUse uint8

const (
	noSpan      spanUse = iota
	maybeWindow         // all events where it is left out
	mustHalfLife
)

var functions = map[string]history{
	"count":            {abi.Count, false, maybeWindow, cel.IntType, `count("page_view", "90d")`},
	"sum":              {abi.Sum, true, maybeWindow, cel.DoubleType, `sum("order_placed", "order_value", "365d")`},
	"decayed":          {abi.Decayed, false, mustHalfLife, cel.DoubleType, `decayed("page_view", "14d")`},
	"days_since_first": {abi.DaysSinceFirst, false, noSpan, cel.DoubleType, `days_since_first("login")`},
	"days_since_last":  {abi.DaysSinceLast, false, noSpan, cel.DoubleType, `days_since_last("login")`},
}

// overloads are the ways to call the function: a filter may stand last.
func (f history) overloads(name string) []cel.FunctionOpt {
	var options []cel.FunctionOpt
	add := func(args ...*cel.Type) {
		id := name
		for _, a := range args {
			id += "_" + a.String()
		}
		options = append(options, cel.Overload(id, args, f.result))
	}
	args := []*cel.Type{cel.StringType}
	if f.property {
		args = append(args, cel.StringType)
	}
	if f.span == maybeWindow {
		add(args...)
		add(append(slices.Clone(args), cel.BoolType)...)
	}
	if f.span != noSpan {
		args = append(args, cel.StringType)
	}
	add(args...)
	add(append(slices.Clone(args), cel.BoolType)...)
	return options
}

// history reads a call as a feature.
func (l *lowering) history(e ast.Expr, f history) *node {
	call := e.AsCall()
	args := call.Args()
	x := abi.Feature{Type: abi.Number, Aggregate: f.aggregate}
	next := func(what string) (string, ast.Expr, bool) {
		a := args[0]
		args = args[1:]
		s, ok := literal(a)
		if !ok {
			l.fail(a.ID(), "such as "+f.example, "%s of %s must be a constant in quotes", what, call.FunctionName())
		}
		return s, a, ok
	}
	name, at, ok := next("the event")
	if !ok {
		return nil
	}
	event := l.catalogue.event(name)
	if event == nil {
		return l.fail(at.ID(), didYouMean(name, l.catalogue.eventNames()), "the catalogue has no event %s", shown(name))
	}
	x.Event = name
	if f.property {
		if x.Property, at, ok = next("the property"); !ok || !l.property(at, event, x.Property, Number) {
			return nil
		}
	}
	if f.span != noSpan && len(args) > 0 && l.kindOf(args[0]) == aString {
		what, to := "the window", &x.Window
		if f.span == mustHalfLife {
			what, to = "the half-life", &x.HalfLife
		}
		if *to, at, ok = next(what); !ok {
			return nil
		}
		if _, err := abi.ParseDuration(*to); err != nil {
			return l.fail(at.ID(), "", "%s %v", what, err)
		}
	}
	if len(args) > 0 && !l.filter(args[0], event, &x) {
		return nil
	}
	n := &node{op: feature, id: e.ID(), kind: aDouble, slot: l.reads.slot(x)}
	n.zero = f.aggregate == abi.Count || f.aggregate == abi.Sum || f.aggregate == abi.Decayed
	if f.aggregate == abi.Count {
		n.kind, n.whole = anInt, true
	}
	return n
}

// filter reads which events count: conditions on the event's properties, joined by &&. The host knows just two: a text is
// one of some, or begins with something.
func (l *lowering) filter(e ast.Expr, event *Event, x *abi.Feature) bool {
	const form = `write event.property == "text", event.property in ["a", "b"] or event.property.startsWith("text"), joined by &&`
	if e.Kind() == ast.CallKind && e.AsCall().FunctionName() == operators.LogicalAnd {
		for _, a := range e.AsCall().Args() {
			if !l.filter(a, event, x) {
				return false
			}
		}
		return true
	}
	if e.Kind() != ast.CallKind {
		l.fail(e.ID(), form, "a filter of events cannot have this form")
		return false
	}
	call := e.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	if len(args) != 2 || args[0].Kind() != ast.SelectKind || args[0].AsSelect().IsTestOnly() || !isIdent(args[0].AsSelect().Operand(), eventVariable) {
		l.fail(e.ID(), form, "a filter of events cannot have this form")
		return false
	}
	c := abi.Condition{Property: args[0].AsSelect().FieldName()}
	if !l.property(args[0], event, c.Property, String) {
		return false
	}
	ok := false
	switch call.FunctionName() {
	case operators.Equals:
		var s string
		s, ok = literal(args[1])
		c.In = []string{s}
	case operators.In:
		if args[1].Kind() == ast.ListKind {
			ok = true
			for _, a := range args[1].AsList().Elements() {
				s, is := literal(a)
				ok = ok && is
				if !slices.Contains(c.In, s) {
					c.In = append(c.In, s)
				}
			}
			ok = ok && len(c.In) > 0
		}
	case "startsWith":
		c.Prefix, ok = literal(args[1])
	}
	if !ok {
		l.fail(e.ID(), form, "a filter of events cannot have this form")
		return false
	}
	compared := c.In
	if c.Prefix != "" || len(c.In) == 0 {
		compared = []string{c.Prefix}
	}
	switch {
	case len(x.Where) == abi.MaxConditions:
		l.fail(e.ID(), "", "a filter of events has %d conditions at most", abi.MaxConditions)
	case len(c.In) > abi.MaxTexts:
		l.fail(e.ID(), "", "a filter of events has %d texts after in at most", abi.MaxTexts)
	case slices.ContainsFunc(compared, func(s string) bool { return !canCompare(s) }):
		l.fail(args[1].ID(), "", "a filter of events compares with texts of 1 to %d bytes on one line", maxCompared)
	default:
		x.Where = append(x.Where, c)
		return true
	}
	return false
}

// maxCompared bounds a text that a filter compares with, as the manifest does.
const maxCompared = 256

// canCompare tells whether the manifest takes a text as one to compare with.
func canCompare(s string) bool {
	strange := func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
	return s != "" && len(s) <= maxCompared && !strings.ContainsFunc(s, strange)
}

// property checks that an event carries a property of this type.
func (l *lowering) property(e ast.Expr, event *Event, name string, want Type) bool {
	if !slices.Contains(event.Properties, name) {
		l.fail(e.ID(), didYouMean(name, event.Properties), "the event %s has no property %s", event.Name, shown(name))
		return false
	}
	if f := l.catalogue.field(name); f == nil || f.Type != want {
		l.fail(e.ID(), "", "the property %s is not a %s", name, map[Type]string{String: "text", Number: "number"}[want])
		return false
	}
	return true
}

// literal gives a constant text.
func literal(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

func isIdent(e ast.Expr, name string) bool {
	return e.Kind() == ast.IdentKind && e.AsIdent() == name
}

// reads collects the features of the manifest, each once.
type reads struct {
	features []abi.Feature
	slots    map[string]int
}

// slot gives the place of a feature.
func (r *reads) slot(x abi.Feature) int {
	key := fmt.Sprintf("%q", []any{x.Type, x.Field, x.Aggregate, x.Event, x.Where, x.Property, x.Window, x.HalfLife})
	if at, ok := r.slots[key]; ok {
		return at
	}
	x.Name = r.unused(name(&x))
	if x.Field == x.Name {
		x.Field = ""
	}
	r.features = append(r.features, x)
	r.slots[key] = len(r.features) - 1
	return r.slots[key]
}

// name says what a feature is, so that a report needs no other words: count-page_view-90d.
func name(x *abi.Feature) string {
	if x.Aggregate == abi.FieldValue {
		return x.Field
	}
	parts := []string{string(x.Aggregate), x.Event}
	for _, p := range []string{x.Property, x.Window, x.HalfLife} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "-")
}

// unused makes a name of at most 64 bytes that no other feature has.
func (r *reads) unused(name string) string {
	taken := func(s string) bool {
		return slices.ContainsFunc(r.features, func(x abi.Feature) bool { return x.Name == s })
	}
	s := name[:min(len(name), 64)]
	for i := 2; taken(s); i++ {
		suffix := fmt.Sprintf("-%d", i)
		s = name[:min(len(name), 64-len(suffix))] + suffix
	}
	return s
}
