//go:build !race

package runtime_test

import (
	"context"
	"testing"
)

// TestPolicyAllocatesNothing, from the input to the view of the answer.
func TestPolicyAllocatesNothing(t *testing.T) {
	p := openPolicy(t, "{}")
	input := []byte(`{"status":"given"}`)
	got := testing.AllocsPerRun(1000, func() {
		if _, err := p.Evaluate(context.Background(), 7, input); err != nil {
			t.Fatal(err)
		}
	})
	if got != 0 {
		t.Errorf("%v allocations in an evaluation", got)
	}
}
