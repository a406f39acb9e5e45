package runtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// hostile lists modules that turn on their host when the record says so.
func hostile() map[string][]byte {
	modules := map[string][]byte{
		"endless loop": turncoat(rule(), nil, w.Op(0x03, 0x40, 0x0c, 0, 0x0b)),
		"huge straight body in a loop": turncoat(rule(), nil,
			w.Op(0x03, 0x40), w.Repeat(5000, w.Cat(w.ConstI32(w.Scratch), w.ConstI32(1), w.Op(0x36, 0, 0))), w.Op(0x0c, 0, 0x0b)),
		"memory.fill in a loop": turncoat(rule(), nil,
			w.Op(0x03, 0x40), w.ConstI32(0), w.ConstI32(0), w.ConstI32(65536), w.Op(0xfc, 11, 0, 0x0c, 0, 0x0b)),
		"grows without end": turncoat(rule(), nil,
			w.Op(0x03, 0x40), w.ConstI32(1), w.Op(0x40, 0, 0x1a, 0x0c, 0, 0x0b)),
		"unreachable":         turncoat(rule(), nil, w.Op(0x00)),
		"division by zero":    turncoat(rule(), nil, w.ConstI32(1), w.ConstI32(0), w.Op(0x6d, 0x1a)),
		"division overflow":   turncoat(rule(), nil, w.ConstI32(-1<<31), w.ConstI32(-1), w.Op(0x6d, 0x1a)),
		"truncation of NaN":   turncoat(rule(), nil, w.ConstF64(0), w.ConstF64(0), w.Op(0xa3, 0xaa, 0x1a)),
		"load behind the end": turncoat(rule(), nil, w.Load64(65536-7), w.Op(0x1a)),
		"load that wraps":     turncoat(rule(), nil, w.ConstI32(-1), w.Op(0x29, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x1a)),
		"fill behind the end": turncoat(rule(), nil, w.ConstI32(1), w.ConstI32(0), w.ConstI32(-1), w.Op(0xfc, 11, 0)),
		"refuses the record":  turncoat(rule(), nil, w.ConstI32(-1), w.Op(0x0f)),
		"too many entries":    turncoat(rule(), nil, w.ConstI32(257), w.Op(0x0f)),
		"most entries":        turncoat(rule(), nil, w.ConstI32(1<<31-1), w.Op(0x0f)),
		"entries of nothing":  turncoat(rule(), nil, w.ConstI32(1), w.Op(0x0f)),
		"undeclared score":    turncoat(rule(), nil, w.Entry(0, 1, 1, 0, w.ConstF64(1)), w.ConstI32(1), w.Op(0x0f)),
		"undeclared reason":   turncoat(rule(), nil, w.Entry(0, 1, 0, 2, w.ConstF64(1)), w.ConstI32(1), w.Op(0x0f)),
		"undeclared segment":  turncoat(rule(), nil, w.Entry(0, 2, 1, 0, w.ConstF64(0)), w.ConstI32(1), w.Op(0x0f)),
		"undeclared trait":    turncoat(rule(), nil, w.Entry(0, 3, 0, 9, w.ConstF64(0)), w.ConstI32(1), w.Op(0x0f)),
		"unknown kind":        turncoat(rule(), nil, w.Entry(0, 4, 0, 0, w.ConstF64(0)), w.ConstI32(1), w.Op(0x0f)),
		"NaN points": turncoat(rule(), nil,
			w.Entry(0, 1, 0, 0, w.Cat(w.ConstF64(0), w.ConstF64(0), w.Op(0xa3))), w.ConstI32(1), w.Op(0x0f)),
		"infinite points": turncoat(rule(), nil,
			w.Entry(0, 1, 0, 0, w.Cat(w.ConstF64(1), w.ConstF64(0), w.Op(0xa3))), w.ConstI32(1), w.Op(0x0f)),
	}

	// fib(60): no loop, no deep stack, practically endless.
	m := rule()
	fib := m.Next()
	m.Func(w.Op(w.I32), w.Op(w.I32), nil,
		w.Op(0x20, 0), w.ConstI32(2), w.Op(0x48, 0x04, w.I32, 0x20, 0, 0x05),
		w.Op(0x20, 0), w.ConstI32(1), w.Op(0x6b), w.With(0x10, fib),
		w.Op(0x20, 0), w.ConstI32(2), w.Op(0x6b), w.With(0x10, fib), w.Op(0x6a, 0x0b))
	modules["fib(60)"] = turncoat(m, nil, w.ConstI32(60), w.With(0x10, fib), w.Op(0x1a))

	m = rule()
	self := m.Next()
	m.Func(nil, nil, nil, w.With(0x10, self))
	modules["infinite recursion"] = turncoat(m, nil, w.With(0x10, self))

	m = rule()
	a := m.Next()
	m.Func(nil, nil, nil, w.With(0x10, a+1))
	m.Func(nil, nil, nil, w.With(0x10, a))
	modules["mutual recursion"] = turncoat(m, nil, w.With(0x10, a))

	// Through the table, with a frame of a thousand locals.
	m = rule()
	m.Add(w.Table, []byte{0x70, 0, 2})
	indirect := m.Next()
	m.Func(nil, nil, w.Cat([]byte{1}, w.U32(1000), []byte{w.I64}), w.ConstI32(0), w.With(0x11, 2), w.Op(0))
	m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 1}, w.U32(indirect))
	modules["recursion through the table"] = turncoat(m, nil, w.With(0x10, indirect))

	call := func(slot int32, typ uint32) []byte {
		m := rule()
		m.Add(w.Table, []byte{0x70, 0, 2})
		f := m.Func(nil, nil, nil)
		m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 1}, w.U32(f))
		return turncoat(m, nil, w.ConstI32(slot), w.With(0x11, typ), w.Op(0))
	}
	modules["call of an empty place"] = call(1, 2)
	modules["call outside the table"] = call(-1, 2)

	m = rule()
	m.Add(w.Table, []byte{0x70, 0, 2})
	f := m.Func(w.Op(w.I64), nil, nil)
	other := m.Type(nil, nil)
	m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 1}, w.U32(f))
	modules["call with another signature"] = turncoat(m, nil, w.ConstI32(0), w.With(0x11, other), w.Op(0))
	return modules
}

