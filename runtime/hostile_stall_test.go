package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	goruntime "runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
)

// stallSources use all the fuel that there is, each with what takes longest for a unit of its kind.
var stallSources = []string{"01-infinite-loop", "02-huge-body", "03-exponential-recursion", "08-copy-in-a-loop", "08-fill-in-a-loop", "09-grow-storm"}

// spread is the middle and the end of some times.
type spread struct{ p50, p99, max time.Duration }

func (s spread) String() string {
	return fmt.Sprintf("%8v %8v %8v", round(s.p50), round(s.p99), round(s.max))
}

func round(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

func spreadOf(took []time.Duration) spread {
	if len(took) == 0 {
		return spread{}
	}
	slices.Sort(took)
	return spread{took[len(took)/2], took[len(took)*99/100], took[len(took)-1]}
}

// stalls is what others notice while something keeps the processors.
type stalls struct {
	stopping  spread // from the collector's wish to stop the world until it stands
	pause     spread // from the same wish until all run again
	probe     spread // how late a goroutine wakes up
	neighbour spread // one evaluation of a module that behaves
	calls     int64  // of what keeps the processors
	rounds    uint64 // of the collector; each stops the world twice
}

// stall has the garbage collector run again and again while 4 goroutines for each processor do what they are told.
func stall(t testing.TB, long time.Duration, neighbour *runtime.Module, busy func(worker, turn int) error) (s stalls) {
	t.Helper()
	names := []metrics.Sample{{Name: "/sched/pauses/stopping/gc:seconds"}, {Name: "/sched/pauses/total/gc:seconds"}}
	before := make([][]uint64, len(names))
	metrics.Read(names)
	for i := range names {
		before[i] = slices.Clone(names[i].Value.Float64Histogram().Counts)
	}
	var stop atomic.Bool
	var calls atomic.Int64
	var wg sync.WaitGroup
	if busy != nil {
		for g := range 4 * goruntime.GOMAXPROCS(0) {
			wg.Go(func() {
				for i := 0; !stop.Load(); i++ {
					if err := busy(g, i); err != nil {
						t.Error(err)
						return
					}
					calls.Add(1)
				}
			})
		}
	}
	var late, answered []time.Duration
	wg.Go(func() {
		for !stop.Load() {
			start := time.Now()
			time.Sleep(200 * time.Microsecond)
			late = append(late, max(0, time.Since(start)-200*time.Microsecond))
		}
	})
	wg.Go(func() {
		for !stop.Load() {
			start := time.Now()
			if _, err := neighbour.Evaluate(context.Background(), good, nil); err != nil {
				t.Error(err)
				return
			}
			answered = append(answered, time.Since(start))
			time.Sleep(200 * time.Microsecond)
		}
	})
	var rounds uint64
	for start := time.Now(); time.Since(start) < long; rounds++ {
		goruntime.GC()
	}
	stop.Store(true)
	wg.Wait()
	metrics.Read(names)
	return stalls{
		stopping: spreadSince(before[0], names[0].Value.Float64Histogram()),
		pause:    spreadSince(before[1], names[1].Value.Float64Histogram()),
		probe:    spreadOf(late), neighbour: spreadOf(answered), calls: calls.Load(), rounds: rounds,
	}
}

// spreadSince gives the upper ends of the buckets that were filled since.
func spreadSince(before []uint64, h *metrics.Float64Histogram) (s spread) {
	var all, so uint64
	for i, n := range h.Counts {
		all += n - before[i]
	}
	for i, n := range h.Counts {
		if n -= before[i]; n == 0 {
			continue
		}
		end := h.Buckets[i+1]
		if math.IsInf(end, 1) {
			end = h.Buckets[i]
		}
		at := time.Duration(end * 1e9)
		if so < all/2+1 {
			s.p50 = at
		}
		if so < all*99/100+1 {
			s.p99 = at
		}
		so, s.max = so+n, at
	}
	return s
}

var spun atomic.Uint64

// spinning gives a function that keeps a processor for so long with plain Go code, at most so many at once.
func spinning(long time.Duration, atOnce int) func(int, int) error {
	spin := func(n uint64) {
		sum := uint64(0)
		for i := range n {
			sum = sum*3 + i
		}
		spun.Add(sum)
	}
	const probe = 1 << 20
	took := time.Hour
	for range 5 {
		start := time.Now()
		spin(probe)
		took = min(took, time.Since(start))
	}
	n := uint64(probe * float64(long) / float64(took))
	places := make(chan struct{}, atOnce)
	return func(int, int) error {
		places <- struct{}{}
		spin(n)
		<-places
		return nil
	}
}

// evilCalls gives a function that calls the modules in turn, each until its fuel is gone, and the longest of the kinds'
// shortest calls: so long a call keeps a processor where nothing else interrupts it.
func evilCalls(t testing.TB, h *runtime.Host) (call func(int, int) error, longest time.Duration) {
	var evils []*runtime.Module
	once := func(m *runtime.Module) error {
		var fault *runtime.Fault
		if _, err := m.Evaluate(context.Background(), evil, nil); !errors.As(err, &fault) || fault.Kind != runtime.OutOfFuel {
			return fmt.Errorf("got %v and not a call that is out of fuel", err)
		}
		return nil
	}
	for _, name := range append(stallSources, "calls through the table") {
		var m *runtime.Module
		if name == "calls through the table" {
			m = load(t, h, priced(t, "(call_indirect (i32.and (local.get $at) (i32.const 1)))"))
		} else {
			m = load(t, h, source(t, name))
		}
		shortest := time.Hour
		for range 20 {
			start := time.Now()
			if err := once(m); err != nil {
				t.Fatal(name, err)
			}
			shortest = min(shortest, time.Since(start))
		}
		longest = max(longest, shortest)
		evils = append(evils, m)
	}
	return func(worker, turn int) error { return once(evils[(worker+turn)%len(evils)]) }, longest
}

// stallTable measures side by side, in one process: nothing, plain Go, and hostile modules under the host's bound and under
// none. The first two are the machine's noise; what the modules add to it is ours.
func stallTable(t testing.TB, long time.Duration) (plain, bound stalls) {
	processors := goruntime.GOMAXPROCS(0)
	rule := max(1, processors-1)
	quiet := func(h *runtime.Host) *runtime.Module {
		m := load(t, h, source(t, "22-bulk-of-nothing"))
		points(t, m, good)
		return m
	}
	h := newHost(t, runtime.Config{})
	evils, longest := evilCalls(t, h)
	type row struct {
		name string
		stalls
	}
	rows := []row{
		{"nothing", stall(t, long, quiet(h), nil)},
		{fmt.Sprintf("Go loops as long, %d at once", rule), stall(t, long, quiet(h), spinning(longest, rule))},
		{fmt.Sprintf("modules, %d at once, the host's rule", rule), stall(t, long, quiet(h), evils)},
	}
	for _, n := range []int{processors, 4 * processors} {
		other := newHost(t, runtime.Config{Instances: n})
		evils, _ := evilCalls(t, other)
		rows = append(rows, row{fmt.Sprintf("modules, %d at once", n), stall(t, long, quiet(other), evils)})
	}
	t.Logf("%d processors; the longest of %d kinds of calls with %d units of fuel takes %v", processors, len(stallSources)+1,
		runtime.DefaultFuel, round(longest))
	t.Logf("%-38s %7s %6s  %-28s  %-28s  %-28s  %-28s", "p50, p99, max", "calls", "rounds", "the collector waits", "the world stands", "a goroutine wakes late", "a neighbour's answer")
	for _, r := range rows {
		t.Logf("%-38s %7d %6d  %-28v  %-28v  %-28v  %-28v", r.name, r.calls, r.rounds, r.stopping, r.pause, r.probe, r.neighbour)
	}
	return rows[1].stalls, rows[2].stalls
}

// muchWorse is how many times longer than beside plain Go loops the collector may wait beside modules, in the middle. It
// waits for the call that runs, a fifth of a millisecond at most; were a call's fuel not bounded it would wait for ever.
const muchWorse = 100

// stallOnEveryProcessor is the test of number 29.
func stallOnEveryProcessor(t *testing.T) {
	within(t, func() {
		plain, bound := stallTable(t, 300*time.Millisecond)
		if bound.calls == 0 || bound.neighbour == (spread{}) || bound.stopping == (spread{}) {
			t.Fatalf("nothing was measured: %+v", bound)
		}
		if bound.stopping.p50 > muchWorse*max(plain.stopping.p50, 10*time.Microsecond) {
			t.Errorf("the collector waits %v beside modules and %v beside Go", bound.stopping.p50, plain.stopping.p50)
		}
	})
}

// BenchmarkStall prints the table, with more time for each row.
func BenchmarkStall(b *testing.B) {
	for range b.N {
		stallTable(b, 2*time.Second)
	}
}
