package policies

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/compile"
)

// compileWasm compiles parsed modules to WebAssembly for the second engine. An entry point is the path of a rule, such as
// "privacy/decision/verdict". The data is not part of the binary: the engine gets it beside. The modules are not changed.
//
// No optimisation is asked for: it would rewrite the rules by OPA's own evaluator, and the second engine would then judge
// what the first one has made.
func compileWasm(ctx context.Context, modules map[string]*ast.Module, entrypoints []string, caps *ast.Capabilities) ([]byte, error) {
	b := &bundle.Bundle{Data: map[string]any{}}
	b.Manifest.Init()
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		b.Modules = append(b.Modules, bundle.ModuleFile{URL: name, Path: name, Parsed: modules[name].Copy()})
	}
	c := compile.New().WithTarget(compile.TargetWasm).WithBundle(b).WithCapabilities(caps).WithEntrypoints(entrypoints...)
	if err := c.Build(ctx); err != nil {
		return nil, fmt.Errorf("compile the policy to WebAssembly: %w", err)
	}
	binaries := c.Bundle().WasmModules
	if len(binaries) != 1 {
		return nil, errors.New("compile the policy to WebAssembly: there is no binary")
	}
	return binaries[0].Raw, nil
}
