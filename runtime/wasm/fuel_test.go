package wasm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// budget is the default of one call.
const budget = 200_000

// endless are modules that would run for hours: "run" takes and gives nothing.
func endless() map[string]*w.Module {
	list := map[string]*w.Module{}
	begin := func(name string) *w.Module {
		m := w.New()
		m.Add(w.Memory, []byte{1, 16, 16})
		list[name] = m
		return m
	}
	run := func(m *w.Module, locals []byte, code ...[]byte) {
		m.Export("run", w.KindFunc, m.Func(nil, nil, locals, code...))
	}
	forever := func(body ...[]byte) []byte { return w.Cat(w.Op(0x03, 0x40), w.Cat(body...), w.Op(0x0c, 0, 0x0b)) }
	i32 := func(n byte) []byte { return w.Op(1, n, w.I32) }

	run(begin("an empty loop"), nil, forever())
	m := begin("a loop with a huge body")
	run(m, i32(2), forever(w.Repeat(8000, w.Op(0x20, 0, 0x20, 1, 0x6a, 0x21, 0))))
	m = begin("recursion without loops")
	m.Func(w.Op(w.I32), w.Op(w.I32), nil, w.Op(0x20, 0, 0x45, 0x04, w.I32), w.ConstI32(1), w.Op(0x05),
		w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6b, 0x10, 0), w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6b, 0x10, 0, 0x6a, 0x0b))
	run(m, nil, w.ConstI32(60), w.Op(0x10, 0, 0x1a))
	m = begin("recursion without end")
	m.Func(w.Op(w.I32), nil, nil, w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6a, 0x10, 0))
	run(m, nil, w.ConstI32(0), w.Op(0x10, 0))
	m = begin("two that call each other")
	m.Func(nil, w.Op(w.I32), nil, w.Op(0x10, 1), w.ConstI32(1), w.Op(0x6a))
	m.Func(nil, w.Op(w.I32), nil, w.Op(0x10, 0), w.ConstI32(1), w.Op(0x6a))
	run(m, nil, w.Op(0x10, 0, 0x1a))
	m = begin("recursion through the table")
	m.Add(w.Table, []byte{0x70, 0, 1})
	m.Func(nil, nil, nil, w.ConstI32(0), w.Op(0x11, 0, 0))
	m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 1, 0})
	run(m, nil, w.Op(0x10, 0))
	m = begin("recursion with a thousand locals")
	code := []byte{}
	for i := range uint32(1000) {
		code = w.Cat(code, w.Op(0x20, 0), w.ConstI32(int32(i)), w.Op(0x6a), w.With(0x21, i+1))
	}
	code = w.Cat(code, w.Op(0x20, 0, 0x10, 0))
	for i := range uint32(1000) {
		code = w.Cat(code, w.With(0x20, i+1), w.Op(0x6a))
	}
	m.Func(w.Op(w.I32), w.Op(w.I32), w.Cat(w.Op(1), w.U32(1001), w.Op(w.I32)), code)
	run(m, nil, w.ConstI32(0), w.Op(0x10, 0, 0x1a))
	m = begin("a long way back out of a recursion")
	m.Func(w.Op(w.I32), nil, nil, w.Op(0x20, 0, 0x45, 0x0d, 0), w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6b, 0x10, 0),
		w.Op(0x20, 0, 0x45, 0x0d, 0), w.Repeat(4000, w.Cat(w.ConstI32(8), w.Op(0x20, 0, 0x36, 2, 0))))
	run(m, nil, forever(w.ConstI32(1000), w.Op(0x10, 0)))
	m = begin("functions that charge nothing, ten thousand times")
	m.Func(w.Op(w.I32), w.Op(w.I32), nil, w.Op(0x20, 0), w.Repeat(20, w.Op(0x20, 0, 0x6c)))
	run(m, i32(1), forever(w.Repeat(8000, w.Op(0x20, 0, 0x10, 0, 0x21, 0))))
	m = begin("a loop that copies 64 KiB")
	run(m, nil, forever(w.ConstI32(0), w.ConstI32(65536), w.ConstI32(65536), w.Op(0xfc, 10, 0, 0)))
	m = begin("a loop that fills the memory")
	run(m, nil, forever(w.ConstI32(0), w.ConstI32(1), w.ConstI32(1<<20), w.Op(0xfc, 11, 0)))
	m = begin("a fill of four gigabytes")
	run(m, nil, w.ConstI32(0), w.ConstI32(1), w.ConstI32(-1), w.Op(0xfc, 11, 0))
	m = begin("a loop that grows the memory by nothing")
	run(m, nil, forever(w.ConstI32(0), w.Op(0x40, 0, 0x1a)))
	m = begin("a loop of bulk operations without length")
	run(m, nil, forever(w.Repeat(100, w.Cat(w.ConstI32(0), w.ConstI32(0), w.ConstI32(0), w.Op(0xfc, 10, 0, 0)))))
	m = begin("a branch that moves hundreds of locals")
	code = w.Op(0x20, 0, 0x04, 0x40)
	for i := range uint32(400) {
		code = w.Cat(code, w.With(0x20, (i+7)%400), w.With(0x21, i))
	}
	run(m, w.Cat(w.Op(1), w.U32(401), w.Op(w.I32)), forever(code, w.Op(0x0b)))
	m = begin("a walk through the memory in an order that no cache foresees")
	run(m, i32(2),
		// fill with a permutation of its lines: line i leads to line (i*40503 + 1) mod 16384
		w.Op(0x03, 0x40), w.Op(0x20, 0), w.ConstI32(6), w.Op(0x74), w.Op(0x20, 0), w.ConstI32(40501), w.Op(0x6c), w.ConstI32(1), w.Op(0x6a),
		w.ConstI32(16383), w.Op(0x71), w.ConstI32(6), w.Op(0x74), w.Op(0x36, 2, 0),
		w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6a, 0x22, 0), w.ConstI32(8000), w.Op(0x49, 0x0d, 0, 0x0b),
		forever(w.Repeat(100, w.Op(0x20, 1, 0x28, 2, 0, 0x21, 1))))
	m = begin("a table of branches that change all the time")
	run(m, i32(2), forever(
		w.Op(0x02, 0x40, 0x02, 0x40, 0x02, 0x40, 0x02, 0x40),
		w.Op(0x20, 0), w.ConstI32(1664525), w.Op(0x6c), w.ConstI32(1013904223), w.Op(0x6a, 0x22, 0), w.ConstI32(30), w.Op(0x76),
		w.Op(0x0e, 3, 0, 1, 2, 3), w.Op(0x0b, 0x01, 0x0b, 0x01, 0x0b, 0x01, 0x0b)))
	return list
}

