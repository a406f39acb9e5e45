package compile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// What a warning says is true of every visitor there can be, and so is the range of a score. Random conditions over few values
// contradict and cover each other often; every record of these values is asked.
func TestWarningsAreTrue(t *testing.T) {
	const files = 150
	rng := rand.New(rand.NewPCG(*seed, 2))
	claims, narrow := judgeWarnings(t, rng, files, func() int { return compile.MostSteps })
	t.Logf("%d files, %d of them with a score that is bounded; claims: %v", files, narrow, claims)
	for _, kind := range []string{"segment", "value", "model", "reason", "twins"} {
		if claims[kind] < 4 {
			t.Errorf("%d claims of a %s: the test sees too little", claims[kind], kind)
		}
	}
}

// A search that ends before its time claims less, and nothing that is false, wherever it ends.
func TestWarningsAreTrueWithoutSteps(t *testing.T) {
	const files = 100
	rng := rand.New(rand.NewPCG(*seed, 3))
	claims, narrow := judgeWarnings(t, rng, files, func() int { return rng.IntN(1 + rng.IntN(1500)) })
	t.Logf("%d files, %d of them with a score that is bounded; claims: %v", files, narrow, claims)
	if len(claims) < 4 || narrow == 0 {
		t.Errorf("the test sees too little")
	}
}

// judgeWarnings judges all that is claimed of random files, each compiled with so many steps for the search. It counts the
// claims, and the scores that are bounded.
func judgeWarnings(t *testing.T, rng *rand.Rand, files int, steps func() int) (claims map[string]int, narrow int) {
	t.Helper()
	claims = map[string]int{}
	for range files {
		w := conditions{rng: rng}
		file, steps := w.file(), steps()
		result, spent, err := compile.CompileWithin([]byte(file), "test", winery, steps)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		if steps == compile.MostSteps && spent > steps/10 {
			t.Errorf("%d steps of %d are too many for a common file\n%s", spent, steps, file)
		}
		said := everySaid(t, result)
		for _, warning := range result.Warnings {
			kind, holds := judge(warning, file, said)
			if claims[kind]++; !holds {
				t.Errorf("with %d steps: %s\nbut the rules say otherwise\n%s", steps, warning, file)
			}
		}
		points := result.Points["s"]
		if points.High < 1e3 {
			narrow++
		}
		for sum := range said.scores {
			if sum < points.Low || sum > points.High {
				t.Errorf("with %d steps: a score of %v, the range is %v\n%s", steps, sum, points, file)
			}
		}
	}
	return claims, narrow
}

// allSaid is all that the rules of a file say, of any visitor.
type allSaid struct {
	names  map[string]bool   // "segment s1", "value v1", "reason r1"
	scores map[float64]bool  // sums
	groups map[string]string // by segment: to which records it was given
}

