package runtime_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
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

// peer is one way to have the work done.
type peer struct {
	name  string
	about string // what it leaves out, or does beyond
	call  func()
	got   func() float64 // the answer of the last call
	want  float64
}

// BenchmarkPeers prints one table of what a call of a small module costs, and of what it costs elsewhere. The peers take turns
// in short rounds, so that whatever else the machine does is shared among them. After that each is a benchmark of its own.
func BenchmarkPeers(b *testing.B) {
	r := &race{b: b, ctx: context.Background()}
	r.record, r.sum = manyRecord(b)
	peers := append(r.bare(), r.others()...)
	for _, p := range peers {
		p.call()
		if got := p.got(); got != p.want {
			b.Fatalf("%s: %v, want %v", p.name, got, p.want)
		}
	}
	printPeers(peers, takeTurns(peers))
	for _, p := range peers {
		b.Run(strings.NewReplacer(",", "", " ", "-").Replace(p.name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.call()
			}
		})
	}
}

// race makes the peers.
type race struct {
	b      *testing.B
	ctx    context.Context
	record []byte
	sum    float64
}

func (r *race) must(err error) {
	if err != nil {
		r.b.Fatal(err)
	}
}

// open compiles a module for the bare engine.
func (r *race) open(config wazero.RuntimeConfig, binary []byte) (wazero.Runtime, wazero.CompiledModule) {
	engine := wazero.NewRuntimeWithConfig(r.ctx, config)
	r.b.Cleanup(func() { _ = engine.Close(r.ctx) })
	compiled, err := engine.CompileModule(r.ctx, binary)
	r.must(err)
	return engine, compiled
}

func (r *race) instance(engine wazero.Runtime, compiled wazero.CompiledModule, export string) (api.Module, api.Function, []byte) {
	guest, err := engine.InstantiateModule(r.ctx, compiled, wazero.NewModuleConfig().WithName(""))
	r.must(err)
	memory, _ := guest.Memory().Read(0, guest.Memory().Size())
	return guest, guest.ExportedFunction(export), memory
}

// one is the bare engine with one instance: the record goes in, the module runs, the answer stays where it is.
func (r *race) one(name, about string, config wazero.RuntimeConfig, binary []byte, export string, call func(api.Function) error) peer {
	engine, compiled := r.open(config, binary)
	_, evaluate, memory := r.instance(engine, compiled, export)
	return peer{name, about, func() {
		copy(memory[w.Input:], r.record)
		r.must(call(evaluate))
	}, func() float64 { return answerIn(memory) }, r.sum}
}

func answerIn(memory []byte) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(memory[w.Output+8:]))
}

// bare are the engine alone, and what of ours can be put on it step by step.
func (r *race) bare() []peer {
	plain := wazero.NewRuntimeConfigCompiler()
	var stack [3]uint64
	length := uint64(len(r.record))
	m, problems := wasm.Decode(adder(), 0)
	if len(problems) > 0 {
		r.b.Fatal(problems)
	}
	made, err := wasm.Instrument(m, wasm.Options{Calls: []string{abi.ExportEvaluate}, Keep: []string{"memory"}, Globals: []uint64{}})
	r.must(err)
	peers := []peer{
		r.one("wazero", "no meter, remembers everything", plain, adder(), abi.ExportEvaluate, func(f api.Function) error {
			stack[0] = length
			return f.CallWithStack(r.ctx, stack[:1])
		}),
		r.one("instrumented", "fuel, stack and dirty mask; still remembers everything", plain, made.Binary, wasm.CallName(abi.ExportEvaluate),
			func(f api.Function) error {
				stack = [3]uint64{runtime.DefaultFuel, length}
				return f.CallWithStack(r.ctx, stack[:])
			}),
	}
	host := load(r.b, newHost(r.b, runtime.Config{}), adder())
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	return append(peers,
		peer{"lotse", "all of it: lane, record, meter, checked entries, reset", func() {
			var err error
			entries, err = host.Evaluate(r.ctx, r.record, entries[:0])
			r.must(err)
		}, func() float64 { return entries[0].Number }, r.sum},
		r.one("wazero with deadline", "the engine's guard: stops loops, not recursion; remembers everything",
			plain.WithCloseOnContextDone(true), adder(), abi.ExportEvaluate, func(f api.Function) error {
				limited, cancel := context.WithTimeout(r.ctx, time.Second)
				defer cancel()
				stack[0] = length
				return f.CallWithStack(limited, stack[:1])
			}))
}

// others are what forgets by a new instance, a plugin system, calls that do nothing, and a module of Go's own compiler.
func (r *race) others() []peer {
	engine, compiled := r.open(wazero.NewRuntimeConfigCompiler(), adder())
	var sum float64
	plugin := extismPlugin(r.b, extismAdder())
	idle := w.New()
	idle.Export("evaluate", w.KindFunc, idle.Func(nil, w.Op(w.I32), nil, w.ConstI32(0)))
	idlePlugin := extismPlugin(r.b, idle.Bytes())
	h := newHost(r.b, runtime.Config{})
	noop, golang := load(r.b, h, w.Simple(nil, w.ConstI32(0))), load(r.b, h, goGuest(r.b, "turncoat"))
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	harmless := make([]byte, len(r.record))
	nothing := func() float64 { return 0 }
	return []peer{
		{"fresh instance", "forgets, no meter", func() {
			guest, evaluate, memory := r.instance(engine, compiled, abi.ExportEvaluate)
			copy(memory[w.Input:], r.record)
			_, err := evaluate.Call(r.ctx, uint64(len(r.record)))
			r.must(err)
			sum = answerIn(memory)
			r.must(guest.Close(r.ctx))
		}, func() float64 { return sum }, r.sum},
		{"Extism", "its Go SDK: no meter, remembers everything", func() {
			_, out, err := plugin.Call("evaluate", r.record)
			r.must(err)
			sum = math.Float64frombits(binary.LittleEndian.Uint64(out))
		}, func() float64 { return sum }, r.sum},
		{"lotse, no work", "a module that does nothing", func() {
			_, err := noop.Evaluate(r.ctx, nil, nil)
			r.must(err)
		}, nothing, 0},
		{"Extism, no work", "the same", func() {
			_, _, err := idlePlugin.Call("evaluate", nil)
			r.must(err)
		}, nothing, 0},
		{"lotse, Go guest", "a module by Go's own compiler that answers one number", func() {
			var err error
			entries, err = golang.Evaluate(r.ctx, harmless, entries[:0])
			r.must(err)
		}, func() float64 { return entries[0].Number }, 7},
	}
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
