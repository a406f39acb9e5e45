package runtime_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

func prices() []hostileTest {
	return []hostileTest{{name: "28-price-of-every-instruction", run: everyPrice}}
}

// dearest is what no instruction may take for a unit of fuel. The aim is 1.5 ns; twenty times that, of the best of
// several runs, is no busy machine but an instruction whose price is wrong, such as one that leaves the compiled code.
const dearest = slow * 15 // nanoseconds

// everyPrice runs each instruction in a loop until the fuel is gone. How long a unit takes is told, worst first.
func everyPrice(t *testing.T) {
	type cost struct {
		name string
		unit float64 // nanoseconds
	}
	var costs []cost
	h := hostileHost(t, 1)
	for name, code := range instructions() {
		m := load(t, h, priced(t, code))
		best := time.Duration(1 << 62)
		var fuel int64
		for range 7 {
			start := time.Now()
			_, used, err := m.Measure(context.Background(), evil, nil)
			best = min(best, time.Since(start))
			var fault *runtime.Fault
			if !errors.As(err, &fault) || fault.Kind != runtime.OutOfFuel {
				t.Fatalf("%s: %v", name, err)
			}
			fuel = used.Fuel
		}
		costs = append(costs, cost{name, float64(best) / float64(max(1, fuel))})
		if err := m.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	slices.SortFunc(costs, func(a, b cost) int { return cmp.Compare(b.unit, a.unit) })
	var all []string
	for _, c := range costs {
		if c.unit > dearest {
			t.Errorf("%s: %.1f ns for a unit of fuel", c.name, c.unit)
		}
		all = append(all, fmt.Sprintf("%s %.2f", c.name, c.unit))
	}
	t.Logf("ns for a unit of fuel, the dearest of %d: %s", len(all), strings.Join(all[:12], ", "))
}

// priced is a turncoat that runs the instructions for ever.
func priced(t testing.TB, code string) []byte {
	t.Helper()
	files := fstest.MapFS{"main.wat": {Data: fmt.Appendf(nil, `
		(include "turncoat.wat")
		(type $leaf (func))
		(table 2 funcref)
		(elem (i32.const 0) $leaf $leaf)
		(global $g (mut i64) (i64.const 1))
		(func $leaf)
		(func $large (locals 200 i64) (drop (local.get 9)))
		(func $evil (local $i32 i32) (local $i64 i64) (local $f32 f32) (local $f64 f64) (local $at i32)
			(local.set $i32 (i32.const 0x7fff_fff1)) (local.set $i64 (i64.const 0x7fff_ffff_ffff_fff1))
			(local.set $f32 (f32.const 1.1)) (local.set $f64 (f64.const 1.1))
			(loop $again (repeat 40 %s) (br $again)))`, code)}}
	for _, name := range []string{"turncoat.wat", "rule.wat", "manifest.wat"} {
		content, err := fs.ReadFile(os.DirFS("testdata/hostile"), name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: content}
	}
	binary, err := w.WAT(files, "main.wat")
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// instructions are pieces of code by name, each with one instruction whose price is looked at.
func instructions() map[string]string {
	list := map[string]string{
		"nop": "nop", "local.get": "(drop (local.get $i64))", "global.get": "(local.set $i64 (global.get $g))",
		"global.set": "(global.set $g (local.get $i64))", "select": "(local.set $i64 (select (local.get $i64) (i64.const 1) (local.get $i32)))",
		"call": "(call $leaf)", "call of a large frame": "(call $large)",
		"call_indirect": "(call_indirect (i32.and (local.get $at) (i32.const 1)))",
		"if":            "(if (local.get $i32) (then nop))", "block": "(block)", "loop": "(loop)",
		"br_if": "(block (br_if 0 (local.get $i32)))", "br_table": "(block (block (br_table 0 1 0 1 0 1 (local.get $at))))",
		"memory.size": "(local.set $i32 (memory.size))", "memory.grow": "(drop (memory.grow (i32.const 0)))",
		"memory.grow by one": "(drop (memory.grow (i32.const 1)))",
		"load, far":          "(local.set $at (i32.and (i32.add (local.get $at) (i32.const 4160)) (i32.const 65528))) (drop (i64.load (local.get $at)))",
		"store, far":         "(local.set $at (i32.and (i32.add (local.get $at) (i32.const 4160)) (i32.const 65528))) (i64.store (local.get $at) (i64.const 1))",
	}
	for _, size := range []int{0, 1, 15, 16, 255, 4096, 65536} {
		list[fmt.Sprintf("memory.fill of %d", size)] = fmt.Sprintf("(memory.fill (i32.const 0) (i32.const 0) (i32.const %d))", size)
		list[fmt.Sprintf("memory.copy of %d", size)] = fmt.Sprintf("(memory.copy (i32.const 0) (i32.const %d) (i32.const %d))", min(1, 65536-size), size)
	}
	unary := func(to, from, op string) {
		list[op] = fmt.Sprintf("(local.set $%s (%s (local.get $%s)))", to, op, from)
	}
	for _, t := range []string{"i32", "i64"} {
		for _, op := range intUnary {
			unary(t, t, t+"."+op)
		}
		for _, op := range intBinary {
			v := fmt.Sprintf("(%s.%s (local.get $%s) (%s.const 3))", t, op, t, t)
			if strings.HasPrefix(op, "div") || strings.HasPrefix(op, "rem") { // without getting smaller, and by no constant
				v = fmt.Sprintf("(%s.or (%s.const 0x7ffffff1) (%s.%s (local.get $%s) (local.get $%s)))", t, t, t, op, t, t)
			}
			list[t+"."+op] = fmt.Sprintf("(local.set $%s %s)", t, v)
		}
		for _, op := range intTest {
			list[t+"."+op] = fmt.Sprintf("(local.set $i32 (%s.%s (local.get $%s) (%s.const 3)))", t, op, t, t)
		}
		unary("i32", t, t+".eqz")
	}
	for _, t := range []string{"f32", "f64"} {
		for _, op := range floatUnary {
			unary(t, t, t+"."+op)
		}
		for _, op := range floatOther {
			list[t+"."+op] = fmt.Sprintf("(local.set $%s (%s.%s (local.get $%s) (%s.const 1.0000001)))", t, t, op, t, t)
		}
		for _, op := range floatTest {
			list[t+"."+op] = fmt.Sprintf("(local.set $i32 (%s.%s (local.get $%s) (%s.const 3)))", t, op, t, t)
		}
		for _, i := range []string{"i32", "i64"} {
			for _, sign := range []string{"_s", "_u"} {
				unary(t, i, t+".convert_"+i+sign)
				list[i+".trunc_"+t+sign] = fmt.Sprintf("(local.set $%s (%s.trunc_%s%s (%s.const 9)))", i, i, t, sign, t)
				unary(i, t, i+".trunc_sat_"+t+sign)
			}
		}
	}
	for op, types := range map[string][2]string{
		"i32.wrap_i64": {"i32", "i64"}, "i64.extend_i32_s": {"i64", "i32"}, "i64.extend_i32_u": {"i64", "i32"},
		"f32.demote_f64": {"f32", "f64"}, "f64.promote_f32": {"f64", "f32"}, "i32.reinterpret_f32": {"i32", "f32"},
		"i64.reinterpret_f64": {"i64", "f64"}, "f32.reinterpret_i32": {"f32", "i32"}, "f64.reinterpret_i64": {"f64", "i64"},
		"i32.extend8_s": {"i32", "i32"}, "i32.extend16_s": {"i32", "i32"}, "i64.extend8_s": {"i64", "i64"},
		"i64.extend16_s": {"i64", "i64"}, "i64.extend32_s": {"i64", "i64"},
	} {
		unary(types[0], types[1], op)
	}
	for t, widths := range map[string]string{"i32": " 8_s 8_u 16_s 16_u", "i64": " 8_s 8_u 16_s 16_u 32_s 32_u", "f32": "", "f64": ""} {
		for _, width := range strings.Split(widths, " ") {
			list[t+".load"+width] = fmt.Sprintf("(local.set $%s (%s.load%s (i32.const 40000)))", t, t, width)
			store := strings.TrimSuffix(strings.TrimSuffix(width, "_s"), "_u")
			list[t+".store"+store] = fmt.Sprintf("(%s.store%s (i32.const 40000) (local.get $%s))", t, store, t)
		}
	}
	return list
}
