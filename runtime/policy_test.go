package runtime_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// standIn is what OPA's compiler would make, as far as the host looks: it answers with its data and its input in turn. Real
// policies are in the room of the policies, which has OPA.
const standIn = `(module
	(import "env" "memory" (memory 2))
	(import "env" "opa_abort" (func $abort (param i32)))
	(import "env" "opa_println" (func $println (param i32)))
	(import "env" "opa_builtin1" (func $builtin1 (param i32 i32 i32) (result i32)))
	(global (export "opa_wasm_abi_version") i32 (i32.const 1))
	(global (export "opa_wasm_abi_minor_version") i32 (i32.const 3))
	(func (export "opa_malloc") (param i32) (result i32) i32.const 2048)
	(func (export "opa_json_parse") (param i32 i32) (result i32) (i32.load8_u (local.get 0)))
	(func (export "opa_json_dump") (param i32) (result i32) local.get 0)
	(func (export "opa_heap_ptr_get") (result i32) i32.const 4096)
	(func (export "builtins") (result i32) i32.const 100)
	(func (export "entrypoints") (result i32) i32.const 200)
	(func (export "opa_eval") (param i32 i32 i32 i32 i32 i32 i32) (result i32) EVAL)
	(data (i32.const 100) "BUILTINS" 0)
	(data (i32.const 200) "ENTRYPOINTS" 0)
	(data (i32.const 300) "eval_conflict_error" 0)
	(data (i32.const 400) "[]" 0))`

// assemble makes a stand-in with changes: pairs of what is replaced and by what.
func assemble(t *testing.T, changes ...string) []byte {
	t.Helper()
	source := standIn
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(source, changes[i]) {
			t.Fatalf("nothing to replace: %s", changes[i])
		}
		source = strings.Replace(source, changes[i], changes[i+1], 1)
	}
	rest := strings.NewReplacer("BUILTINS", "{}", "ENTRYPOINTS", `{\22a/b\22:7}`, "EVAL", "i32.const 400")
	wasm, err := w.WAT(fstest.MapFS{"policy.wat": {Data: []byte(rest.Replace(source))}}, "policy.wat")
	if err != nil {
		t.Fatal(err)
	}
	return wasm
}

