package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
)

// nested writes a form around itself, so many times: E is what was written before, L stands as it is.
func nested(times int, e, l, form string) string {
	for range times {
		e = strings.NewReplacer("E", e, "L", l).Replace(form)
	}
	return e
}

// repeated joins copies of a form, in which N is the number of the copy.
func repeated(times int, form, join string) string {
	parts := make([]string, times)
	for i := range parts {
		parts[i] = strings.ReplaceAll(form, "N", fmt.Sprint(i))
	}
	return strings.Join(parts, join)
}

// Files that whoever uploads them could make for a long search: it stays within its budget, and what they say is compiled.
// How long a step takes does not depend on the file; that is seen by counting, since a clock depends on the machine.
func TestLongSearches(t *testing.T) {
	const never = `count("login") < 0`
	reasons := func(count int, when, points string) string {
		y := head + "models:\n  - score: s\n    reasons:\n"
		for r := range count {
			y += fmt.Sprintf("      - reason: r%d\n        when: '%s'\n        points: '%s'\n", r, strings.ReplaceAll(when, "R", fmt.Sprint(r)), points)
		}
		return y
	}
	values := func(when string) string {
		y := head + "traits:\n"
		for trait := range 16 {
			y += fmt.Sprintf("  - trait: t%d\n    values:\n", trait)
			for v := range 64 {
				y += fmt.Sprintf("      - {value: v%d, when: '%s'}\n", v, strings.ReplaceAll(when, "R", fmt.Sprint(v)))
			}
		}
		return y
	}
	for name, x := range map[string]struct {
		file string
		ends bool // the budget does not suffice
	}{
		"choices within a choice's condition": {head + "segments: [{segment: x, when: '" + nested(30, never, never, "(E ? L : L)") + "'}]\n", true},
		"choices of points":                   {reasons(1, "true", "("+nested(29, never, never, "(E ? L : L)")+" ? 1 : 2)"), true},
		"reasons of 400 operations":           {reasons(64, repeated(79, "profile.budget*N.0>R.0", "||"), "1"), false},
		"what is known, compared with all":    {values(repeated(7, "profile.budget*N.0>R.0", "&&")), true},
		"ways, each covered by an earlier":    {values(repeated(9, "profile.budget>N.0", "||")), false},
		"texts that are barred":               {reasons(64, repeated(130, `profile.country!="N"`, "&&"), "1"), true},
		"beginnings of texts":                 {reasons(64, repeated(110, `profile.country.startsWith("")`, "&&"), "1"), true},
		"long lists":                          {reasons(64, "profile.country in ["+repeated(500, `"N"`, ",")+"]", "1"), false},
		"long lists that differ at their end": {reasons(64, "profile.country in ["+repeated(500, `"N"`, ",")+`,"R"]`, "1"), true},
	} {
		result, spent, err := compile.CompileWithin([]byte(x.file), "test", winery, compile.MostSteps)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if ended := spent == compile.MostSteps; ended != x.ends {
			t.Errorf("%s, %d bytes: %d steps of %d", name, len(x.file), spent, compile.MostSteps)
		}
		if points, ok := result.Points["s"]; ok && points.High < 1 {
			t.Errorf("%s: its points are %v, and they can be 1", name, points)
		}
	}
}

// What was meant by a word is looked for as often as it is told, and not for all the words of a long file: that is seen by what
// it allocates, beside the same words when they are not wrong.
func TestManySlips(t *testing.T) {
	words := func(form string) []string { return strings.Fields(repeated(200, form, " ")) }
	catalogue := func(values, events []string) compile.Catalogue {
		c := compile.Catalogue{Purposes: []string{"profiling"}, Fields: []compile.Field{{Name: "wine", Values: values}}, Events: []compile.Event{{Name: "look", Properties: []string{"wine"}}}}
		for _, name := range events {
			c.Events = append(c.Events, compile.Event{Name: name})
		}
		return c
	}
	list := "[" + repeated(60, `"rde-wine-N"`, ",") + "]"
	for name, x := range map[string]struct {
		when         string
		wrong, right compile.Catalogue
	}{
		"texts":            {"profile.wine in " + list, catalogue(words("red-wine-N"), nil), catalogue(nil, nil)},
		"texts of filters": {`count("look", event.wine in ` + list + ") > 0", catalogue(words("red-wine-N"), nil), catalogue(nil, nil)},
		"events":           {repeated(60, `count("loked-N") > 0`, "&&"), catalogue(nil, words("looked-N")), catalogue(nil, words("loked-N"))},
	} {
		file := head + "segments:\n"
		for s := range 64 {
			file += fmt.Sprintf("  - segment: s%d\n    when: '%s'\n", s, x.when)
		}
		allocated := func(c compile.Catalogue) float64 {
			return testing.AllocsPerRun(1, func() { _, _ = compile.Compile([]byte(file), "test", c) })
		}
		if wrong, right := allocated(x.wrong), allocated(x.right); wrong > 2*right {
			t.Errorf("%s: %v allocations with slips, %v without", name, wrong, right)
		}
	}
}

// Of a file that reads too many features no more are named than it takes to refuse it.
func TestManyFeatures(t *testing.T) {
	allocated := func(segments int) float64 {
		file := head + "segments:\n"
		for s := range segments {
			file += fmt.Sprintf("  - segment: s%d\n    when: '%s'\n", s, repeated(40, fmt.Sprintf(`count("page_view", event.path == "%d-N") > 0`, s), "&&"))
		}
		if got, want := problems(t, file), "test.yaml: the rules read more than 256 features; split the file"; got != want {
			t.Fatalf("got %s", got)
		}
		return testing.AllocsPerRun(1, func() { _, _ = compile.Compile([]byte(file), "test", winery) })
	}
	if few, many := allocated(7), allocated(64); many > 2*few {
		t.Errorf("%v allocations for 64 segments, %v for 7", many, few)
	}
}

// Where the search ends before its time, nothing is claimed: not even what is true.
func TestNothingIsClaimedWithoutSteps(t *testing.T) {
	file := head + `models:
  - score: s
    reasons:
      - {reason: a, points: 2, when: profile.budget > 1.0}
      - {reason: b, points: 2, when: profile.budget > 1.0}
      - {reason: c, points: 3, when: profile.budget > 1.0 && profile.budget < 1.0}
      - {reason: d, points: '2 + (count("login") > 0 ? 1 : 2)', cap: 5}
segments:
  - {segment: x, when: profile.country == "DE"}
  - {segment: y, when: profile.country == "DE"}
traits:
  - {trait: t, values: [{value: v, when: has(profile.budget)}, {value: w, when: profile.budget > 1.0}]}
`
	for steps, want := range map[int]int{compile.MostSteps: 5, 0: 0} {
		result, spent, err := compile.CompileWithin([]byte(file), "test", winery, steps)
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Warnings) != want {
			t.Errorf("%d steps, %d spent: %v", steps, spent, result.Warnings)
		}
		if points := result.Points["s"]; points.Low > 0 || points.High < 8 {
			t.Errorf("%d steps: points of %v", steps, points)
		}
	}
}
