package wasm_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// encodes tells whether a binary is admitted, and fails the test unless what was read of it is what is read of what is
// written of it.
func encodes(t *testing.T, name string, binary []byte, decode func([]byte) (*wasm.Module, []wasm.Problem)) bool {
	t.Helper()
	m, problems := decode(binary)
	if len(problems) > 0 {
		return false
	}
	encoded := wasm.Encode(m)
	again, problems := decode(encoded)
	if len(problems) > 0 {
		t.Fatalf("%s: written, but not admitted: %v", name, problems)
	}
	if d := cmp.Diff(m, again); d != "" {
		t.Fatalf("%s: %s", name, d)
	}
	if !bytes.Equal(encoded, wasm.Encode(again)) {
		t.Fatalf("%s: the same module was written in two ways", name)
	}
	return true
}

// corpus gives the kinds of modules that the tests have, and each by its name.
func corpus(t testing.TB) map[string]map[string][]byte {
	t.Helper()
	kinds := map[string]map[string][]byte{"spec suite": {}, "hostile": {}, "generated": {}, "endless": {}}
	for _, version := range []string{"v1", "v2"} {
		for _, path := range suiteFiles(t, version, "*.wasm") {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			kinds["spec suite"][version+"/"+filepath.Base(path)] = b
		}
	}
	sources, err := filepath.Glob("../testdata/hostile/[0-9]*.wat")
	if err != nil || len(sources) == 0 {
		t.Fatal("no hostile sources", err)
	}
	for _, path := range sources {
		b, err := w.WAT(os.DirFS(filepath.Dir(path)), filepath.Base(path))
		if err != nil {
			t.Fatal(err)
		}
		kinds["hostile"][filepath.Base(path)] = b
	}
	for s := range uint64(200) {
		kinds["generated"][string(w.U32(uint32(s)))] = generate(rand.New(rand.NewPCG(s, 9)), s%2 == 0, s%3 == 0)
	}
	for name, m := range endless() {
		kinds["endless"][name] = m.Bytes()
	}
	return kinds
}

// TestEncode: whatever is admitted of the corpus is the same module after it was written and read, and the engine has the
// same opinion of both. That it computes the same is seen where modules run: the plain side of TestSpec and of TestGenerated
// is what Encode writes.
func TestEncode(t *testing.T) {
	kinds := corpus(t)
	kinds["guests"] = map[string][]byte{}
	for _, dir := range samples(t) {
		kinds["guests"][dir] = sample(t, dir)
	}
	for kind, list := range kinds {
		admitted, compiled := 0, 0
		for name, binary := range list {
			decode := wasm.DecodeAny
			if kind != "spec suite" {
				decode = func(b []byte) (*wasm.Module, []wasm.Problem) { return wasm.Decode(b, 0) }
			}
			if !encodes(t, name, binary, decode) {
				continue
			}
			admitted++
			m, _ := decode(binary)
			after := compiles(wasm.Encode(m))
			// The engine believes the counts of a name section, whatever memory they ask for.
			if !bytes.Contains(binary, []byte("\x04name")) {
				if before := compiles(binary); line(before) != line(after) {
					t.Errorf("%s: the engine says %q, and %q of what was written", name, line(before), line(after))
				}
			}
			if after == nil {
				compiled++
			}
		}
		t.Logf("%-10s %5d modules, %4d admitted and the same again, %4d of them valid", kind, len(list), admitted, compiled)
		if admitted == 0 || compiled == 0 {
			t.Errorf("%s: none was admitted", kind)
		}
	}
}

func compiles(binary []byte) error {
	code, err := engine(true).CompileModule(ctx, binary)
	if err == nil {
		_ = code.Close(ctx)
	}
	return err
}

// FuzzEncode: whatever is admitted, by rules for modules or by wide ones, is the same after it was written and read.
func FuzzEncode(f *testing.F) {
	f.Add(small().Bytes())
	for _, list := range corpus(f) {
		for _, binary := range list {
			if len(binary) < 4<<10 {
				f.Add(binary)
			}
		}
	}
	f.Fuzz(func(t *testing.T, binary []byte) {
		encodes(t, "any", binary, wasm.DecodeAny)
		encodes(t, "a rule", binary, func(b []byte) (*wasm.Module, []wasm.Problem) { return wasm.Decode(b, 0) })
	})
}
