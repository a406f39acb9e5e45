package main

import (
	"context"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/runtime"
)

// policyHost lets the policies run their WebAssembly in the edge's runtime. The two rooms do not know each other.
type policyHost struct{ config runtime.PolicyConfig }

var _ policies.Host = policyHost{}

func (h policyHost) OpenPolicy(ctx context.Context, wasm, data []byte) (policies.CompiledPolicy, error) {
	p, err := runtime.OpenPolicy(ctx, wasm, data, h.config)
	if err != nil {
		return nil, err
	}
	return openPolicy{p}, nil
}

type openPolicy struct{ *runtime.Policy }

func (p openPolicy) Clone(ctx context.Context) (policies.CompiledPolicy, error) {
	clone, err := p.Policy.Clone(ctx)
	if err != nil {
		return nil, err
	}
	return openPolicy{clone}, nil
}
