package policies

import (
	"context"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
)

// testHost is the host of the edge.
type testHost struct{}

func (testHost) OpenPolicy(ctx context.Context, wasm, data []byte) (CompiledPolicy, error) {
	p, err := runtime.OpenPolicy(ctx, wasm, data, runtime.PolicyConfig{})
	if err != nil {
		return nil, err
	}
	return testPolicy{p}, nil
}

type testPolicy struct{ *runtime.Policy }

func (p testPolicy) Clone(ctx context.Context) (CompiledPolicy, error) {
	c, err := p.Policy.Clone(ctx)
	if err != nil {
		return nil, err
	}
	return testPolicy{c}, nil
}

func TestProve(t *testing.T) {
	table, c, err := Prove(context.Background(), Config{Host: testHost{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", *c)
	for _, d := range c.Documents {
		t.Logf("%+v", d)
	}
	_ = table
}
