package wasm_test

import (
	"math/bits"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime/wasm"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// samples are the folders of the sample rules.
func samples(t testing.TB) []string {
	t.Helper()
	dirs, err := filepath.Glob("../../cmd/lotse/samples/*/rules/*/main.go")
	if err != nil || len(dirs) == 0 {
		t.Fatal("there are no samples", err)
	}
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	return dirs
}

// sample builds a sample rule as `lotse build` does.
func sample(t testing.TB, dir string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "rule.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", dir, err, text)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// record has a value for everything that the manifest reads.
func record(t testing.TB, dir string) []byte {
	raw, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := abi.ParseManifest(raw)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]abi.Value, len(m.Reads))
	for i, f := range m.Reads {
		values[i] = abi.Value{Type: f.Type, Present: true, Number: 1, Text: "DE"}
	}
	b, err := abi.AppendRecord(nil, 1e12, values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rule is an initialised module that can be called again and again.
type rule struct {
	memory []byte
	image  []byte
	call   func() error
	in     *wasm.Instrumented
	left   func() uint64
	marks  func() uint64
}

const plenty = 1 << 40

// ready initialises a module, instrumented or only rewritten.
func ready(t testing.TB, binary []byte, record []byte, instrumented bool) *rule {
	t.Helper()
	m, problems := wasm.Decode(binary, 0)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := &rule{}
	var bin []byte
	name := func(s string) string { return s }
	fuel := func(a ...uint64) []uint64 { return a }
	if instrumented {
		name = wasm.CallName
		fuel = func(a ...uint64) []uint64 { return append([]uint64{plenty}, a...) }
		in, err := wasm.Instrument(m, wasm.Options{
			Calls: []string{"_initialize", "lotse_input", "lotse_output", "lotse_evaluate"}, Keep: []string{"memory"}, Pages: 64,
		})
		if err != nil {
			t.Fatal(err)
		}
		bin, r.in = in.Binary, in
	} else {
		bin = wasm.Rewrite(m, wasm.Rewritten{Keep: []string{"memory", "_initialize", "lotse_input", "lotse_output", "lotse_evaluate"}})
	}
	start := time.Now()
	code, err := engine(false).CompileModule(ctx, bin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = code.Close(ctx) })
	if took := time.Since(start); took > 100*time.Millisecond {
		t.Logf("instrumented %v: %d bytes, compiled in %v", instrumented, len(bin), took.Round(time.Millisecond))
	}
	guest, err := engine(false).InstantiateModule(ctx, code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = guest.Close(ctx) })
	first, _ := guest.Memory().Read(0, guest.Memory().Size())
	copy(first, m.Image())
	if f := guest.ExportedFunction(name("_initialize")); f != nil {
		if _, err := f.Call(ctx, fuel()...); err != nil {
			t.Fatal(err)
		}
	}
	address, err := guest.ExportedFunction(name("lotse_input")).Call(ctx, fuel()...)
	if err != nil {
		t.Fatal(err)
	}
	r.memory, _ = guest.Memory().Read(0, guest.Memory().Size())
	copy(r.memory[uint32(address[0]):], record)
	r.image = append([]byte(nil), r.memory...)
	f := guest.ExportedFunction(name("lotse_evaluate"))
	stack := make([]uint64, 4)
	args := fuel(uint64(len(record)))
	r.call = func() error {
		copy(stack, args)
		return f.CallWithStack(ctx, stack)
	}
	r.left, r.marks = func() uint64 { return stack[1] }, func() uint64 { return stack[2] }
	if err := r.call(); err != nil {
		t.Fatal(err)
	}
	return r
}

// fastest is the median of the fastest tenth of many calls, each with the memory as it was.
func (r *rule) fastest(t testing.TB, calls int) time.Duration {
	const batch = 16
	times := make([]time.Duration, calls)
	for i := range times {
		if i%batch == 0 {
			copy(r.memory, r.image)
		}
		start := time.Now()
		if err := r.call(); err != nil {
			t.Fatal(err)
		}
		times[i] = time.Since(start)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times[calls/20]
}

// features is a small rule: a loop over 24 numbers that weighs each and writes an entry for each third.
func features() []byte {
	m := w.Rule(w.Manifest).Contract(w.Input, w.Output)
	const i, sum, out = 1, 2, 3
	return m.Evaluate(w.Op(3, 1, w.I32, 1, w.F64, 1, w.I32),
		w.ConstI32(w.Output), w.Op(0x21, out),
		w.Op(0x03, 0x40),
		w.Op(0x20, sum), w.Op(0x20, i), w.ConstI32(4), w.Op(0x74), w.Op(0x2b, 3), w.U32(w.Input+16),
		w.Op(0x20, i, 0xb7, 0xa2, 0xa0, 0x21, sum),
		w.Op(0x20, i), w.ConstI32(3), w.Op(0x70, 0x45, 0x04, 0x40),
		w.Op(0x20, out), w.ConstI64(1), w.Op(0x37, 3, 0),
		w.Op(0x20, out, 0x20, sum, 0x39, 3, 8),
		w.Op(0x20, out), w.ConstI32(16), w.Op(0x6a, 0x21, out),
		w.Op(0x0b),
		w.Op(0x20, i), w.ConstI32(1), w.Op(0x6a, 0x22, i), w.ConstI32(24), w.Op(0x49, 0x0d, 0, 0x0b),
		w.ConstI32(8),
	).Bytes()
}

// BenchmarkOverhead measures what metering costs in time and in size, beside the same module with nothing but the contract's
// stand-ins.
func BenchmarkOverhead(b *testing.B) {
	b.Run("24 features", func(b *testing.B) { overhead(b, features(), make([]byte, 400), 200_000) })
	for _, dir := range samples(b) {
		b.Run(strings.TrimPrefix(dir, "../../cmd/lotse/samples/"), func(b *testing.B) {
			overhead(b, sample(b, dir), record(b, dir), 20_000)
		})
	}
}

func overhead(b *testing.B, binary, record []byte, calls int) {
	plain, metered := ready(b, binary, record, false), ready(b, binary, record, true)
	m, _ := wasm.Decode(binary, 0)
	before, after := plain.fastest(b, calls), metered.fastest(b, calls)
	before, after = min(before, plain.fastest(b, calls)), min(after, metered.fastest(b, calls))
	size := len(wasm.Rewrite(m, wasm.Rewritten{Keep: []string{"memory", "lotse_evaluate", "lotse_input", "lotse_output", "_initialize"}}))
	for b.Loop() {
		if err := metered.call(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(100*(float64(after)/float64(before)-1), "%-time")
	b.ReportMetric(100*(float64(len(metered.in.Binary))/float64(size)-1), "%-size")
	b.ReportMetric(float64(bits.OnesCount64(metered.marks())), "granules")
}

var _ api.Function
