package policies

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// checked is a policy that passed the gate of form: what is needed to prove it.
type checked struct {
	modules     map[string]*ast.Module // as parsed, without the tests
	compiler    *ast.Compiler          // of the rules, without the tests
	annotations *ast.AnnotationSet
	reasons     catalogue
	data        map[string]any
	tests       TestReport
}

// check is the gate of form and the policy's own tests, which it passes before it is proved.
func check(ctx context.Context, s Source) (*checked, error) {
	c, err := checkForm(s)
	if err != nil {
		return nil, err
	}
	c.tests, err = runTests(ctx, s)
	return c, err
}

// checkForm is the gate of form: the policy's layout, a strict compilation with pure functions only, and the lints. All faults that
// can be found at one time are in the error, which is SourceErrors: first what is wrong with single files and their rules, then with
// the rules together.
func checkForm(s Source) (*checked, error) {
	var f faults
	p := parseSource(s, &f)
	for _, lint := range lints {
		lint(p, &f)
	}
	c := &checked{modules: p.rules}
	c.reasons = annotated(p.rules, p.annotations, texts(), &f)
	var err error
	if c.data, err = dataOf(s.Files); err != nil {
		f.addError(err)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if c.compiler, c.annotations = compileModules(p.rules, capabilities(), &f); c.compiler != nil {
		lintUnused(c.compiler, &f)
		lintDataNames(p, c.data, &f)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// parsedSource is a policy as the lints see it.
type parsedSource struct {
	Source
	rules       map[string]*ast.Module
	tests       map[string]*ast.Module
	annotations *ast.AnnotationSet
	packages    map[string][]*ast.Module // of the rules, by path, such as data.privacy.age
}

func parseSource(s Source, f *faults) *parsedSource {
	rules, tests := s.split()
	p := &parsedSource{
		Source: s, rules: parseModules(rules, capabilities(), f), tests: parseModules(tests, testCapabilities(), f),
		packages: map[string][]*ast.Module{},
	}
	for _, name := range sorted(p.rules) {
		m := p.rules[name]
		p.packages[m.Package.Path.String()] = append(p.packages[m.Package.Path.String()], m)
	}
	var errs ast.Errors
	if p.annotations, errs = ast.BuildAnnotationSet(slices.Collect(maps.Values(p.rules))); len(errs) > 0 {
		f.addAll("", errs)
	}
	return p
}

// lints are the checks of our own, each of one idea. Those of a single file's literals, calls and input keys are part of parsing,
// as tenants' rules pass them, too.
var lints = []func(p *parsedSource, f *faults){
	lintFiles, lintLayout, lintPackages, lintImports, lintWholeInput, lintDataRefs, lintRuleNames, lintElse, lintDefaults,
	lintNegatedCalls, lintCatalogueNames, lintTitles, lintArticles, lintLinks, lintTestNames, lintTested,
}

// lintFiles finds files that are no part of a policy, wherever the source comes from.
func lintFiles(p *parsedSource, f *faults) {
	for _, name := range sorted(p.Files) {
		if wrong := place(name); wrong != "" {
			f.add(&ast.Location{File: name}, "%s", wrong)
		}
	}
}

func lintLayout(p *parsedSource, f *faults) {
	for _, name := range sorted(p.Files) {
		if strings.HasSuffix(name, ".rego") {
			lintFormat(name, p.Files[name], f)
		}
	}
}

func lintWholeInput(p *parsedSource, f *faults) {
	for _, name := range sorted(p.rules) {
		lintInput(p.rules[name], f)
	}
}

// each visits every rule outside of the tests, in order.
func (p *parsedSource) each(visit func(m *ast.Module, rule *ast.Rule)) {
	for _, name := range sorted(p.rules) {
		for _, rule := range p.rules[name].Rules {
			visit(p.rules[name], rule)
		}
	}
}

// pathOf is the absolute path of what a ref of a module names, such as data.privacy.age.refusals; nil if it is a local name.
func (p *parsedSource) pathOf(m *ast.Module, ref ast.Ref) ast.Ref {
	name, ok := ref[0].Value.(ast.Var)
	if !ok {
		return nil
	}
	if name.Equal(ast.DefaultRootDocument.Value) {
		return ref
	}
	for _, i := range m.Imports {
		if path, is := i.Path.Value.(ast.Ref); is && i.Name() == name && path.HasPrefix(ast.DefaultRootRef) {
			return path.Concat(ref[1:])
		}
	}
	for _, other := range p.packages[m.Package.Path.String()] {
		for _, rule := range other.Rules {
			if ruleName(rule) == string(name) {
				return other.Package.Path.Append(ast.StringTerm(string(name))).Concat(ref[1:])
			}
		}
	}
	return nil
}

// ruleName is the first name of a rule: kept of kept["contact"].
func ruleName(rule *ast.Rule) string {
	name, _ := rule.Head.Ref()[0].Value.(ast.Var)
	return string(name)
}

func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