func openPolicy(t *testing.T, data string, changes ...string) *runtime.Policy {
	t.Helper()
	p, err := runtime.OpenPolicy(context.Background(), assemble(t, changes...), []byte(data), runtime.PolicyConfig{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestOpenPolicyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		changes []string
		data    string
		pages   uint32
		want    string
	}{
		"another import":       {changes: []string{`"opa_println" (func $println (param i32))`, `"fetch" (func $println (param i32))`}, want: "it imports env.fetch"},
		"another signature":    {changes: []string{`(func $abort (param i32))`, `(func $abort (param i64))`}, want: "it imports env.opa_abort"},
		"another module":       {changes: []string{`"env" "opa_println"`, `"wasi_snapshot_preview1" "opa_println"`}, want: "it imports wasi_snapshot_preview1.opa_println"},
		"a memory of its own":  {changes: []string{`(import "env" "memory" (memory 2))`, ``, `(global (export "opa_wasm_abi_version")`, `(memory 2) (global (export "opa_wasm_abi_version")`}, want: "does not import its memory"},
		"another memory":       {changes: []string{`"env" "memory"`, `"env" "heap"`}, want: "it imports the memory env.heap"},
		"much memory":          {changes: []string{`(memory 2)`, `(memory 200)`}, pages: 100, want: "min 200 pages (12 Mi) over limit of 100 pages"},
		"more than it may":     {pages: 5000, want: "5000 is more than 4096"},
		"no function":          {changes: []string{`"opa_eval"`, `"evaluate"`}, want: "does not export opa_eval"},
		"another shape":        {changes: []string{`(export "opa_malloc") (param i32)`, `(export "opa_malloc") (param i32 i32)`}, want: "opa_malloc has another signature"},
		"no version":           {changes: []string{`"opa_wasm_abi_version"`, `"version"`}, want: "does not tell the version"},
		"an older version":     {changes: []string{`(export "opa_wasm_abi_minor_version") i32 (i32.const 3)`, `(export "opa_wasm_abi_minor_version") i32 (i32.const 2)`}, want: "ABI 1.2: this host runs 1.3"},
		"a later major one":    {changes: []string{`(export "opa_wasm_abi_version") i32 (i32.const 1)`, `(export "opa_wasm_abi_version") i32 (i32.const 2)`}, want: "ABI 2.3: this host runs 1.3"},
		"builtins of the host": {changes: []string{"BUILTINS", `{\22time.now_ns\22:1,\22http.send\22:0}`}, want: "cannot compile to WebAssembly: http.send, time.now_ns"},
		"no entry points":      {changes: []string{"ENTRYPOINTS", "{}"}, want: "no entry point"},
		"a broken table":       {changes: []string{"ENTRYPOINTS", "{"}, want: "read entrypoints"},
		"a table out of it":    {changes: []string{`(export "entrypoints") (result i32) i32.const 200`, `(export "entrypoints") (result i32) i32.const -1`}, want: "outside its memory"},
		"a start that traps":   {changes: []string{`(data (i32.const 400)`, `(func $boom unreachable) (start $boom) (data (i32.const 400)`}, want: "unreachable"},
		"data that is no JSON": {data: `{"a":1} b`, want: "the data is not JSON"},
		"data that it rejects": {changes: []string{`(i32.load8_u (local.get 0))`, `i32.const 0`}, data: "{}", want: "the policy cannot read it"},
		"data that is too big": {data: strings.Repeat("1", 1<<20), pages: 4, want: "does not fit into the memory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := runtime.OpenPolicy(context.Background(), assemble(t, c.changes...), []byte(c.data), runtime.PolicyConfig{MemoryPages: c.pages})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	whole := assemble(t)
	for _, size := range []int{0, 4, 8, 100, len(whole) / 2, len(whole) - 1} {
		if _, err := runtime.OpenPolicy(context.Background(), whole[:size], nil, runtime.PolicyConfig{}); err == nil {
			t.Errorf("the first %d bytes of %d are taken for a policy", size, len(whole))
		}
	}
}

func TestPolicyFails(t *testing.T) {
	for name, c := range map[string]struct{ eval, want string }{
		"gives up":          {"(call $abort (i32.const 300)) i32.const 0", "the policy gave up: eval_conflict_error"},
		"gives up nowhere":  {"(call $abort (i32.const -1)) i32.const 0", "the policy gave up: "},
		"calls out":         {"(call $builtin1 (i32.const 0) (i32.const 0) (i32.const 0))", "it calls a builtin that it did not list"},
		"traps":             {"unreachable", "unreachable"},
		"recurses":          {"(call 9 (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6))", "stack overflow"},
		"answers outside":   {"i32.const -1", "outside its memory"},
		"answers for ever":  {"(memory.fill (i32.const 0) (i32.const 7) (i32.const 131072)) i32.const 9", "has no end"},
		"prints and traps":  {"(call $println (i32.const 300)) unreachable", "unreachable"},
		"divides by nought": {"(i32.div_u (i32.const 1) (i32.const 0))", "divide by zero"},
	} {
		t.Run(name, func(t *testing.T) {
			p := openPolicy(t, "", "EVAL", c.eval)
			_, err := p.Evaluate(context.Background(), 7, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("got %v, want one line with %q", err, c.want)
			}
		})
	}
}

// TestPolicyStaysBroken: what a trap left in an instance's memory is never asked again; a clone is as new.
func TestPolicyStaysBroken(t *testing.T) {
	ctx := context.Background()
	p := openPolicy(t, "", "EVAL", "(if (local.get 4) (then unreachable)) i32.const 400")
	if got, err := p.Evaluate(ctx, 7, nil); err != nil || string(got) != "[]" {
		t.Fatalf("got %s, %v", got, err)
	}
	if _, err := p.Evaluate(ctx, 7, []byte("1")); err == nil {
		t.Fatal("no error")
	}
	if _, err := p.Evaluate(ctx, 7, nil); err == nil || !strings.Contains(err.Error(), "broke in an earlier call") {
		t.Fatalf("got %v", err)
	}
	clone, err := p.Clone(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := clone.Evaluate(ctx, 7, nil); err != nil || string(got) != "[]" {
		t.Fatalf("got %s, %v", got, err)
	}
	if err := clone.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestPolicyInput(t *testing.T) {
	p := openPolicy(t, "")
	for _, input := range []string{"{", "{} {}", "nul", "\x00"} {
		if _, err := p.Evaluate(context.Background(), 7, []byte(input)); err == nil || !strings.Contains(err.Error(), "the input is not JSON") {
			t.Errorf("%q: got %v", input, err)
		}
	}
	if got, err := p.Evaluate(context.Background(), 7, []byte("{}")); err != nil || string(got) != "[]" {
		t.Errorf("an input that is refused is the caller's fault, not the instance's: got %s, %v", got, err)
	}
}

// TestPolicyArguments: what opa_eval gets is what the ABI says. The stand-in parses data into its first byte.
func TestPolicyArguments(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct{ eval, want string }{
		"reserved":    {"(i32.add (i32.const 500) (local.get 0))", "\x00"},
		"entry point": {"(i32.store8 (i32.const 500) (i32.add (i32.const 48) (local.get 1))) i32.const 500", "7"},
		"data":        {"(i32.store8 (i32.const 500) (local.get 2)) i32.const 500", `"`},
		"input":       {"local.get 3", "12345"},
		"length":      {"(i32.store8 (i32.const 500) (i32.add (i32.const 48) (local.get 4))) i32.const 500", "5"},
		"heap":        {"(i32.store8 (i32.const 500) (i32.add (i32.const 48) (i32.sub (local.get 5) (local.get 3)))) i32.const 500", "8"},
		"format":      {"(i32.store8 (i32.const 500) (i32.add (i32.const 48) (local.get 6))) i32.const 500", "0"},
	} {
		p := openPolicy(t, `"data"`, "EVAL", c.eval)
		got, err := p.Evaluate(ctx, p.Entrypoints()["a/b"], []byte("12345"))
		if err != nil || string(got) != strings.TrimRight(c.want, "\x00") {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// TestPolicyMemory: an input makes the memory grow up to the limit and no further.
func TestPolicyMemory(t *testing.T) {
	ctx := context.Background()
	p, err := runtime.OpenPolicy(ctx, assemble(t, "EVAL", "local.get 3"), nil, runtime.PolicyConfig{MemoryPages: 8})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close(ctx) }()
	fits := []byte(strings.Repeat("1", 7<<16))
	if got, err := p.Evaluate(ctx, 7, fits); err != nil || string(got) != string(fits) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	if _, err := p.Evaluate(ctx, 7, []byte(strings.Repeat("1", 8<<16))); err == nil || !strings.Contains(err.Error(), "does not fit") {
		t.Fatalf("got %v", err)
	}
	if got, err := p.Evaluate(ctx, 7, []byte(`"small"`)); err != nil || !strings.HasPrefix(string(got), `"small"`) {
		t.Fatalf("an input that does not fit is the caller's fault, not the instance's: got %.20s, %v", got, err)
	}
}

func TestPolicyClose(t *testing.T) {
	ctx := context.Background()
	first := openPolicy(t, "")
	second, err := first.Clone(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := first.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := first.Evaluate(ctx, 7, nil); err == nil {
		t.Error("a closed instance answers")
	}
	if _, err := first.Clone(ctx); err == nil {
		t.Error("a closed instance is cloned")
	}
	if got, err := second.Evaluate(ctx, 7, nil); err != nil || string(got) != "[]" {
		t.Errorf("the clone of a closed instance: got %s, %v", got, err)
	}
	third, err := second.Clone(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*runtime.Policy{second, third} {
		if err := p.Close(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := openPolicy(t, "").Evaluate(cancelled, 7, nil); err == nil {
		t.Error("an evaluation begins though its context has ended")
	}
}
