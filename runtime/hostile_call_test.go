package runtime_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Modules that are admitted, behave, and turn on their host when the record says so.

// callMemory is what one evil call and the good ones behind it may allocate, and what may stay of all of them: the engine's
// stack, doubled up to the limit on its height. Without that limit it would be 160 MB, of which 80 stay.
const callMemory = 2 << 20

func faults() (list []hostileTest) {
	const (
		fuel  = runtime.OutOfFuel
		stack = runtime.StackTooDeep
		trap  = runtime.Trapped
	)
	for name, kinds := range map[string][]runtime.FaultKind{
		"01-infinite-loop":                  {fuel},
		"02-huge-body":                      {fuel},
		"03-exponential-recursion":          {fuel},
		"04-direct-recursion":               {stack},
		"04-mutual-recursion":               {stack},
		"04-recursion-through-the-table":    {stack},
		"05-recursion-with-large-frames":    {stack},
		"05-recursion-with-used-locals":     {stack},
		"08-fill-in-a-loop":                 {fuel},
		"08-copy-in-a-loop":                 {fuel},
		"08-fill-of-4-gigabytes":            {fuel, trap}, // whichever is looked at first, the price or the bounds
		"08-copy-of-4-gigabytes":            {fuel, trap},
		"09-grow-storm":                     {fuel},
		"10-table-with-a-large-maximum":     {trap},
		"16-name-section-bomb":              {trap},
		"22-offset-that-wraps":              {trap},
		"22-negative-base":                  {trap},
		"22-two-halves-of-4-gigabytes":      {trap},
		"22-store-at-the-end-and-one":       {trap},
		"22-bulk-of-nothing":                nil,
		"22-bulk-of-nothing-behind-the-end": {trap},
		"22-bulk-one-too-many":              {trap},
		"25-buffers-that-move":              nil,
		"26-log-in-a-loop":                  {fuel},
		"26-huge-log":                       nil,
		"26-four-billion-lines":             {trap, fuel},
		"28-grow-by-nothing":                {fuel},
	} {
		list = append(list, hostileTest{name: name, run: func(t *testing.T) {
			h := hostileHost(t, 2)
			neighbour := load(t, h, source(t, "22-bulk-of-nothing"))
			m := load(t, h, source(t, name))
			if kept := retained(func() {
				for range 3 {
					if n := allocated(func() { provoke(t, m, neighbour, evil, kinds...) }); n > callMemory {
						t.Errorf("a call allocated %d bytes", n)
					}
				}
			}); kept > callMemory {
				t.Errorf("%d bytes are kept after the calls", kept)
			}
		}})
	}
	return append(list,
		hostileTest{name: "24-traps", run: traps},
		hostileTest{name: "25-bad-answers", run: badAnswers},
	)
}

// traps goes through every way of failing, on the same module one after another.
func traps(t *testing.T) {
	h := hostileHost(t, 1)
	neighbour := load(t, h, source(t, "22-bulk-of-nothing"))
	m := load(t, h, source(t, "24-traps"))
	for way, words := range []string{
		"unreachable", "integer divide by zero", "integer divide by zero", "integer overflow", "integer overflow",
		"invalid conversion to integer", "integer overflow", "integer overflow", "out of bounds memory access",
		"out of bounds memory access", "out of bounds memory access", "invalid table access", "invalid table access",
		"invalid table access", "indirect call type mismatch",
	} {
		t.Run(fmt.Sprint(way), func(t *testing.T) {
			record := []byte{1, byte(way)}
			provoke(t, m, neighbour, record, runtime.Trapped)
			if _, err := m.Evaluate(context.Background(), record, nil); err == nil || !mentions([]runtime.Finding{{Message: err.Error()}}, words) {
				t.Errorf("got %v, want %q", err, words)
			}
		})
	}
	for way := byte(101); way <= 105; way++ {
		t.Run(fmt.Sprint(way), func(t *testing.T) { provoke(t, m, neighbour, []byte{1, way}) })
	}
}

// badAnswers: whatever the numbers are that a module answers with, the host reads no byte outside the buffer, takes no
// entry that the manifest does not allow, and gives the caller none of it. An answer cannot change between the check and
// the taking, because the module is not running any more; nor can the buffer's place, see 25-buffers-that-move.
func badAnswers(t *testing.T) {
	h := hostileHost(t, 1)
	m := load(t, h, source(t, "25-bad-answers"))
	record := func(n int32, kind, index, reason, spare uint16, number float64) []byte {
		r := make([]byte, 48)
		binary.LittleEndian.PutUint32(r[16:], uint32(n))
		for i, v := range []uint16{kind, index, reason, spare} {
			binary.LittleEndian.PutUint16(r[24+2*i:], v)
		}
		binary.LittleEndian.PutUint64(r[32:], math.Float64bits(number))
		return r
	}
	nan := math.Float64frombits(0x7ff4_0000_dead_beef)
	right := record(1, 1, 0, 0, 0, 7)
	for name, r := range map[string][]byte{
		"a refusal":            record(-1, 1, 0, 0, 0, 7),
		"the smallest number":  record(math.MinInt32, 1, 0, 0, 0, 7),
		"the largest number":   record(math.MaxInt32, 1, 0, 0, 0, 7),
		"one entry too many":   record(abi.MaxEntries+1, 1, 0, 0, 0, 7),
		"entries of nothing":   record(abi.MaxEntries, 1, 0, 0, 0, 7),
		"a size that wraps":    record(1<<28, 1, 0, 0, 0, 7),
		"no kind":              record(1, 0, 0, 0, 0, 7),
		"an unknown kind":      record(1, 4, 0, 0, 0, 7),
		"the largest kind":     record(1, 0xffff, 0, 0, 0, 7),
		"an undeclared score":  record(1, 1, 1, 0, 0, 7),
		"an undeclared reason": record(1, 1, 0, 2, 0, 7),
		"the largest reason":   record(1, 1, 0, 0xffff, 0, 7),
		"undeclared segment":   record(1, 2, 1, 0, 0, 0),
		"an undeclared trait":  record(1, 3, 1, 0, 0, 0),
		"an undeclared value":  record(1, 3, 0, 2, 0, 0),
		"something in spare":   record(1, 1, 0, 0, 1, 7),
		"a number of a trait":  record(1, 3, 0, 0, 0, 7),
		"NaN":                  record(1, 1, 0, 0, 0, nan),
		"infinity":             record(1, 1, 0, 0, 0, math.Inf(1)),
		"negative infinity":    record(1, 1, 0, 0, 0, math.Inf(-1)),
	} {
		entries, err := m.Evaluate(context.Background(), r, nil)
		var fault *runtime.Fault
		if !errors.As(err, &fault) || fault.Kind != runtime.BadAnswer || entries != nil {
			t.Errorf("%s: %+v and %v, want a bad answer", name, entries, err)
		}
		if got := points(t, m, right); got != 7 {
			t.Errorf("after %s: %v points", name, got)
		}
	}
}
