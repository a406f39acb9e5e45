package runtime

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// TestWaitingForALane: patience and the context bound the waiting, and whoever waits gets the lane that is given back.
func TestWaitingForALane(t *testing.T) {
	ctx := context.Background()
	h, err := New(ctx, Config{Instances: 1, Patience: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(ctx)
	m, err := h.Load(ctx, "test", w.Simple(nil, w.ConstI32(0)))
	if err != nil {
		t.Fatal(err)
	}
	busy, err := h.lanes.take(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Evaluate(ctx, nil, nil); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v while the only lane was taken", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := h.lanes.take(ended, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := h.lanes.waiting.Load(); n != 0 || h.lanes.first != nil {
		t.Errorf("%d callers wait that have gone", n)
	}
	got := make(chan *lane)
	go func() {
		n, _ := h.lanes.take(ctx, time.Hour)
		got <- n
	}()
	for h.lanes.waiting.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	h.lanes.release(busy)
	n := <-got
	if n != busy {
		t.Fatal("not the lane that was given back")
	}
	h.lanes.release(n)
	if _, err := m.Evaluate(ctx, nil, nil); err != nil {
		t.Error(err)
	}
}

// TestLanesAreFair: callers who have waited get the lane in the order in which they came, though others come again and again.
func TestLanesAreFair(t *testing.T) {
	l, ctx := newLanes(1), context.Background()
	held, err := l.take(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	const callers = 10
	order := make(chan int, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			n, err := l.take(ctx, time.Hour)
			if err != nil {
				t.Error(err)
				return
			}
			order <- i
			l.release(n)
		})
		for l.waiting.Load() != int32(i+1) {
			time.Sleep(100 * time.Microsecond)
		}
	}
	time.Sleep(2 * turnAfter)
	l.release(held)
	for range 100 { // a greedy one
		if n := l.try(); n != nil && l.waiting.Load() > 0 {
			t.Error("one who came later got the lane")
		} else if n != nil {
			l.release(n)
		}
	}
	wg.Wait()
	for want := range callers {
		if got := <-order; got != want {
			t.Errorf("caller %d had its turn as number %d", got, want)
		}
	}
}

// TestLanesUnderFire: many callers with little patience, each lane held by one at a time, and at the end all are free.
func TestLanesUnderFire(t *testing.T) {
	l := newLanes(3)
	var holders [3]atomic.Int32
	var served, gone atomic.Int64
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithCancel(context.Background())
				if i%11 == 0 {
					time.AfterFunc(50*time.Microsecond, cancel)
				}
				n, err := l.take(ctx, time.Duration((g+i)%7)*300*time.Microsecond)
				cancel()
				if err != nil {
					gone.Add(1)
					continue
				}
				if holders[n.index].Add(1) != 1 {
					t.Error("two hold one lane")
				}
				if i%3 == 0 {
					time.Sleep(20 * time.Microsecond)
				}
				served.Add(1)
				holders[n.index].Add(-1)
				l.release(n)
			}
		})
	}
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for range 200 {
			l.grace()
		}
	}()
	wg.Wait()
	<-watched
	if l.waiting.Load() != 0 || l.first != nil || l.last != nil {
		t.Errorf("%d are left in the queue", l.waiting.Load())
	}
	for i := range l.all {
		if l.all[i].turn.Load()&1 == 1 {
			t.Errorf("lane %d is not free", i)
		}
	}
	spare := 0
	for w := l.spare; w != nil; w = w.next {
		if spare++; len(w.signal) != 0 {
			t.Error("a waiter is kept with its call")
		}
	}
	if served.Load() == 0 || spare > 16 {
		t.Errorf("%d served, %d waiters for 16 callers", served.Load(), spare)
	}
	t.Logf("%d served, %d went away", served.Load(), gone.Load())
}
