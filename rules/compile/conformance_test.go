package compile_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	expr "cel.dev/expr"
	_ "cel.dev/expr/conformance/proto2" // messages that the cases speak of
	_ "cel.dev/expr/conformance/proto3"
	"cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/lotse-edge/lotse/rules/compile"
)

var list = flag.Bool("list", false, "print the CEL specification's cases that cannot be compiled")

// The CEL specification's own cases: whatever of them can be compiled gives the value, or the error, that they expect.
func TestConformance(t *testing.T) {
	standard := newSubset(t)
	var run, wrong int
	outside := map[string]int{}
	for _, file := range conformanceFiles(t) {
		for _, section := range file.Section {
			for _, c := range section.Test {
				where := file.Name + "/" + section.Name + "/" + c.Name
				want, cause := expected(c)
				if cause == "" {
					var got outcome
					if got, cause = evaluate(t, c.Expr); cause == "" {
						run++
						if got != want {
							wrong++
							t.Errorf("%s: %s\n got %s\nwant %s", where, c.Expr, got, want)
						}
						continue
					}
				}
				if c.DisableCheck && len(c.Bindings)+len(c.TypeEnv) == 0 { // asked all the same: what is well typed would have to be right
					cause = "a case without type check: Lotse always checks"
				}
				outside[cause]++
				if want != "" && standard.has(c.Expr) {
					t.Errorf("%s: FORMAT.md has it within the subset, and it counts as outside: %s: %s", where, cause, c.Expr)
				}
				if *list {
					t.Logf("%s: %s: %s", where, cause, c.Expr)
				}
			}
		}
	}
	if run < 404 {
		t.Errorf("only %d cases ran", run)
	}
	causes := slices.SortedFunc(maps.Keys(outside), func(a, b string) int { return outside[b] - outside[a] })
	var b strings.Builder
	total := 0
	for _, cause := range causes {
		fmt.Fprintf(&b, "\n  %4d %s", outside[cause], cause)
		total += outside[cause]
	}
	t.Logf("%d cases of the CEL specification: %d compiled, %d of them equal; %d outside of the subset:%s", run+total, run, run-wrong, total, b.String())
}

func conformanceFiles(t *testing.T) (files []*test.SimpleTestFile) {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "cel.dev/expr").Output()
	if err != nil {
		t.Fatalf("find the module cel.dev/expr: %v", err)
	}
	names, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "tests", "simple", "testdata", "*.textproto"))
	if err != nil || len(names) < 20 {
		t.Fatalf("find the cases: %d files, %v", len(names), err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file := &test.SimpleTestFile{}
		if err := prototext.Unmarshal(raw, file); err != nil {
			t.Fatalf("%s: %v", filepath.Base(name), err)
		}
		files = append(files, file)
	}
	return files
}

// expected gives what a case expects, or the cause why it cannot be asked.
func expected(c *test.SimpleTest) (want outcome, cause string) {
	switch {
	case len(c.Bindings) > 0 || len(c.TypeEnv) > 0:
		return "", "variables of the case's own"
	case c.CheckOnly:
		return "", "a case of the type checker only"
	}
	switch r := c.ResultMatcher.(type) {
	case *test.SimpleTest_EvalError, *test.SimpleTest_AnyEvalErrors:
		return failed, ""
	case *test.SimpleTest_Value:
		return valueOf(r.Value)
	case *test.SimpleTest_TypedResult:
		return valueOf(r.TypedResult.Result)
	case nil:
		return "bool true", "" // as simple.proto has it
	default:
		return "", "a result of another form"
	}
}

func valueOf(v *expr.Value) (want outcome, cause string) {
	switch k := v.GetKind().(type) {
	case *expr.Value_BoolValue:
		return outcome(fmt.Sprintf("bool %v", k.BoolValue)), ""
	case *expr.Value_Int64Value:
		return outcome(fmt.Sprintf("int %d", k.Int64Value)), ""
	case *expr.Value_DoubleValue:
		return double(k.DoubleValue), ""
	case *expr.Value_StringValue:
		return outcome(fmt.Sprintf("string %q", k.StringValue)), ""
	case *expr.Value_ObjectValue:
		if m, err := k.ObjectValue.UnmarshalNew(); err == nil {
			switch m := m.(type) {
			case *timestamppb.Timestamp:
				return outcome(fmt.Sprintf("time %d", m.AsTime().UnixMilli())), ""
			case *durationpb.Duration:
				return outcome(fmt.Sprintf("span %d", m.AsDuration().Milliseconds())), ""
			}
		}
	}
	return "", "a value of a type outside of the subset (uint, bytes, list, map, message, null, type)"
}

// causes sorts the compiler's messages.
var causes = []struct {
	message *regexp.Regexp
	cause   string
}{
	{regexp.MustCompile(`macros over lists`), "macros over lists but for exists and all"},
	{regexp.MustCompile(`lists and maps|list after in|needs? a list of constants|list before exists`), "lists and maps beyond constants after in, and before exists and all"},
	{regexp.MustCompile(`regular expressions`), "matches"},
	{regexp.MustCompile(`a value of type|null_type`), "a value of a type outside of the subset (uint, bytes, list, map, message, null, type)"},
	{regexp.MustCompile(`the conversion to`), "conversions to and from texts"},
	{regexp.MustCompile(`joining texts`), "joining texts"},
	{regexp.MustCompile(`time zone`), "time zones"},
	{regexp.MustCompile(`finer than milliseconds`), "times finer than milliseconds"},
	{regexp.MustCompile(`is not a timestamp|is not a duration|needs a constant`), "timestamps and durations that are not constants"},
	{regexp.MustCompile(`a selection on anything|not a value that can be compiled|the function .* cannot be compiled|this form of CEL`), "functions and forms beyond the subset (dyn, type, messages, ...)"},
	{regexp.MustCompile(`is not known|cannot be read|cannot stand here|is no part of|still to come|has a letter that|cannot be applied|cannot be called|no field`), "refused by CEL's checker without the case's declarations and extensions"},
}

func evaluate(t *testing.T, text string) (got outcome, cause string) {
	t.Helper()
	x, err := compile.CompileExpressions([]string{text}, compile.Catalogue{})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Errs[0]; err != nil {
		message := strings.SplitN(err.Error(), "\n", 3)[1]
		for _, c := range causes {
			if c.message.MatchString(message) {
				return "", c.cause
			}
		}
		return "", message
	}
	m := newMachine(t, x)
	defer m.close()
	return m.run(t, 0), ""
}
