//go:build !race

package runtime

import (
	"context"
	"testing"
	"time"
)

// TestWaitingAllocatesNothing: neither for a lane that comes nor for one that does not.
func TestWaitingAllocatesNothing(t *testing.T) {
	l, ctx := newLanes(1), context.Background()
	held := make(chan struct{})
	defer close(held)
	go func() {
		for range held {
			n := l.try()
			held <- struct{}{}
			for l.waiting.Load() == 0 {
				time.Sleep(10 * time.Microsecond)
			}
			l.release(n)
		}
	}()
	if got := testing.AllocsPerRun(200, func() {
		held <- struct{}{}
		<-held
		n, err := l.take(ctx, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		l.release(n)
	}); got != 0 {
		t.Errorf("%v allocations to wait for a lane", got)
	}
	n, err := l.take(ctx, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := testing.AllocsPerRun(20, func() {
		if _, err := l.take(ctx, 10*time.Microsecond); err == nil {
			t.Fatal("got a lane that is held")
		}
	}); got != 0 {
		t.Errorf("%v allocations to wait in vain", got)
	}
	l.release(n)
}
