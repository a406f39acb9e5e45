package runtime_test

import (
	"context"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// TestStandIns calls what stands in for WASI and looks at what it answers and what it leaves in the memory.
func TestStandIns(t *testing.T) {
	i32, i64 := w.I32, w.I64
	at := func(n int32) []byte { return w.ConstI32(w.Scratch + n) }
	put := func(n, value int32) []byte { return w.Cat(at(n), w.ConstI32(value), w.Op(0x36, 0, 0)) }
	get := func(n int32) []byte { return w.Cat(at(n), w.Op(0x28, 0, 0)) }

	for _, c := range []struct {
		name   string
		params []byte
		before []byte // code
		args   []byte // code
		errno  float64
		see    []byte // code that pushes an i32, after the call
		want   float64
	}{
		{
			name: "args_sizes_get", params: w.Op(i32, i32), before: w.Cat(put(0, 9), put(4, 9)), args: w.Cat(at(0), at(4)),
			see: w.Cat(get(0), get(4), w.Op(0x6a)), want: 0,
		},
		{
			name: "environ_sizes_get", params: w.Op(i32, i32), before: w.Cat(put(0, 9), put(4, 9)), args: w.Cat(at(0), at(4)),
			see: w.Cat(get(0), get(4), w.Op(0x6a)), want: 0,
		},
		{name: "args_get", params: w.Op(i32, i32), args: w.Cat(at(0), at(4)), see: w.ConstI32(0)},
		{
			name: "clock_time_get", params: w.Op(i32, i64, i32), args: w.Cat(w.ConstI32(1), w.ConstI64(0), at(0)),
			see: w.Cat(at(0), w.Op(0x29, 0, 0), w.ConstI64(1_000_000_000), w.Op(0x7f, 0xa7)), want: 946_684_800,
		},
		{name: "clock_res_get", params: w.Op(i32, i32), args: w.Cat(w.ConstI32(0), at(0)), see: get(0), want: 1},
		{name: "sched_yield", see: w.ConstI32(0)},
		{name: "fd_close", params: w.Op(i32), args: w.ConstI32(1), errno: 8, see: w.ConstI32(0)},
		{
			name: "path_open", params: w.Op(i32, i32, i32, i32, i32, i64, i64, i32, i32),
			args:  w.Cat(w.Repeat(5, w.ConstI32(0)), w.ConstI64(0), w.ConstI64(0), w.ConstI32(0), w.ConstI32(0)),
			errno: 52, see: w.ConstI32(0),
		},
		// Two vectors of 5 and 7 bytes: 12 are taken.
		{
			name: "fd_write", params: w.Op(i32, i32, i32, i32), before: w.Cat(put(4, 5), put(12, 7)),
			args: w.Cat(w.ConstI32(1), at(0), w.ConstI32(2), at(16)), see: get(16), want: 12,
		},
		// One subscription to a clock with user data 77: it has happened.
		{
			name: "poll_oneoff", params: w.Op(i32, i32, i32, i32), before: w.Cat(put(0, 77), put(8, 1), put(200, -1)),
			args: w.Cat(at(0), at(200), w.ConstI32(1), at(300)),
			see:  w.Cat(get(200), get(208), w.Op(0x6a), get(300), w.Op(0x6a)), want: 77 + 1<<16 + 1,
		},
		{
			name: "poll_oneoff", params: w.Op(i32, i32, i32, i32), args: w.Cat(at(0), at(200), w.ConstI32(0), at(300)),
			errno: 28, see: w.ConstI32(0),
		},
		// Nothing is written behind the end.
		{name: "random_get", params: w.Op(i32, i32), args: w.Cat(at(0), w.ConstI32(3)), see: w.Cat(at(3), w.Op(0x2d, 0, 0)), want: 0},
		{name: "random_get", params: w.Op(i32, i32), args: w.Cat(at(0), w.ConstI32(0)), see: get(0), want: 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := w.Rule(w.Manifest)
			m.Import(wasm.WASI, c.name, c.params, w.Op(i32))
			m.Contract(w.Input, w.Output)
			bin := m.Evaluate(w.Op(1, 1, i32), c.before,
				c.args, w.With(0x10, 0), w.Op(0x21, 1),
				w.Entry(0, 1, 0, 0, w.Op(0x20, 1, 0xb7)), w.Entry(1, 1, 0, 0, w.Cat(c.see, w.Op(0xb7))),
				w.ConstI32(2)).Bytes()
			entries, err := load(t, newHost(t, runtime.Config{}), bin).Evaluate(context.Background(), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if entries[0].Number != c.errno || entries[1].Number != c.want {
				t.Errorf("errno %v and %v, want %v and %v", entries[0].Number, entries[1].Number, c.errno, c.want)
			}
		})
	}
}

// TestRandomIsTheModulesOwn: the same in every call, spread over the bytes, and another for another module.
func TestRandomIsTheModulesOwn(t *testing.T) {
	h := newHost(t, runtime.Config{})
	sum := func(extra string) float64 {
		m := w.Rule(w.Manifest)
		m.Tail(w.Custom("extra", []byte(extra))...)
		m.Import(wasm.WASI, "random_get", w.Op(w.I32, w.I32), w.Op(w.I32))
		m.Contract(w.Input, w.Output)
		loaded := load(t, h, m.Evaluate(nil,
			w.ConstI32(w.Scratch), w.ConstI32(8), w.With(0x10, 0), w.Op(0x1a),
			w.Entry(0, 1, 0, 0, w.Cat(w.Load64(w.Scratch), w.ToF64())), w.ConstI32(1)).Bytes())
		first := points(t, loaded, nil)
		if second := points(t, loaded, nil); first != second {
			t.Errorf("%v, then %v", first, second)
		}
		return first
	}
	if a, b := sum("a"), sum("b"); a == b || a == 0 {
		t.Errorf("%v and %v", a, b)
	}
}
