package compile_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"cel.dev/cel-go/common/types"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// What exists and all say where some constants give an error, in any place among the others, is what cel-go says; so it is
// with no constant, and with a name that hides another.
func TestMacrosOverConstants(t *testing.T) {
	var expressions []string
	for _, list := range []string{"", "0", "1", "2", "0, 1", "1, 0", "0, 2", "2, 0", "0, 1, 2", "2, 1, 0", "1, 0, 2", "0, 0", "2, 2"} {
		for _, macro := range []string{"exists", "all"} {
			expressions = append(expressions,
				"["+list+"]."+macro+"(x, 2 / x == 1)", // an error, false, true
				"!["+list+"]."+macro+"(x, 2 / x != 1)",
				"["+list+"]."+macro+"(x, 2 / x == 1) || profile.b0",
				"["+list+"]."+macro+"(x, 2 / x == 1) && profile.b0",
				"["+list+"]."+macro+"(x, profile.b0)",
				"["+list+"].exists(x, [0, 1]."+macro+"(y, y / x == 1))",
				"["+list+"].all(x, [0, 1]."+macro+"(x, 2 / x == 1) || x == 2)",
				"["+list+"].exists(x, ["+list+"]."+macro+"(y, 2 / y == x))",
			)
		}
	}
	for _, macro := range []string{"exists", "all"} {
		expressions = append(expressions,
			`["a", "b"].`+macro+`(x, profile.s0.startsWith(x))`,
			`["a", "b"].`+macro+`(x, x in ["b", "c"] || profile.s0 in [x, "c"])`,
			`[1.5, -2.0].`+macro+`(x, profile.n0 > x)`,
			`[1, -2].`+macro+`(x, profile.n0 > x)`,
			`[true, false].`+macro+`(x, profile.b0 == x)`,
			`[timestamp("1960-01-01T00:00:00Z"), timestamp("2020-01-01T00:00:00Z")].`+macro+`(x, x < now && x.getFullYear() > 1950)`,
			`[duration("1h"), duration("-1ms")].`+macro+`(x, now + x > now)`,
		)
	}
	x, err := compile.CompileExpressions(expressions, library)
	if err != nil {
		t.Fatal(err)
	}
	m, o := newMachine(t, x), newOracle(t)
	defer m.close()
	w := newWriter(rand.New(rand.NewPCG(6, 6)))
	seen := map[outcome]int{}
	for _, known := range []bool{false, true} {
		r := newRecord(w, 1)
		if known {
			r.values["s0"], r.profile["s0"] = abi.Value{Present: true, Type: abi.String, Text: "bc"}, types.String("bc")
			r.values["n0"], r.profile["n0"] = abi.Value{Present: true, Type: abi.Number, Number: 1.25}, types.Double(1.25)
			r.values["b0"], r.profile["b0"] = abi.Value{Present: true, Type: abi.Boolean, Number: 1}, types.True
		}
		r.write(t, m, x.Reads, w)
		for i, text := range expressions {
			if x.Errs[i] != nil {
				t.Fatal(x.Errs[i])
			}
			got, want := m.run(t, i), r.ask(t, o.program(t, text))
			if seen[want]++; got != want {
				t.Errorf("%s, known: %v: %s, want %s", text, known, got, want)
			}
		}
	}
	if seen["bool true"] < 50 || seen["bool false"] < 50 || seen[failed] < 50 {
		t.Errorf("too little of something: %v", seen)
	}
}

