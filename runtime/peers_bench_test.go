package runtime_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The peers do the same work: 24 numbers go in, the guest sums them and keeps each sum in its memory, one number comes
// out. What they do not do is said beside each.

const features = 24

// manyManifest declares 24 numbers.
func manyManifest() string {
	reads := make([]string, features)
	for i := range reads {
		reads[i] = fmt.Sprintf(`{"name":"f%d","type":"number"}`, i)
	}
	return strings.Replace(w.Manifest, `{"name":"visits","type":"number"}`, strings.Join(reads, ","), 1)
}

// adder is a rule module that answers with the sum of its 24 features, which it finds in a loop.
func adder() []byte {
	const at, sum = 1, 2
	return w.Rule(manyManifest()).Contract(w.Input, w.Output).Evaluate(w.Op(2, 1, w.I32, 1, w.F64),
		w.Op(0x03, 0x40), // loop
		// sum += load(input + 40 + at)
		w.Op(0x20, sum, 0x20, at), w.Op(0x2b, 3), w.U32(w.Input+40), w.Op(0xa0, 0x21, sum),
		// store(scratch + at, sum)
		w.Op(0x20, at, 0x20, sum), w.Op(0x39, 3), w.U32(w.Scratch),
		// at += 16; if at < 24*16 again
		w.Op(0x20, at), w.ConstI32(16), w.Op(0x6a, 0x22, at), w.ConstI32(16*features), w.Op(0x49, 0x0d, 0, 0x0b),
		w.Entry(0, 1, 0, 0, w.Op(0x20, sum)), w.ConstI32(1)).Bytes()
}

// manyRecord holds 24 numbers, and their sum.
func manyRecord(t testing.TB) (record []byte, sum float64) {
	values := make([]abi.Value, features)
	for i := range values {
		values[i] = abi.Value{Present: true, Type: abi.Number, Number: float64(i) * 1.5}
		sum += values[i].Number
	}
	record, err := abi.AppendRecord(nil, 0, values)
	if err != nil {
		t.Fatal(err)
	}
	return record, sum
}

// race calls f again and again: b.N times for the mean, then with the clock read before and after for the percentiles,
// which hold the clock's own cost of some 40 ns.
func race(b *testing.B, f func()) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
	took := make([]float64, 0, 20_000)
	for begin := time.Now(); len(took) < cap(took) && time.Since(begin) < time.Second; {
		t := time.Now()
		f()
		took = append(took, float64(time.Since(t)))
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "p50-ns")
	b.ReportMetric(took[len(took)*99/100], "p99-ns")
}

