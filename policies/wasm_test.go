package policies

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

const wasmSample = `package sample

import rego.v2

default allow := false

allow if input.age >= data.limits.adult

tags contains tag if {
	some tag in data.tags
	regex.match(input.pattern, tag)
}

twice := 1 if input.twice

twice := 2 if input.twice

big := numbers.range(1, input.n)

missing := "x" if not input.nothing.here
`

const wasmSampleData = `{"limits":{"adult":18},"tags":["red","green","grey"]}`

func sampleModules(t testing.TB) map[string]*ast.Module {
	t.Helper()
	m, err := ast.ParseModuleWithOpts("sample.rego", wasmSample, ast.ParserOptions{RegoVersion: ast.RegoV1})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*ast.Module{"sample.rego": m}
}

func openSample(t *testing.T) CompiledPolicy {
	t.Helper()
	ctx := context.Background()
	modules := sampleModules(t)
	before := modules["sample.rego"].String()
	paths := []string{"sample/allow", "sample/tags", "sample/twice", "sample/big", "sample/missing"}
	wasm, err := compileWasm(ctx, modules, paths, capabilities())
	if err != nil {
		t.Fatal(err)
	}
	if after := modules["sample.rego"].String(); after != before {
		t.Errorf("compiling changed the module:\n%s", after)
	}
	p, err := wasmHost{}.OpenPolicy(ctx, wasm, []byte(wasmSampleData))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	for _, path := range paths {
		if _, ok := p.Entrypoints()[path]; !ok {
			t.Fatalf("no entry point %s in %v", path, p.Entrypoints())
		}
	}
	return p
}

func TestCompileWasm(t *testing.T) {
	p := openSample(t)
	for _, c := range []struct{ path, input, want string }{
		{"sample/allow", `{"age":18}`, `[{"result":true}]`},
		{"sample/allow", `{"age":17}`, `[{"result":false}]`},
		{"sample/allow", `{}`, `[{"result":false}]`},
		{"sample/allow", ``, `[{"result":false}]`},
		{"sample/tags", `{"pattern":"^red$"}`, `[{"result":["red"]}]`},
		{"sample/tags", `{"pattern":"["}`, `[{"result":[]}]`},
		{"sample/twice", `{}`, `[]`},
		{"sample/big", `{"n":3}`, `[{"result":[1,2,3]}]`},
		{"sample/missing", `{}`, `[{"result":"x"}]`}, // without rego.v2, the rule would be undefined
	} {
		got, err := p.Evaluate(context.Background(), p.Entrypoints()[c.path], []byte(c.input))
		if err != nil || string(got) != c.want {
			t.Errorf("%s of %s: got %s, %v, want %s", c.path, c.input, got, err, c.want)
		}
	}
}

func TestWasmFails(t *testing.T) {
	p := openSample(t)
	for _, c := range []struct{ path, input, want string }{
		{"sample/twice", `{"twice":true}`, "the policy gave up: sample.rego:16:1: var assignment conflict"},
		{"sample/big", `{"n":100000000}`, "the policy gave up: "}, // the memory's limit
		{"sample/allow", `{"age":`, "the input is not JSON"},
	} {
		clone, err := p.Clone(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		got, err := clone.Evaluate(context.Background(), p.Entrypoints()[c.path], []byte(c.input))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s of %s: got %s, %v, want an error with %q", c.path, c.input, got, err, c.want)
		}
		if err := clone.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestCompileWasmRefuses(t *testing.T) {
	ctx := context.Background()
	if _, err := compileWasm(ctx, sampleModules(t), []string{"sample/nothing"}, capabilities()); err == nil || !strings.Contains(err.Error(), "sample/nothing") {
		t.Errorf("an entry point that is not there: got %v", err)
	}
	if _, err := compileWasm(ctx, sampleModules(t), nil, capabilities()); err == nil {
		t.Error("no entry point, and no error")
	}
	if _, err := compileWasm(ctx, sampleModules(t), []string{"sample/tags"}, capabilities("regex.match")); err == nil || !strings.Contains(err.Error(), "regex.match") {
		t.Errorf("a builtin that is not admitted: got %v", err)
	}
}

// TestWasmIsTheSameEachTime: neither what an earlier evaluation left nor another instance is seen, and nothing grows.
func TestWasmIsTheSameEachTime(t *testing.T) {
	first := openSample(t)
	var workers sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		workers.Go(func() { errs[i] = askRepeatedly(first) })
	}
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

func askRepeatedly(first CompiledPolicy) (err error) {
	ctx := context.Background()
	p, err := first.Clone(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close(ctx)) }()
	path := p.Entrypoints()["sample/tags"]
	var want []byte
	for i := range 500 {
		got, err := p.Evaluate(ctx, path, []byte(`{"pattern":"^gr"}`))
		if err != nil {
			return err
		}
		if want == nil {
			want = slices.Clone(got)
		}
		if !bytes.Equal(got, want) {
			return errors.New("another answer at another time")
		}
		if _, err := p.Evaluate(ctx, path, []byte(`{"pattern":"`+strings.Repeat("(a|b)*", i%50)+`"}`)); err != nil {
			return err
		}
	}
	return nil
}
