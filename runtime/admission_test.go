package runtime_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// answer ends a module with an evaluation that says nothing.
func answer(m *w.Module) []byte { return m.Evaluate(nil, w.ConstI32(0)).Bytes() }

func locals(n uint32, t byte) []byte { return w.Cat([]byte{1}, w.U32(n), []byte{t}) }

// TestAdmissionRefuses: each with words that a tenant can act on, and within milliseconds, compile bombs included.
func TestAdmissionRefuses(t *testing.T) {
	with := func(change func(*w.Module)) []byte {
		m := rule()
		change(m)
		return answer(m)
	}
	code := func(locals []byte, code ...[]byte) []byte {
		return with(func(m *w.Module) { m.Func(nil, nil, locals, code...) })
	}
	table := func(content ...byte) []byte {
		return with(func(m *w.Module) { m.Raw(w.Table, content) })
	}
	section := func(id byte, parts ...[]byte) []byte {
		return with(func(m *w.Module) { m.Raw(id, w.Cat(parts...)) })
	}
	export := func(name string) []byte {
		return with(func(m *w.Module) { m.Export(name, w.KindFunc, 0) })
	}
	imported := func(module, name string, desc ...byte) []byte {
		m := rule()
		m.Raw(w.Imports, w.Cat([]byte{1}, w.Name(module), w.Name(name), desc))
		return answer(m)
	}
	exports := func(skip string) []byte {
		m := w.Rule(w.Manifest)
		m.Add(w.Memory, []byte{0, 1})
		for _, e := range []struct {
			name    string
			kind    byte
			params  []byte
			results []byte
		}{
			{"memory", w.KindMemory, nil, nil},
			{"lotse_input", w.KindFunc, nil, w.Op(w.I32)},
			{"lotse_output", w.KindFunc, nil, w.Op(w.I32)},
			{"lotse_evaluate", w.KindFunc, w.Op(w.I32), w.Op(w.I32)},
		} {
			if e.name == skip {
				continue
			}
			var index uint32
			if e.kind == w.KindFunc {
				index = m.Func(e.params, e.results, nil, w.ConstI32(0))
			}
			m.Export(e.name, e.kind, index)
		}
		return m.Bytes()
	}

	cases := []struct {
		name, words string
		wasm        []byte
	}{
		{"empty file", "", nil},
		{"text", "not a WebAssembly binary", []byte("<!doctype html>")},
		{"component", "binary version", []byte("\x00asm\x0d\x00\x01\x00")},
		{"seven megabytes", "bytes", append(rule().Bytes(), make([]byte, 7<<20)...)},

		{"no manifest", "manifest", answer(w.Rule("").Contract(w.Input, w.Output))},
		{"two manifests", "manifest", append(answer(rule()), w.Custom("lotse.manifest", []byte(w.Manifest))...)},
		{"manifest of 17 KB", "manifest", answer(w.Rule(w.Manifest+strings.Repeat(" ", 17<<10)).Contract(w.Input, w.Output))},
		{"manifest with an unknown key", "manifest", answer(w.Rule(`{"abi":1,"__proto__":{}}`).Contract(w.Input, w.Output))},
		{"manifest asks for too much memory", "manifest memory", answer(w.Rule(strings.Replace(w.Manifest, `"abi":1,`, `"abi":1,"memory":5000,`, 1)).Contract(w.Input, w.Output))},

		{"no memory exported", "export memory: missing", exports("memory")},
		{"no input", "export lotse_input: missing", exports("lotse_input")},
		{"no output", "export lotse_output: missing", exports("lotse_output")},
		{"no evaluate", "export lotse_evaluate: missing", exports("lotse_evaluate")},
		{"another signature", "export lotse_evaluate: another signature", func() []byte {
			m := rule()
			m.Export("lotse_evaluate", w.KindFunc, m.Func(nil, nil, nil))
			return m.Bytes()
		}()},
		{"export named as ours", "export \"__lotse_g0\"", export("__lotse_g0")},
		{"export with our beginning", "export \"__lotse_", export("__lotse_fuel")},
		{"export twice", "twice", export("lotse_input")},
		{"export of nothing", "not there", with(func(m *w.Module) { m.Export("x", w.KindFunc, 99) })},
		{"export of the global that would be ours", "not there", with(func(m *w.Module) { m.Export("x", w.KindGlobal, 0) })},
		{"export name that is not UTF-8", "UTF-8", export("\xff\xfe")},

		{"start function", "start function", with(func(m *w.Module) { m.Add(w.Start, w.U32(m.Func(nil, nil, nil))) })},
		{"imported memory", "imported memory", imported("env", "memory", w.KindMemory, 0, 1)},
		{"imported table", "imported table", imported("env", "table", w.KindTable, 0x70, 0, 1)},
		{"imported global", "imported global", imported("env", "base", w.KindGlobal, w.I32, 0)},
		{"imported function", "import \"abort\" from \"env\"", imported("env", "abort", w.KindFunc, 0)},
		{"unknown function of WASI", "not a function of WASI", imported("wasi_snapshot_preview1", "sock_open", w.KindFunc, 0)},
		{"function of WASI with another signature", "another signature", imported("wasi_snapshot_preview1", "fd_write", w.KindFunc, 0)},

		{"shared memory", "shared", section(w.Memory, []byte{1, 3, 1, 1})},
		{"64-bit memory", "64-bit", section(w.Memory, []byte{1, 4, 1})},
		{"two memories", "memories", section(w.Memory, []byte{2, 0, 1, 0, 1})},
		{"17 pages", "17 pages", section(w.Memory, []byte{1, 0, 17})},
		{"more memory than there is", "65536 pages", section(w.Memory, []byte{1}, []byte{0}, w.U32(1<<17))},
		{"two tables", "tables", table(2, 0x70, 0, 1, 0x70, 0, 1)},
		{"a million tables", "tables", table(w.Cat(w.U32(1<<20), w.Repeat(1<<17, []byte{0x70, 0, 1, 0x70, 0, 1, 0x70, 0, 1, 0x70, 0, 1, 0x70, 0, 1, 0x70, 0, 1, 0x70, 0, 1, 0x70, 0, 1}))...)},
		{"table of 2^27 entries", "table entries", table(w.Cat([]byte{1, 0x70, 0}, w.U32(1<<27))...)},
		{"table of external references", "external references", table(1, 0x6f, 0, 1)},
		{"passive element", "plain list", with(func(m *w.Module) {
			m.Add(w.Table, []byte{0x70, 0, 1})
			m.Add(w.Elements, []byte{1, 0, 0})
		})},
		{"passive data", "passive", with(func(m *w.Module) { m.Add(w.Datas, []byte{1, 1, 'x'}) })},
		{"data outside the memory", "outside the memory", with(func(m *w.Module) { m.Add(w.Datas, []byte{0}, w.ConstI32(65535), []byte{0x0b, 2, 'x', 'y'}) })},
		{"data before the memory", "outside the memory", with(func(m *w.Module) { m.Add(w.Datas, []byte{0}, w.ConstI32(-1), []byte{0x0b, 2, 'x', 'y'}) })},
		{"data count lies", "announced", with(func(m *w.Module) { m.Raw(w.DataCount, []byte{7}) })},
		{"elements outside the table", "outside the table", with(func(m *w.Module) {
			m.Add(w.Table, []byte{0x70, 0, 1})
			m.Add(w.Elements, []byte{0}, w.ConstI32(1), []byte{0x0b, 1, 0})
		})},

		{"400 nested loops with 400 locals", "", code(locals(400, w.I64), w.Repeat(400, w.Op(0x03, 0x40)), w.Op(0x20, 0, 0x1a), w.Repeat(400, w.Op(0x0b)))},
		{"100 loops with 400 locals", "loops times locals", code(locals(400, w.I64), w.Repeat(100, w.Op(0x03, 0x40)), w.Op(0x20, 0, 0x1a), w.Repeat(100, w.Op(0x0b)))},
		{"br_table of 300 thousand", "entries in a br_table", code(nil, w.ConstI32(0), w.Op(0x0e), w.U32(60000), w.Repeat(60001, w.Op(0)))},
		{"br_table in a big function", "bytes in a function", code(nil, w.ConstI32(0), w.Op(0x0e), w.U32(300000), w.Repeat(300001, w.Op(0)))},
		{"50 thousand nested blocks", "bytes in a function", code(nil, w.Repeat(50000, w.Op(0x02, 0x40)), w.Repeat(50000, w.Op(0x0b)))},
		{"200 nested blocks", "blocks within blocks", code(nil, w.Repeat(200, w.Op(0x02, 0x40)), w.Repeat(200, w.Op(0x0b)))},
		{"3 thousand ifs", "blocks in a function", code(nil, w.Repeat(3000, w.Op(0x41, 0, 0x04, 0x40, 0x0b)))},
		{"many ifs in many functions", "units of work", with(func(m *w.Module) {
			m.Type(nil, nil)
			for range 40 {
				m.Func(nil, nil, locals(900, w.I32), w.Repeat(1000, w.Op(0x41, 0, 0x04, 0x40, 0x0b)))
			}
		})},
		{"a million locals", "locals", code(locals(1_000_000, w.I64))},
		{"four billion locals", "locals", code(locals(1<<32-1, w.I64))},
		{"locals whose sum overflows", "locals", code(w.Cat(w.U32(300), w.Repeat(300, w.Cat(w.U32(1<<32-1), []byte{w.I64}))))},
		{"100 thousand functions", "functions", section(w.Functions, w.U32(100_000), make([]byte, 100_000))},
		{"100 thousand types", "types", section(w.Type, w.U32(100_000), w.Repeat(100_000, []byte{0x60, 0, 0}))},
		{"100 parameters", "parameters", with(func(m *w.Module) { m.Type(w.Repeat(100, w.Op(w.I32)), nil) })},
		{"700 exports", "exports", with(func(m *w.Module) {
			for i := range 700 {
				m.Export(strconv.Itoa(i), w.KindFunc, 0)
			}
		})},
		{"10 thousand custom sections", "custom sections", append(answer(rule()), w.Repeat(10_000, w.Custom("x", nil))...)},
		{"a million empty data segments", "data segments", with(func(m *w.Module) {
			m.Raw(w.Datas, w.Cat(w.U32(1_000_000), w.Repeat(1_000_000, []byte{0, 0x41, 0, 0x0b, 0})))
		})},

		{"table.set", "reference types", code(nil, w.ConstI32(0), w.Op(0xd0, 0x70, 0x26, 0))},
		{"table.grow", "changes a table", code(nil, w.Op(0xfc, 15, 0))},
		{"table.copy", "changes a table", code(nil, w.Op(0xfc, 14, 0, 0))},
		{"table.init", "changes a table", code(nil, w.Op(0xfc, 12, 0, 0))},
		{"elem.drop", "changes a table", code(nil, w.Op(0xfc, 13, 0))},
		{"memory.init", "memory.init", code(nil, w.Op(0xfc, 8, 0, 0))},
		{"data.drop", "data.drop", code(nil, w.Op(0xfc, 9, 0))},
		{"ref.func", "reference types", code(nil, w.Op(0xd2, 0, 0x1a))},
		{"vector instruction", "SIMD", code(nil, w.Op(0xfd, 0x0c), make([]byte, 16), w.Op(0x1a))},
		{"vector local", "vector type", code(locals(1, 0x7b))},
		{"atomic instruction", "threads", code(nil, w.Op(0xfe, 0x03, 0))},
		{"tail call", "tail call", code(nil, w.Op(0x12, 0))},
		{"exceptions", "exception", code(nil, w.Op(0x08, 0))},
		{"unknown opcode", "unknown opcode", code(nil, w.Op(0xff))},
		{"memory.grow of a second memory", "other than the only one", code(nil, w.ConstI32(0), w.Op(0x40, 1, 0x1a))},
		{"code that is not well typed", "code", code(nil, w.Op(0x6a))},
		{"global that cannot be set", "code", with(func(m *w.Module) {
			g := m.Global(w.I32, 0, w.ConstI32(1))
			m.Func(nil, nil, nil, w.ConstI32(2), w.With(0x24, g))
		})},
	}
	h := newHost(t, runtime.Config{})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			findings := refused(t, h, c.wasm)
			if took := time.Since(start); took > slow*100*time.Millisecond {
				t.Errorf("took %v", took)
			}
			if !mentions(findings, c.words) {
				t.Errorf("nothing about %q in %+v", c.words, findings)
			}
		})
	}
}

