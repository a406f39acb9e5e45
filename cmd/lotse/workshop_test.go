package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

var ownSecret = bytes.Repeat([]byte("s"), 32)

// small answers with one entry of seven points.
var small = w.Simple(nil, w.Entry(0, 1, 0, 0, w.ConstF64(7)), w.ConstI32(1))

// openHost makes a host with a workshop that keeps its files in dir. Count gives how often a module was prepared anew.
func openHost(t *testing.T, dir string, secret []byte) (h *runtime.Host, shop *workshop, count *int) {
	t.Helper()
	shop, err := newWorkshop(dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	count = new(int)
	prepare := shop.prepare
	shop.prepare = func(ctx context.Context, request []byte, folder string) ([]byte, error) {
		*count++
		return prepare(ctx, request, folder)
	}
	if h, err = runtime.New(t.Context(), runtime.Config{Workshop: shop}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	return h, shop, count
}

// seven loads the small module and checks its answer.
func seven(t *testing.T, h *runtime.Host) {
	t.Helper()
	m, err := h.Load(t.Context(), "small", small)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := m.Evaluate(t.Context(), nil, nil)
	if err != nil || len(entries) != 1 || entries[0].Number != 7 {
		t.Fatalf("%+v, %v", entries, err)
	}
}

func keptFile(t *testing.T, dir string) (path string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("one kept file is expected and no folder of work: %v, %v", entries, err)
	}
	return filepath.Join(dir, entries[0].Name())
}

func TestWorkshopKeeps(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "compiled")
	h, _, made := openHost(t, dir, ownSecret)
	seven(t, h)
	seven(t, h)
	if *made != 1 {
		t.Errorf("prepared %d times", *made)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err = os.Stat(keptFile(t, dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	again, _, made := openHost(t, dir, ownSecret)
	seven(t, again)
	if *made != 0 {
		t.Errorf("prepared %d times after a restart", *made)
	}
}

// TestWorkshopForgets what has not been used for long, and what a killed process left behind.
func TestWorkshopForgets(t *testing.T) {
	dir := t.TempDir()
	h, _, _ := openHost(t, dir, ownSecret)
	seven(t, h)
	path := keptFile(t, dir)
	old := time.Now().Add(-keptFor - time.Hour)
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "work-1"), 0o700), os.Chtimes(path, old, old)); err != nil {
		t.Fatal(err)
	}
	again, _, made := openHost(t, dir, ownSecret)
	if seven(t, again); *made != 1 {
		t.Errorf("prepared %d times: the old file was kept", *made)
	}
	keptFile(t, dir)
}

// TestWorkshopTrustsNoStranger: what was changed, cut, moved or sealed with another secret is never run: it is removed, and
// the module prepared again.
func TestWorkshopTrustsNoStranger(t *testing.T) {
	origin := t.TempDir()
	h, _, _ := openHost(t, origin, ownSecret)
	seven(t, h)
	good, err := os.ReadFile(keptFile(t, origin))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(keptFile(t, origin))
	change := func(at int) func([]byte) []byte {
		return func(b []byte) []byte {
			b[at] ^= 1
			return b
		}
	}
	for what, poison := range map[string]func([]byte) []byte{
		"the seal":          change(0),
		"a length":          change(32),
		"the path":          change(40),
		"the code":          change(len(good) / 2),
		"the last byte":     change(len(good) - 1),
		"cut":               func(b []byte) []byte { return b[:len(b)-1] },
		"half":              func(b []byte) []byte { return b[:len(b)/2] },
		"longer":            func(b []byte) []byte { return append(b, 0) },
		"empty":             func([]byte) []byte { return nil },
		"without its seal":  func(b []byte) []byte { return b[32:] },
		"with another seal": func(b []byte) []byte { return append(make([]byte, 32), b[32:]...) },
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), poison(bytes.Clone(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		h, _, made := openHost(t, dir, ownSecret)
		seven(t, h)
		if *made != 1 {
			t.Errorf("%s: taken", what)
		}
		if now, err := os.ReadFile(keptFile(t, dir)); err != nil || len(now) != len(good) {
			t.Errorf("%s: what was made again is not kept", what)
		}
	}

	t.Run("another server's secret", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), good, 0o600); err != nil {
			t.Fatal(err)
		}
		h, _, made := openHost(t, dir, []byte("another secret"))
		if seven(t, h); *made != 1 {
			t.Error("taken")
		}
	})
	t.Run("another module's name", func(t *testing.T) {
		_, shop, _ := openHost(t, t.TempDir(), ownSecret)
		other := strings.Repeat("0", 64)
		if err := os.WriteFile(filepath.Join(shop.dir, other), good, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := shop.open(other); !errors.Is(err, errSeal) {
			t.Errorf("got %v", err)
		}
	})
}