// What cannot be written out is refused at its place, once; what is not meant is warned of where the constant stands.
func TestProblemsOfMacros(t *testing.T) {
	numbers := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("1, ", n), ", ") + "]" }
	for name, c := range map[string]struct{ when, want string }{
		"a map":                    {`{"a": 1}.exists(x, x == "a")`, `5:12: exists and all need a list of constants before them; such as ["/wine", "/tasting"].exists(x, profile.path.startsWith(x))`},
		"a field in the list":      {`["a", profile.need].all(x, x == profile.path)`, `5:26: a list before exists and all may hold constants only; write the condition out for it`},
		"two types":                {`[1, "a"].exists(x, x == 1)`, `5:16: a list before exists and all may hold constants of one type only; write a list for each type`},
		"a name that is taken":     {`["a"].exists(now, now == "a")`, `5:18: the name now is taken; such as x`},
		"a condition, once":        {`["a", "b"].exists(x, profile.path.matches(x))`, `5:46: regular expressions cannot be compiled; use ==, in, startsWith, endsWith or contains`},
		"a joined text":            {`["a", "b"].exists(x, profile.path == "/" + x)`, `5:53: joining texts cannot be compiled; write the text as one constant, or compare the parts`},
		"a filter's text":          {`["a"].exists(x, count("page_view", event.path == x) > 0)`, `5:58: a filter of events cannot have this form; write event.property == "text", event.property in ["a", "b"] or event.property.startsWith("text"), joined by &&`},
		"another macro":            {`["a"].map(x, profile.path == x) == [true]`, "5:18: macros over lists cannot be compiled, but for exists and all; write the conditions out, joined by && or ||\n5:47: lists and maps cannot be compiled here; a list of constants may stand after in"},
		"a list that is too long":  {numbers(200) + `.exists(x, profile.budget > x)`, `5:613: written out for 134 of the 200 constants of its list, the condition has more than 400 parts; shorten the list or the condition, or use in`},
		"two that are too long":    {numbers(100) + `.exists(x, profile.budget > x) || ` + numbers(100) + `.all(x, profile.budget < x)`, `5:12: the expression has 602 parts, more than 400; split it; what exists and all ask counts once for each constant of their list`},
		"macros within each other": {nested(8, "true", "", numbers(100)+".all(x, E)"), `5:2161: written out for 4 of the 100 constants of its list, the condition has more than 400 parts; shorten the list or the condition, or use in`},
	} {
		got := problems(t, head+"segments:\n  - segment: x\n    when: '"+c.when+"'\n")
		if got = strings.ReplaceAll(got, "test.yaml:", ""); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestWarningsOfMacros(t *testing.T) {
	for name, c := range map[string]struct{ when, want string }{
		"one criterion":           {`["a", "b", "c", "d", "e", "f", "g"].exists(x, profile.path.startsWith(x))`, ""},
		"two criteria, joined":    {`["a", "b", "c", "d"].all(x, profile.path != x && profile.need != x) && profile.staff`, ""},
		"seven criteria":          {`["a", "b"].exists(x, profile.path == x || profile.need == x) || profile.staff || has(profile.budget) || has(profile.need) || has(profile.path) || has(profile.staff)`, "5:12: the segment x has 7 criteria; keep to six, so that people can follow it"},
		"a constant, where it is": {`["private", "trades", "trade"].exists(x, profile.customer_type == x || x == profile.customer_type)`, `5:24: the field customer_type never has the value "trades"; did you mean trade?`},
		"the condition, once":     {`["a", "b"].exists(x, profile.path == x && profile.customer_type == "trades")`, `5:79: the field customer_type never has the value "trades"; did you mean trade?`},
		"a filter, once":          {`[1, 2].exists(x, count("page_view", event.path == " a") > x)`, `5:62: the field path never has the value " a": spaces around a text are not kept; remove the spaces`},
		"what cannot be":          {`["a", "b"].all(x, profile.path == x)`, "5:12: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other"},
	} {
		result, err := compile.Compile([]byte(head+"segments:\n  - segment: x\n    when: '"+c.when+"'\n"), "test", winery)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, w := range result.Warnings {
			lines = append(lines, strings.TrimPrefix(w.String(), "test.yaml:"))
		}
		if got := strings.Join(lines, "\n"); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

// A file that asks for more than can be written out is refused where it goes too far, before it takes long.
func TestListsOfAFile(t *testing.T) {
	list := "[" + strings.Repeat("1, ", 10) + "1]"
	file := func(values int) string {
		y := head + "traits:\n"
		for v := range values {
			if v%64 == 0 {
				y += fmt.Sprintf("  - trait: t%d\n    values:\n", v/64)
			}
			y += fmt.Sprintf("      - {value: v%d, when: '%s.all(x, %s.all(y, profile.budget > x))'}\n", v%64, list, list)
		}
		return y
	}
	if got := problems(t, file(70)); got != "" {
		t.Error(got)
	}
	const want = ": written out for each constant of their lists, the conditions up to here have more than 40000 parts; split the file, or shorten the lists"
	lines := strings.Split(problems(t, file(128)), "\n")
	if len(lines) < 30 || len(lines) > 60 || !strings.HasSuffix(lines[0], want) || !strings.HasSuffix(lines[len(lines)-1], want) {
		t.Errorf("%d problems, %s", len(lines), lines[0])
	}
}
