package runtime_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// guests are compiled once for all tests: each build takes seconds.
var guests struct {
	sync.Mutex
	built map[string][]byte
}

// goGuest compiles testdata/<name>/main.go as a rule module with the test manifest.
func goGuest(t testing.TB, name string) []byte {
	t.Helper()
	guests.Lock()
	defer guests.Unlock()
	if b, ok := guests.built[name]; ok {
		return b
	}
	out := filepath.Join(t.TempDir(), name+".wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-o", out, "./testdata/"+name)
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the guest: %v\n%s", err, text)
	}
	bare, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	b, err := abi.AppendManifest(bare, []byte(w.Manifest))
	if err != nil {
		t.Fatal(err)
	}
	if guests.built == nil {
		guests.built = map[string][]byte{}
	}
	guests.built[name] = b
	return b
}

// TestGoGuestForgets: a guest that keeps the last record in a package variable, a map and a goroutine never sees it.
func TestGoGuestForgets(t *testing.T) {
	h := newHost(t, runtime.Config{Instances: 2})
	m := load(t, h, goGuest(t, "keeper"))
	hunt(t, m, 10_000)
}

// TestGoGuestMisbehaves: panics, exits, sleeps, loops and allocations end as faults, and the module answers afterwards.
func TestGoGuestMisbehaves(t *testing.T) {
	h := newHost(t, runtime.Config{Instances: 2})
	m := load(t, h, goGuest(t, "turncoat"))
	neighbour := load(t, h, turncoat(rule(), nil))
	record := make([]byte, 64)
	for mode, name := range []string{"", "panic", "exit", "sleep", "loop", "allocate", "recurse", "deadlock"} {
		record[0] = byte(mode)
		start := time.Now()
		entries, err := m.Evaluate(context.Background(), record, nil)
		took := time.Since(start)
		if mode == 0 {
			if err != nil || entries[0].Number != 7 {
				t.Fatalf("%+v, %v", entries, err)
			}
			continue
		}
		var fault *runtime.Fault
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v, not a Fault", name, err)
		}
		if took > slow*5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		record[0] = 0
		if got := points(t, m, record); got != 7 {
			t.Errorf("after %s: %v points", name, got)
		}
		if got := points(t, neighbour, good); got != 7 {
			t.Errorf("the neighbour after %s: %v points", name, got)
		}
	}
}

// TestGoGuestSeesNoMachine: clock, random numbers, arguments and environment are the same in every call and instance.
func TestGoGuestSeesNoMachine(t *testing.T) {
	h := newHost(t, runtime.Config{Instances: 4, Fuel: 10_000_000})
	m := load(t, h, goGuest(t, "observer"))
	again := load(t, h, goGuest(t, "observer"))
	want := points(t, m, nil)
	if want == 0 {
		t.Fatal("the observer saw nothing at all")
	}
	var wg sync.WaitGroup
	for _, m := range []*runtime.Module{m, again, m, again} {
		wg.Go(func() {
			for range 50 {
				if got := points(t, m, nil); got != want {
					t.Errorf("saw %v, then %v", want, got)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestGoGuestLimits: the tier's limits leave room above what Go's compiler writes.
func TestGoGuestLimits(t *testing.T) {
	for _, name := range []string{"keeper", "turncoat", "observer", "large"} {
		module, problems := wasm.Decode(goGuest(t, name), 0)
		if len(problems) > 0 {
			t.Fatalf("%s: %v", name, problems)
		}
		var largest int
		for _, b := range module.Code {
			largest = max(largest, len(b.Instructions))
		}
		t.Logf("%s: %d functions, largest %d bytes, table %d, memory %d pages, %d globals, %d data segments", name,
			len(module.Functions), largest, module.Table.Min, module.Memory.Min, len(module.Globals), len(module.Data))
		if 2*largest > module.Limits.Body || 2*int(module.Table.Min) > int(module.Limits.Table) ||
			2*len(module.Functions) > module.Limits.Functions {
			t.Errorf("%s: little room is left under the limits", name)
		}
	}
}

// TestGoCommandIsRefused: what `go build` gives without -buildmode=c-shared has a main that would run at once.
func TestGoCommandIsRefused(t *testing.T) {
	m := rule()
	m.Export("_start", w.KindFunc, m.Func(nil, nil, nil))
	if f := refused(t, newHost(t, runtime.Config{}), turncoat(m, nil)); !mentions(f, "command") {
		t.Errorf("findings: %+v", f)
	}
}
