package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// features are what the decoder's allow-list needs, and nothing that a later version of the engine may learn.
const features = api.CoreFeatureMutableGlobal | api.CoreFeatureSignExtensionOps | api.CoreFeatureMultiValue |
	api.CoreFeatureNonTrappingFloatToIntConversion | api.CoreFeatureBulkMemoryOperations

// build compiles a plan and runs its initialisation, which gives the image that every call begins with.
func build(ctx context.Context, h *Host, p *plan) (_ *Module, err error) {
	refuse := func(where, message, remedy string) error {
		return &AdmissionError{p.name, []Finding{{where, message, remedy}}}
	}
	// One engine for each module version: the engine's maps of types and code only grow, and die with it.
	engine := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().
		WithCoreFeatures(features).
		WithMemoryLimitPages(p.pages).
		WithCustomSections(false).
		WithDebugInfoEnabled(false).
		WithCloseOnContextDone(true))
	m := &Module{
		name: p.name, digest: p.digest, size: p.size, manifest: p.manifest,
		host: h, engine: engine, timeout: h.config.CallTimeout, freed: make(chan struct{}),
	}
	defer func() {
		if err != nil {
			_ = engine.Close(context.WithoutCancel(ctx))
		}
	}()

	if m.compiled, err = compile(ctx, engine, p.binary); err != nil {
		return nil, refuse("code", err.Error(), "build the module again with another version of the toolchain")
	}

	m.globals = p.module.MutableGlobals()
	m.image = p.module.Image()
	first, err := m.instantiate(ctx, p.module.Memory.Min)
	if err != nil {
		return nil, fmt.Errorf("instantiate module %s: %w", p.name, err)
	}
	if err := m.initialise(ctx, first.module); err != nil {
		where, remedy := "initialisation", "initialise less, and without what needs a clock, files or a network"
		if errors.Is(err, errBuffer) {
			where, remedy = "buffers", fmt.Sprintf("give %s %d bytes and %s %d bytes inside the memory, apart from each other",
				abi.ExportInput, abi.MaxRecord, abi.ExportOutput, abi.MaxEntries*abi.EntrySize)
		}
		return nil, refuse(where, firstLine(err).Error(), remedy)
	}
	m.snapshot(first)
	m.pool = newPool(h.config.Instances, first)
	return m, nil
}

// compile hands the binary to the engine. It does so with one worker, though two would take half the time: a panic in a
// worker's goroutine would end the process, and what is compiled here comes from strangers. The engine does not look at
// the context, then; the decoder's limits are what bounds the time.
func compile(ctx context.Context, engine wazero.Runtime, binary []byte) (c wazero.CompiledModule, err error) {
	defer func() {
		if r := recover(); r != nil {
			c, err = nil, fmt.Errorf("the compiler cannot take the module: %v", r)
		}
	}()
	return engine.CompileModule(ctx, binary)
}

var errBuffer = errors.New("a buffer lies outside the memory or over the other one")

// initialise runs what a module does once, and asks for its buffers.
func (m *Module) initialise(ctx context.Context, guest api.Module) error {
	if f := guest.ExportedFunction(exportInitialise); f != nil {
		if _, err := f.Call(ctx); err != nil {
			return err
		}
	}
	address := func(name string) (uint32, error) {
		result, err := guest.ExportedFunction(name).Call(ctx)
		if err != nil {
			return 0, err
		}
		return uint32(result[0]), nil
	}
	var err error
	if m.input, err = address(abi.ExportInput); err != nil {
		return err
	}
	if m.output, err = address(abi.ExportOutput); err != nil {
		return err
	}
	in, out, size := uint64(m.input), uint64(m.output), uint64(guest.Memory().Size())
	inEnd, outEnd := in+abi.MaxRecord, out+abi.MaxEntries*abi.EntrySize
	if inEnd > size || outEnd > size || in < outEnd && out < inEnd {
		return errBuffer
	}
	return nil
}

// snapshot keeps what the first instance is after its initialisation. It becomes what every call begins with.
func (m *Module) snapshot(first *instance) {
	memory := first.module.Memory()
	view, _ := memory.Read(0, memory.Size())
	m.image = append([]byte(nil), view...)
	m.values = make([]uint64, len(m.globals))
	for i, g := range first.globals {
		m.values[i] = g.Get()
	}
	first.memory = view
}

// instantiate makes an instance with that many pages. The image and the globals are for the caller to set.
func (m *Module) instantiate(ctx context.Context, pages uint32) (*instance, error) {
	guest, err := m.engine.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, err
	}
	in := &instance{
		module:   guest,
		evaluate: guest.ExportedFunction(abi.ExportEvaluate),
		globals:  make([]api.MutableGlobal, 0, len(m.globals)),
	}
	for _, i := range m.globals {
		in.globals = append(in.globals, guest.ExportedGlobal(wasm.GlobalName(i)).(api.MutableGlobal))
	}
	if size := guest.Memory().Size() / wasm.PageSize; size < pages {
		if _, ok := guest.Memory().Grow(pages - size); !ok {
			return nil, errors.New("the memory cannot be made as large as it was")
		}
	}
	in.memory, _ = guest.Memory().Read(0, guest.Memory().Size())
	copy(in.memory, m.image)
	in.guard.init()
	return in, nil
}
