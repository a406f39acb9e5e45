package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

var (
	sinkAnswer []byte
	sinkValue  ast.Value
)

// One question in either engine, the comparing of the two answers, and what it costs to make the second engine.
func BenchmarkEngines(b *testing.B) {
	ctx := context.Background()
	input := []byte(`{"pattern":"^gr"}`)
	parsed, err := ast.ValueFromReader(bytes.NewReader(input))
	if err != nil {
		b.Fatal(err)
	}
	modules := sampleModules(b)
	var data map[string]any
	if err := json.Unmarshal([]byte(wasmSampleData), &data); err != nil {
		b.Fatal(err)
	}
	var f faults
	compiler, _ := compileModules(modules, capabilities(), &f)
	if err := f.err(); err != nil {
		b.Fatal(err)
	}
	question, err := prepare(ctx, "data.sample.tags", compiler, capabilities(), data)
	if err != nil {
		b.Fatal(err)
	}
	wasm, err := compileWasm(ctx, sampleModules(b), []string{"sample/tags"}, capabilities())
	if err != nil {
		b.Fatal(err)
	}
	p, err := wasmHost{}.OpenPolicy(ctx, wasm, []byte(wasmSampleData))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()

	b.Run("interpreter", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if sinkValue, err = question.ask(ctx, parsed); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("WebAssembly", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if sinkAnswer, err = p.Evaluate(ctx, p.Entrypoints()["sample/tags"], input); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compare", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := sameAnswer(sinkValue, sinkAnswer); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("compile Rego to WebAssembly", func(b *testing.B) {
		for b.Loop() {
			if _, err := compileWasm(ctx, modules, []string{"sample/tags"}, capabilities()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			opened, err := wasmHost{}.OpenPolicy(ctx, wasm, []byte(wasmSampleData))
			if err != nil {
				b.Fatal(err)
			}
			if err := opened.Close(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("clone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			clone, err := p.Clone(ctx)
			if err != nil {
				b.Fatal(err)
			}
			if err := clone.Close(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}
