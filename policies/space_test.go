package policies

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// each gives every situation to f, on all processors, and returns how many there were. Under the race detector it is a spread.
func each(t *testing.T, e *Table, f func(s Situation, r *Row)) int {
	t.Helper()
	step := uint32(1)
	if raceDetector {
		step = 113
	}
	var next, seen atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				purpose := uint32(next.Add(1)-1) * step
				if purpose >= PurposeCount || t.Failed() {
					return
				}
				for v := range uint32(VisitorCount) {
					key := purpose*VisitorCount + v
					s, err := SituationOf(key)
					if err != nil {
						t.Error(err)
						return
					}
					f(s, e.row(key))
					seen.Add(1)
				}
			}
		})
	}
	wait.Wait()
	return int(seen.Load())
}
