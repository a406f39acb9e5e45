package wasm_test

import (
	"testing"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// ordered is a module with a function for each way in which the constant zero can stand left of an and in a comparison that a
// branch follows: func(x, y) -> whether 0 is below, above, ... x & y.
func ordered(op byte, left string) (binary []byte, names []string) {
	const x, y, local, never = 0, 1, 2, 3
	typ, and, zero := byte(w.I32), byte(0x71), w.ConstI32(0)
	if op >= 0x53 {
		typ, and, zero = w.I64, 0x83, w.ConstI64(0)
	}
	m := w.New()
	m.Add(w.Memory, []byte{1, 1, 1})
	global := m.Global(typ, 1, zero)
	both := w.Op(0x20, x, 0x20, y, and)
	a := map[string][]byte{
		"a constant": zero, "a local that is never set": w.Op(0x20, never),
		"a block's result": w.Cat(w.Op(0x02, typ), zero, w.Op(0x0b)),
		"a global":         w.Cat(zero, w.With(0x24, global), w.With(0x23, global)),
	}[left]
	for right, b := range map[string][]byte{
		"an and":           both,
		"a local":          w.Cat(both, w.Op(0x21, local, 0x20, local)),
		"a local's copy":   w.Cat(both, w.Op(0x22, local, 0x21, x, 0x20, x)),
		"a block's result": w.Cat(w.Op(0x02, typ), both, w.Op(0x0b)),
		"a branch's":       w.Cat(w.Op(0x02, typ), both, w.Op(0x0c, 0, 0x0b)),
		"a global":         w.Cat(both, w.With(0x24, global), w.With(0x23, global)),
	} {
		for then, c := range map[string][]byte{
			"if":     w.Op(0x04, w.I32, 0x41, 1, 0x05, 0x41, 0, 0x0b),
			"return": w.Op(0x04, 0x40, 0x41, 1, 0x0f, 0x0b, 0x41, 0),
			"select": w.Op(0x21, 4, 0x41, 1, 0x41, 0, 0x20, 4, 0x1b),
			"br_if":  w.Op(0x21, 4, 0x02, 0x40, 0x20, 4, 0x0d, 0, 0x41, 0, 0x0f, 0x0b, 0x41, 1),
		} {
			name := right + ", " + then
			names = append(names, name)
			locals := []byte{2, 2, typ, 1, w.I32}
			m.Export(name, w.KindFunc, m.Func([]byte{typ, typ}, []byte{w.I32}, locals, a, b, w.Op(op), c))
		}
	}
	return m.Bytes(), names
}

// TestOrderOfZeroAndAnd: what the instrumenter writes says the same in the compiler and in the interpreter.
func TestOrderOfZeroAndAnd(t *testing.T) {
	for op := byte(0x48); op <= 0x5a; op++ {
		if op > 0x4f && op < 0x53 { // equality of i64
			continue
		}
		for _, left := range []string{"a constant", "a local that is never set", "a block's result", "a global"} {
			binary, names := ordered(op, left)
			var engines [2]*metered
			for i, interpreter := range []bool{false, true} {
				m, problems := wasm.Decode(binary, 0)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				e, err := newMetered(m, wasm.Options{Calls: names, Keep: []string{}}, interpreter)
				if err != nil {
					t.Fatal(err)
				}
				defer e.close()
				engines[i] = e
			}
			for _, name := range names {
				for _, x := range []uint64{0, 5, 1 << 31} {
					var got [2]uint64
					for i, e := range engines {
						results, err := e.guest.ExportedFunction(wasm.CallName(name)).Call(ctx, budget, x, 12|1<<31)
						if err != nil {
							t.Fatal(err)
						}
						got[i] = results[0]
					}
					if got[0] != got[1] {
						t.Errorf("%#x of %s and %s: %d in the compiler, %d in the interpreter", op, left, name, got[0], got[1])
					}
				}
			}
		}
	}
}
