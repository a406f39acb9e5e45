package runtime_test

import (
	"fmt"
	"math"
	goruntime "runtime"
	"slices"
	"time"
)

// costs is what the calls of a peer took, in nanoseconds.
type costs struct {
	best   float64   // the best of the rounds' means: what the work takes where nothing disturbs it
	each   []float64 // of calls, with the clock read before and after
	allocs float64
	bytes  float64
}

// turns is how many rounds each peer has.
const turns = 60

func takeTurns(peers []peer) []costs {
	list := make([]costs, len(peers))
	for i := range list {
		list[i].best = math.Inf(1)
	}
	for range turns {
		for i, p := range peers {
			list[i].round(p.call)
		}
	}
	return list
}

// round calls f for some milliseconds: first as a whole for the mean, then one by one.
func (c *costs) round(f func()) {
	calls, start := 0, time.Now()
	for time.Since(start) < 2*time.Millisecond {
		for range 20 {
			f()
		}
		calls += 20
	}
	c.best = min(c.best, float64(time.Since(start))/float64(calls))
	c.each = slices.Grow(c.each, calls)
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	for range calls {
		start := time.Now()
		f()
		c.each = append(c.each, float64(time.Since(start)))
	}
	goruntime.ReadMemStats(&after)
	c.allocs = float64(after.Mallocs-before.Mallocs) / float64(calls)
	c.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(calls)
}

// printPeers writes the table; the first peer is what the ratios are of. It goes to the standard output, because a
// benchmark's log is cut after ten lines.
func printPeers(peers []peer, list []costs) {
	const line = "%-22s %10s %8s %10s %10s %8s %10s   %s\n"
	fmt.Printf("\n"+line, "one call", "best ns", "ratio", "p50 ns", "p99 ns", "allocs", "bytes", "")
	number := func(v float64) string { return fmt.Sprintf("%.0f", v) }
	for i, p := range peers {
		c := &list[i]
		slices.Sort(c.each)
		fmt.Printf(line, p.name, number(c.best), fmt.Sprintf("%.2f", c.best/list[0].best), number(c.each[len(c.each)/2]),
			number(c.each[len(c.each)*99/100]), number(c.allocs), number(c.bytes), p.about)
	}
	fmt.Printf("best: the best mean of %d rounds in which all took turns; p50 and p99 hold some 40 ns of the clock's own\n\n", turns)
}