func everySaid(t *testing.T, result *compile.Result) allSaid {
	t.Helper()
	said := allSaid{map[string]bool{}, map[float64]bool{}, map[string]string{}}
	m := load(t, result.Wasm)
	reads := result.Manifest.Reads
	values := make([]abi.Value, len(reads))
	number := func(list ...float64) (out []abi.Value) {
		for _, n := range list {
			out = append(out, abi.Value{Type: abi.Number, Present: true, Number: n})
		}
		return out
	}
	choices := make([][]abi.Value, len(reads))
	for i, x := range reads {
		switch {
		case x.Aggregate == abi.Count:
			choices[i] = number(0, 1, 2, 3)
		case x.Type == abi.Number:
			choices[i] = append(number(-1, 0, 1, 1.5, 2, 3), abi.Value{Type: abi.Number})
		case x.Type == abi.Boolean:
			choices[i] = []abi.Value{{Type: abi.Boolean}, {Type: abi.Boolean, Present: true}, {Type: abi.Boolean, Present: true, Number: 1}}
		default:
			choices[i] = []abi.Value{{Type: abi.String}}
			texts := []string{"DE", "DK", "D", "AT"}
			if x.Name == "customer_type" {
				texts = []string{"private", "gastronomy", "trade"}
			}
			for _, s := range texts {
				choices[i] = append(choices[i], abi.Value{Type: abi.String, Present: true, Text: s})
			}
		}
	}
	record := 0
	var each func(slot int)
	each = func(slot int) {
		if slot < len(reads) {
			for _, v := range choices[slot] {
				values[slot] = v
				each(slot + 1)
			}
			return
		}
		record++
		raw, err := abi.AppendRecord(nil, 1_769_860_800_000, values)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := m.Evaluate(context.Background(), raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, e := range entries {
			switch e.Kind {
			case abi.ScoreEntry:
				sum += e.Number
				said.names["reason "+result.Manifest.Emits.Scores[0].Reasons[e.Reason]] = true
			case abi.SegmentEntry:
				name := result.Manifest.Emits.Segments[e.Index]
				said.names["segment "+name] = true
				said.groups[name] += fmt.Sprint(record, " ")
			case abi.TraitEntry:
				said.names["value "+result.Manifest.Emits.Traits[0].Values[e.Reason]] = true
			}
		}
		said.scores[sum] = true
	}
	each(0)
	return said
}

// judge tells which kind of claim a warning makes, and whether it is true.
func judge(w compile.Problem, file string, said allSaid) (kind string, holds bool) {
	words := strings.Fields(strings.ReplaceAll(w.Message, ":", ""))
	switch {
	case strings.HasPrefix(w.Message, "the segments "):
		return "twins", said.groups[words[2]] == said.groups[words[4]]
	case strings.HasSuffix(w.Message, " criteria"):
		return "form", true
	case strings.HasPrefix(w.Message, "the segment "), strings.HasPrefix(w.Message, "the value "), strings.Contains(w.Message, " never fires"), strings.Contains(w.Message, " never gives points"):
		return words[1], !said.names[words[1]+" "+words[2]]
	case strings.HasPrefix(w.Message, "the model is never used"):
		// Its condition stands on the line after its beginning, and its first reason is named for that line.
		return "model", !said.names[fmt.Sprintf("reason always-%d", w.Line)]
	default: // caps without effect, reasons that are the same
		return "form", true
	}
}

// conditions writes files of random conditions.
type conditions struct {
	rng    *rand.Rand
	before []string
}

func (w conditions) pick(list ...string) string { return list[w.rng.IntN(len(list))] }

func (w conditions) atom() string {
	number := func() string { return w.pick("profile.budget", "double(count(\"login\"))") }
	n := func() string { return w.pick("0.0", "1.0", "1.5", "2.0", "3.0") }
	compare := func() string { return w.pick(" < ", " <= ", " > ", " >= ", " == ", " != ") }
	switch w.rng.IntN(12) {
	case 10:
		return w.pick(`["D", "A"]`, `["DE", "A"]`, `["A"]`, `[]`) + w.pick(".exists", ".all") + "(x, profile.country" + w.pick(".startsWith(x))", " == x)", " != x)")
	case 11:
		return "[1.0, 2.0]" + w.pick(".exists", ".all") + "(x, x" + compare() + number() + ")"
	case 0, 1:
		return "profile.country" + w.pick(" == ", " != ") + w.pick(`"DE"`, `"AT"`, `"DK"`)
	case 2:
		return "profile.country in " + w.pick(`["DE", "AT"]`, `["DE", "DK"]`, `["AT"]`, `[]`)
	case 3:
		return "profile.country.startsWith(" + w.pick(`"D"`, `"DE"`, `"A"`) + ")"
	case 4:
		return "profile.customer_type in " + w.pick(`["private", "trade"]`, `["gastronomy", "trade"]`, `["private", "gastronomy", "trade"]`)
	case 5:
		return w.pick("has(profile.country)", "has(profile.budget)", "has(profile.staff)", "has(profile.customer_type)")
	case 6:
		return w.pick("profile.staff", "profile.staff == false", "profile.staff != true", "true")
	case 7:
		return `count("login")` + compare() + w.pick("0", "1", "2", "3")
	case 8:
		return n() + compare() + number()
	default:
		return number() + compare() + n()
	}
}

func (w conditions) condition(depth int) string {
	if depth == 0 || w.rng.IntN(4) == 0 {
		return w.atom()
	}
	a, b := w.condition(depth-1), w.condition(depth-1)
	switch w.rng.IntN(8) {
	case 0, 1, 2:
		return "(" + a + " && " + b + ")"
	case 3, 4:
		return "(" + a + " || " + b + ")"
	case 5, 6:
		return "!(" + a + ")"
	default:
		return "(" + a + " ? " + b + " : " + w.condition(depth-1) + ")"
	}
}

func (w conditions) points(depth int) string {
	if depth == 0 || w.rng.IntN(3) == 0 {
		return w.pick("1.5", "-2.0", "0.0", "profile.budget", `double(count("login"))`, `double(int(profile.budget) % 2)`)
	}
	a, b := w.points(depth-1), w.points(depth-1)
	switch w.rng.IntN(6) {
	case 0:
		return "(" + a + " - " + b + ")"
	case 1:
		return "(" + a + " * " + b + ")"
	case 2:
		return "(" + a + " / " + b + ")"
	case 3:
		return "-(" + a + ")"
	case 4:
		return "(" + w.condition(1) + " ? " + a + " : " + b + ")"
	default:
		return "(" + a + " + " + b + ")"
	}
}

func (w conditions) file() string {
	var y strings.Builder
	when := func(indent string) {
		condition := w.condition(1 + w.rng.IntN(3))
		if len(w.before) > 0 && w.rng.IntN(8) == 0 {
			condition = w.before[w.rng.IntN(len(w.before))]
		}
		w.before = append(w.before, condition)
		fmt.Fprintf(&y, "%swhen: '%s'\n", indent, condition)
	}
	y.WriteString(head + "models:\n")
	for m := range 3 {
		y.WriteString("  - score: s\n")
		line := strings.Count(y.String(), "\n") + 1
		when("    ")
		if w.rng.IntN(3) == 0 {
			fmt.Fprintf(&y, "    cap: %d\n", 1+w.rng.IntN(4))
		}
		fmt.Fprintf(&y, "    reasons:\n      - {reason: always-%d, points: 0.25}\n", line)
		for r := range 2 {
			fmt.Fprintf(&y, "      - reason: r%d%d\n        points: '%s * 1.0'\n", m, r, w.points(2))
			if w.rng.IntN(3) == 0 {
				fmt.Fprintf(&y, "        cap: %s\n", w.pick("2", "-2", "0.5"))
			}
			when("        ")
		}
	}
	y.WriteString("segments:\n")
	for s := range 4 {
		fmt.Fprintf(&y, "  - segment: s%d\n", s)
		when("    ")
	}
	y.WriteString("traits:\n  - trait: t\n    values:\n")
	for v := range 4 {
		fmt.Fprintf(&y, "      - value: v%d\n", v)
		when("        ")
	}
	return y.String()
}
