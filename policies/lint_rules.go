package policies

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// lintRuleNames keeps the names that mean something where they mean it.
func lintRuleNames(p *parsedSource, f *faults) {
	p.each(func(m *ast.Module, rule *ast.Rule) {
		name := ruleName(rule)
		switch {
		case strings.HasPrefix(name, "test_") || strings.HasPrefix(name, "todo_"):
			f.add(rule.Loc(), "the test %s is among the rules, where it is part of the policy: move it to a file *_test.rego", name)
		case strings.HasPrefix(name, "violation") || strings.HasPrefix(name, "invariant"):
			if !m.Package.Path.HasPrefix(lawPackage) {
				f.add(rule.Loc(), "the rule %s is named like a check of decisions, and checks are in package privacy.invariants only", name)
			}
		}
	})
}

// lintElse refuses else: which branch answers then depends on the order of lines, and a permit hides behind what fails.
func lintElse(p *parsedSource, f *faults) {
	p.each(func(_ *ast.Module, rule *ast.Rule) {
		if rule.Else != nil {
			f.add(rule.Else.Loc(), "`else` is refused: write a second rule %s that says itself when it holds", ruleName(rule))
		}
	})
}

// lintDefaults checks that what no rule speaks about is denied.
func lintDefaults(p *parsedSource, f *faults) {
	has := map[string]bool{}
	p.each(func(m *ast.Module, rule *ast.Rule) {
		if !rule.Default {
			return
		}
		has[m.Package.Path.String()+"."+ruleName(rule)] = true
		if what := grants(rule.Head.Value); what != "" {
			f.add(rule.Loc(), "the default of %s permits something (%s): where no rule speaks, nothing is permitted", ruleName(rule), what)
		}
	})
	p.each(func(m *ast.Module, rule *ast.Rule) {
		path := m.Package.Path.String() + "." + ruleName(rule)
		object, ok := written(rule)
		if len(rule.Head.Ref()) != 1 || !ok || has[path] {
			return
		}
		for _, key := range permitKeys {
			if object.Get(ast.StringTerm(key)) != nil {
				f.add(rule.Loc(), "%s says what is permitted (%q) and has no default: add one that permits nothing", ruleName(rule), key)
				has[path] = true
				return
			}
		}
	})
}

// written is the object that a rule gives, if it is written out.
func written(rule *ast.Rule) (ast.Object, bool) {
	if rule.Head.Value == nil {
		return nil, false
	}
	object, ok := rule.Head.Value.Value.(ast.Object)
	return object, ok
}

// permitKeys are the keys by which a document permits something.
var permitKeys = []string{"permit", "level", "transfer", "device"}

// grants tells what a value permits; empty: nothing.
func grants(t *ast.Term) string {
	switch v := t.Value.(type) {
	case ast.Boolean:
		if v {
			return "true"
		}
	case ast.Object:
		for _, key := range permitKeys {
			value := v.Get(ast.StringTerm(key))
			if value == nil || value.Equal(ast.BooleanTerm(false)) || value.Equal(ast.StringTerm("none")) {
				continue
			}
			if _, nested := value.Value.(ast.Object); !nested || grants(value) != "" {
				return key + " " + value.String()
			}
		}
		for _, key := range []string{"kept", "exact"} {
			if value := v.Get(ast.StringTerm(key)); value != nil && !value.Equal(ast.ObjectTerm()) {
				return key + " " + value.String()
			}
		}
	}
	return ""
}

// lintNegatedCalls checks `not f(x)`, which also holds when the function has no answer, as for a value that nobody thought of. A
// function that is negated must say what it answers then.
func lintNegatedCalls(p *parsedSource, f *faults) {
	hasDefault := map[string]bool{}
	p.each(func(m *ast.Module, rule *ast.Rule) {
		if rule.Default {
			hasDefault[m.Package.Path.String()+"."+ruleName(rule)] = true
		}
	})
	p.each(func(m *ast.Module, rule *ast.Rule) {
		negated(rule, func(operator *ast.Term) {
			ref, ok := operator.Value.(ast.Ref)
			if !ok || ast.BuiltinMap[ref.String()] != nil {
				return
			}
			if path := p.pathOf(m, ref); path != nil && !hasDefault[path.String()] {
				f.add(operator.Loc(), "`not %s(...)` also holds for everything that %s has no answer to: give it a default, such as `default %s(_) := false`",
					ref, ref, strings.Trim(ref[len(ref)-1].String(), `"`))
			}
		})
	})
}

// negated visits the operators of the calls below a `not`.
func negated(rule *ast.Rule, visit func(operator *ast.Term)) {
	ast.WalkExprs(rule, func(e *ast.Expr) bool {
		if not, ok := e.Terms.(*ast.Not); ok {
			operators(not.Body, visit)
		}
		return false
	})
}

// closedDocuments are the documents whose keys are names of the catalogue of data.
var closedDocuments = map[string][]string{
	"data.privacy.minimise.kept":        categoryNames,
	"data.privacy.minimise.dropped":     categoryNames,
	"data.privacy.minimise.exact":       tagNames,
	"data.privacy.minimise.generalised": tagNames,
}

// lintCatalogueNames finds names of categories and of tags that do not exist: a rule about one is silently dead.
func lintCatalogueNames(p *parsedSource, f *faults) {
	p.each(func(m *ast.Module, rule *ast.Rule) {
		if ref := rule.Head.Ref(); len(ref) == 2 {
			if names, ok := closedDocuments[m.Package.Path.String()+"."+ruleName(rule)]; ok {
				l := literals{module: m, values: map[ast.Var][]*ast.Term{}}
				ast.WalkTerms(rule.Body, func(t *ast.Term) bool {
					if call, is := t.Value.(ast.Call); is && call[0].String() == "internal.member_2" {
						l.bind("internal.member_2", call[1:])
					}
					return false
				})
				known(l.constants(ref[1]), names, f)
			}
		}
		ast.WalkRefs(rule.Body, func(ref ast.Ref) bool {
			if path := p.pathOf(m, ref); len(path) > 4 {
				if names, ok := closedDocuments[path[:4].String()]; ok && isText(path[4]) {
					known([]*ast.Term{path[4]}, names, f)
				}
			}
			return false
		})
		if object, ok := written(rule); ok {
			if t := object.Get(ast.StringTerm("days")); t != nil {
				if table, is := t.Value.(ast.Object); is {
					known(table.Keys(), categoryNames, f)
				}
			}
		}
	})
}

// known checks that constants are among some names.
func known(constants []*ast.Term, names []string, f *faults) {
	for _, t := range constants {
		if name, ok := t.Value.(ast.String); ok && !slices.Contains(names, string(name)) {
			f.add(t.Loc(), "%s is no name of the catalogue of data: it is one of %s", name, strings.Join(names, ", "))
		}
	}
}
