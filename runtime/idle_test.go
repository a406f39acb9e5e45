package runtime_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// TestRestUnderFire: modules lose their instances and their code while they are called, and are closed at last. Every call
// has its module's own answer, and at the end nothing is left.
func TestRestUnderFire(t *testing.T) {
	h := newHost(t, runtime.Config{Workshop: newShelf(t), Instances: 2, Idle: time.Millisecond, Kept: 1})
	modules := make([]*runtime.Module, 6)
	for i := range modules {
		modules[i] = load(t, h, tenantsModule(t, i))
	}
	var wg sync.WaitGroup
	var answered, slowest atomic.Int64
	for g := range 4 {
		wg.Go(func() {
			entries := make([]abi.Entry, 0, abi.MaxEntries)
			for i := range 300 {
				which := (g + i/3) % len(modules)
				start := time.Now()
				got, err := modules[which].Evaluate(context.Background(), nil, entries)
				if errors.Is(err, runtime.ErrBusy) {
					continue
				}
				if err != nil || len(got) != 1 || got[0].Number != float64(which) {
					t.Errorf("module %d: %+v, %v", which, got, err)
					return
				}
				answered.Add(1)
				slowest.Store(max(slowest.Load(), int64(time.Since(start))))
				if i%10 == 0 {
					time.Sleep(3 * time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
	for deadline := time.Now().Add(slow * time.Minute); h.Holdings() != (runtime.Holdings{Modules: len(modules)}); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%+v is left", h.Holdings())
		}
	}
	for _, m := range modules {
		if err := m.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if _, err := m.Evaluate(context.Background(), nil, nil); !errors.Is(err, runtime.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if h.Holdings() != (runtime.Holdings{}) {
		t.Errorf("%+v is left", h.Holdings())
	}
	t.Logf("%d answers, the slowest after %v", answered.Load(), time.Duration(slowest.Load()))
}

// TestOpenedAgainWithoutItsCode: a module that rests and whose files are gone or damaged fails as the host's fault, and answers
// again when they are back.
func TestOpenedAgainWithoutItsCode(t *testing.T) {
	shop := newShelf(t)
	h := newHost(t, runtime.Config{Workshop: shop, Instances: 1, Idle: time.Millisecond, Kept: 1})
	m := load(t, h, tenantsModule(t, 5))
	closed := func() {
		t.Helper()
		for deadline := time.Now().Add(slow * time.Minute); h.Holdings().Open > 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it stays open")
			}
		}
	}
	if got := points(t, m, nil); got != 5 {
		t.Errorf("%v points", got)
	}
	closed()
	files, err := filepath.Glob(shop.dir + "/*/product")
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	var fault *runtime.Fault
	var refused *runtime.AdmissionError
	if _, err := m.Evaluate(context.Background(), nil, nil); !errors.As(err, &fault) || fault.Kind != runtime.NoInstance || errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(files[0], whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := points(t, m, nil); got != 5 {
		t.Errorf("%v points", got)
	}
	closed()
}
