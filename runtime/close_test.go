package runtime_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// TestCloseUnderFire: many goroutines evaluate good and evil records while their modules are closed and the host after
// them. Every call ends with a right answer or a Fault, and calls after the close with ErrClosed.
func TestCloseUnderFire(t *testing.T) {
	for range 5 {
		h, err := runtime.New(context.Background(), runtime.Config{Instances: 3})
		if err != nil {
			t.Fatal(err)
		}
		modules := []*runtime.Module{
			load(t, h, turncoat(rule(), nil, w.Op(0x00))),
			load(t, h, turncoat(rule(), nil, w.Op(0x03, 0x40, 0x0c, 0, 0x0b))),
			load(t, h, turncoat(rule(), nil, w.ConstI32(1), w.Op(0x40, 0, 0x1a))),
		}
		var wg sync.WaitGroup
		var answered, closed atomic.Int64
		for g := range 8 {
			wg.Go(func() {
				var entries []abi.Entry
				for i := 0; ; i++ {
					m, record := modules[(g+i)%len(modules)], good
					if i%7 == 0 {
						record = evil
					}
					var err error
					entries, err = m.Evaluate(context.Background(), record, entries[:0])
					var fault *runtime.Fault
					switch {
					case errors.Is(err, runtime.ErrClosed):
						closed.Add(1)
						return
					case err != nil && !errors.As(err, &fault):
						t.Errorf("not a Fault: %v", err)
					case err == nil && (len(entries) != 1 || entries[0].Number != 7):
						t.Errorf("answer %+v", entries)
					case err == nil:
						answered.Add(1)
					}
				}
			})
		}
		time.Sleep(30 * time.Millisecond)
		var closers sync.WaitGroup
		for range 2 { // closing twice at once is no harm
			closers.Go(func() {
				if err := modules[0].Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		closers.Go(func() {
			if err := h.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		closers.Wait()
		wg.Wait()
		if answered.Load() == 0 || closed.Load() != 8 {
			t.Errorf("%d answers, %d calls met the close", answered.Load(), closed.Load())
		}
		if _, err := h.Load(context.Background(), "late", turncoat(rule(), nil)); !errors.Is(err, runtime.ErrClosed) {
			t.Errorf("a closed host loaded a module: %v", err)
		}
	}
}

// TestCloseDoesNotWaitForEver: a call in flight keeps Close waiting as long as the context wants, and the module alive.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	h := newHost(t, runtime.Config{MaxFuel: 1 << 40, Fuel: 200_000_000})
	m := load(t, h, turncoat(rule(), nil, w.Op(0x03, 0x40, 0x0c, 0, 0x0b)))
	points(t, m, good)
	began, done := make(chan struct{}), make(chan error)
	go func() {
		close(began)
		_, err := m.Evaluate(context.Background(), evil, nil)
		done <- err
	}()
	<-began
	time.Sleep(5 * time.Millisecond)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.Close(ended); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	var fault *runtime.Fault
	if err := <-done; !errors.Is(err, runtime.ErrClosed) && (!errors.As(err, &fault) || fault.Kind != runtime.OutOfFuel) {
		t.Errorf("the call in flight: %v", err)
	}
	if err := m.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if _, err := m.Evaluate(context.Background(), good, nil); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestAnswerGoesBehindWhatIsThere: entries are appended, and a fault leaves dst as it was.
func TestAnswerGoesBehindWhatIsThere(t *testing.T) {
	m := load(t, newHost(t, runtime.Config{}), turncoat(rule(), nil, w.Op(0x00)))
	before := []abi.Entry{{Kind: abi.SegmentEntry}}
	after, err := m.Evaluate(context.Background(), good, before)
	if err != nil || len(after) != 2 || after[0] != before[0] || after[1].Number != 7 {
		t.Errorf("%+v, %v", after, err)
	}
	if after, err = m.Evaluate(context.Background(), evil, after); err == nil || len(after) != 2 {
		t.Errorf("after a fault: %+v, %v", after, err)
	}
	if _, err = m.Evaluate(context.Background(), make([]byte, abi.MaxRecord+1), nil); err == nil {
		t.Error("a record larger than the buffer was taken")
	}
}
