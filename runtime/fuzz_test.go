package runtime_test

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// FuzzInstrument holds the decoder and the instrumenter against the engine, from the hostile modules on: of what the decoder
// admits, the engine's validator takes the instrumented functions exactly if it takes the original ones.
func FuzzInstrument(f *testing.F) {
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().
		WithMemoryLimitPages(wasm.GoGuest.Pages).
		WithCoreFeatures(api.CoreFeatureMutableGlobal|api.CoreFeatureSignExtensionOps|api.CoreFeatureMultiValue|
			api.CoreFeatureNonTrappingFloatToIntConversion|api.CoreFeatureBulkMemoryOperations))
	f.Cleanup(func() { _ = engine.Close(ctx) })
	admitted := func(binary []byte) error {
		m, err := engine.CompileModule(ctx, binary)
		if err == nil {
			_ = m.Close(ctx)
		}
		return err
	}
	sources, err := filepath.Glob("testdata/hostile/[0-9]*.wat")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range sources {
		if module := source(f, strings.TrimSuffix(filepath.Base(path), ".wat")); len(module) < 64<<10 {
			f.Add(module)
		}
	}
	for _, module := range forgetful() {
		f.Add(module)
	}
	guest := w.New()
	for _, name := range []string{"random_get", "args_sizes_get"} {
		guest.Import(wasm.WASI, name, w.Op(w.I32, w.I32), w.Op(w.I32))
	}
	guest.Import(wasm.WASI, "clock_time_get", w.Op(w.I32, w.I64, w.I32), w.Op(w.I32))
	guest.Import(wasm.WASI, "fd_write", w.Op(w.I32, w.I32, w.I32, w.I32), w.Op(w.I32))
	guest.Import(wasm.WASI, "poll_oneoff", w.Op(w.I32, w.I32, w.I32, w.I32), w.Op(w.I32))
	guest.Import(wasm.WASI, "fd_close", w.Op(w.I32), w.Op(w.I32))
	guest.Import(wasm.WASI, "sched_yield", nil, w.Op(w.I32))
	guest.Import(wasm.WASI, "proc_exit", w.Op(w.I32), nil)
	guest.Contract(w.Input, w.Output)
	f.Add(guest.Evaluate(nil, w.ConstI32(0), w.ConstI32(8), w.With(0x10, 0)).Bytes())

	f.Fuzz(func(t *testing.T, binary []byte) {
		m, problems := wasm.Decode(binary, 0)
		if len(problems) > 0 || m.Memory == nil {
			return
		}
		if bytes.Contains(binary, []byte("\x04name")) {
			return // the engine believes the counts in it; that is why the instrumenter leaves it out
		}
		made, err := wasm.Instrument(m, wasm.Options{Calls: []string{"lotse_evaluate"}, Keep: []string{"memory"}})
		if err != nil {
			t.Fatal(err)
		}
		before, after := admitted(binary), admitted(made.Binary)
		// What the instrumenter leaves out may be as wrong as it likes.
		if before == nil && after != nil || after == nil && before != nil && strings.Contains(before.Error(), "invalid function") {
			t.Fatalf("the engine on the original: %v; on the instrumented: %v", before, after)
		}
	})
}
