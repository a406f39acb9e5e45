package wasmtest_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/fstest"

	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

func assemble(source string) ([]byte, error) {
	return w.WAT(fstest.MapFS{
		"main.wat": {Data: []byte(source)},
		"more.wat": {Data: []byte(`(memory (export "memory") 1 2)`)},
	}, "main.wat")
}

// TestWAT holds the assembler against the same modules written byte by byte.
func TestWAT(t *testing.T) {
	code := func(b ...byte) []byte {
		m := w.New()
		m.Func(nil, nil, nil, b)
		return m.Bytes()
	}
	for name, c := range map[string]struct {
		source string
		want   []byte
	}{
		"everything once": {
			`(module ;; a comment
				(type $t (func (param i64)))
				(import "env" "f" (func $f (param i32) (result i32)))
				(include "more.wat")
				(table $table 4 funcref)
				(global $g (export "g") (mut i32) (i32.const -5))
				(func $second (export "second") (param $x i32) (result i32) (local $a i32) (local i64 i64)
					local.get $x local.tee $a (call $f (local.get $a)) i32.add (call $second))
				(func $third (type $t) (locals 9 f64))
				(elem (i32.const 1) $f $second)
				(data (i32.const 100) "h\69\0a" 255 (u32 300) (u32 1 3))
				(export "third" (func $third))
				(start $third)
				(@custom "note" "x")
				(tail 1 2))`,
			func() []byte {
				m := w.New()
				m.Add(w.Type, []byte{0x60, 1, w.I64, 0})
				m.Add(w.Type, []byte{0x60, 1, w.I32, 1, w.I32})
				m.Add(w.Imports, w.Name("env"), w.Name("f"), []byte{0, 1})
				m.Add(w.Memory, []byte{1, 1, 2})
				m.Export("memory", w.KindMemory, 0)
				m.Add(w.Table, []byte{0x70, 0, 4})
				m.Export("g", w.KindGlobal, m.Global(w.I32, 1, w.ConstI32(-5)))
				m.Add(w.Functions, []byte{1})
				m.Export("second", w.KindFunc, 1)
				m.Add(w.Code, []byte{19, 3, 1, w.I32, 1, w.I64, 1, w.I64, 0x20, 0, 0x22, 1, 0x20, 1, 0x10, 0, 0x6a, 0x10, 1, 0x0b})
				m.Add(w.Functions, []byte{0})
				m.Add(w.Code, []byte{4, 1, 9, w.F64, 0x0b})
				m.Add(w.Elements, []byte{0, 0x41, 1, 0x0b, 2, 0, 1})
				m.Add(w.Datas, []byte{0, 0x41, 0xe4, 0, 0x0b, 9, 'h', 'i', '\n', 255, 0xac, 2, 0x81, 0x80, 0})
				m.Export("third", w.KindFunc, 2)
				m.Raw(w.Start, []byte{2})
				m.Tail(w.Custom("note", []byte("x"))...)
				m.Tail(1, 2)
				return m.Bytes()
			}(),
		},
		"blocks": {
			`(func (block $a (loop $b (br_if $a (i32.const 0)) (br $b))) block $a loop br $a end end)`,
			code(2, 0x40, 3, 0x40, 0x41, 0, 0x0d, 1, 0x0c, 0, 0x0b, 0x0b, 2, 0x40, 3, 0x40, 0x0c, 1, 0x0b, 0x0b),
		},
		"if": {
			`(func (if (result i32) (i32.const 1) (then (i32.const 2)) (else (i32.const 3))) drop (i32.const 0) if nop else nop end)`,
			code(0x41, 1, 4, 0x7f, 0x41, 2, 5, 0x41, 3, 0x0b, 0x1a, 0x41, 0, 4, 0x40, 1, 5, 1, 0x0b),
		},
		"br_table": {
			`(func block $a block (br_table 0 $a 0 (i32.const 7)) (br_table (repeat 3 $a) (i32.const 0)) end end)`,
			code(2, 0x40, 2, 0x40, 0x41, 7, 0x0e, 2, 0, 1, 0, 0x41, 0, 0x0e, 2, 1, 1, 1, 0x0b, 0x0b),
		},
		"memory": {
			`(func (i64.store32 offset=300 (i32.const 1) (i64.load align=1 (i32.const 0))) (memory.fill) (memory.copy) memory.size)`,
			code(0x41, 1, 0x41, 0, 0x29, 0, 0, 0x3e, 2, 0xac, 2, 0xfc, 11, 0, 0xfc, 10, 0, 0, 0x3f, 0),
		},
		"constants": {
			`(func i32.const 0xffff_ffff i64.const -1 f32.const -nan f64.const 2.5 f32.const nan:0x200000 f64.const -inf)`,
			code(0x41, 0x7f, 0x42, 0x7f, 0x43, 0, 0, 0xc0, 0xff, 0x44, 0, 0, 0, 0, 0, 0, 4, 0x40, 0x43, 0, 0, 0xa0, 0x7f,
				0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0xff),
		},
		"conversions": {
			`(func i32.trunc_sat_f64_u i64.extend32_s i32.reinterpret_f32 f64.copysign i64.eqz f64.load i32.store8)`,
			code(0xfc, 3, 0xc4, 0xbc, 0xa6, 0x50, 0x2b, 3, 0, 0x3a, 0, 0),
		},
		"halves of pairs": {
			`(func (repeat 3 loop) (repeat 2 end) (raw 0xfd "\0c") end)`,
			code(3, 0x40, 3, 0x40, 3, 0x40, 0x0b, 0x0b, 0xfd, 0x0c, 0x0b),
		},
		"fields again and again": {`(repeat 2 (func)) (section 1 1 0x60 (repeat 2 0))`, func() []byte {
			m := w.New()
			m.Func(nil, nil, nil)
			m.Func(nil, nil, nil)
			m.Raw(w.Functions, []byte{2, 0, 0})
			m.Raw(w.Type, []byte{1, 0x60, 0, 0})
			return m.Bytes()
		}()},
		"an indirect call": {`(type $t (func (result i32))) (func (call_indirect (type $t) (i32.const 0)) (call_indirect (result i32)))`, func() []byte {
			m := w.New()
			m.Add(w.Type, []byte{0x60, 0, 1, w.I32})
			m.Add(w.Type, []byte{0x60, 0, 0})
			m.Add(w.Functions, []byte{1})
			m.Add(w.Code, []byte{10, 0, 0x41, 0, 0x11, 0, 0, 0x11, 0, 0, 0x0b})
			return m.Bytes()
		}()},
		"bytes": {
			`(module binary "\00asm" 1 0 0 0 (section 0 (name "a") (sized 1 2) (s32 -1)))`,
			append([]byte(w.Header), 0, 6, 1, 'a', 2, 1, 2, 0x7f),
		},
	} {
		got, err := assemble(c.source)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got, c.want) {
			t.Errorf("%s:\n%x, want\n%x", name, got, c.want)
		}
	}
}

// TestWATComplains: a slip in a source is told with its line.
func TestWATComplains(t *testing.T) {
	for source, words := range map[string]string{
		"\n(func (i32.addd))":     "main.wat:2: unknown instruction",
		"(func":                   "without )",
		"(func))":                 "too many",
		"(fun)":                   "unknown field",
		"(func call $f)":          "no func $f",
		"(func br $l)":            "no label",
		"(func i32.const x)":      "not a number",
		"(func i32.const)":        "missing",
		"(include \"nothing\")":   "nothing:0",
		"(data (i32.const 0) 9x)": "not a number",
		"(@custom \"a\" \"b)":     "without end",
	} {
		if _, err := assemble(source); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v, want %q", source, err, words)
		}
	}
}
