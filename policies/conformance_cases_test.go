package policies

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/test/cases"
)

// conformanceCase is one of OPA's conformance cases as both engines are asked it.
type conformanceCase struct {
	cases.TestCase
	modules map[string]*ast.Module
	query   ast.Body
	names   []ast.Var // that the query binds
	input   *ast.Term // nil: undefined
}

// caseSet is all cases, each once.
type caseSet struct {
	cases     []cases.TestCase
	rewritten int // further cases of the old syntax that are among them in today's
}

// loadCases reads the cases from OPA's module, and tells how many files hold them.
func loadCases(t *testing.T) (set caseSet, files int) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/open-policy-agent/opa").Output()
	if err != nil {
		t.Fatalf("find OPA's module: %v", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(out)), "v1", "test", "cases", "testdata")
	names, notes := map[string]bool{}, map[string]bool{}
	for _, version := range []string{"v1", "v0"} {
		loaded, err := cases.Load(filepath.Join(folder, version))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range loaded.Sorted().Cases {
			names[c.Filename] = true
			if version == "v1" {
				notes[c.Note] = true
			} else if notes[c.Note] {
				set.rewritten++
				continue
			}
			set.cases = append(set.cases, c)
		}
	}
	return set, len(names)
}

// sift reads all cases and counts why some of them are refused. A case counts for each builtin that is not admitted.
func sift(all []cases.TestCase, admitted *ast.Capabilities) (questions []*conformanceCase, refused map[string]int) {
	refused = map[string]int{}
	for _, c := range all {
		q, why := understand(c, admitted)
		if q != nil {
			questions = append(questions, q)
		}
		for _, reason := range why {
			refused[reason]++
		}
	}
	return questions, refused
}

// Why a case is refused, beside the builtins that it calls.
const (
	oldSyntax = "written in the syntax before Rego 1"
	noSense   = "does not compile as Rego 1"
	allOfData = "asks for all of data, where our question is too"
	noJSON    = "has an input that JSON cannot hold"
)

// understand parses a case as Rego of version 1 and compiles it with all of OPA's builtins, to see which it calls. It gives
// the reasons if the case cannot be asked.
func understand(c cases.TestCase, admitted *ast.Capabilities) (*conformanceCase, []string) {
	q := &conformanceCase{TestCase: c}
	if !q.parse() {
		return nil, []string{oldSyntax}
	}
	all := ast.NewCompiler().WithCapabilities(ast.CapabilitiesForThisVersion())
	if all.Compile(copied(q.modules)); all.Failed() {
		if slices.ContainsFunc(all.Errors, func(e *ast.Error) bool { return e.Code == ast.RecursionErr }) {
			return nil, []string{allOfData}
		}
		return nil, []string{noSense}
	}
	var calls []string
	for _, b := range all.Required.Builtins {
		calls = append(calls, b.Name)
	}
	for _, name := range []string{"rego.metadata.chain", "rego.metadata.rule"} { // the compiler puts constants in their place
		if strings.Contains(strings.Join(c.Modules, ""), name) {
			calls = append(calls, name)
		}
	}
	var why []string
	for _, name := range calls {
		if !slices.ContainsFunc(admitted.Builtins, func(a *ast.Builtin) bool { return a.Name == name }) {
			why = append(why, "calls "+name)
		}
	}
	if q.input != nil && !json.Valid([]byte(q.input.String())) {
		why = append(why, noJSON)
	}
	if len(why) > 0 {
		return nil, why
	}
	return q, nil
}

// parse reads the case's texts.
func (q *conformanceCase) parse() bool {
	options := ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: ast.CapabilitiesForThisVersion()}
	q.modules = map[string]*ast.Module{}
	for i, text := range q.Modules {
		name := fmt.Sprintf("case-%d.rego", i)
		m, err := ast.ParseModuleWithOpts(name, text, options)
		if err != nil {
			return false
		}
		q.modules[name] = m
	}
	var err error
	if q.query, err = ast.ParseBodyWithOpts(q.Query, options); err != nil {
		return false
	}
	return q.readInput() == nil && q.wrap() == nil
}

// negation finds the word that means something else with rego.v2.
var negation = regexp.MustCompile(`\bnot\s`)

// packageLine is where an import can be put behind.
var packageLine = regexp.MustCompile(`(?m)^package .*$`)

// withImport is the case with the import of rego.v2 in each module, or nil if it has no negation or cannot take the import.
func (q *conformanceCase) withImport(admitted *ast.Capabilities) *conformanceCase {
	if !negation.MatchString(strings.Join(q.Modules, "")) {
		return nil
	}
	c := q.TestCase
	c.Note += " (rego.v2)"
	c.Modules = nil
	for _, text := range q.Modules {
		c.Modules = append(c.Modules, packageLine.ReplaceAllString(text, "$0\n\nimport rego.v2\n"))
	}
	v2, _ := understand(c, admitted)
	return v2
}

func (q *conformanceCase) readInput() (err error) {
	switch {
	case q.InputTerm != nil:
		q.input, err = ast.ParseTerm(*q.InputTerm)
	case q.Input != nil:
		var v ast.Value
		v, err = ast.InterfaceToValue(*q.Input)
		q.input = ast.NewTerm(v)
	}
	return err
}

// conformancePath is the rule that stands for a case's query in WebAssembly.
const conformancePath = "conformance/answer"

// wrap adds a rule that gives all that the query binds, as a set of objects: an entry point is a rule, not a query.
func (q *conformanceCase) wrap() error {
	visitor := ast.NewVarVisitor().WithParams(ast.VarVisitorParams{SkipRefCallHead: true, SkipClosures: true})
	visitor.WalkBody(q.query)
	object := ast.NewObject()
	for _, v := range visitor.Vars().Sorted() {
		if v.IsWildcard() || v.IsGenerated() || ast.RootDocumentNames.Contains(ast.VarTerm(string(v))) {
			continue
		}
		q.names = append(q.names, v)
		object.Insert(ast.StringTerm(string(v)), ast.VarTerm(string(v)))
	}
	m, err := ast.ParseModuleWithOpts("conformance.rego", "package conformance\n\nanswer := {0 | true}", ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		return err
	}
	answer := ast.SetComprehensionTerm(ast.NewTerm(object), q.query.Copy())
	m.Rules[0].Head.Value = answer
	q.modules[m.Package.Location.File] = m
	return nil
}

func copied(modules map[string]*ast.Module) map[string]*ast.Module {
	copies := make(map[string]*ast.Module, len(modules))
	for name, m := range modules {
		copies[name] = m.Copy()
	}
	return copies
}
