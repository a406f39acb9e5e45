package wasm_test

import (
	"math/rand/v2"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// instance instruments and instantiates a module whose opcodes are admitted.
func instance(t testing.TB, module *w.Module, o wasm.Options) *metered {
	t.Helper()
	m, problems := wasm.DecodeAny(module.Bytes())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if o.Globals != nil {
		o.Globals = wasm.Values(m)
	}
	e, err := newMetered(m, o, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.close)
	return e
}

// TestWrapper: a wrapper sets what a call begins with, whatever the last one left.
func TestWrapper(t *testing.T) {
	m := w.New()
	m.Add(w.Memory, []byte{1, 1, 4})
	for i, c := range [][]byte{w.ConstI32(-7), w.ConstI64(1 << 40), w.Op(0x43, 0, 0, 0x20, 0xc0), w.ConstF64(2.5)} {
		m.Global(numbers[i], 1, c)
	}
	// Gives what it found, and changes it: the sum of the globals and of the pages.
	f := m.Func(w.Op(w.I32), w.Op(w.F64), nil,
		w.Op(0x23, 0, 0xb7, 0x23, 1, 0xb9, 0xa0, 0x23, 2, 0xbb, 0xa0, 0x23, 3, 0xa0, 0x3f, 0, 0xb7, 0xa0),
		w.ConstI32(1), w.Op(0x24, 0), w.ConstI64(2), w.Op(0x24, 1), w.Op(0x43, 0, 0, 0, 0, 0x24, 2), w.ConstF64(0), w.Op(0x24, 3),
		w.ConstI32(1), w.Op(0x40, 0, 0x1a), w.ConstI32(70000), w.ConstI32(1), w.Op(0x36, 0, 0))
	m.Export("f", w.KindFunc, f)
	e := instance(t, m, wasm.Options{Calls: []string{"f", "not there"}, Keep: []string{"memory"}, Globals: []uint64{}, Pages: 3})
	for range 3 {
		got, err := e.call("f", 1000, []uint64{0})
		if want := api.EncodeF64(-7 + 1<<40 - 2.5 + 2.5 + 1); err != nil || got[0] != want {
			t.Fatalf("%v %v", api.DecodeF64(got[0]), err)
		}
		if e.marks != 1<<(70000>>e.GranuleShift) || e.left == 0 || e.left >= 1000 {
			t.Errorf("marks %#x, %d left", e.marks, e.left)
		}
	}
	if e.guest.ExportedFunction(wasm.CallName("not there")) != nil || e.guest.ExportedFunction("f") != nil {
		t.Error("more functions are exported than wrappers")
	}
}

// TestGrow: the memory has its size from the first moment; only the counted pages grow, up to the module's maximum.
func TestGrow(t *testing.T) {
	m := w.New()
	m.Add(w.Memory, []byte{1, 1, 3})
	m.Export("memory", w.KindMemory, 0)
	m.Export("grow", w.KindFunc, m.Func(w.Op(w.I32), w.Op(w.I32), nil, w.Op(0x20, 0, 0x40, 0)))
	m.Export("size", w.KindFunc, m.Func(nil, w.Op(w.I32), nil, w.Op(0x3f, 0)))
	e := instance(t, m, wasm.Options{Calls: []string{"grow", "size"}, Keep: []string{"memory"}, Pages: 8})
	if len(e.memory) != 8*wasm.PageSize {
		t.Fatalf("%d bytes", len(e.memory))
	}
	const no = uint64(^uint32(0))
	for _, c := range [][3]uint64{{0, 1, 1}, {no, no, 1}, {1, 1, 2}, {2, no, 2}, {1<<32 - 2, no, 2}, {1, 2, 3}, {1, no, 3}, {0, 3, 3}} {
		got, err := e.call("grow", 1000, c[:1])
		size, _ := e.call("size", 1000, nil)
		if err != nil || got[0] != c[1] || size[0] != c[2] {
			t.Errorf("grow %d: %v %v, size %v", c[0], got, err, size)
		}
	}
	if e.guest.Memory().Size() != 8*wasm.PageSize {
		t.Error("the memory itself has grown")
	}
}

// TestBeyond: pages that the guest has not grown to are there all the same, in every call as the image has them. Behind the
// last one is nothing.
func TestBeyond(t *testing.T) {
	m := w.New()
	m.Add(w.Memory, []byte{1, 1, 3})
	m.Export("memory", w.KindMemory, 0)
	// Reads, writes, grows, reads again, and says how large the memory was: 1000000s, 10000s, 100s and 1s.
	read := func(unit int32) []byte {
		return w.Cat(w.Op(0x20, 0, 0x2d, 0, 0), w.ConstI32(unit), w.Op(0x6c))
	}
	m.Export("touch", w.KindFunc, m.Func(w.Op(w.I32), w.Op(w.I32), nil,
		read(1_000_000), w.Op(0x20, 0), w.ConstI32(7), w.Op(0x3a, 0, 0), read(10_000), w.Op(0x6a),
		w.ConstI32(1), w.Op(0x40, 0), w.ConstI32(100), w.Op(0x6c, 0x6a), read(1), w.Op(0x6a)))
	e := instance(t, m, wasm.Options{Calls: []string{"touch"}, Keep: []string{"memory"}, Globals: []uint64{}, Pages: 3})
	for _, address := range []uint64{wasm.PageSize, 2*wasm.PageSize + 5, 3*wasm.PageSize - 1, wasm.PageSize} {
		got, err := e.call("touch", 1000, []uint64{address})
		if err != nil || got[0] != 7_01_07 {
			t.Errorf("at %d: %v %v", address, got, err)
		}
		if at := e.unmarked(); at >= 0 {
			t.Errorf("byte %d changed without a mark: %#x", at, e.marks)
		}
		e.restore(make([]byte, len(e.memory)))
	}
	for _, address := range []uint64{3 * wasm.PageSize, 1<<32 - 1} {
		if got, err := e.call("touch", 1000, []uint64{address}); err == nil {
			t.Errorf("at %d: %v", address, got)
		}
	}
}

// TestStack: recursion ends while the engine's stack is small. It never shrinks, so that the bound is on every instance.
func TestStack(t *testing.T) {
	var before, after goruntime.MemStats
	for name, m := range endless() {
		module, _ := wasm.Decode(m.Bytes(), 0)
		e, err := newMetered(module, wasm.Options{Calls: []string{"run"}, Globals: []uint64{}}, false)
		if err != nil {
			t.Fatal(err)
		}
		f := e.guest.ExportedFunction(wasm.CallName("run"))
		goruntime.ReadMemStats(&before)
		_, _ = f.Call(ctx, 20*budget)
		goruntime.ReadMemStats(&after)
		// The stack doubles by copying, so that all it ever took is at most twice what it is, and the error is part of it.
		n := after.TotalAlloc - before.TotalAlloc
		if n > 64<<10 {
			t.Logf("%-40s %d KiB", name, n>>10)
		}
		if n > 2<<20 {
			t.Errorf("%s took %d bytes", name, n)
		}
		e.close()
	}
}

// FuzzInstrument: what the decoder admits and the engine compiles, it compiles instrumented; what it refuses, it refuses
// instrumented too, so that nothing becomes valid by what is put around it.
func FuzzInstrument(f *testing.F) {
	f.Add(small().Bytes())
	for s := range uint64(20) {
		f.Add(generate(rand.New(rand.NewPCG(s, 9)), s%2 == 0, true))
	}
	for _, m := range endless() {
		f.Add(m.Bytes())
	}
	f.Fuzz(func(t *testing.T, binary []byte) {
		m, _ := wasm.Decode(binary, 0)
		if m == nil || len(m.Imports) > 0 {
			return
		}
		in, err := wasm.Instrument(m, wasm.Options{Calls: []string{"run", "f"}, Keep: []string{"memory"}, Globals: wasm.Values(m)})
		if err != nil {
			t.Fatal(err)
		}
		plain, plainErr := engine(true).CompileModule(ctx, binary)
		if plainErr == nil {
			_ = plain.Close(ctx)
		}
		code, err := engine(true).CompileModule(ctx, in.Binary)
		if err == nil {
			_ = code.Close(ctx)
		}
		// What the instrumenter leaves out, such as names, may be as wrong as it likes.
		if plainErr == nil && err != nil || err == nil && plainErr != nil && strings.Contains(plainErr.Error(), "invalid function") {
			t.Fatalf("plain: %v, instrumented: %v", plainErr, err)
		}
	})
}
