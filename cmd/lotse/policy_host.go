package main

import (
	"context"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/runtime"
)

// policyHost runs compiled policies on the module host's engine: the second engine of a proof.
type policyHost struct{}

// OpenPolicy is part of policies.Host.
func (policyHost) OpenPolicy(ctx context.Context, wasm, data []byte) (policies.CompiledPolicy, error) {
	p, err := runtime.OpenPolicy(ctx, wasm, data, runtime.PolicyConfig{})
	if err != nil {
		return nil, err
	}
	return hostedPolicy{p}, nil
}

type hostedPolicy struct{ *runtime.Policy }

// Clone is part of policies.CompiledPolicy.
func (p hostedPolicy) Clone(ctx context.Context) (policies.CompiledPolicy, error) {
	clone, err := p.Policy.Clone(ctx)
	if err != nil {
		return nil, err
	}
	return hostedPolicy{clone}, nil
}
