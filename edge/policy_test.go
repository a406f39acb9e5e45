package edge_test

import (
	"context"
	"sync"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/runtime"
)

// basePolicy is proved once for all tests.
var basePolicy = sync.OnceValues(func() (*policies.Table, error) {
	table, _, err := policies.Prove(context.Background(), policies.Config{Host: policyHost{}, Proofs: keptProofs})
	return table, err
})

// policyHost is what cmd/lotse puts between the rooms.
type policyHost struct{}

func (policyHost) OpenPolicy(ctx context.Context, wasm, data []byte) (policies.CompiledPolicy, error) {
	p, err := runtime.OpenPolicy(ctx, wasm, data, runtime.PolicyConfig{})
	if err != nil {
		return nil, err
	}
	return hostedPolicy{p}, nil
}

type hostedPolicy struct{ *runtime.Policy }

func (p hostedPolicy) Clone(ctx context.Context) (policies.CompiledPolicy, error) {
	clone, err := p.Policy.Clone(ctx)
	if err != nil {
		return nil, err
	}
	return hostedPolicy{clone}, nil
}
