package policies

import (
	"context"
	"flag"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

var whole = flag.Bool("whole", false, "test all situations, not a large part of them (minutes)")

// baseEngine is the base policy, made once: the tests share what it remembers.
var baseEngine = sync.OnceValues(func() (*Engine, error) { return New(context.Background(), Config{}) })

func testEngine(t testing.TB) *Engine {
	t.Helper()
	e, err := baseEngine()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// purposes lists the kinds of purpose that the tests over many situations look at: every regime, basis, level of profiling
// and marketing, first with data in the EEA and consented storage, then a spread over the other destinations and storage.
// Under the race detector it is a spread alone. All that a visitor can do stays within one kind of purpose, so each is looked at whole.
func purposes() []uint32 {
	var out []uint32
	for p := range uint32(PurposeCount) {
		s, _ := SituationOf(p * VisitorCount)
		main := s.Destination == DestinationEEA && s.Device == DeviceConsented
		switch {
		case *whole:
		case raceDetector || testing.Short():
			if p%113 != 0 {
				continue
			}
		case !main && p%23 != 0:
			continue
		}
		out = append(out, p)
	}
	return out
}

// each gives every situation of the chosen purposes to f, on all processors, and returns how many there were.
func each(t *testing.T, e *Engine, f func(s Situation, r *Row)) int {
	t.Helper()
	var next, seen atomic.Int64
	kinds := purposes()
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(kinds) || t.Failed() {
					return
				}
				for v := range uint32(VisitorCount) {
					s, err := SituationOf(kinds[i]*VisitorCount + v)
					if err != nil {
						t.Error(err)
						return
					}
					r, err := e.Decide(context.Background(), s)
					if err != nil {
						t.Errorf("%+v: %v", s, err)
						return
					}
					f(s, r)
					seen.Add(1)
				}
			}
		})
	}
	wait.Wait()
	return int(seen.Load())
}
