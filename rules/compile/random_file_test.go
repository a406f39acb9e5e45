package compile_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

var randomFiles = flag.Int("files", 80, "how many random rule files TestRandomFiles compares")

// Whole files of random rules, admitted and run by the host, say what their expressions say in cel-go's interpreter: small
// ones and some that are too large to stand in one function.
func TestRandomFiles(t *testing.T) {
	const records = 32
	library := library
	library.Purposes = []string{"profiling"}
	rng := rand.New(rand.NewPCG(*seed, 1))
	oracle := newOracle(t)
	seen := map[string]int{}
	for range *randomFiles {
		f := newFile(t, rng, oracle)
		result, err := compile.Compile([]byte(f.yaml.String()), "test", library)
		if tooDear(err) {
			seen["refused for its fuel"]++
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, f.yaml.String())
		}
		m := load(t, result.Wasm)
		for n := range records {
			r := newRecord(f.writer, []float64{0, 0.3, 0.3, 0.3, 0.3, 0, 0.3, 1}[n%8])
			raw, err := abi.AppendRecord(nil, r.now, r.valuesOf(result.Manifest.Reads))
			if err != nil {
				t.Fatal(err)
			}
			entries, err := m.Evaluate(context.Background(), raw, nil)
			if err != nil {
				t.Fatalf("%v\n%s", err, f.yaml.String())
			}
			got, want := spell(&result.Manifest, entries), f.says(t, r, seen)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s\n%v\n%s", diff, r, f.yaml.String())
			}
		}
	}
	if refused := seen["refused for its fuel"]; refused > *randomFiles/4 {
		t.Errorf("%d of %d files are refused for their fuel", refused, *randomFiles)
	}
	t.Logf("%d files on %d records each: %v", *randomFiles, records, seen)
	for _, what := range []string{
		"no model", "the first model", "a later model", "a condition that is an error", "a condition that is false", "points", "negative points", "points that are an error",
		"points beyond what they may be", "no points", "a reason's cap", "a reason's negative cap", "a model's cap", "a model's cap that leaves nothing of a reason",
		"a segment", "not a segment", "a segment whose condition is an error", "the first value", "a later value", "the value without a condition", "no value",
	} {
		if seen[what] == 0 {
			t.Errorf("the files never say: %s", what)
		}
	}
}

// ruleFile is a random file, and its meaning in cel-go.
type ruleFile struct {
	writer *writer
	yaml   strings.Builder
	scores []ruleScore
	groups [][]ruleWhen // the segments, then the values of each trait
}

type ruleScore struct {
	name   string
	models []ruleModel
}

type ruleModel struct {
	when    cel.Program // nil: always
	cap     float64     // 0: none
	reasons []ruleReason
}

type ruleReason struct {
	name   string
	when   cel.Program // nil: always
	points cel.Program
	cap    float64 // 0: none
}

type ruleWhen struct {
	says string
	when cel.Program // nil: always
}

func newFile(t *testing.T, rng *rand.Rand, o *oracle) *ruleFile {
	f := &ruleFile{writer: newWriter(rng)}
	f.writer.know(pick(rng, []int{1, 2, 2, 20})) // few, so that rules share them, or more than a word has bits
	depth := 1 + rng.IntN(5)
	write := func(format string, args ...any) { fmt.Fprintf(&f.yaml, format, args...) }
	expression := func(kind string) (string, cel.Program) {
		x := pick(rng, forms[kind])
		for strings.HasPrefix(x.name, "conversion") { // of a constant it is one still, and the compiler asks more of it
			x = pick(rng, forms[kind])
		}
		ours, theirs := f.writer.root(x, 1+rng.IntN(depth))
		return "'" + strings.ReplaceAll(ours, "'", "''") + "'", o.program(t, theirs)
	}
	when := func(indent string, often float64) (p cel.Program) {
		if rng.Float64() < often {
			var text string
			text, p = expression("bool")
			write("%swhen: %s\n", indent, text)
		}
		return p
	}
	write(head + "models:\n")
	for s := range 1 + rng.IntN(2) {
		score := ruleScore{name: fmt.Sprintf("s%d", s)}
		for last := rng.IntN(3); last >= 0; last-- {
			write("  - score: %s\n", score.name)
			m := ruleModel{}
			if last > 0 {
				m.when = when("    ", 1)
			} else {
				m.when = when("    ", 0.3)
			}
			if rng.IntN(2) == 0 {
				m.cap = float64(1+rng.IntN(80)) / 2
				write("    cap: %v\n", m.cap)
			}
			write("    reasons:\n")
			for _, i := range rng.Perm(12)[:1+rng.IntN(12)] { // models share reasons, each in an order of its own
				r := ruleReason{name: fmt.Sprintf("r%d", i)}
				var points string
				switch rng.IntN(5) {
				case 0, 1:
					points = fmt.Sprint(pick(rng, []float64{1, 2, 5, 10, 20, -3, -10, 0.1, 2.5}))
					r.points = o.program(t, points)
				case 2: // points as people write them
					condition, p := f.writer.root(pick(rng, forms["bool"]), 1+rng.IntN(2))
					points = "'" + strings.ReplaceAll(condition, "'", "''") + " ? 10 : -5'"
					r.points = o.program(t, p+" ? 10 : -5")
				case 3:
					condition, p := f.writer.root(pick(rng, forms["bool"]), 1)
					x, px := f.writer.read("double")
					form := " ? " + pick(rng, []string{"@ : @ + 1.0", "@ + 1.0 : @", "1.0 : @", "(@ > 1.0 ? @ : 2.0) : @ + 3.0"})
					points = "'" + strings.ReplaceAll(condition, "'", "''") + strings.ReplaceAll(form, "@", x) + "'"
					r.points = o.program(t, p+strings.ReplaceAll(form, "@", px))
				default:
					points, r.points = expression([]string{"int", "double"}[rng.IntN(2)])
				}
				write("      - reason: %s\n        points: %s\n", r.name, points)
				r.when = when("        ", 0.75)
				if rng.IntN(2) == 0 {
					r.cap = float64(rng.IntN(30)) - 14.5
					write("        cap: %v\n", r.cap)
				}
				m.reasons = append(m.reasons, r)
			}
			score.models = append(score.models, m)
		}
		f.scores = append(f.scores, score)
	}
	write("segments:\n")
	f.groups = make([][]ruleWhen, 1+1+rng.IntN(2))
	for i := range 1 + rng.IntN(10) {
		write("  - segment: g%d\n", i)
		f.groups[0] = append(f.groups[0], ruleWhen{fmt.Sprintf("g%d", i), when("    ", 1)})
	}
	write("traits:\n")
	for n := 1; n < len(f.groups); n++ {
		write("  - trait: t%d\n    values:\n", n)
		for last := rng.IntN(4); last >= 0; last-- {
			write("      - value: v%d\n", last)
			often := 1.0
			if last == 0 {
				often = 0.5
			}
			f.groups[n] = append(f.groups[n], ruleWhen{fmt.Sprintf("t%d v%d", n, last), when("        ", often)})
		}
	}
	return f
}

