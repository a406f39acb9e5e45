package runtime_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The same entries for the same fuel on every machine. This machine can show it in two ways: the compiler's code against
// the interpreter, which knows no processor but Go's; and both against what was recorded, perhaps elsewhere.

func replays() []hostileTest {
	return []hostileTest{
		{name: "23-nan", run: nans},
		{name: "33-replay", run: replay},
		{name: "33-interpreter", run: func(t *testing.T) {
			for seed := range uint64(120 / slow) {
				binary := assembleProgram(t, seed)
				interpreted := metered(t, binary)
				m := load(t, hostileHost(t, 1), binary)
				record := recordOf(seed)
				want := interpreted(record, runtime.DefaultFuel)
				if d := cmp.Diff(want, measured(m, record)); d != "" {
					t.Errorf("program %d: %s", seed, d)
				}
			}
		}},
	}
}

// measurement is all that a replay must show again.
type measurement struct {
	Outcome outcome
	Fuel    int64
}

func measured(m *runtime.Module, record []byte) measurement {
	entries, used, err := m.Measure(context.Background(), record, nil)
	if err != nil {
		return measurement{outcome{Trapped: true}, used.Fuel}
	}
	return measurement{outcome{Entries: entries}, used.Fuel}
}

// metered runs what the instrumenter writes in the interpreter.
func metered(t testing.TB, binary []byte) func(record []byte, fuel int64) measurement {
	t.Helper()
	ctx := context.Background()
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(api.CoreFeaturesV2))
	t.Cleanup(func() { _ = engine.Close(ctx) })
	decoded, problems := wasm.Decode(binary, 0)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	manifest, err := abi.ManifestOf(binary)
	if err != nil {
		t.Fatal(err)
	}
	made, err := wasm.Instrument(decoded, wasm.Options{Calls: []string{abi.ExportEvaluate}, Keep: []string{"memory"}})
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := engine.CompileModule(ctx, made.Binary)
	if err != nil {
		t.Fatal(err)
	}
	return func(record []byte, fuel int64) measurement {
		m, err := engine.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close(ctx)
		m.Memory().Write(0, decoded.Image())
		m.Memory().Write(w.Input, record)
		results, err := m.ExportedFunction(wasm.CallName(abi.ExportEvaluate)).Call(ctx, uint64(fuel), uint64(len(record)))
		if err != nil {
			left := int64(m.ExportedGlobal(wasm.FuelExport).Get())
			return measurement{outcome{Trapped: true}, fuel - max(0, left)}
		}
		raw, _ := m.Memory().Read(w.Output, uint32(results[0])*abi.EntrySize)
		entries, err := abi.DecodeEntries(manifest, raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		return measurement{outcome{Entries: entries}, fuel - int64(results[1])}
	}
}

// nans: whatever made it, a NaN that a module can see the bits of has one pattern; x86 sets the sign of those that it
// makes, ARM does not. There is no ARM here: what is asserted is the one pattern, which leaves a machine no choice.
func nans(t *testing.T) {
	binary := source(t, "23-nan")
	m := load(t, hostileHost(t, 1), binary)
	interpreted := metered(t, binary)
	const quiet, quiet32, three, three32 = 0x7ff8_0000_0000_0000, 0x7fc0_0000, 0x4008_0000_0000_0000, 0x4040_0000
	for way, name := range []string{
		"one that was brought along", "a division of zeros", "the root of a negative", "a sum of two", "the least of two",
		"the greatest of a number and one", "a division of zeros, f32", "demoted and promoted", "negated", "rounded",
		"with the sign of a number", "nothing times infinity", "infinity less infinity", "promoted with a payload",
		"a sign that copysign shows",
	} {
		record := []byte{byte(way)}
		got := measured(m, record)
		if d := cmp.Diff(interpreted(record, runtime.DefaultFuel), got); d != "" {
			t.Errorf("%s: the interpreter and the compiler differ: %s", name, d)
		}
		want := []uint64{quiet, quiet, quiet32, quiet32}
		if way == 14 {
			want = []uint64{three, three, three32, three32}
		}
		if len(got.Outcome.Entries) != 2*len(want) {
			t.Fatalf("%s: %+v", name, got)
		}
		for i, bits := range want {
			high, low := got.Outcome.Entries[2*i].Number, got.Outcome.Entries[2*i+1].Number
			if have := uint64(high)<<32 | uint64(low); have != bits {
				t.Errorf("%s: bits %#x at the %d. place, want %#x", name, have, i+1, bits)
			}
		}
	}
}

var update = flag.Bool("update", false, "write what tests compare with anew")

// recording is a file of calls and what they gave, with the versions that decide it.
type recording struct {
	Instrumenter, Prices int
	Calls                []recordedCall
}

type recordedCall struct {
	Program  uint64 // seed of newProgram, and of the record
	Measured measurement
}

const recordingFile = "testdata/hostile/33-replay.json"

func recordOf(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 33))
	record := make([]byte, 64)
	for i := range record {
		record[i] = byte(r.Uint32())
	}
	return record
}

// replay: what was recorded comes again, with the same fuel, call after call. When a version has changed the recording is
// of another contract, and has to be made anew together with the change: go test ./runtime -run TestHostile/33 -update
func replay(t *testing.T) {
	now := recording{Instrumenter: wasm.InstrumenterVersion, Prices: wasm.PriceVersion}
	h := hostileHost(t, 1)
	const recorded, again = 100, 400 / slow
	for seed := range uint64(recorded) {
		m := load(t, h, assembleProgram(t, seed))
		record := recordOf(seed)
		first := measured(m, record)
		for range again {
			if d := cmp.Diff(first, measured(m, record)); d != "" {
				t.Fatalf("program %d, called again: %s", seed, d)
			}
		}
		now.Calls = append(now.Calls, recordedCall{seed, first})
		if err := m.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	b, err := json.Marshal(now)
	if err != nil {
		t.Fatal(err)
	}
	b = append(bytes.ReplaceAll(b, []byte(`},{"Program"`), []byte("},\n{\"Program\"")), '\n')
	if *update {
		if err := os.WriteFile(recordingFile, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	var before recording
	if err := json.Unmarshal(want, &before); err != nil {
		t.Fatal(err)
	}
	if before.Instrumenter != now.Instrumenter || before.Prices != now.Prices {
		t.Fatalf("recorded with versions %d and %d, now %d and %d: record anew", before.Instrumenter, before.Prices, now.Instrumenter, now.Prices)
	}
	if !bytes.Equal(b, want) {
		t.Errorf("not what was recorded under the same versions: raise one of them, or mend what changed\n%s", cmp.Diff(before, now))
	}
}
