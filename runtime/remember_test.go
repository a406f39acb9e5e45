package runtime_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// secretOf is the number of a record that the modules here try to remember: 48 bits, so that a score holds it exactly.
func secretOf(record []byte) uint64 { return binary.LittleEndian.Uint64(record[8:]) & (1<<48 - 1) }

// secret pushes that number.
func secret() []byte { return w.Cat(w.Load64(w.Input+8), w.ConstI64(1<<48-1), w.Op(0x83)) }

// forgetful are modules that answer with what they find in a place, and then put the secret there.
func forgetful() map[string][]byte {
	keep := func(address int32) []byte {
		return w.Cat(w.ConstI32(address), secret(), w.Op(0x37, 0, 0))
	}
	tell := func(found []byte) []byte { return w.Entry(0, 1, 0, 0, w.Cat(found, w.ToF64())) }
	one := w.ConstI32(1)
	place := func(address int32) []byte {
		return turncoatless(rule(), tell(w.Load64(address)), keep(address), one)
	}
	modules := map[string][]byte{
		"memory":                    place(w.Scratch),
		"memory, first bytes":       place(0),
		"memory, last bytes":        place(65536 - 8),
		"behind the record":         place(w.Input + abi.MaxRecord - 8),
		"before the input":          place(w.Input - 8),
		"last entry of the output":  place(w.Output + 16*255),
		"output":                    turncoatless(rule(), tell(w.Load64(w.Output+16)), keep(w.Output+16), one),
		"a bulk copy of the record": turncoatless(rule(), tell(w.Load64(w.Scratch+8)), w.ConstI32(w.Scratch), w.ConstI32(w.Input), w.ConstI32(64), w.Op(0xfc, 10, 0, 0), one),
	}

	global := func(t byte, constant, toI64, fromI64 []byte) []byte {
		m := rule()
		g := m.Global(t, 1, constant)
		return turncoatless(m, tell(w.Cat(w.With(0x23, g), toI64)), secret(), fromI64, w.With(0x24, g), one)
	}
	modules["a global i64"] = global(w.I64, w.ConstI64(0), nil, nil)
	modules["a global i32"] = global(w.I32, w.ConstI32(0), w.Op(0xad), w.Op(0xa7))
	modules["a global f64"] = global(w.F64, w.ConstF64(0), w.Op(0xbd), w.Op(0xbf))
	modules["a global f32"] = global(w.F32, w.Op(0x43, 0, 0, 0, 0), w.Op(0xbc, 0xad), w.Op(0xa7, 0xbe))

	// Stores, and then fails.
	failing := func(failure ...[]byte) []byte {
		m := rule()
		g := m.Global(w.I64, 1, w.ConstI64(0))
		return turncoatless(m, tell(w.Cat(w.Load64(w.Scratch), w.With(0x23, g), w.Op(0x84))),
			keep(w.Scratch), secret(), w.With(0x24, g), w.Cat(failure...), one)
	}
	odd := w.Cat(secret(), w.Op(0xa7), one, w.Op(0x71, 0x04, 0x40)) // if the secret is odd
	// memory.size tells of growth, too.
	modules["grown memory"] = turncoatless(rule(), tell(w.Op(0x3f, 0, 0xad)),
		odd, one, w.Op(0x40, 0, 0x1a), keep(65536), w.Op(0x0b), one)
	modules["a trap in the middle"] = failing(odd, w.Op(0x00, 0x0b))
	modules["a bad answer"] = failing(odd, w.ConstI32(-1), w.Op(0x0f, 0x0b))

	m := rule()
	trap := m.Func(nil, nil, nil, w.Op(0x00))
	modules["a trap in a nested call"] = turncoatless(m, tell(w.Load64(w.Scratch)), keep(w.Scratch), odd, w.With(0x10, trap), w.Op(0x0b), one)
	return modules
}

func turncoatless(m *w.Module, code ...[]byte) []byte { return m.Evaluate(nil, code...).Bytes() }

// TestNoVisitorIsRemembered calls each module ten thousand times with random secrets: every answer is the one of an
// untouched instance, and none is a secret that was ever given.
func TestNoVisitorIsRemembered(t *testing.T) {
	h := newHost(t, runtime.Config{Instances: 2})
	for name, wasm := range forgetful() {
		t.Run(name, func(t *testing.T) {
			m := load(t, h, wasm)
			defer m.Close(context.Background())
			hunt(t, m, 10_000)
		})
	}
}

// hunt evaluates records of random secrets and lengths and looks for any answer that differs from the first.
func hunt(t *testing.T, m *runtime.Module, calls int) {
	r := rand.New(rand.NewPCG(1, 2))
	record := make([]byte, abi.MaxRecord)
	var first float64
	var answered int
	var entries []abi.Entry
	for range calls {
		length := 16 + r.IntN(200)
		if r.IntN(10) == 0 {
			length = abi.MaxRecord - 64 // so that the buffer's end is never the record's own
		}
		for i := 0; i+8 <= length; i += 8 {
			binary.LittleEndian.PutUint64(record[i:], r.Uint64()|1<<40)
		}
		var err error
		entries, err = m.Evaluate(context.Background(), record[:length], entries[:0])
		if err != nil {
			continue // a fault says nothing about visitors; what matters is the next answer
		}
		if answered++; answered == 1 {
			first = entries[0].Number
		}
		if got := entries[0].Number; got != first || uint64(got) == secretOf(record) {
			t.Fatalf("answer %v after %d calls, the first was %v", got, answered, first)
		}
	}
	if answered < calls/10 {
		t.Fatalf("%d answers in %d calls: too few to tell", answered, calls)
	}
}
