package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// The 36 attacks that a host of strangers' modules must survive, each by its number. In every case the process
// lives, time and memory are bounded, the error says what is wrong, and the next call of the same module or of another
// one finds everything clean. Sources are in testdata/hostile, one file for each module, its first words the number.

// hostileTest is a test that is more than one module and one answer.
type hostileTest struct {
	name    string
	run     func(t *testing.T)
	sources []string // in testdata/hostile, without .wat, where they are not named as the test
}

// TestHostile runs all of them, by the number.
func TestHostile(t *testing.T) {
	var all []hostileTest
	for _, list := range [][]hostileTest{refusals(), faults(), leaks(), engines(), replays(), loads(), prices(), caches()} {
		all = append(all, list...)
	}
	slices.SortStableFunc(all, func(a, b hostileTest) int { return strings.Compare(a.name, b.name) })
	used, numbers := map[string]bool{}, map[string]bool{}
	for _, c := range all {
		numbers[c.name[:2]] = true
		for _, s := range append(c.sources, c.name) {
			used[s] = true
		}
		t.Run(c.name, c.run)
	}
	t.Run("nothing is left out", func(t *testing.T) {
		files, err := filepath.Glob("testdata/hostile/[0-9]*.wat")
		if err != nil || len(files) == 0 {
			t.Fatal("no sources", err)
		}
		for _, f := range files {
			if name := strings.TrimSuffix(filepath.Base(f), ".wat"); !used[name] {
				t.Errorf("no test uses %s", name)
			}
		}
		for n := 1; n <= 36; n++ {
			if !numbers[fmt.Sprintf("%02d", n)] {
				t.Errorf("nothing for number %d", n)
			}
		}
	})
}

// source assembles a file of testdata/hostile.
func source(t testing.TB, name string) []byte {
	t.Helper()
	binary, err := w.WAT(os.DirFS("testdata/hostile"), name+".wat")
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// within fails the test when f hangs: the limit is for a process that has stopped, not for a slow machine.
func within(t testing.TB, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(slow * time.Minute):
		panic("hangs: " + t.Name()) // what hangs cannot be left behind
	}
}

// allocated gives the bytes that f allocates, whether they are garbage afterwards or not.
func allocated(f func()) uint64 {
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	f()
	goruntime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// retained gives the bytes that are in use after f and were not before.
func retained(f func()) int64 {
	var before, after goruntime.MemStats
	goruntime.GC()
	goruntime.ReadMemStats(&before)
	f()
	goruntime.GC()
	goruntime.ReadMemStats(&after)
	return int64(after.HeapInuse) - int64(before.HeapInuse)
}

// provoke evaluates an evil record, which must end as a fault of one of the kinds, or well if there are none; and then
// good ones, of the same module and of its neighbour.
func provoke(t *testing.T, m, neighbour *runtime.Module, record []byte, kinds ...runtime.FaultKind) {
	t.Helper()
	within(t, func() {
		entries, err := m.Evaluate(context.Background(), record, nil)
		var fault *runtime.Fault
		switch {
		case len(kinds) == 0 && (err != nil || len(entries) != 1 || entries[0].Number != 7):
			t.Errorf("got %+v and %v, want 7 points", entries, err)
		case len(kinds) > 0 && (!errors.As(err, &fault) || !slices.Contains(kinds, fault.Kind)):
			t.Errorf("got %+v and %v, want one of %v", entries, err, kinds)
		case len(kinds) > 0 && (entries != nil || fault.Module != "test" || fault.Err == nil || strings.Contains(err.Error(), "\n")):
			t.Errorf("got %+v and %q, which says too little or too much", entries, err)
		}
		if got := points(t, m, good); got != 7 {
			t.Errorf("afterwards: %v points", got)
		}
		if got := points(t, neighbour, good); got != 7 {
			t.Errorf("the neighbour: %v points", got)
		}
	})
}

func hostileHost(t testing.TB, instances int) *runtime.Host {
	t.Helper()
	return newHost(t, runtime.Config{Instances: instances, InitFuel: 2_000_000})
}