// TestAdmissionFindsAll: a tenant sees every reason at once.
func TestAdmissionFindsAll(t *testing.T) {
	m := w.Rule(`{"abi":1}`)
	m.Add(w.Memory, []byte{0, 17})
	m.Func(nil, nil, nil, w.Op(0xfd, 0x0c))
	m.Func(nil, nil, locals(5000, w.I32))
	m.Func(nil, nil, nil, w.Op(0x12, 0))
	m.Export("__lotse_x", w.KindFunc, 0)
	findings := refused(t, newHost(t, runtime.Config{}), m.Bytes())
	for _, words := range []string{"manifest", "17 pages", "SIMD", "5000 locals", "tail call", "__lotse_x"} {
		if !mentions(findings, words) {
			t.Errorf("nothing about %q in %+v", words, findings)
		}
	}
	if !mentions(findings, "section code, function 2") {
		t.Errorf("no place in %+v", findings)
	}
}

// TestAdmissionAdmits: what real toolchains write and strictness must not break.
func TestAdmissionAdmits(t *testing.T) {
	h := newHost(t, runtime.Config{})
	m := rule()
	m.Add(w.Table, []byte{0x70, 1, 1, 1})
	f := m.Func(w.Op(w.I32, w.I64), w.Op(w.I64, w.I32), nil, w.Op(0x20, 1, 0x20, 0)) // several results
	m.Add(w.Elements, []byte{0}, w.ConstI32(0), []byte{0x0b, 1}, w.U32(f))
	m.Global(w.F64, 1, w.ConstF64(1))
	m.Add(w.Datas, []byte{0}, w.ConstI32(w.Scratch), []byte{0x0b, 1, 9})
	m.Raw(w.DataCount, []byte{1})
	m.Tail(w.Custom("name", []byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f})...) // a lie, in a section that nobody reads
	bin := m.Evaluate(nil,
		w.Op(0x41, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a),                                  // padded to five bytes, as linkers do
		w.Entry(0, 1, 0, 1, w.Cat(w.ConstI32(w.Scratch), w.Op(0x2c, 0, 0, 0xc0, 0xb7))), // load8_s, extend8_s, convert
		w.ConstF64(3), w.Op(0xfc, 2, 0x1a), // saturating conversion
		w.ConstI32(1)).Bytes()
	loaded := load(t, h, bin)
	if got := points(t, loaded, nil); got != 9 {
		t.Errorf("%v points: the data segment is not in the memory", got)
	}
	if len(loaded.Digest()) != 64 || loaded.Size() != len(bin) || loaded.Manifest().Name != "test" {
		t.Errorf("digest %s, size %d, manifest %+v", loaded.Digest(), loaded.Size(), loaded.Manifest())
	}
}

// TestLoadHonoursItsContext: an upload that is given up does not go on.
func TestLoadHonoursItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := newHost(t, runtime.Config{}).Load(ctx, "test", answer(rule()))
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}
