package runtime_test

import (
	"context"
	"encoding/binary"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The same module in three engines: ours, which is the compiler behind the instrumenter; the compiler alone; and the
// interpreter, which shares no generated code with them.

// outcome of a call: the entries, or that it trapped.
type outcome struct {
	Entries []abi.Entry
	Trapped bool
}

// bare calls a module as it is, without limits, in an engine of its own.
func bare(t testing.TB, config wazero.RuntimeConfig, binary []byte) func(record []byte) outcome {
	t.Helper()
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, config.WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { _ = engine.Close(ctx) })
	compiled, err := engine.CompileModule(ctx, binary)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := abi.ManifestOf(binary)
	if err != nil {
		t.Fatal(err)
	}
	return func(record []byte) (o outcome) {
		m, err := engine.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close(ctx)
		m.Memory().Write(w.Input, record)
		n, err := m.ExportedFunction(abi.ExportEvaluate).Call(ctx, uint64(len(record)))
		if err != nil {
			return outcome{Trapped: true}
		}
		raw, _ := m.Memory().Read(w.Output, uint32(n[0])*abi.EntrySize)
		if o.Entries, err = abi.DecodeEntries(manifest, raw, nil); err != nil {
			t.Fatal(err)
		}
		return o
	}
}

// ours calls it through the host.
func ours(t testing.TB, m *runtime.Module, record []byte) outcome {
	t.Helper()
	entries, err := m.Evaluate(context.Background(), record, nil)
	if err != nil {
		return outcome{Trapped: true}
	}
	return outcome{Entries: entries}
}

func engines() []hostileTest {
	return []hostileTest{
		{name: "14-labels-in-and-out", run: func(t *testing.T) {
			wasm := source(t, "14-labels-in-and-out")
			m := load(t, hostileHost(t, 1), wasm)
			interpreter := bare(t, wazero.NewRuntimeConfigInterpreter(), wasm)
			for seed := range uint32(500) {
				record := binary.LittleEndian.AppendUint32(nil, seed*2654435761)
				want, got := interpreter(record), measured(m, record)
				if d := cmp.Diff(want, got.Outcome); d != "" || want.Trapped {
					t.Fatalf("seed %d: %s", seed, d)
				}
				// Each step is at least twenty instructions, whichever way it goes, and at most a hundred.
				if steps := int64(want.Entries[0].Number); got.Fuel < 20*steps || got.Fuel > 100*steps+200 {
					t.Errorf("seed %d: %d units for %d steps", seed, got.Fuel, steps)
				}
			}
		}},
		{name: "34-random-programs", run: func(t *testing.T) {
			trapped := 0
			for seed := range uint64(programs) {
				if differ(t, seed) {
					trapped++
				}
			}
			if trapped > programs/2 {
				t.Errorf("%d of %d programs trapped: too few tell anything", trapped, programs)
			}
		}},
	}
}

// programs that the test tries; the fuzz target tries others.
const programs = 300 / slow

// FuzzPrograms lets random programs run in the three engines.
func FuzzPrograms(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { differ(t, seed) })
}

// differ compares the engines on one program, and tells whether it trapped.
func differ(t *testing.T, seed uint64) (trapped bool) {
	t.Helper()
	wasm := assembleProgram(t, seed)
	interpreter := bare(t, wazero.NewRuntimeConfigInterpreter(), wasm)(nil)
	compiler := bare(t, wazero.NewRuntimeConfigCompiler(), wasm)(nil)
	if d := cmp.Diff(interpreter, compiler); d != "" {
		t.Errorf("seed %d: the engine's interpreter and its compiler differ: %s\n%s", seed, d, newProgram(seed))
	}
	m := load(t, hostileHost(t, 1), wasm)
	defer m.Close(context.Background())
	for range 2 { // the second call must be as the first
		if d := cmp.Diff(interpreter, ours(t, m, nil)); d != "" {
			t.Errorf("seed %d: the interpreter and the host differ: %s\n%s", seed, d, newProgram(seed))
		}
	}
	return interpreter.Trapped
}

// assembleProgram gives the module of a random program.
func assembleProgram(t testing.TB, seed uint64) []byte {
	t.Helper()
	files := fstest.MapFS{"program.wat": {Data: []byte(newProgram(seed))}}
	for _, name := range []string{"frame.wat", "rule.wat", "manifest.wat"} {
		content, err := fs.ReadFile(os.DirFS("testdata/hostile"), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: content}
	}
	wasm, err := w.WAT(files, "program.wat")
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}
