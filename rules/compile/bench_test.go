package compile_test

import (
	"context"
	_ "embed"
	"testing"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

//go:embed testdata/fit.yaml
var fit []byte

// theirs are the eight factors of testdata/fit.yaml for cel-go: one expression each, with features as plain variables.
var theirs = []string{
	`profile.country in ["DE", "AT", "CH", "LI", "BE", "NL", "LU", "DK"] ? 10 : 0`,
	`!(profile.country in ["DE", "AT", "CH", "LI", "BE", "NL", "LU", "DK"]) ? -10 : 0`,
	`profile.customer_type in ["gastronomy", "trade"] ? 10 : profile.customer_type == "private" ? 5 : 0`,
	`profile.authority == "decision_maker" ? 10 : profile.authority == "influencer" ? 5 : 1`,
	`profile.budget >= 5000.0 ? 10 : profile.budget >= 500.0 || profile.company_size >= 10.0 ? 5 : 0`,
	`profile.need != "curiosity" ? 5 : 0`,
	`profile.timeframe == "now" ? 10 : profile.timeframe == "quarter" ? 5 : 1`,
	`orders >= 1 && spent > 100.0 ? 2 * orders : 0`,
}

const theirCap = 10 // of the last factor

// winery is the part of the sample tenant's catalogue that tests need.
var winery = compile.Catalogue{
	Purposes: []string{"profiling"},
	Fields: []compile.Field{
		{Name: "country"},
		{Name: "customer_type", Values: []string{"private", "gastronomy", "trade"}},
		{Name: "authority", Values: []string{"decision_maker", "influencer", "user"}},
		{Name: "budget", Type: compile.Number},
		{Name: "company_size", Type: compile.Number},
		{Name: "need"},
		{Name: "timeframe", Values: []string{"now", "quarter", "year", "none"}},
		{Name: "staff", Type: compile.Boolean},
		{Name: "birth_date", Type: compile.Date},
		{Name: "order_value", Type: compile.Number},
		{Name: "path"},
		{Name: "category"},
	},
	Events: []compile.Event{
		{Name: "webinar_registered"},
		{Name: "page_view", Properties: []string{"path", "category"}},
		{Name: "order_placed", Properties: []string{"order_value", "category"}},
		{Name: "login"},
	},
}

// guests are two inputs, and their scores.
var guests = []struct {
	name   string
	texts  map[string]string
	number map[string]float64
	want   float64
}{
	{
		"known",
		map[string]string{"country": "NL", "customer_type": "gastronomy", "authority": "influencer", "need": "wine_list", "timeframe": "quarter"},
		map[string]float64{"budget": 1200, "company_size": 7, "count-order_placed-365d": 3, "sum-order_placed-order_value-365d": 320},
		10 + 10 + 5 + 5 + 5 + 5 + 6,
	},
	{
		"stranger",
		map[string]string{"country": "US"},
		map[string]float64{"count-order_placed-365d": 6, "sum-order_placed-order_value-365d": 320},
		-10 + 10,
	},
}

// BenchmarkEightFactors evaluates the same eight factors on the same input: the compiled module in the host, its memory put
// back after each call, and cel-go's interpreter. "ready" is the evaluation of an input that lies ready; "written" begins
// with the values, which each puts into its own form first.
func BenchmarkEightFactors(b *testing.B) {
	result, err := compile.Compile(fit, "fit", winery)
	if err != nil {
		b.Fatal(err)
	}
	m := load(b, result.Wasm)
	programs := celPrograms(b)
	buffer := make([]byte, 0, abi.MaxRecord)
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	for _, guest := range guests {
		values := make([]abi.Value, len(result.Manifest.Reads))
		for i, x := range result.Manifest.Reads {
			text, known := guest.texts[x.Name]
			number, counted := guest.number[x.Name]
			values[i] = abi.Value{Type: x.Type, Present: known || counted, Text: text, Number: number}
		}
		record, err := abi.AppendRecord(nil, 0, values)
		if err != nil {
			b.Fatal(err)
		}
		evaluate := func(b *testing.B, record []byte) (points float64) {
			var err error
			if entries, err = m.Evaluate(context.Background(), record, entries[:0]); err != nil {
				b.Fatal(err)
			}
			for _, e := range entries {
				points += e.Number
			}
			return points
		}
		input := func() map[string]any {
			profile := make(map[string]any, 8)
			for name, v := range guest.texts {
				profile[name] = v
			}
			for _, name := range []string{"budget", "company_size"} {
				if v, ok := guest.number[name]; ok {
					profile[name] = v
				}
			}
			return map[string]any{
				"profile": profile, "orders": int64(guest.number["count-order_placed-365d"]), "spent": guest.number["sum-order_placed-order_value-365d"],
			}
		}
		interpret := func(_ *testing.B, input map[string]any) (points float64) {
			for i, p := range programs {
				if v, _, err := p.Eval(input); err == nil {
					n := float64(v.(types.Int))
					if i == len(programs)-1 {
						n = min(n, theirCap)
					}
					points += n
				}
			}
			return points
		}
		ready := input()
		race(b, guest.name+"/ready", guest.want,
			func(b *testing.B) float64 { return evaluate(b, record) },
			func(b *testing.B) float64 { return interpret(b, ready) })
		race(b, guest.name+"/written", guest.want,
			func(b *testing.B) float64 {
				record, err := abi.AppendRecord(buffer[:0], 0, values)
				if err != nil {
					b.Fatal(err)
				}
				return evaluate(b, record)
			},
			func(b *testing.B) float64 { return interpret(b, input()) })
	}
}

// race measures two rivals, whose points must be right, and how many times as long the other one takes. Beside the mean it
// gives the fastest hundred calls in a row, which a busy machine does not slow down.
func race(b *testing.B, name string, want float64, ours, theirs func(*testing.B) float64) {
	measure := func(b *testing.B, evaluate func(*testing.B) float64) (mean, least float64) {
		b.ReportAllocs()
		for b.Loop() {
			if got := evaluate(b); got != want {
				b.Fatalf("%v points, want %v", got, want)
			}
		}
		mean, least = float64(b.Elapsed().Nanoseconds())/float64(b.N), fastest(func() { evaluate(b) })
		b.ReportMetric(least, "fastest-ns/op")
		return mean, least
	}
	var mean, least float64
	b.Run(name+"/lotse", func(b *testing.B) { mean, least = measure(b, ours) })
	b.Run(name+"/cel-go", func(b *testing.B) {
		m, l := measure(b, theirs)
		if mean > 0 { // ours ran too
			b.ReportMetric(m/mean, "times-lotse")
			b.ReportMetric(l/least, "times-lotse-fastest")
		}
	})
}

func fastest(f func()) float64 {
	best := time.Hour
	for range 500 {
		start := time.Now()
		for range 100 {
			f()
		}
		best = min(best, time.Since(start))
	}
	return float64(best.Nanoseconds()) / 100
}

func load(t testing.TB, wasm []byte) *runtime.Module {
	t.Helper()
	ctx := context.Background()
	host, err := runtime.New(ctx, runtime.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close(ctx) })
	m, err := host.Load(ctx, "rules", wasm)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func celPrograms(b *testing.B) (programs []cel.Program) {
	env, err := cel.NewEnv(
		cel.CrossTypeNumericComparisons(true), cel.Variable("profile", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("orders", cel.IntType), cel.Variable("spent", cel.DoubleType))
	if err != nil {
		b.Fatal(err)
	}
	for _, text := range theirs {
		tree, issues := env.Compile(text)
		if issues.Err() != nil {
			b.Fatal(issues.Err())
		}
		p, err := env.Program(tree, cel.EvalOptions(cel.OptOptimize))
		if err != nil {
			b.Fatal(err)
		}
		programs = append(programs, p)
	}
	return programs
}

// BenchmarkCompile compiles the eight factors to a module, and loads it into the host.
func BenchmarkCompile(b *testing.B) {
	var wasm []byte
	b.Run("compile", func(b *testing.B) {
		for b.Loop() {
			result, err := compile.Compile(fit, "fit", winery)
			if err != nil {
				b.Fatal(err)
			}
			wasm = result.Wasm
		}
		b.ReportMetric(float64(len(wasm)), "module-bytes")
	})
	b.Run("load", func(b *testing.B) {
		ctx := context.Background()
		host, err := runtime.New(ctx, runtime.Config{})
		if err != nil {
			b.Fatal(err)
		}
		defer host.Close(ctx)
		for b.Loop() {
			m, err := host.Load(ctx, "fit", wasm)
			if err != nil {
				b.Fatal(err)
			}
			if err := m.Close(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}
