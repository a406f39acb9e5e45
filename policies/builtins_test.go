package policies

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// TestPureBuiltins holds the list against OPA: each of its builtins is admitted, or is deprecated, or gives other answers at
// other times, or is not in WebAssembly.
func TestPureBuiltins(t *testing.T) {
	var pure, rest []*ast.Builtin
	known := map[string]bool{}
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		known[b.Name] = true
		switch admitted := slices.Contains(pureBuiltins, b.Name); {
		case admitted && b.Nondeterministic:
			t.Errorf("%s is admitted, though it gives other answers at other times", b.Name)
		case admitted && b.IsDeprecated():
			t.Errorf("%s is admitted, though OPA will remove it", b.Name)
		case admitted:
			pure = append(pure, b)
		case !b.Nondeterministic && !b.IsDeprecated():
			rest = append(rest, b)
		}
	}
	for i, name := range pureBuiltins {
		if !known[name] {
			t.Errorf("%s is not a builtin of this OPA", name)
		}
		if slices.Contains(pureBuiltins[:i], name) {
			t.Errorf("%s is there twice", name)
		}
	}
	if missing := needed(t, pure); len(missing) > 0 {
		t.Errorf("admitted, though not in WebAssembly: %v", missing)
	}
	missing := needed(t, rest)
	for _, b := range rest {
		// What rego.metadata and print give is in the policy's text, or nowhere: the compiler leaves no call of them.
		if !slices.Contains(missing, b.Name) && !strings.HasPrefix(b.Name, "rego.metadata.") && b.Name != "print" {
			t.Errorf("%s is in WebAssembly: admit it, or write down here why not", b.Name)
		}
	}
}

// needed compiles a call of each builtin, and tells which of them WebAssembly would have to ask its host for.
func needed(t *testing.T, builtins []*ast.Builtin) []string {
	t.Helper()
	var text strings.Builder
	text.WriteString("package calls\n\nimport rego.v2\n\n")
	for i, b := range builtins {
		args := make([]string, len(b.Decl.FuncArgs().Args))
		for j := range args {
			args[j] = fmt.Sprintf("input.a%d", j)
		}
		switch {
		case b.Name == "assign":
			fmt.Fprintf(&text, "all contains %d if {\n\tx := input.a0\n\tx\n}\n", i)
		case b.Relation:
			fmt.Fprintf(&text, "all contains %d if %s(%s, _)\n", i, b.Name, strings.Join(args, ", "))
		case b.Name == ast.InternalTemplateString.Name:
			fmt.Fprintf(&text, "all contains %d if $\"{input.a0}\"\n", i)
		default:
			fmt.Fprintf(&text, "all contains %d if %s(%s)\n", i, b.Name, strings.Join(args, ", "))
		}
	}
	m, err := ast.ParseModuleWithOpts("calls.rego", text.String(), ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatal(err)
	}
	wasm, err := compileWasm(context.Background(), map[string]*ast.Module{"calls.rego": m}, []string{"calls/all"}, ast.CapabilitiesForThisVersion())
	if err != nil {
		t.Fatal(err)
	}
	p, err := wasmHost{}.OpenPolicy(context.Background(), wasm, nil)
	if err == nil {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
		return nil
	}
	_, list, found := strings.Cut(err.Error(), "cannot compile to WebAssembly: ")
	if !found {
		t.Fatal(err)
	}
	list, _, _ = strings.Cut(list, ": ")
	return strings.Split(list, ", ")
}

// TestGrowingBuiltins: what is kept from tenants is on the list of all, and cannot be called.
func TestGrowingBuiltins(t *testing.T) {
	caps := capabilities(growingBuiltins...)
	for _, name := range growingBuiltins {
		if !slices.Contains(pureBuiltins, name) {
			t.Errorf("%s is kept from tenants, though nobody has it", name)
		}
		if slices.ContainsFunc(caps.Builtins, func(b *ast.Builtin) bool { return b.Name == name }) {
			t.Errorf("%s can be called", name)
		}
	}
	if len(caps.Builtins) != len(pureBuiltins)-len(growingBuiltins) {
		t.Errorf("%d builtins are left of %d", len(caps.Builtins), len(pureBuiltins))
	}
}