// TestWorkshopMakesDamagedCodeAgain: what bears our seal and is damaged all the same, because the disk or the memory failed
// before it was sealed, is made again by the child. The module is not to blame, even if it never succeeds.
func TestWorkshopMakesDamagedCodeAgain(t *testing.T) {
	damage := func(change func(code string, product []byte) []byte) func(context.Context, []byte, string) ([]byte, error) {
		return func(ctx context.Context, request []byte, folder string) ([]byte, error) {
			product, err := prepareInChild(ctx, request, folder)
			if err != nil {
				return nil, err
			}
			code, _, err := codeIn(folder)
			if err != nil {
				return nil, err
			}
			return change(filepath.Join(folder, code), product), nil
		}
	}
	for what, change := range map[string]func(code string, product []byte) []byte{
		"half the code": func(code string, product []byte) []byte {
			info, err := os.Stat(code)
			if err == nil {
				err = os.Truncate(code, info.Size()/2)
			}
			if err != nil {
				t.Error(err)
			}
			return product
		},
		"half the product": func(_ string, product []byte) []byte { return product[:len(product)/2] },
	} {
		h, shop, made := openHost(t, t.TempDir(), ownSecret)
		bad, good := damage(change), shop.prepare
		shop.prepare = func(ctx context.Context, request []byte, folder string) ([]byte, error) {
			if *made > 0 {
				return good(ctx, request, folder)
			}
			*made++
			return bad(ctx, request, folder)
		}
		if seven(t, h); *made != 2 {
			t.Errorf("%s: prepared %d times", what, *made)
		}
		if seven(t, h); *made != 2 {
			t.Errorf("%s: what was made again is not kept", what)
		}

		h, shop, _ = openHost(t, t.TempDir(), ownSecret)
		shop.prepare = bad
		var refused *runtime.AdmissionError
		if _, err := h.Load(t.Context(), "small", small); err == nil || errors.As(err, &refused) {
			t.Errorf("%s, always: %v", what, err)
		}
		keptNothing(t, shop.dir)
	}
}

func keptNothing(t *testing.T, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestWorkshopRefuses: what is wrong with a module comes back from the child as findings.
func TestWorkshopRefuses(t *testing.T) {
	h, shop, _ := openHost(t, t.TempDir(), ownSecret)
	invalid := w.Simple(nil, w.Op(0x6a)) // adds what is not there
	_, err := h.Load(t.Context(), "invalid", invalid)
	var refused *runtime.AdmissionError
	if !errors.As(err, &refused) || refused.Findings[0].Where != "code" {
		t.Errorf("got %v", err)
	}
	shop.prepare = func(context.Context, []byte, string) ([]byte, error) { return nil, runtime.ErrTooCostly }
	if _, err := h.Load(t.Context(), "small", small); !errors.As(err, &refused) || !strings.Contains(err.Error(), "time or memory") {
		t.Errorf("got %v", err)
	}
	shop.prepare = func(context.Context, []byte, string) ([]byte, error) { return []byte("LTSP"), nil }
	if _, err := h.Load(t.Context(), "small", small); err == nil || errors.As(err, &refused) {
		t.Errorf("a damaged product: %v", err)
	}
	if _, err := prepareInChild(t.Context(), []byte("no request"), t.TempDir()); err == nil || errors.Is(err, runtime.ErrTooCostly) {
		t.Errorf("a request that is none: %v", err)
	}
}

var hoard [][]byte

// greedy is what a compiler may become: it bounds itself as the child does, and takes all that it can get.
func greedy() {
	if err := boundProcess(1, 256<<20, 1<<20); err != nil {
		panic(err)
	}
	for os.Args[1] == "memory" {
		hoard = append(hoard, bytes.Repeat([]byte{1}, 16<<20))
	}
	for n := 0; ; n++ {
		_ = n
	}
}

// TestChildIsBounded: processor time and memory end the child, and nothing else.
func TestChildIsBounded(t *testing.T) {
	for _, what := range []string{"time", "memory"} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		child := exec.CommandContext(ctx, os.Args[0], what)
		child.Args[0] = "greedy"
		child.Env = []string{"GOTRACEBACK=none"}
		err := child.Run()
		cancel()
		var ended *exec.ExitError
		if !errors.As(err, &ended) || ctx.Err() == context.DeadlineExceeded || ended.UserTime() > 10*time.Second {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestGoGuestAfterRestart tells how long a module of Go's own compiler takes until its first answer: the first time, and
// when a server starts again. Only what cannot depend on the machine is asserted.
func TestGoGuestAfterRestart(t *testing.T) {
	sources, err := moduleSources("samples/winery")
	if err != nil || len(sources) == 0 {
		t.Fatal("no sources of the sample", err)
	}
	wasm, err := sources[0].module(t.Context(), compilers{warnings: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, want := range []int{1, 0} {
		h, _, made := openHost(t, dir, ownSecret)
		start := time.Now()
		m, err := h.Load(t.Context(), "fit", wasm)
		if err != nil {
			t.Fatal(err)
		}
		loaded := time.Since(start)
		record, err := emptyRecord(m.Manifest())
		if err != nil {
			t.Fatal(err)
		}
		start = time.Now()
		if _, err := m.Evaluate(t.Context(), record, nil); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d bytes: loaded in %v, first call %v, prepared %d times", len(wasm), loaded, time.Since(start), *made)
		if *made != want {
			t.Errorf("prepared %d times, want %d", *made, want)
		}
	}
}