// BenchmarkPeers is one table of what a call of a small module costs, and of what it costs elsewhere.
func BenchmarkPeers(b *testing.B) {
	ctx := context.Background()
	record, sum := manyRecord(b)
	right := func(b *testing.B, got float64) {
		if got != sum {
			b.Fatalf("%v, want %v", got, sum)
		}
	}
	// raw calls a module on the bare engine: the record goes in, the module runs, the answer stays where it is.
	raw := func(b *testing.B, config wazero.RuntimeConfig, binary []byte) (wazero.Runtime, wazero.CompiledModule) {
		engine := wazero.NewRuntimeWithConfig(ctx, config)
		b.Cleanup(func() { _ = engine.Close(ctx) })
		compiled, err := engine.CompileModule(ctx, binary)
		if err != nil {
			b.Fatal(err)
		}
		return engine, compiled
	}
	instance := func(b *testing.B, engine wazero.Runtime, compiled wazero.CompiledModule, export string) (api.Module, api.Function, []byte) {
		guest, err := engine.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			b.Fatal(err)
		}
		memory, _ := guest.Memory().Read(0, guest.Memory().Size())
		return guest, guest.ExportedFunction(export), memory
	}
	answer := func(memory []byte) float64 {
		return math.Float64frombits(binary.LittleEndian.Uint64(memory[w.Output+8:]))
	}

	b.Run("wazero", func(b *testing.B) { // no meter, no limit, remembers everything
		engine, compiled := raw(b, wazero.NewRuntimeConfigCompiler(), adder())
		_, evaluate, memory := instance(b, engine, compiled, abi.ExportEvaluate)
		var stack [1]uint64
		race(b, func() {
			copy(memory[w.Input:], record)
			stack[0] = uint64(len(record))
			if err := evaluate.CallWithStack(ctx, stack[:]); err != nil {
				b.Fatal(err)
			}
		})
		right(b, answer(memory))
	})
	b.Run("metered", func(b *testing.B) { // fuel, stack and dirty mask; still remembers everything
		m, problems := wasm.Decode(adder(), 0)
		if len(problems) > 0 {
			b.Fatal(problems)
		}
		made, err := wasm.Instrument(m, wasm.Options{Calls: []string{abi.ExportEvaluate}, Keep: []string{"memory"}, Globals: []uint64{}})
		if err != nil {
			b.Fatal(err)
		}
		engine, compiled := raw(b, wazero.NewRuntimeConfigCompiler(), made.Binary)
		_, evaluate, memory := instance(b, engine, compiled, wasm.CallName(abi.ExportEvaluate))
		var stack [3]uint64
		race(b, func() {
			copy(memory[w.Input:], record)
			stack = [3]uint64{runtime.DefaultFuel, uint64(len(record))}
			if err := evaluate.CallWithStack(ctx, stack[:]); err != nil {
				b.Fatal(err)
			}
		})
		right(b, answer(memory))
	})
	b.Run("lotse", func(b *testing.B) { // all of it: pool, record, meter, checked entries, reset
		m := load(b, newHost(b, runtime.Config{}), adder())
		entries := make([]abi.Entry, 0, abi.MaxEntries)
		race(b, func() {
			var err error
			if entries, err = m.Evaluate(ctx, record, entries[:0]); err != nil {
				b.Fatal(err)
			}
		})
		right(b, entries[0].Number)
	})
	b.Run("deadline", func(b *testing.B) { // wazero's own guard against loops, but not against recursion
		engine, compiled := raw(b, wazero.NewRuntimeConfigCompiler().WithCloseOnContextDone(true), adder())
		_, evaluate, memory := instance(b, engine, compiled, abi.ExportEvaluate)
		var stack [1]uint64
		race(b, func() {
			limited, cancel := context.WithTimeout(ctx, time.Second)
			copy(memory[w.Input:], record)
			stack[0] = uint64(len(record))
			if err := evaluate.CallWithStack(limited, stack[:]); err != nil {
				b.Fatal(err)
			}
			cancel()
		})
		right(b, answer(memory))
	})
	b.Run("fresh", func(b *testing.B) { // a new instance for each call: forgets, and is not metered
		engine, compiled := raw(b, wazero.NewRuntimeConfigCompiler(), adder())
		var got float64
		race(b, func() {
			guest, evaluate, memory := instance(b, engine, compiled, abi.ExportEvaluate)
			copy(memory[w.Input:], record)
			if _, err := evaluate.Call(ctx, uint64(len(record))); err != nil {
				b.Fatal(err)
			}
			got = answer(memory)
			if err := guest.Close(ctx); err != nil {
				b.Fatal(err)
			}
		})
		right(b, got)
	})
	b.Run("extism", func(b *testing.B) { // remembers everything, no meter
		plugin := extismPlugin(b, extismAdder())
		var got float64
		race(b, func() {
			_, out, err := plugin.Call("evaluate", record)
			if err != nil {
				b.Fatal(err)
			}
			got = math.Float64frombits(binary.LittleEndian.Uint64(out))
		})
		right(b, got)
	})
	b.Run("noop/lotse", func(b *testing.B) {
		m := load(b, newHost(b, runtime.Config{}), w.Simple(nil, w.ConstI32(0)))
		race(b, func() {
			if _, err := m.Evaluate(ctx, nil, nil); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("noop/extism", func(b *testing.B) {
		m := w.New()
		m.Export("evaluate", w.KindFunc, m.Func(nil, w.Op(w.I32), nil, w.ConstI32(0)))
		plugin := extismPlugin(b, m.Bytes())
		race(b, func() {
			if _, _, err := plugin.Call("evaluate", nil); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("go/lotse", func(b *testing.B) { // the same module contract, by Go's own compiler
		m := load(b, newHost(b, runtime.Config{}), goGuest(b, "turncoat"))
		entries := make([]abi.Entry, 0, abi.MaxEntries)
		harmless := make([]byte, len(record))
		race(b, func() {
			if _, err := m.Evaluate(ctx, harmless, entries); err != nil {
				b.Fatal(err)
			}
		})
	})
}

func extismPlugin(b *testing.B, binary []byte) *extism.Plugin {
	ctx := context.Background()
	plugin, err := extism.NewPlugin(ctx, extism.Manifest{Wasm: []extism.Wasm{extism.WasmData{Data: binary}}}, extism.PluginConfig{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = plugin.Close(ctx) })
	return plugin
}

// extismAdder is the adder as a plugin: it asks for each number, and gives eight bytes back.
func extismAdder() []byte {
	const env = "extism:host/env"
	m := w.New()
	load := m.Import(env, "input_load_u64", w.Op(w.I64), w.Op(w.I64))
	alloc := m.Import(env, "alloc", w.Op(w.I64), w.Op(w.I64))
	store := m.Import(env, "store_u64", w.Op(w.I64, w.I64), nil)
	output := m.Import(env, "output_set", w.Op(w.I64, w.I64), nil)
	m.Add(w.Memory, []byte{0, 1})
	m.Export("memory", w.KindMemory, 0)
	const at, sum, block = 0, 1, 2
	m.Export("evaluate", w.KindFunc, m.Func(nil, w.Op(w.I32), w.Op(3, 1, w.I32, 1, w.F64, 1, w.I64),
		w.Op(0x03, 0x40),
		w.Op(0x20, sum, 0x20, at), w.ConstI32(40), w.Op(0x6a, 0xad), w.With(0x10, load), w.Op(0xbf, 0xa0, 0x21, sum),
		w.Op(0x20, at, 0x20, sum), w.Op(0x39, 3), w.U32(w.Scratch),
		w.Op(0x20, at), w.ConstI32(16), w.Op(0x6a, 0x22, at), w.ConstI32(16*features), w.Op(0x49, 0x0d, 0, 0x0b),
		w.ConstI64(8), w.With(0x10, alloc), w.Op(0x22, block),
		w.Op(0x20, sum, 0xbd), w.With(0x10, store),
		w.Op(0x20, block), w.ConstI64(8), w.With(0x10, output),
		w.ConstI32(0)))
	return m.Bytes()
}
