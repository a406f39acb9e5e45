package wasm_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime/wasm"
)

var ctx = context.Background()

// engines are made once: they hold no state of modules without a name.
var engines = [2]func() wazero.Runtime{
	sync.OnceValue(func() wazero.Runtime { return newEngine(wazero.NewRuntimeConfigCompiler()) }),
	sync.OnceValue(func() wazero.Runtime { return newEngine(wazero.NewRuntimeConfigInterpreter()) }),
}

func newEngine(c wazero.RuntimeConfig) wazero.Runtime {
	return wazero.NewRuntimeWithConfig(ctx, c.WithCoreFeatures(api.CoreFeatureMutableGlobal|
		api.CoreFeatureSignExtensionOps|api.CoreFeatureMultiValue|api.CoreFeatureNonTrappingFloatToIntConversion|
		api.CoreFeatureBulkMemoryOperations))
}

func engine(interpreter bool) wazero.Runtime {
	if interpreter {
		return engines[1]()
	}
	return engines[0]()
}

// metered is an instance of an instrumented module.
type metered struct {
	*wasm.Instrumented
	code               wazero.CompiledModule
	guest              api.Module
	memory             []byte
	image              []byte // before the last call
	fuel, height, mask api.Global
	left, marks        uint64 // of the last call
	functions          map[string]api.Function
}

func newMetered(m *wasm.Module, o wasm.Options, interpreter bool) (*metered, error) {
	in, err := wasm.Instrument(m, o)
	if err != nil {
		return nil, err
	}
	code, err := engine(interpreter).CompileModule(ctx, in.Binary)
	if err != nil {
		return nil, fmt.Errorf("compile the instrumented module: %w", err)
	}
	guest, err := engine(interpreter).InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("instantiate the instrumented module: %w", err)
	}
	e := &metered{Instrumented: in, code: code, guest: guest, functions: map[string]api.Function{}}
	e.fuel, e.height, e.mask = guest.ExportedGlobal(wasm.FuelExport), guest.ExportedGlobal(wasm.HeightExport), guest.ExportedGlobal(wasm.MaskExport)
	if m.Memory != nil {
		e.memory, _ = guest.Memory().Read(0, guest.Memory().Size())
		copy(e.memory, m.Image())
	}
	return e, nil
}

func (e *metered) close() {
	_ = e.guest.Close(ctx)
	_ = e.code.Close(ctx)
}

// largest is the largest memory that is compared after each call.
const largest = 1 << 20

// call calls the wrapper of an export and gives the function's own results.
func (e *metered) call(name string, fuel uint64, args []uint64) ([]uint64, error) {
	f := e.functions[name]
	if f == nil {
		f = e.guest.ExportedFunction(wasm.CallName(name))
		e.functions[name] = f
	}
	if len(e.memory) <= largest {
		e.image = append(e.image[:0], e.memory...)
	}
	results, err := f.Call(ctx, append([]uint64{fuel}, args...)...)
	if err != nil {
		return nil, err
	}
	for i, t := range f.Definition().ResultTypes() {
		if t == api.ValueTypeI32 || t == api.ValueTypeF32 {
			results[i] = uint64(uint32(results[i])) // the compiler leaves the upper half as it was
		}
	}
	n := len(results)
	e.left, e.marks = results[n-2], results[n-1]
	return results[:n-2], nil
}

// unmarked gives the first byte that changed outside what the mask and the slack tell to restore, or -1.
func (e *metered) unmarked() int {
	if len(e.memory) > largest || bytes.Equal(e.memory, e.image) {
		return -1
	}
	for i, b := range e.memory {
		if b != e.image[i] && !e.covered(i) {
			return i
		}
	}
	return -1
}

// memoryName is the export of every memory, so that it can be looked at whatever the module itself exports.
const memoryName = "the memory"

// pair is a module twice: as it is, and instrumented.
type pair struct {
	refused bool
	grows   bool
	code    wazero.CompiledModule
	guest   api.Module
	metered *metered
}

// newPair runs both in the compiler.
func newPair(binary []byte, m *wasm.Module, o wasm.Options) (*pair, error) {
	e := engine(false)
	if e.Module("spectest") == nil && len(m.Imports) > 0 {
		b := e.NewHostModuleBuilder("spectest")
		none := api.GoFunc(func(context.Context, []uint64) {})
		const i, l, f, d = api.ValueTypeI32, api.ValueTypeI64, api.ValueTypeF32, api.ValueTypeF64
		for name, params := range map[string][]api.ValueType{
			"print": nil, "print_i32": {i}, "print_i64": {l}, "print_f32": {f}, "print_f64": {d}, "print_i32_f32": {i, f}, "print_f64_f64": {d, d},
		} {
			b.NewFunctionBuilder().WithGoFunction(none, params, nil).Export(name)
		}
		if _, err := b.Instantiate(ctx); err != nil {
			return nil, err
		}
	}
	for _, x := range m.Exports {
		if x.Kind == wasm.FuncExport && o.Globals == nil {
			o.Calls = append(o.Calls, x.Name)
		}
	}
	if m.Memory != nil {
		m.Exports = append(m.Exports, wasm.Export{Name: memoryName, Kind: wasm.MemoryExport})
		o.Keep = append(o.Keep, memoryName)
	}
	p := &pair{}
	var err error
	if p.metered, err = newMetered(m, o, false); err != nil {
		return nil, err
	}
	if p.code, err = e.CompileModule(ctx, binary); err != nil {
		return nil, fmt.Errorf("compile the plain module: %w", err)
	}
	if p.guest, err = e.InstantiateModule(ctx, p.code, wazero.NewModuleConfig().WithName("").WithStartFunctions()); err != nil {
		return nil, fmt.Errorf("instantiate the plain module: %w", err)
	}
	return p, nil
}

func (p *pair) close() {
	if !p.refused {
		p.metered.close()
		_ = p.guest.Close(ctx)
		_ = p.code.Close(ctx)
	}
}

func (p *pair) plain(name string, args []uint64) ([]uint64, error) {
	return p.guest.ExportedFunction(name).Call(ctx, args...)
}

// differs compares the two memories, and the mask with what changed.
func (p *pair) differs() string {
	if at := p.metered.unmarked(); at >= 0 {
		return fmt.Sprintf("byte %d changed without a mark (mask %#x, granules of %d)", at, p.metered.marks, p.metered.Granule())
	}
	if p.metered.memory == nil || len(p.metered.memory) > largest {
		return ""
	}
	plain, _ := p.guest.Memory().Read(0, p.guest.Memory().Size())
	if !bytes.Equal(plain, p.metered.memory[:len(plain)]) {
		return "the memories differ"
	}
	return ""
}

// line is an error's first line: what follows are numbers of functions.
func line(err error) string {
	if err == nil {
		return ""
	}
	l, _, _ := strings.Cut(err.Error(), "\n")
	return l
}
