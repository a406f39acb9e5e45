package policies

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// askedDocuments are the documents that Go asks for by name.
func askedDocuments() []ast.Ref {
	asked := []ast.Ref{refOf(agesDocument), lawPackage.Append(term(lawViolations)), lawPackage.Append(term(lawEnlargements))}
	for _, a := range aspects {
		asked = append(asked, refOf(a.document))
	}
	return asked
}

// lintUnused finds rules that no decision depends on: a refusal that somebody wrote and that nobody asks.
func lintUnused(c *ast.Compiler, f *faults) {
	used := map[util.T]bool{}
	var use func(x util.T)
	use = func(x util.T) {
		if used[x] {
			return
		}
		used[x] = true
		for below := range c.Graph.Dependencies(x) {
			use(below)
		}
	}
	annotations := c.GetAnnotationSet()
	all := func(visit func(rule *ast.Rule)) {
		for _, name := range sorted(c.Modules) {
			for _, rule := range c.Modules[name].Rules {
				visit(rule)
			}
		}
	}
	all(func(rule *ast.Rule) {
		path := rule.Ref().GroundPrefix()
		a := annotations.GetDocumentScope(path)
		entry := a != nil && a.Entrypoint
		for _, asked := range askedDocuments() {
			entry = entry || path.HasPrefix(asked)
		}
		if entry {
			use(rule)
		}
	})
	all(func(rule *ast.Rule) {
		if !used[rule] {
			f.add(rule.Loc(), "no decision depends on the rule %s: use it where it belongs, or remove it", ruleName(rule))
		}
	})
}

// lintDataNames finds data of the same name as a rule: which of the two a reader gets is not to be guessed.
func lintDataNames(p *parsedSource, data map[string]any, f *faults) {
	p.each(func(m *ast.Module, rule *ast.Rule) {
		var node any = data
		for _, t := range m.Package.Path[1:] {
			below, _ := node.(map[string]any)
			key, _ := t.Value.(ast.String)
			node = below[string(key)]
		}
		if below, ok := node.(map[string]any); ok && below[ruleName(rule)] != nil {
			f.add(rule.Loc(), "the rule %s and the data in data.json have the same name: rename one", strings.TrimPrefix(rule.Ref().GroundPrefix().String(), "data."))
		}
	})
}
