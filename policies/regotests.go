package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// maxTestTime is how long one test of a policy may take. A test that is sound takes milliseconds.
const maxTestTime = 5 * time.Second

// TestReport is what the tests of a policy said.
type TestReport struct {
	Passed   int
	Packages map[string]int // tests that ran by package, such as privacy.age
	Failed   []TestFailure  // by file and line
}

// TestFailure is one test that did not pass.
type TestFailure struct {
	File    string
	Line    int // from 1
	Package string
	Name    string
	Message string
}

// testBuiltins is what tests may call beside what rules may, to build situations and to compare answers.
var testBuiltins = []string{
	"array.slice", "concat", "internal.test_case", "object.filter", "object.keys", "object.remove", "object.union", "object.union_n", "sort",
	"startswith", "endswith", "contains", "sum", "max", "min", "union", "intersection",
}

// testCapabilities are those of rules and what tests may call.
func testCapabilities() *ast.Capabilities {
	caps := capabilities()
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		if slices.Contains(testBuiltins, b.Name) {
			caps.Builtins = append(caps.Builtins, b)
		}
	}
	return caps
}

// runTests runs the tests of a policy. Failures are in the report and in the error, which is SourceErrors then.
func runTests(ctx context.Context, s Source) (TestReport, error) {
	return runTestsWithin(ctx, s, maxTestTime)
}

func runTestsWithin(ctx context.Context, s Source, limit time.Duration) (TestReport, error) {
	report := TestReport{Packages: map[string]int{}}
	var f faults
	p := parseSource(s, &f)
	data, err := dataOf(s.Files)
	if err != nil {
		f.addError(err)
	}
	if err := f.err(); err != nil {
		return report, err
	}
	modules := maps.Clone(p.rules)
	maps.Copy(modules, p.tests)
	runner := tester.NewRunner().SetStore(inmem.NewFromObject(data)).SetModules(modules).SetTimeout(limit).
		SetCompiler(ast.NewCompiler().WithStrict(true).WithCapabilities(testCapabilities())).CapturePrintOutput(false)
	results, err := runner.RunTests(ctx, nil)
	if err != nil {
		f.addAll("", err)
		return report, f.err()
	}
	for r := range results {
		report.add(r, limit)
	}
	if err := ctx.Err(); err != nil {
		return report, fmt.Errorf("run the policy's tests: %w", err)
	}
	slices.SortFunc(report.Failed, func(a, b TestFailure) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	for _, t := range report.Failed {
		f.add(&ast.Location{File: t.File, Row: t.Line}, "the test %s of package %s %s", t.Name, t.Package, t.Message)
	}
	return report, f.err()
}

// add counts one result.
func (t *TestReport) add(r *tester.Result, limit time.Duration) {
	pkg := strings.TrimSuffix(strings.TrimPrefix(r.Package, "data."), "_test")
	t.Packages[pkg]++
	if r.Pass() {
		t.Passed++
		return
	}
	failure := TestFailure{
		File: r.Location.File, Line: r.Location.Row, Package: pkg, Name: r.Name,
		Message: "fails: what it says does not hold with these rules. Either the rules or the test are wrong",
	}
	switch {
	case r.Skip:
		failure.Message = "is put off: finish it (test_...), or remove it"
	case topdown.IsCancel(r.Error), errors.Is(r.Error, context.DeadlineExceeded):
		failure.Message = fmt.Sprintf("did not end within %v: it goes through too many combinations", limit)
	case r.Error != nil:
		failure.Message = fmt.Sprintf("cannot be run: %v", r.Error)
	}
	t.Failed = append(t.Failed, failure)
}
