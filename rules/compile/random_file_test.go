package compile_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Whole files of random rules, admitted and run by the host, say what their expressions say in cel-go's interpreter.
func TestRandomFiles(t *testing.T) {
	const files, records = 25, 20
	library := library
	library.Purposes = []string{"profiling"}
	rng := rand.New(rand.NewPCG(*seed, 1))
	oracle := newOracle(t)
	spoken := 0
	for range files {
		f := newFile(t, rng, oracle)
		result, err := compile.Compile([]byte(f.yaml.String()), "test", library)
		if err != nil {
			t.Fatalf("%v\n%s", err, f.yaml.String())
		}
		m := load(t, result.Wasm)
		for range records {
			r := newRecord(rng)
			raw, err := abi.AppendRecord(nil, r.now, r.valuesOf(result.Manifest.Reads))
			if err != nil {
				t.Fatal(err)
			}
			entries, err := m.Evaluate(context.Background(), raw, nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, f.yaml.String())
			}
			got, want := spell(&result.Manifest, entries), f.says(t, r)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s\n%v\n%s", diff, r, f.yaml.String())
			}
			spoken += len(entries)
		}
	}
	t.Logf("%d entries of %d files on %d records each", spoken, files, records)
	if spoken < files*records/2 {
		t.Error("the files say too little")
	}
}

// ruleFile is a random file, and its meaning in cel-go.
type ruleFile struct {
	yaml     strings.Builder
	reasons  []ruleReason
	cap      float64 // 0: none
	segments []cel.Program
	values   []cel.Program
}

type ruleReason struct {
	when   cel.Program // nil: always
	points cel.Program
	cap    float64 // 0: none
}

func newFile(t *testing.T, rng *rand.Rand, o *oracle) *ruleFile {
	w := writer{rng: rng}
	f := &ruleFile{}
	expression := func(kind string) (string, cel.Program) {
		for {
			ours, theirs := w.expression(kind, 1+rng.IntN(3))
			if len(ours) < 1000 {
				return "'" + strings.ReplaceAll(ours, "'", "''") + "'", o.program(t, theirs)
			}
		}
	}
	f.yaml.WriteString(head + "models:\n  - score: s\n")
	if rng.IntN(2) == 0 {
		f.cap = float64(1 + rng.IntN(40))
		fmt.Fprintf(&f.yaml, "    cap: %v\n", f.cap)
	}
	f.yaml.WriteString("    reasons:\n")
	for i := range 1 + rng.IntN(12) {
		var r ruleReason
		var points string
		if rng.IntN(2) == 0 {
			points = fmt.Sprint(1 + rng.IntN(20))
			r.points = o.program(t, points)
		} else {
			points, r.points = expression([]string{"int", "double"}[rng.IntN(2)])
		}
		fmt.Fprintf(&f.yaml, "      - reason: r%d\n        points: %s\n", i, points)
		if rng.IntN(4) > 0 {
			var when string
			when, r.when = expression("bool")
			fmt.Fprintf(&f.yaml, "        when: %s\n", when)
		}
		if rng.IntN(2) == 0 {
			r.cap = float64(rng.IntN(30)) - 14.5
			fmt.Fprintf(&f.yaml, "        cap: %v\n", r.cap)
		}
		f.reasons = append(f.reasons, r)
	}
	list := func(format string) (programs []cel.Program) {
		for i := range 1 + rng.IntN(6) {
			when, p := expression("bool")
			fmt.Fprintf(&f.yaml, format, i, when)
			programs = append(programs, p)
		}
		return programs
	}
	f.yaml.WriteString("segments:\n")
	f.segments = list("  - {segment: s%d, when: %s}\n")
	f.yaml.WriteString("traits:\n  - trait: t\n    values:\n")
	f.values = list("      - {value: v%d, when: %s}\n")
	return f
}

// says is what the format promises, naively.
func (f *ruleFile) says(t *testing.T, r *record) string {
	var lines []string
	points := make([]float64, len(f.reasons))
	sum := 0.0
	for i, x := range f.reasons {
		if x.when != nil && r.ask(t, x.when) != "bool true" {
			continue
		}
		points[i] = r.points(t, x.points)
		switch {
		case points[i] == 0:
		case x.cap > 0:
			points[i] = min(points[i], x.cap)
		case x.cap < 0:
			points[i] = max(points[i], x.cap)
		}
	}
	for _, p := range points {
		sum += p
	}
	if excess := sum - f.cap; f.cap > 0 && excess > 0 {
		for i := len(points) - 1; i >= 0; i-- {
			cut := min(max(points[i], 0), excess)
			points[i] -= cut
			excess -= cut
		}
	}
	for i, p := range points {
		if p != 0 {
			lines = append(lines, fmt.Sprintf("s r%d %v", i, p))
		}
	}
	for i, p := range f.segments {
		if r.ask(t, p) == "bool true" {
			lines = append(lines, fmt.Sprintf("s%d", i))
		}
	}
	for i, p := range f.values {
		if r.ask(t, p) == "bool true" {
			lines = append(lines, fmt.Sprintf("t v%d", i))
			break
		}
	}
	return strings.Join(lines, "; ")
}

// points is the value of an expression as points: 0 for an error and for what points must not be.
func (r *record) points(t *testing.T, p cel.Program) float64 {
	v, _, err := p.Eval(r.input())
	if err != nil {
		return 0
	}
	var n float64
	switch v := v.Value().(type) {
	case int64:
		n = float64(v)
	case float64:
		n = v
	default:
		t.Fatalf("points are a %T", v)
	}
	if !(math.Abs(n) <= 1e9) {
		return 0
	}
	return n
}