// TestEndless: whatever runs for ever stops within its fuel or its stack, in bounded time. The figures are those of the
// longest stretch that nothing can interrupt.
func TestEndless(t *testing.T) {
	var longest time.Duration
	for name, module := range endless() {
		binary := module.Bytes()
		m, problems := wasm.Decode(binary, 0)
		if len(problems) > 0 {
			t.Errorf("%s: %v", name, problems)
			continue
		}
		e, err := newMetered(m, wasm.Options{Calls: []string{"run"}, Keep: []string{}, Globals: []uint64{}}, false)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f := e.guest.ExportedFunction(wasm.CallName("run"))
		best := time.Hour
		for range 5 {
			start := time.Now()
			_, err = f.Call(ctx, budget)
			best = min(best, time.Since(start))
			if err == nil {
				break
			}
		}
		fuel, height := int64(e.fuel.Get()), int64(e.height.Get())
		t.Logf("%-62s %8v, fuel left %d, height %d", name, best.Round(time.Microsecond), fuel, height)
		if err == nil || fuel >= 0 && height >= 0 {
			t.Errorf("%s: %v, fuel left %d, height %d", name, line(err), fuel, height)
		}
		longest = max(longest, best)
		e.close()
	}
	t.Logf("longest: %v for %d units", longest, budget)
	if longest > 50*time.Millisecond { // far above the goal of 1 ms: this is no benchmark, the machine may be busy
		t.Errorf("took %v", longest)
	}
}

