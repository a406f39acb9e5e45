package compile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	"github.com/lotse-edge/lotse/rules/compile"
)

// subset knows which expressions FORMAT.md promises to compile, by what CEL's own checker says of them and without the
// compiler: so that a test can tell what is outside from what is refused by mistake.
type subset struct{ env *cel.Env }

// newSubset takes CEL as it comes.
func newSubset(t *testing.T) subset {
	t.Helper()
	env, err := cel.NewEnv(cel.CrossTypeNumericComparisons(true), cel.EnableMacroCallTracking())
	if err != nil {
		t.Fatal(err)
	}
	return subset{env}
}

// has tells whether an expression without variables belongs to the subset.
func (s subset) has(text string) bool {
	tree, issues := s.env.Compile(text)
	if issues.Err() != nil {
		return false
	}
	return inside(tree.NativeRep(), tree.NativeRep().Expr())
}

// inside judges a part of an expression and all below it.
func inside(tree *ast.AST, e ast.Expr) bool {
	if call, ok := tree.SourceInfo().GetMacroCall(e.ID()); ok { // CEL wrote it out as a loop, which ends with the condition
		name, list := call.AsCall().FunctionName(), call.AsCall().Target()
		if name != "exists" && name != "all" || list.Kind() != ast.ListKind {
			return false
		}
		items := list.AsList().Elements()
		for _, item := range items {
			if item.Kind() != ast.LiteralKind || !promised(tree, item) || tree.GetType(item.ID()).Kind() != tree.GetType(items[0].ID()).Kind() {
				return false
			}
		}
		return inside(tree, e.AsComprehension().LoopStep().AsCall().Args()[1])
	}
	if !promised(tree, e) {
		return false
	}
	return e.Kind() != ast.CallKind || !slices.ContainsFunc(operands(e), func(a ast.Expr) bool { return !inside(tree, a) })
}

// operands are those of a call, the one before its dot among them.
func operands(e ast.Expr) []ast.Expr {
	call := e.AsCall()
	if call.IsMemberFunction() {
		return append([]ast.Expr{call.Target()}, call.Args()...)
	}
	return call.Args()
}

var promisedKinds = []types.Kind{types.BoolKind, types.IntKind, types.DoubleKind, types.StringKind, types.TimestampKind, types.DurationKind}

// The functions that FORMAT.md lists, as CEL names them, beside conversions and in.
var promisedFunctions = strings.Fields(`_&&_ _||_ !_ _?_:_ _==_ _!=_ _<_ _<=_ _>_ _>=_ _+_ _-_ _*_ _/_ _%_ -_ startsWith endsWith contains size
	getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds getMilliseconds`)

// promised judges one part of an expression; those below it are judged on their own.
func promised(tree *ast.AST, e ast.Expr) bool {
	kind := func(e ast.Expr) types.Kind { return tree.GetType(e.ID()).Kind() }
	if e.Kind() == ast.ListKind { // behind in only, which the call asks for
		return !slices.ContainsFunc(e.AsList().Elements(), func(item ast.Expr) bool { return item.Kind() != ast.LiteralKind })
	}
	if !slices.Contains(promisedKinds, kind(e)) {
		return false
	}
	if e.Kind() != ast.CallKind {
		return e.Kind() == ast.LiteralKind || e.Kind() == ast.IdentKind // the variable of a macro
	}
	name, args := e.AsCall().FunctionName(), operands(e)
	constant := func() string {
		if args[0].Kind() == ast.LiteralKind {
			s, _ := args[0].AsLiteral().(types.String)
			return string(s)
		}
		return ""
	}
	switch {
	case name == "@in":
		return args[1].Kind() == ast.ListKind && !slices.ContainsFunc(args[1].AsList().Elements(), func(item ast.Expr) bool { return kind(item) != kind(args[0]) })
	case slices.ContainsFunc(args, func(a ast.Expr) bool { return a.Kind() == ast.ListKind }):
		return false
	case name == "int":
		return kind(args[0]) == types.DoubleKind || kind(args[0]) == types.TimestampKind
	case name == "double":
		return kind(args[0]) == types.IntKind
	case name == "timestamp":
		at, err := time.Parse(time.RFC3339, constant())
		return err == nil && at.Equal(at.Truncate(time.Millisecond)) && at.UTC().Year() >= 1 && at.UTC().Year() <= 9999
	case name == "duration":
		d, err := time.ParseDuration(constant())
		return err == nil && d == d.Truncate(time.Millisecond)
	case strings.HasPrefix(name, "get"):
		return len(args) == 1
	case name == "contains":
		return args[1].Kind() == ast.LiteralKind
	case name == "_+_":
		return kind(e) != types.StringKind
	}
	return slices.Contains(promisedFunctions, name)
}

// What the test takes for the subset is neither empty nor everything.
func TestTheSubset(t *testing.T) {
	s := newSubset(t)
	for text, want := range map[string]bool{
		`1 + 2 == 3 && "a" in ["a", "b"]`: true, `duration("1h").getMinutes() > 5`: true, `int(1.5) < 2.5`: true, `1 in []`: true,
		`[1] == [1]`: false, `"a" + "b" == "ab"`: false, `1u == 1u`: false, `duration("1us") > duration("0s")`: false, `string(1) == "1"`: false,
		`"abc".contains("b")`: true, `"abc".contains(true ? "b" : "c")`: false, `"abc".startsWith(true ? "a" : "b")`: true,
		`1 in [1, "a"]`: false, `[1].exists(x, x == 1)`: true, `["a"].all(x, [1, 2].exists(y, size(x) > y))`: true, `[].all(x, x > 1)`: true,
		`[1].exists_one(x, x == 1)`: false, `[1, "a"].exists(x, x == 1)`: false, `[1 + 1].all(x, x == 1)`: false, `{1: 1}.all(x, x == 1)`: false, `["1h"].all(x, duration(x) > duration("0s"))`: false,
		`1 in [1 + 1]`: false, `size([1]) == 1`: false, `timestamp("2020-01-01T00:00:00Z").getHours("UTC") == 0`: false,
	} {
		x, err := compile.CompileExpressions([]string{text}, compile.Catalogue{})
		if err != nil {
			t.Fatal(err)
		}
		if s.has(text) != want || (x.Errs[0] == nil) != want {
			t.Errorf("%s: %v, and compiled: %v; want %v", text, s.has(text), x.Errs[0], want)
		}
	}
}
