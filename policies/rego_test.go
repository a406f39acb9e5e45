package policies

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// The legal cases beside each policy.
func TestRegoTests(t *testing.T) {
	s, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	report, err := runTests(context.Background(), s)
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, n := range report.Packages {
		ran += n
	}
	if report.Passed < 80 || ran != report.Passed || report.Packages["privacy.basis"] < 10 {
		t.Errorf("the report is %+v", report)
	}
}

func TestRegoTestsReport(t *testing.T) {
	const file = "privacy/basis/basis_test.rego"
	s := testBase(t, file, `basis.refusals == {"consent.refused"}`, `basis.refusals == {"consent.none"}`)
	report, err := runTests(context.Background(), s)
	if err == nil || report.Passed < 80 || len(report.Failed) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	got := report.Failed[0]
	if got.File != file || got.Line < 30 || got.Package != "privacy.basis" || got.Name != "test_no_means_no" || !strings.HasPrefix(got.Message, "fails") {
		t.Errorf("the failure is %+v", got)
	}
}

// A test that loops ends at its limit, and so do all others when the context ends.
func TestRegoTestsEnd(t *testing.T) {
	s := testBase(t, "privacy/basis/loop_test.rego", "", `package privacy.basis_test

import rego.v2

test_loop if {
	n := numbers.range(1, 2000)
	every a in n {
		every b in n {
			every c in n {
				(a - b) - c != 5000
			}
		}
	}
}
`)
	report, err := runTestsWithin(context.Background(), s, 50*time.Millisecond)
	if err == nil || !slices.ContainsFunc(report.Failed, func(f TestFailure) bool {
		return f.Name == "test_loop" && f.Line == 5 && strings.HasPrefix(f.Message, "did not end within 50ms")
	}) {
		t.Errorf("a test that loops: %+v, %v", report.Failed, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := runTests(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the context has ended: %v", err)
	}
	if _, err := check(ctx, s); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the context has ended: %v", err)
	}
}

// In Rego v1, the negation of a call whose argument is undefined is undefined itself, and the refusal is lost without a word.
// In v2 it holds. That is why every file must import rego.v2.
func TestNegationInBothVersions(t *testing.T) {
	for version, want := range map[string]bool{"rego.v1": false, "rego.v2": true} {
		module := "package privacy.x\n\nimport " + version + "\n\nadult(age) if age == \"adult\"\n\nrefused if not adult(input.age)\n"
		results, err := rego.New(
			rego.Query("data.privacy.x.refused"), rego.Module("x.rego", module), rego.SetRegoVersion(ast.RegoV1), rego.Input(map[string]any{}),
		).Eval(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if refused := len(results) == 1; refused != want {
			t.Errorf("%s: refused is %v", version, refused)
		}
	}
}

// How a message of OPA reads in plain words.
func TestInPlainWords(t *testing.T) {
	f := func(message, want string) {
		t.Helper()
		if got := inPlainWords(message); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	f("var x is unsafe", "nothing of that name is known here: it is misspelt, or its import or rule is missing (var x is unsafe)")
	f("unexpected } token:\n\tx\n\t^", "the text cannot be read from here on: a bracket, a comma or a value is missing or too much, often in the line above (unexpected } token: x ^)")
	f("something new", "something new")
}
