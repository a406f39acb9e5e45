package runtime

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// build has a plan prepared and makes a module of the product.
func build(ctx context.Context, h *Host, p *plan) (_ *Module, err error) {
	product, folder, done, err := p.prepare(ctx, h.config.Workshop)
	if err != nil {
		return nil, err
	}
	defer done()
	if len(product.Findings) > 0 {
		return nil, &AdmissionError{p.name, product.Findings}
	}
	m := &Module{
		name: p.name, digest: p.digest, size: p.size, manifest: p.manifest, fuel: p.fuel, head: product.productHead,
		image: product.Image, host: h, freed: make(chan struct{}),
	}
	if m.engine, err = newEngine(ctx, product.Pages, folder); err != nil {
		return nil, fmt.Errorf("load module %s: %w", p.name, err)
	}
	defer func() {
		if err != nil {
			m.engine.close(ctx)
		}
	}()
	if m.compiled, err = m.engine.compile(ctx, product.Binary); err != nil {
		return nil, &AdmissionError{p.name, []Finding{notCompiled(err)}}
	}
	first, err := m.instantiate(ctx)
	if err != nil {
		return nil, fmt.Errorf("instantiate module %s: %w", p.name, err)
	}
	m.pool = newPool(h.config.Instances, first)
	return m, nil
}

// prepare gets the product from the workshop, or makes it here where there is none. Its code is in the folder, or still to
// be compiled if that is empty.
func (p *plan) prepare(ctx context.Context, w Workshop) (_ *product, folder string, done func(), err error) {
	if w == nil {
		return p.request.prepare(ctx), "", func() {}, nil
	}
	made, err := w.Prepare(ctx, p.request.encode())
	if errors.Is(err, ErrTooCostly) || errors.Is(err, context.DeadlineExceeded) {
		return nil, "", nil, &AdmissionError{p.name, []Finding{{"module", ErrTooCostly.Error(), "make the module smaller, and its functions simpler"}}}
	}
	if err != nil {
		return nil, "", nil, fmt.Errorf("prepare module %s: %w", p.name, err)
	}
	product, err := decodeProduct(made.Product)
	if err != nil {
		made.Close()
		return nil, "", nil, fmt.Errorf("prepare module %s: %w", p.name, err)
	}
	return product, made.Folder, made.Close, nil
}

var noStart = wazero.NewModuleConfig().WithName("").WithStartFunctions()

// instantiate makes an instance as each call must find it.
func (m *Module) instantiate(ctx context.Context) (*instance, error) {
	guest, err := m.engine.runtime.InstantiateModule(ctx, m.compiled, noStart)
	if err != nil {
		return nil, err
	}
	in := &instance{
		module: guest,
		fuel:   guest.ExportedGlobal(wasm.FuelExport),
		height: guest.ExportedGlobal(wasm.HeightExport),
	}
	in.resolve()
	if in.memory, _ = guest.Memory().Read(0, guest.Memory().Size()); len(in.memory) != len(m.image) {
		return nil, errors.New("the memory is not as large as its image")
	}
	copy(in.memory, m.image)
	return in, nil
}

// resolve gets a fresh stack for the calls.
func (in *instance) resolve() {
	in.evaluate = in.module.ExportedFunction(wasm.CallName(abi.ExportEvaluate))
}

// instance is one running copy of a module; one call at a time.
type instance struct {
	module   api.Module
	evaluate api.Function // resolved once: resolving allocates a stack
	fuel     api.Global   // as the call left them
	height   api.Global
	memory   []byte // a view of the whole memory, which never moves: its size is fixed
	stack    [3]uint64
	calls    uint32
}
