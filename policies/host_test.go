package policies

import (
	"context"

	"github.com/lotse-edge/lotse/runtime"
)

// wasmHost is the edge's runtime as a Host, as cmd/lotse makes it.
type wasmHost struct{}

func (wasmHost) OpenPolicy(ctx context.Context, wasm, data []byte) (CompiledPolicy, error) {
	p, err := runtime.OpenPolicy(ctx, wasm, data, runtime.PolicyConfig{})
	if err != nil {
		return nil, err
	}
	return wasmPolicy{p}, nil
}

type wasmPolicy struct{ *runtime.Policy }

func (p wasmPolicy) Clone(ctx context.Context) (CompiledPolicy, error) {
	clone, err := p.Policy.Clone(ctx)
	if err != nil {
		return nil, err
	}
	return wasmPolicy{clone}, nil
}
