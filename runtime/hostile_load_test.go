package runtime_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Many modules, many calls, and what changes under them.

func loads() []hostileTest {
	return []hostileTest{
		{name: "29-loops-on-every-processor", sources: stallSources, run: stallOnEveryProcessor},
		{name: "30-deploy-and-close-under-fire", sources: []string{"24-traps", "22-bulk-of-nothing"}, run: deployUnderFire},
		{name: "31-one-version-after-another", sources: []string{"31-leaves-a-secret", "31-looks-for-it"}, run: versions},
		{name: "36-many-tenants", run: manyTenants},
		{name: "34-mutated-modules", sources: []string{"14-labels-in-and-out", "20-globals"}, run: mutated},
	}
}

// deployUnderFire: ten thousand calls while versions are activated, rolled back and closed. A caller takes the version
// that is active, and its reference keeps it alive; every call has a right answer, a fault, or meets the close.
func deployUnderFire(t *testing.T) {
	h := hostileHost(t, 2)
	trapping, harmless := source(t, "24-traps"), source(t, "22-bulk-of-nothing")
	var active atomic.Pointer[runtime.Module]
	active.Store(load(t, h, trapping))
	const calls, deploys = 10_000, 25
	turns := make(chan int) // closed when the last deploy is done
	var answered, failed, met atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var entries []abi.Entry
			for i := range turns {
				record := good
				if i%5 == 0 {
					record = evil
				}
				var err error
				entries, err = active.Load().Evaluate(context.Background(), record, entries[:0])
				var fault *runtime.Fault
				switch {
				case errors.Is(err, runtime.ErrClosed):
					met.Add(1)
				case errors.As(err, &fault):
					failed.Add(1)
				case err != nil || len(entries) != 1 || entries[0].Number != 7:
					t.Errorf("%+v, %v", entries, err)
				default:
					answered.Add(1)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range deploys {
			next := load(t, h, [][]byte{trapping, harmless}[i%2])
			before := active.Swap(next)
			if i%3 == 0 { // rolled back at once
				active.Store(before)
				before = next
			}
			if err := before.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
	}()
	for i, open := 0, true; i < calls || open; i++ {
		select {
		case <-done:
			open = false
		default:
		}
		turns <- i
	}
	close(turns)
	wg.Wait()
	if answered.Load() == 0 || failed.Load() == 0 {
		t.Errorf("%d answers, %d faults", answered.Load(), failed.Load())
	}
	t.Logf("%d answers, %d faults, %d calls met a close", answered.Load(), failed.Load(), met.Load())
}

// versions: nothing of one version's memory is ever seen by the next, under pressure on the memory too, which makes the
// host reuse what it has just given up.
func versions(t *testing.T) {
	a, b := source(t, "31-leaves-a-secret"), source(t, "31-looks-for-it")
	for i := range 10 {
		h := hostileHost(t, 2)
		first := load(t, h, a)
		if got := points(t, first, nil); got != 7 {
			t.Errorf("%v points", got)
		}
		if i%2 == 0 { // before or after the next version begins
			if err := first.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if i%3 == 0 {
			debug.FreeOSMemory()
		}
		second := load(t, h, b)
		for range 5 {
			if got := points(t, second, nil); got != 0 {
				t.Fatalf("the next version found %x", uint64(got))
			}
			if i%2 == 1 {
				if got := points(t, first, nil); got != 7 {
					t.Errorf("%v points", got)
				}
			}
		}
	}
}

// mutated: modules with a few bytes changed. Each is refused or runs within its bounds; none takes the process along.
func mutated(t *testing.T) {
	h := hostileHost(t, 1)
	r := rand.New(rand.NewPCG(3, 4))
	admitted := 0
	for _, name := range []string{"14-labels-in-and-out", "20-globals"} {
		whole := source(t, name)
		for range 400 {
			binary := append([]byte(nil), whole...)
			for range 1 + r.IntN(3) {
				binary[8+r.IntN(len(binary)-8)] ^= byte(1 << r.IntN(8))
			}
			within(t, func() {
				m, err := h.Load(context.Background(), "test", binary)
				var refusal *runtime.AdmissionError
				if err != nil {
					if !errors.As(err, &refusal) {
						t.Errorf("not an AdmissionError: %v", err)
					}
					return
				}
				admitted++
				_, err = m.Evaluate(context.Background(), quiet, nil)
				var fault *runtime.Fault
				if err != nil && !errors.As(err, &fault) {
					t.Errorf("not a Fault: %v", err)
				}
				if err := m.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if admitted < 20 {
		t.Errorf("%d of the mutants were admitted: too few to tell", admitted)
	}
}