// holds asks a condition.
func (r *record) holds(t *testing.T, p cel.Program, seen map[string]int) bool {
	if p == nil {
		return true
	}
	switch r.ask(t, p) {
	case "bool true":
		return true
	case failed:
		seen["a condition that is an error"]++
	default:
		seen["a condition that is false"]++
	}
	return false
}

// says is what the format promises, naively, and counts what it came by.
func (f *ruleFile) says(t *testing.T, r *record, seen map[string]int) string {
	var lines []string
	for _, s := range f.scores {
		used := slices.IndexFunc(s.models, func(m ruleModel) bool { return r.holds(t, m.when, seen) })
		switch {
		case used < 0:
			seen["no model"]++
			continue
		case used == 0:
			seen["the first model"]++
		default:
			seen["a later model"]++
		}
		m := s.models[used]
		for i, p := range m.points(t, r, seen) {
			switch {
			case p > 0:
				seen["points"]++
			case p < 0:
				seen["negative points"]++
			}
			if p != 0 {
				lines = append(lines, fmt.Sprintf("%s %s %v", s.name, m.reasons[i].name, p))
			}
		}
	}
	for _, x := range f.groups[0] {
		switch r.ask(t, x.when) {
		case "bool true":
			seen["a segment"]++
			lines = append(lines, x.says)
		case failed:
			seen["a segment whose condition is an error"]++
		default:
			seen["not a segment"]++
		}
	}
	for _, values := range f.groups[1:] {
		n := slices.IndexFunc(values, func(x ruleWhen) bool { return r.holds(t, x.when, seen) })
		switch {
		case n < 0:
			seen["no value"]++
			continue
		case values[n].when == nil:
			seen["the value without a condition"]++
		case n == 0:
			seen["the first value"]++
		default:
			seen["a later value"]++
		}
		lines = append(lines, values[n].says)
	}
	return strings.Join(lines, "; ")
}

// points gives what each reason is worth, 0 for nothing.
func (m *ruleModel) points(t *testing.T, r *record, seen map[string]int) []float64 {
	points := make([]float64, len(m.reasons))
	sum := 0.0
	for i, x := range m.reasons {
		if r.holds(t, x.when, seen) {
			points[i] = r.points(t, x.points, seen)
		}
		switch {
		case x.cap > 0 && points[i] > x.cap:
			points[i] = x.cap
			seen["a reason's cap"]++
		case x.cap < 0 && points[i] < x.cap:
			points[i] = x.cap
			seen["a reason's negative cap"]++
		}
		sum += points[i]
	}
	if excess := sum - m.cap; m.cap > 0 && excess > 0 {
		seen["a model's cap"]++
		for i := len(points) - 1; i >= 0; i-- {
			cut := min(max(points[i], 0), excess)
			points[i] -= cut
			excess -= cut
			if cut > 0 && points[i] == 0 {
				seen["a model's cap that leaves nothing of a reason"]++
			}
		}
	}
	return points
}

// points is the value of an expression as points: 0 for an error and for what points must not be.
func (r *record) points(t *testing.T, p cel.Program, seen map[string]int) float64 {
	v, _, err := p.Eval(r.input())
	if err != nil {
		seen["points that are an error"]++
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
		seen["points beyond what they may be"]++
		return 0
	}
	if n == 0 {
		seen["no points"]++
	}
	return n
}
