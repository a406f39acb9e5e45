package wasm_test

import (
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// small is a module with something in every section that is admitted.
func small() *w.Module {
	m := w.New()
	m.Import(wasm.WASI, "random_get", w.Op(w.I32, w.I32), w.Op(w.I32))
	m.Add(w.Table, []byte{0x70, 0, 4})
	m.Add(w.Memory, []byte{1, 1, 2})
	m.Global(w.I32, 1, w.ConstI32(-5))
	m.Global(w.F64, 0, w.ConstF64(2.5))
	m.Global(w.I64, 1, w.ConstI64(1<<40))
	f := m.Func(w.Op(w.I32), w.Op(w.I32), w.Op(1, 2, w.I64), w.Op(0x20, 0))
	m.Export("memory", w.KindMemory, 0)
	m.Export("f", w.KindFunc, f)
	m.Export("g", w.KindGlobal, 0)
	m.Add(w.Elements, []byte{0}, w.ConstI32(1), []byte{0x0b, 2}, w.U32(f), w.U32(0))
	m.Add(w.Datas, []byte{0}, w.ConstI32(100), []byte{0x0b, 2, 'h', 'i'})
	m.Raw(w.DataCount, []byte{1})
	m.Tail(w.Custom("note", []byte("anything"))...)
	return m
}

func TestDecode(t *testing.T) {
	m, problems := wasm.Decode(small().Bytes(), 0)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if m.Limits.Name != wasm.GoGuest.Name || len(m.Imports) != 1 || len(m.Functions) != 1 || m.Table.Max != 4 ||
		m.Memory.Max != 2 || len(m.Globals) != 3 || len(m.Elements) != 1 || m.Elements[0].Offset != 1 {
		t.Errorf("%+v", m)
	}
	if e, ok := m.Export("f"); !ok || !m.TypeOf(e.Index).Is([]wasm.ValueType{wasm.I32}, []wasm.ValueType{wasm.I32}) {
		t.Errorf("export f: %+v", e)
	}
	if !m.TypeOf(0).Is([]wasm.ValueType{wasm.I32, wasm.I32}, []wasm.ValueType{wasm.I32}) {
		t.Errorf("type of the import: %+v", m.TypeOf(0))
	}
	if image := m.Image(); len(image) != wasm.PageSize || string(image[99:103]) != "\x00hi\x00" {
		t.Errorf("image of %d bytes: %q", len(image), image[99:103])
	}
	if got := m.MutableGlobals(); len(got) != 2 || got[0] != 0 || got[1] != 2 {
		t.Errorf("mutable globals: %v", got)
	}
}

// TestMalformed: every lie about a number, a size or an order is found, with its place.
func TestMalformed(t *testing.T) {
	header := []byte(w.Header)
	sections := func(list ...[]byte) []byte { return append(header[:8:8], w.Cat(list...)...) }
	types := w.Section(1, []byte{1, 0x60, 0, 0})
	body := func(instructions ...byte) []byte {
		code := append([]byte{0}, instructions...)
		return sections(types, w.Section(3, []byte{1, 0}),
			w.Section(10, w.Cat([]byte{1}, w.U32(uint32(len(code))), code)))
	}
	for name, c := range map[string]struct {
		wasm  []byte
		words string
	}{
		"nothing":                        {nil, "announced"},
		"half a header":                  {header[:6], "announced"},
		"another magic number":           {[]byte("\x00ASM\x01\x00\x00\x00"), "not a WebAssembly binary"},
		"a section without a size":       {sections([]byte{1}), "unexpected end"},
		"a section longer than the file": {sections([]byte{1, 100}), "announced"},
		"a size of six bytes":            {sections([]byte{1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}), "longer than 32 bits"},
		"a size above 32 bits":           {sections([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x1f}), "longer than 32 bits"},
		"a size that never ends":         {sections([]byte{1, 0x80, 0x80}), "unexpected end"},
		"sections out of order":          {sections(w.Section(3, []byte{0}), types), "out of order"},
		"a section twice":                {sections(types, types), "twice"},
		"data count behind the code":     {sections(w.Section(10, []byte{0}), w.Section(12, []byte{0})), "out of order"},
		"an unknown section":             {sections(w.Section(13, []byte{0})), "unknown section"},
		"bytes behind a section's end":   {sections(w.Section(1, []byte{1, 0x60, 0, 0, 7})), "too many"},
		"bytes behind the last section":  {sections(types, []byte{0xff}), "unexpected end"},
		"a vector that lies":             {sections(w.Section(1, []byte{0xff, 0xff, 0xff, 0xff, 0x0f})), "announced"},
		"a custom section without name":  {sections(w.Section(0, nil)), "unexpected end"},
		"a name that is not UTF-8":       {sections(w.Section(0, []byte{1, 0xff})), "UTF-8"},
		"a name longer than its section": {sections(w.Section(0, []byte{9, 'x'})), "announced"},
		"another form of type":           {sections(w.Section(1, []byte{1, 0x5f, 0, 0})), "not a function type"},
		"an unknown value type":          {sections(w.Section(1, []byte{1, 0x60, 1, 0x01, 0})), "unknown value type"},
		"a function of no type":          {sections(types, w.Section(3, []byte{1, 1})), "no type 1"},
		"functions without bodies":       {sections(types, w.Section(3, []byte{1, 0})), "0 bodies"},
		"bodies without functions":       {sections(w.Section(10, []byte{1, 2, 0, 0x0b})), "1 bodies"},
		"a maximum below the minimum":    {sections(w.Section(5, []byte{1, 1, 2, 1})), "below the minimum"},
		"unknown limits":                 {sections(w.Section(5, []byte{1, 9, 1})), "unknown limits"},
		"mutability of two":              {sections(w.Section(6, []byte{1, w.I32, 2, 0x41, 0, 0x0b})), "mutability"},
		"a constant of another type":     {sections(w.Section(6, []byte{1, w.I64, 0, 0x41, 0, 0x0b})), "wrong type"},
		"a constant of two":              {sections(w.Section(6, []byte{1, w.I32, 0, 0x41, 0, 0x41, 0, 0x0b})), "more than a constant"},
		"a constant that is a global":    {sections(w.Section(6, []byte{1, w.I32, 0, 0x23, 0, 0x0b})), "constant expression"},

		"a function without end":             {body(), "unexpected end"},
		"a block without end":                {body(0x02, 0x40, 0x0b), "unexpected end"},
		"code behind the end":                {body(0x0b, 0x01), "behind the end"},
		"two ends":                           {body(0x0b, 0x0b), "behind the end"},
		"else without if":                    {body(0x05, 0x0b), "else without if"},
		"two elses":                          {body(0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b, 0x0b), "else without if"},
		"a label too far out":                {body(0x0c, 1, 0x0b), "no label 1"},
		"a br_table that lies":               {body(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0b), "announced"},
		"a call of nothing":                  {body(0x10, 1, 0x0b), "no function 1"},
		"an indirect call without table":     {body(0x11, 0, 0, 0x0b), "no table 0"},
		"a local that is not there":          {body(0x20, 0, 0x0b), "no local 0"},
		"a global that is not there":         {body(0x23, 0, 0x0b), "no global 0"},
		"a load without memory":              {body(0x41, 0, 0x28, 2, 0, 0x0b), "has none"},
		"memory.size without memory":         {body(0x3f, 0, 0x0b), "has none"},
		"an unknown block type":              {body(0x02, 0x5f, 0x0b, 0x0b), "unknown block type"},
		"a block of a type not there":        {body(0x02, 9, 0x0b, 0x0b), "no type 9"},
		"a constant of six bytes":            {body(0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x0b), "longer than 32 bits"},
		"a constant whose spare bits differ": {body(0x41, 0xff, 0xff, 0xff, 0xff, 0x2f, 0x0b), "longer than 32 bits"},
		"a 64-bit constant of eleven bytes": {
			body(append(append([]byte{0x42}, w.Repeat(10, []byte{0x80})...), 0, 0x0b)...),
			"longer than 64 bits",
		},
		"half a float":      {body(0x44, 0, 0), "announced"},
		"an unknown prefix": {body(0xfc, 99, 0x0b), "unknown opcode"},
	} {
		t.Run(name, func(t *testing.T) {
			m, problems := wasm.Decode(c.wasm, 0)
			if m != nil || len(problems) == 0 {
				t.Fatal("admitted")
			}
			var all strings.Builder
			for _, p := range problems {
				all.WriteString(p.String() + "\n")
				if p.Remedy == "" || p.Offset < 0 || p.Offset > len(c.wasm) {
					t.Errorf("a problem without a place or a remedy: %+v", p)
				}
			}
			if !strings.Contains(all.String(), c.words) {
				t.Errorf("nothing about %q in:\n%s", c.words, &all)
			}
		})
	}
}

// TestNumbers: the edges of LEB128, through constants that are admitted.
func TestNumbers(t *testing.T) {
	for _, c := range [][]byte{
		w.ConstI32(1<<31 - 1), w.ConstI32(-1 << 31), w.ConstI32(-1), w.ConstI32(0),
		{0x41, 0xff, 0xff, 0xff, 0xff, 0x7f}, // -1, padded
		{0x41, 0x80, 0x80, 0x80, 0x80, 0x00}, // 0, padded
		w.ConstI64(1<<63 - 1), w.ConstI64(-1 << 63),
	} {
		m := w.New()
		m.Func(nil, nil, nil, c, w.Op(0x1a))
		if _, problems := wasm.Decode(m.Bytes(), 0); len(problems) > 0 {
			t.Errorf("%x: %v", c, problems)
		}
	}
}

// TestProblemsAreBounded: a hopeless module gives a page of problems, not a book.
func TestProblemsAreBounded(t *testing.T) {
	m := w.New()
	for range 1000 {
		m.Func(nil, nil, nil, w.Op(0xfd, 0))
	}
	if _, problems := wasm.Decode(m.Bytes(), 0); len(problems) == 0 || len(problems) > 32 {
		t.Errorf("%d problems", len(problems))
	}
}
