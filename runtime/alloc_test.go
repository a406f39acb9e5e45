//go:build !race

package runtime_test

import (
	"context"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// TestEvaluateAllocatesNothing, from the record to the entries, the resetting of the instance included.
func TestEvaluateAllocatesNothing(t *testing.T) {
	for name, wasm := range map[string][]byte{"small": turncoat(rule(), nil), "Go": goGuest(t, "turncoat")} {
		m := load(t, newHost(t, runtime.Config{}), wasm)
		record := make([]byte, 400)
		entries := make([]abi.Entry, 0, abi.MaxEntries)
		got := testing.AllocsPerRun(2000, func() { // a full compare is among them
			if _, err := m.Evaluate(context.Background(), record, entries); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%s: %v allocations in a call", name, got)
		}
	}
}
