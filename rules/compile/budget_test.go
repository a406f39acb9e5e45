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
