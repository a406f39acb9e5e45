package runtime_test

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

var idleModules = flag.Int("idle", 150, "modules in the test of many tenants; 10000 as number 36 has it, which takes minutes")

// What a module may keep of the heap that nobody calls for a while, and one that was closed to save memory.
const (
	restingMemory = 64 << 10
	closedMemory  = 8 << 10
)

// shelf is a workshop that prepares in this process and keeps everything, for tests of what is opened again.
type shelf struct {
	dir  string
	mu   sync.Mutex
	made map[[sha256.Size]byte]*runtime.Prepared
}

func newShelf(t *testing.T) *shelf {
	return &shelf{dir: t.TempDir(), made: map[[sha256.Size]byte]*runtime.Prepared{}}
}

func (s *shelf) Prepare(ctx context.Context, request []byte) (*runtime.Prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := sha256.Sum256(request)
	if p := s.made[key]; p != nil {
		product, err := os.ReadFile(p.Folder + "/product")
		return &runtime.Prepared{Product: product, Folder: p.Folder, Close: p.Close, Discard: p.Discard}, err
	}
	folder, err := os.MkdirTemp(s.dir, "")
	if err != nil {
		return nil, err
	}
	product, err := runtime.Prepare(ctx, request, folder)
	if err == nil {
		err = os.WriteFile(folder+"/product", product, 0o600)
	}
	if err != nil {
		return nil, err
	}
	s.made[key] = &runtime.Prepared{Folder: folder, Close: func() {}, Discard: func() {}}
	return &runtime.Prepared{Product: product, Folder: folder, Close: func() {}, Discard: func() {}}, nil
}

// tenantsModule answers with the tenant's number, and has a type of function that no other one has.
func tenantsModule(t *testing.T, tenant int) []byte {
	t.Helper()
	types := ""
	for bit := range 14 {
		types += wasmTypes[tenant>>bit&1] + " "
	}
	binary, err := w.WAT(fstest.MapFS{"main.wat": {Data: fmt.Appendf(nil, `
		(memory (export "memory") 1)
		(func (param %s))
		(func (export "lotse_input") (result i32) (i32.const 1024))
		(func (export "lotse_output") (result i32) (i32.const 32768))
		(func (export "lotse_evaluate") (param i32) (result i32)
			(i64.store (i32.const 32768) (i64.const 1))
			(f64.store offset=8 (i32.const 32768) (f64.const %d))
			(i32.const 1))`, types, tenant)}}, "main.wat")
	if err == nil {
		binary, err = abi.AppendManifest(binary, []byte(w.Manifest))
	}
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// manyTenants: each uploads another type of function. What is kept for each is bounded, and nothing is kept for those that
// are gone: the engine's book of types, which only grows, is each module's own. Then none of them is called for a while: no
// instance is left, and with little to keep, no compiled code of most; and each answers when it is called again.
func manyTenants(t *testing.T) {
	n := *idleModules
	binaries := make([][]byte, n)
	for i := range binaries {
		binaries[i] = tenantsModule(t, i)
	}
	t.Run("gone", func(t *testing.T) {
		h := hostileHost(t, 1)
		load(t, h, tenantsModule(t, n)) // what the first one makes for all
		kept := retained(func() {
			for i := range (n + 1) / 2 {
				if err := load(t, h, binaries[i]).Close(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
		})
		t.Logf("%d bytes of the heap are kept of %d tenants' modules that are gone", kept, (n+1)/2)
		if kept > 4<<20 {
			t.Errorf("%d bytes are kept of modules that are gone", kept)
		}
	})
	shop := newShelf(t)
	t.Run("resting", func(t *testing.T) { idle(t, runtime.Config{Workshop: shop}, binaries, restingMemory) })
	t.Run("closed", func(t *testing.T) {
		idle(t, runtime.Config{Workshop: shop, Kept: 1 << 20}, binaries, closedMemory+4<<20/int64(n)) // 4 MiB for what the heap cannot give back in parts
	})
}

// idle loads the modules, calls each once, lets them rest, tells what they keep, and calls each again.
func idle(t *testing.T, c runtime.Config, binaries [][]byte, most int64) {
	c.Instances, c.Idle = 1, 250*time.Millisecond
	h := newHost(t, c)
	modules := make([]*runtime.Module, len(binaries))
	resident := residentMemory(t)
	kept := retained(func() {
		for i, b := range binaries {
			modules[i] = load(t, h, b)
			if got := points(t, modules[i], nil); got != float64(i) {
				t.Fatalf("tenant %d: %v points", i, got)
			}
		}
		for deadline := time.Now().Add(slow * time.Minute); h.Holdings().Instances > 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("nobody took the instances away: %+v", h.Holdings())
			}
		}
	})
	resident = residentMemory(t) - resident
	holds := h.Holdings()
	each := kept / int64(len(modules))
	if each > most {
		t.Errorf("%d bytes of the heap for each idle module, at most %d", each, most)
	}
	if holds.Modules != len(modules) || c.Kept != 0 && holds.Bytes > c.Kept {
		t.Errorf("%+v", holds)
	}
	var longest, all time.Duration
	for i, m := range modules {
		start := time.Now()
		if got := points(t, m, nil); got != float64(i) {
			t.Fatalf("tenant %d: %v points after it rested", i, got)
		}
		took := time.Since(start)
		longest, all = max(longest, took), all+took
	}
	t.Logf("%d modules rest, %d of them open, %d instances: %d bytes of the heap for each, %d of resident memory; the first call after it takes %v, %v at most",
		holds.Modules, holds.Open, holds.Instances, each, resident/int64(len(modules)), all/time.Duration(len(modules)), longest)
}

// residentMemory gives the bytes that this process keeps in the machine's memory; 0 where the system does not tell it.
func residentMemory(t *testing.T) (bytes int64) {
	goruntime.GC() // finalizers give compiled code back
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			var kilobytes int64
			if _, err := fmt.Sscanf(rest, "%d kB", &kilobytes); err != nil {
				t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