// TestHostileModules: each fails with a Fault in bounded time, answers well right afterwards, and leaves the module next
// to it alone.
func TestHostileModules(t *testing.T) {
	const timeout = slow * 25 * time.Millisecond
	h := newHost(t, runtime.Config{Instances: 2})
	neighbour := load(t, h, turncoat(rule(), nil))
	exhausted := map[string]bool{
		"endless loop": true, "huge straight body in a loop": true, "memory.fill in a loop": true,
		"grows without end": true, "fib(60)": true, "fill behind the end": true,
	}
	for name, wasm := range hostile() {
		t.Run(name, func(t *testing.T) {
			m := load(t, h, wasm)
			defer m.Close(context.Background())
			for range 3 {
				if got := points(t, m, good); got != 7 {
					t.Fatalf("before: %v points", got)
				}
				start := time.Now()
				entries, err := m.Evaluate(context.Background(), evil, nil)
				took := time.Since(start)
				var fault *runtime.Fault
				if !errors.As(err, &fault) || fault.Module != "test" || fault.Kind == 0 || entries != nil {
					t.Fatalf("got %v and %v, not a Fault", entries, err)
				}
				// A recursion without end meets the end of the stack or of the fuel, whichever is first.
				if errors.Is(err, runtime.ErrFuel) != exhausted[name] && !strings.Contains(name, "recursion") {
					t.Errorf("out of fuel is expected: %v; got: %v", exhausted[name], err)
				}
				if took > timeout {
					t.Errorf("took %v", took)
				}
				if got := points(t, m, good); got != 7 {
					t.Errorf("afterwards: %v points", got)
				}
				if got := points(t, neighbour, good); got != 7 {
					t.Errorf("the neighbour: %v points", got)
				}
			}
		})
	}
}

// TestHostileInitialisation: what runs once is bounded as well.
func TestHostileInitialisation(t *testing.T) {
	h := newHost(t, runtime.Config{AdmitTimeout: slow * 150 * time.Millisecond})
	with := func(code ...[]byte) []byte {
		m := rule()
		m.Export("_initialize", w.KindFunc, m.Func(nil, nil, nil, code...))
		return turncoat(m, nil)
	}
	for name, wasm := range map[string][]byte{
		"loops":             with(w.Op(0x03, 0x40, 0x0c, 0, 0x0b)),
		"traps":             with(w.Op(0x00)),
		"grows without end": with(w.Op(0x03, 0x40), w.ConstI32(1), w.Op(0x40, 0, 0x1a, 0x0c, 0, 0x0b)),
	} {
		t.Run(name, func(t *testing.T) {
			if f := refused(t, h, wasm); !mentions(f, "initialisation") {
				t.Errorf("findings: %+v", f)
			}
		})
	}
	t.Run("grows once", func(t *testing.T) {
		m := load(t, h, with(w.ConstI32(3), w.Op(0x40, 0, 0x1a)))
		if got := points(t, m, good); got != 7 {
			t.Errorf("%v points", got)
		}
	})
	for name, wasm := range map[string][]byte{
		"input outside the memory":  w.Rule(w.Manifest).Contract(65536-100, 0).Evaluate(nil, w.ConstI32(0)).Bytes(),
		"output outside the memory": w.Rule(w.Manifest).Contract(0, -1).Evaluate(nil, w.ConstI32(0)).Bytes(),
		"buffers over each other":   w.Rule(w.Manifest).Contract(1024, 2048).Evaluate(nil, w.ConstI32(0)).Bytes(),
	} {
		t.Run(name, func(t *testing.T) {
			if f := refused(t, h, wasm); !mentions(f, "buffers") {
				t.Errorf("findings: %+v", f)
			}
		})
	}
}
