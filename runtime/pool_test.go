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

// TestWaitingForAnInstance: the context bounds the waiting, and an instance comes back from the call that had it.
func TestWaitingForAnInstance(t *testing.T) {
	ctx := context.Background()
	h, err := New(ctx, Config{Instances: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(ctx)
	m, err := h.Load(ctx, "test", w.Simple(nil, w.ConstI32(0)))
	if err != nil {
		t.Fatal(err)
	}
	busy, err := m.pool.take(ctx)
	if err != nil || busy == nil {
		t.Fatal(busy, err)
	}
	soon, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
	defer cancel()
	if _, err := m.Evaluate(soon, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v while the only instance was busy", err)
	}
	if n := len(m.pool.waiting); n != 0 {
		t.Errorf("%d callers wait that have gone", n)
	}
	answered := make(chan error)
	go func() {
		_, err := m.Evaluate(ctx, nil, nil)
		answered <- err
	}()
	m.pool.put(busy)
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// TestPoolUnderFire: many callers with little patience, never more than the places, and at the end all places are there.
func TestPoolUnderFire(t *testing.T) {
	const places = 3
	p := newPool(places, &instance{})
	var inside, most, served atomic.Int64
	var wg sync.WaitGroup
	for g := range 16 {
		wg.Go(func() {
			for i := range 500 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration((g+i)%7)*100*time.Microsecond)
				in, err := p.take(ctx)
				cancel()
				if err != nil {
					continue
				}
				if n := inside.Add(1); n > most.Load() {
					most.Store(n)
				}
				if in == nil {
					in = &instance{}
				}
				if i%3 == 0 {
					time.Sleep(20 * time.Microsecond)
				}
				served.Add(1)
				inside.Add(-1)
				p.put(in)
			}
		})
	}
	wg.Wait()
	if most.Load() > places || served.Load() == 0 || p.places != places || len(p.waiting) != 0 || len(p.idle) > places {
		t.Errorf("%d at once, %d served, %d places, %d waiting, %d idle", most.Load(), served.Load(), p.places, len(p.waiting), len(p.idle))
	}
}