// TestPrices: a unit is worth at most 1.5 ns, whatever the instruction; -v prints each.
func TestPrices(t *testing.T) {
	for name, c := range map[string]struct {
		typ  byte
		code []byte // uses local 0 of that type, and leaves a value of it
	}{
		"i32.add": {w.I32, w.Op(0x20, 0, 0x20, 0, 0x6a)}, "i32.mul": {w.I32, w.Op(0x20, 0, 0x20, 0, 0x6c)},
		"i32.div_s": {w.I32, w.Cat(w.Op(0x20, 0), w.ConstI32(1), w.Op(0x72), w.Op(0x20, 0), w.ConstI32(1), w.Op(0x72, 0x6d))},
		"i32.rem_u": {w.I32, w.Cat(w.Op(0x20, 0), w.Op(0x20, 0), w.ConstI32(1), w.Op(0x72, 0x70))},
		"i64.div_u": {w.I64, w.Cat(w.ConstI64(-1), w.Op(0x20, 0), w.ConstI64(1), w.Op(0x84, 0x80))},
		"i64.rem_s": {w.I64, w.Cat(w.ConstI64(-1<<62), w.Op(0x20, 0), w.ConstI64(1), w.Op(0x84, 0x81))},
		"i64.shl":   {w.I64, w.Op(0x20, 0, 0x20, 0, 0x86)}, "i64.popcnt": {w.I64, w.Op(0x20, 0, 0x7b)}, "i32.clz": {w.I32, w.Op(0x20, 0, 0x67)},
		"f64.add": {w.F64, w.Op(0x20, 0, 0x20, 0, 0xa0)}, "f64.div": {w.F64, w.Cat(w.ConstF64(1.1), w.Op(0x20, 0, 0xa3))},
		"f64.sqrt": {w.F64, w.Op(0x20, 0, 0x9f)}, "f32.sqrt": {w.F32, w.Op(0x20, 0, 0x91)}, "f64.min": {w.F64, w.Cat(w.ConstF64(3), w.Op(0x20, 0, 0xa4))},
		"f64.floor": {w.F64, w.Op(0x20, 0, 0x9c)}, "f64.copysign": {w.F64, w.Cat(w.ConstF64(3), w.Op(0x20, 0, 0xa6))},
		"i64.trunc_f64_u": {w.I64, w.Op(0x20, 0, 0xba, 0xb1)}, "i32.trunc_sat_f64_u": {w.I32, w.Op(0x20, 0, 0xb8, 0xfc, 3)},
		"i64.trunc_sat_f64_u": {w.I64, w.Op(0x20, 0, 0xba, 0xfc, 7)}, "f64.convert_i64_u": {w.I64, w.Op(0x20, 0, 0xba, 0xbd)},
		"f32.convert_i64_u": {w.I64, w.Op(0x20, 0, 0xb5, 0xbc, 0xad)}, "f64.promote": {w.F64, w.Op(0x20, 0, 0xb6, 0xbb)},
		"reinterpret": {w.I64, w.Op(0x20, 0, 0xbf, 0x99, 0xbd)}, "select": {w.I32, w.Cat(w.ConstI32(7), w.Op(0x20, 0, 0x20, 0, 0x1b))},
		"i32.load":                   {w.I32, w.Cat(w.Op(0x20, 0), w.ConstI32(0xfff), w.Op(0x71, 0x28, 0, 0))},
		"i64.load8":                  {w.I64, w.Cat(w.Op(0x20, 0, 0xa7), w.ConstI32(0xfff), w.Op(0x71, 0x30, 0, 0))},
		"i32.store":                  {w.I32, w.Cat(w.Op(0x20, 0), w.ConstI32(0xfff), w.Op(0x71, 0x20, 0, 0x36, 0, 0, 0x20, 0))},
		"i32.store as in a Go guest": {w.I32, w.Cat(w.Op(0x20, 0), w.ConstI32(0xfff), w.Op(0x71, 0x22, 0, 0x20, 0, 0x36, 0, 0, 0x20, 0))},
		"f64.store":                  {w.F64, w.Cat(w.ConstI32(8), w.Op(0x20, 0), w.ConstF64(1), w.Op(0xa0, 0x39, 0, 0, 0x20, 0))},
		"i64.store8":                 {w.I64, w.Cat(w.ConstI32(8), w.Op(0x20, 0, 0x3c, 0, 0), w.ConstI32(8), w.Op(0x29, 0, 0))},
		"global":                     {w.I64, w.Op(0x23, 0, 0x20, 0, 0x7c, 0x24, 0, 0x23, 0)},
		"memory":                     {w.I32, w.Cat(w.ConstI32(0), w.Op(0x40, 0, 0x3f, 0, 0x6a))},
		"call":                       {w.I32, w.Op(0x20, 0, 0x10, 0)}, "call of what charges nothing": {w.I32, w.Op(0x20, 0, 0x10, 1)},
		"call_indirect": {w.I32, w.Cat(w.Op(0x20, 0), w.ConstI32(0), w.Op(0x11, 0, 0))},
		"if":            {w.I32, w.Cat(w.Op(0x20, 0), w.ConstI32(1), w.Op(0x71, 0x04, w.I32), w.ConstI32(2), w.Op(0x05), w.ConstI32(3), w.Op(0x0b))},
		"memory.fill":   {w.I32, w.Cat(w.ConstI32(0), w.ConstI32(0), w.ConstI32(16), w.Op(0xfc, 11, 0, 0x20, 0))},
		"memory.copy":   {w.I32, w.Cat(w.ConstI32(0), w.ConstI32(100), w.ConstI32(16), w.Op(0xfc, 10, 0, 0, 0x20, 0))},
	} {
		m := w.New()
		m.Add(w.Memory, []byte{1, 1, 1})
		m.Add(w.Table, []byte{0x70, 0, 1})
		m.Global(w.I64, 1, w.ConstI64(0))
		m.Func(w.Op(w.I32), w.Op(w.I32), nil, w.Op(0x20, 0, 0x45))
		m.Func(w.Op(w.I32), w.Op(w.I32), nil, w.Op(0x20, 0, 0x45))
		m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 1, 0})
		body := w.Cat(c.code, w.Op(0x21, 0))
		f := m.Func(w.Op(c.typ), w.Op(c.typ), w.Op(1, 1, w.I32),
			w.Op(0x03, 0x40), w.Repeat(50, body), w.Op(0x20, 1), w.ConstI32(1), w.Op(0x6a, 0x22, 1), w.ConstI32(200), w.Op(0x49, 0x0d, 0, 0x0b, 0x20, 0))
		m.Export("run", w.KindFunc, f)
		module, problems := wasm.Decode(m.Bytes(), 0)
		if len(problems) > 0 {
			t.Fatal(name, problems)
		}
		o := wasm.Options{Calls: []string{"run"}}
		if strings.Contains(name, "Go guest") {
			o = wasm.Short(o)
		}
		e, err := newMetered(module, o, false)
		if err != nil {
			t.Fatal(name, err)
		}
		best := time.Hour
		for range 5 {
			start := time.Now()
			if _, err := e.call("run", plenty, []uint64{3}); err != nil {
				t.Fatal(name, err)
			}
			best = min(best, time.Since(start))
		}
		used := plenty - e.left
		ratio := float64(best.Nanoseconds()) / float64(used)
		t.Logf("%-28s %6.2f ns each, %5.2f units, %.2f ns per unit", name, float64(best.Nanoseconds())/10000, float64(used)/10000, ratio)
		if ratio > 15 {
			t.Errorf("%s: a unit took %.1f ns", name, ratio)
		}
		e.close()
	}
}
