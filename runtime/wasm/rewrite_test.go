package wasm_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

func rewrite(m *wasm.Module) []byte {
	return wasm.Rewrite(m, wasm.Rewritten{Seed: 7, Keep: []string{"memory", "f", "not there"}})
}

// TestRewrite reads what was written and finds every index where it was.
func TestRewrite(t *testing.T) {
	before, problems := wasm.Decode(small().Bytes(), 0)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	out := rewrite(before)
	// The rewritten module carries the host's own names, so a decoder must refuse it: what it refuses is all but those.
	_, problems = wasm.Decode(out, 0)
	if len(problems) != 2 || problems[0].Section != "export" || problems[1].Section != "export" {
		t.Fatalf("uploaded again: %v", problems)
	}
	after, problems := wasm.Decode(bytes.ReplaceAll(out, []byte("__lotse_"), []byte("__other_")), 0)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(after.Imports) != 0 || len(after.Data) != 0 || len(after.Functions) != 2 {
		t.Errorf("%d imports, %d data segments, %d functions", len(after.Imports), len(after.Data), len(after.Functions))
	}
	for i := range uint32(2) {
		if !after.TypeOf(i).Is(before.TypeOf(i).Params, before.TypeOf(i).Results) {
			t.Errorf("function %d has another type", i)
		}
	}
	for name, d := range map[string]string{
		"types":    cmp.Diff(before.Types, after.Types),
		"globals":  cmp.Diff(before.Globals, after.Globals),
		"elements": cmp.Diff(before.Elements, after.Elements),
		"table":    cmp.Diff(before.Table, after.Table),
		"memory":   cmp.Diff(&wasm.Bounds{Min: 1, Max: 2, HasMax: true}, after.Memory),
		"exports": cmp.Diff([]wasm.Export{
			{Name: "memory", Kind: wasm.MemoryExport},
			{Name: "f", Kind: wasm.FuncExport, Index: 1},
			{Name: "__other_g0", Kind: wasm.GlobalExport},
			{Name: "__other_g2", Kind: wasm.GlobalExport, Index: 2},
		}, after.Exports),
		"locals": cmp.Diff(before.Code[0].Locals, after.Code[1].Locals),
		"code":   cmp.Diff(append([]byte{0x03, 0x40, 0x0b}, before.Code[0].Instructions...), after.Code[1].Instructions),
	} {
		if d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if !bytes.Equal(out, rewrite(before)) {
		t.Error("the same module was written in two ways")
	}
}

// FuzzDecode: no input makes the decoder panic or read outside, whatever it admits can be written and read again with the
// same structure, and what it says about places lies inside the input.
func FuzzDecode(f *testing.F) {
	whole := small().Bytes()
	f.Add(whole)
	f.Add([]byte(w.Header))
	f.Add(w.Simple(nil, w.Entry(0, 1, 0, 0, w.ConstF64(1)), w.ConstI32(1)))
	f.Add(w.Simple(w.Op(1, 1, w.I32), w.Op(0x02, 0x40, 0x03, 0x40, 0x20, 1, 0x0e, 1, 0, 1, 0x0b, 0x0b), w.ConstI32(0)))
	f.Fuzz(func(t *testing.T, binary []byte) {
		// A copy without room behind it, so that reading on is a panic.
		m, problems := wasm.Decode(append(make([]byte, 0, len(binary)), binary...), 0)
		for _, p := range problems {
			if p.Offset < 0 || p.Offset > len(binary) || p.Message == "" || p.Remedy == "" {
				t.Fatalf("%+v", p)
			}
		}
		if (m == nil) != (len(problems) > 0) {
			t.Fatal("both a module and problems, or neither")
		}
		if m == nil {
			return
		}
		if m.Memory != nil {
			m.Image()
		}
		out := bytes.ReplaceAll(rewrite(m), []byte("__lotse_"), []byte("__other_"))
		again, problems := wasm.Decode(out, 0)
		if len(problems) > 0 {
			// The stand-ins are not of the small tier's making, and the tier changes with the imports; nothing else may.
			if len(m.Imports) == 0 {
				t.Fatalf("written, but not admitted: %v", problems)
			}
			return
		}
		if d := cmp.Diff(m.Types, again.Types); d != "" {
			t.Fatal(d)
		}
		if len(again.Functions) != len(m.Imports)+len(m.Functions) || len(again.Globals) != len(m.Globals) {
			t.Fatal("an index moved")
		}
	})
}
