package compile

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file reads the filter of a function over events.

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
	var texts []ast.Expr
	switch name := call.FunctionName(); {
	case name == operators.In && args[1].Kind() == ast.ListKind:
		texts = args[1].AsList().Elements()
	case name == operators.Equals, name == "startsWith":
		texts = args[1:]
	}
	for _, a := range texts {
		s, ok := literal(a)
		switch {
		case !ok:
			texts = nil
		case s == "":
			l.fail(a.ID(), "count all events without a filter, or name a text", "a filter cannot ask for an empty text")
			return false
		case !abi.ValidText(s):
			l.fail(a.ID(), "shorten it", "a text of a filter has at most %d bytes, on one line", abi.MaxText)
			return false
		case call.FunctionName() == "startsWith":
			c.Prefix = s
		case !slices.Contains(c.In, s):
			c.In = append(c.In, s)
		}
	}
	if len(texts) == 0 {
		l.fail(e.ID(), form, "a filter of events cannot have this form")
		return false
	}
	if len(c.In) > abi.MaxTexts || len(x.Where) == abi.MaxConditions {
		l.fail(e.ID(), "", "a filter has at most %d conditions, of %d texts each", abi.MaxConditions, abi.MaxTexts)
		return false
	}
	for _, a := range texts {
		s, _ := literal(a)
		l.warnText(a, c.Property, s, c.Prefix != "")
	}
	x.Where = append(x.Where, c)
	return true
}

// warnText warns of a text that a property never has, or never begins with.
func (l *lowering) warnText(e ast.Expr, property, s string, prefix bool) {
	if l.report.warned() {
		return
	}
	never := l.catalogue.field(property).never
	if prefix {
		never = l.catalogue.field(property).neverBegins
	}
	if why, suggestion := never(s); why != "" {
		l.report.warning(l.place(e.ID()), suggestion, "%s", why)
	}
}

// warnFilter warns of conditions on one property that exclude each other.
func (l *lowering) warnFilter(e ast.Expr, event *Event, where []abi.Condition) {
	left := map[string]*limit{}
	for _, c := range where {
		v := left[c.Property]
		if v == nil {
			v = &limit{}
			left[c.Property] = v
		}
		admits := func(s string) bool { return slices.Contains(c.In, s) }
		if c.Prefix != "" {
			v.prefixes = append(v.prefixes, c.Prefix)
			admits = func(s string) bool { return strings.HasPrefix(s, c.Prefix) }
		}
		if !v.keep(admits, c.In...) {
			l.report.warning(l.place(e.ID()), "look for conditions that exclude each other", "no %s can pass the filter: its property %s would have to be two things at once", event.Name, c.Property)
			return
		}
	}
}
