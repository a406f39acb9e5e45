//go:build !race

package runtime_test

import (
	"context"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// TestEvaluateAllocates no more than the engine does: its watch over the deadline makes a channel, the function that ends
// it, a goroutine's start and, where none has ended yet, the goroutine. Our own part, from the record to the entries,
// makes nothing. With fuel this becomes 0.
func TestEvaluateAllocates(t *testing.T) {
	const engine = 4
	m := load(t, newHost(t, runtime.Config{}), turncoat(rule(), nil))
	record := make([]byte, 400)
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	got := testing.AllocsPerRun(1000, func() {
		if _, err := m.Evaluate(context.Background(), record, entries); err != nil {
			t.Fatal(err)
		}
	})
	if got > engine {
		t.Errorf("%v allocations in a call, the engine's are %d", got, engine)
	}
}
