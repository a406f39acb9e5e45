package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules/compile"
)

// head begins every rule file of these tests; what follows begins on line 3.
const head = "version: 1.0.0\npurpose: profiling\n"

// problems compiles a file and gives what is wrong, a line each.
func problems(t testing.TB, file string) string {
	t.Helper()
	_, err := compile.Compile([]byte(file), "test", winery)
	if err == nil {
		return ""
	}
	var invalid *compile.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("%T: %v", err, err)
	}
	var lines []string
	for _, p := range invalid.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func TestProblemsHaveAPlaceAndARemedy(t *testing.T) {
	segment := func(when string) string { return head + "segments:\n  - segment: x\n    when: " + when + "\n" }
	for name, c := range map[string]struct{ file, want string }{
		"a field that is not there": {segment(`profile.contry == "DE"`), `test.yaml:5:19: the catalogue has no field "contry"; did you mean country?`},
		"a field without profile":   {segment(`country == "DE"`), `test.yaml:5:11: a field is named by its profile; write profile.country`},
		"a slip without profile":    {segment(`contry == "DE"`), `test.yaml:5:11: the name "contry" is not known; did you mean profile.country?`},
		"a function's slip":         {segment(`cuont("login") > 0`), `test.yaml:5:11: the name "cuont" is not known; did you mean count?`},
		"an event that is not there": {
			segment(`count("logn") > 0`),
			`test.yaml:5:17: the catalogue has no event "logn"; did you mean login?`,
		},
		"a window":            {segment(`count("login", "3 months") > 0`), `test.yaml:5:26: the window must be a whole number from 1 and a unit (m minutes, h hours, d days, w weeks), such as "90d", and at most ten years`},
		"an event by a field": {segment(`count(profile.country) > 0`), `test.yaml:5:25: the event of count must be a constant in quotes; such as count("page_view", "90d")`},
		"a property": {
			segment(`count("page_view", event.pth == "/") > 0`),
			`test.yaml:5:36: the catalogue has no field "pth"; did you mean path?`,
		},
		"a property of another event": {
			segment(`count("page_view", event.order_value == 3.0) > 0`),
			`test.yaml:5:36: the event page_view has no property "order_value"`,
		},
		"a filter's form": {
			segment(`count("page_view", event.path != "/") > 0`),
			`test.yaml:5:41: a filter of events cannot have this form; write event.property == "text", event.property in ["a", "b"] or event.property.startsWith("text"), joined by &&`,
		},
		"a sum of texts":      {segment(`sum("page_view", "path", "1d") > 0.0`), `test.yaml:5:28: the property path is not a number`},
		"event on its own":    {segment(`event.path == "/"`), `test.yaml:5:11: event is known in the filter of a function over events only; such as count("page_view", "90d", event.path == "/shop")`},
		"a double and an int": {segment(`profile.budget == 5`), `test.yaml:5:26: == cannot be applied to (double, int); numbers of a profile, sums and days are doubles: write 5.0 for 5; a count is an int: double(count(...)) beside a double`},
		"a wrong call":        {segment(`count("login", 3) > 0`), `test.yaml:5:11: count cannot be called with (string, int); such as count("page_view", "90d")`},
		"matches":             {segment(`profile.path.matches("^/a")`), `test.yaml:5:24: regular expressions cannot be compiled; use ==, in, startsWith, endsWith or contains`},
		"a macro":             {segment(`'["a", "b"].exists(x, profile.path == x)'`), `test.yaml:5:23: macros over lists (all, exists, map, filter) cannot be compiled; write the conditions out, joined by && or ||`},
		"joined texts":        {segment(`profile.path + "x" == "ax"`), `test.yaml:5:24: joining texts cannot be compiled; write the text as one constant, or compare the parts`},
		"a list of fields":    {segment(`profile.path in [profile.country]`), `test.yaml:5:36: a list after in may hold constants only; compare with each by == and join the comparisons with ||`},
		"an unsigned number":  {segment(`1u == 2u`), "test.yaml:5:11: a value of type uint cannot be compiled; use bool, int, double, string, timestamp or duration\n" + `test.yaml:5:17: a value of type uint cannot be compiled; use bool, int, double, string, timestamp or duration`},
		"a time zone":         {segment(`now.getHours("Europe/Berlin") > 8`), `test.yaml:5:15: a time zone cannot be compiled; leave the time zone out and think in UTC`},
		"no timestamp":        {segment(`profile.birth_date > timestamp("2000-13-01T00:00:00Z")`), `test.yaml:5:42: "2000-13-01T00:00:00Z" is not a timestamp; such as timestamp("2026-01-31T00:00:00Z") or duration("36h")`},
		"nanoseconds":         {segment(`now - profile.birth_date > duration("5ns")`), `test.yaml:5:47: a duration finer than milliseconds cannot be compiled`},
		"no condition":        {segment(`profile.budget`), `test.yaml:5:11: a condition must be true or false, and this is a number`},
		"syntax":              {segment(`profile.budget >`), `test.yaml:5:27: not CEL: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`},

		"in quotes":       {segment(`'profile.country == "DE" && profile.x == "y"'`), `test.yaml:5:47: the catalogue has no field "x"`},
		"doubled quotes":  {segment(`'profile.country == ''DE'' && profile.x == ''y'''`), `test.yaml:5:49: the catalogue has no field "x"`},
		"double quotes":   {segment(`"profile.country == \"DE\" && profile.x == 'y'"`), `test.yaml:5:49: the catalogue has no field "x"`},
		"a literal block": {segment("|\n      profile.country == \"DE\" &&\n      profile.x == \"y\""), `test.yaml:7:15: the catalogue has no field "x"`},
		"a folded block":  {segment(">-\n      profile.country == \"DE\" &&\n\n      profile.x == \"y\""), `test.yaml:8:15: the catalogue has no field "x"`},
		"a plain one on two lines": {
			segment("profile.country == \"DE\" &&\n      profile.x == \"y\""),
			`test.yaml:6:15: the catalogue has no field "x"`,
		},
		"letters beyond ASCII": {segment(`profile.country == "Ä日" && profile.x == ""`), `test.yaml:5:46: the catalogue has no field "x"`},

		"an unknown key":     {head + "segmets: []\n", "test.yaml:1:1: the file has no rules; add models, segments or traits\n" + `test.yaml:3:1: the key "segmets" is not known here; did you mean segments?`},
		"a key twice":        {head + "version: 1.0.1\nsegments: [{segment: x, when: 'true'}]\n", `test.yaml:3:1: the key version stands twice; remove one of the two`},
		"no purpose":         {"version: 1.0.0\nsegments: [{segment: x, when: 'true'}]\n", `test.yaml:1:1: the key purpose is missing; add the purpose of the catalogue under which the rules judge a visitor, such as purpose: profiling`},
		"an unknown purpose": {"version: 1.0.0\npurpose: profilng\nsegments: [{segment: x, when: 'true'}]\n", `test.yaml:2:10: the catalogue has no purpose "profilng" that permits profiling; did you mean profiling?`},
		"a version":          {"version: 1\npurpose: profiling\nsegments: [{segment: x, when: 'true'}]\n", `test.yaml:1:10: the version must be a text; write a text; put a number in quotes`},
		"a segment twice":    {head + "segments: [{segment: x, when: 'true'}, {segment: x, when: 'true'}]\n", `test.yaml:3:40: the segment x stands twice; rename one of the two`},
		"a name":             {head + "segments: [{segment: Gäste, when: 'true'}]\n", `test.yaml:3:22: "Gäste" is not a name; begin with a small letter, then small letters, digits, '-' and '_', at most 64`},
		"no points":          {head + "models: [{score: s, reasons: [{reason: r, when: 'true'}]}]\n", `test.yaml:3:31: the key points is missing; add what the reason is worth, such as points: 10`},
		"points of a text":   {head + "models: [{score: s, reasons: [{reason: r, points: '\"ten\"'}]}]\n", `test.yaml:3:52: points must be a number, and this is a text`},
		"too many points":    {head + "models: [{score: s, reasons: [{reason: r, points: 2000000000}]}]\n", `test.yaml:3:51: constant points must not be 0, and at most 1000000000`},
		"a model after all": {
			head + "models:\n  - {score: s, reasons: [{reason: r, points: 1}]}\n  - {score: s, reasons: [{reason: r, points: 2}]}\n",
			`test.yaml:5:5: the model is never used: the one before it for the score s has no condition; put the model without a condition last, or give it one`,
		},
		"a cap":                   {head + "models: [{score: s, cap: -1, reasons: [{reason: r, points: 1}]}]\n", `test.yaml:3:26: the cap of a model must be above 0; such as cap: 100`},
		"no list":                 {head + "models: {score: s}\n", `test.yaml:3:9: here belongs a list of models; begin each with a dash`},
		"empty":                   {"", `test.yaml: the file is empty; begin with version: 1.0.0`},
		"no mapping":              {"- a\n", `test.yaml:1:1: here belongs a mapping with the keys version, purpose, models, segments, traits`},
		"an alias":                {head + "segments: *x\n", `test.yaml:3:1: not valid YAML: unknown anchor 'x' referenced; check the indentation; write an expression that holds " : " or " #", or begins with a quote, [, {, ! or *, in 'quotes' or on the lines after |`},
		"a choice without quotes": {segment("profile.staff ? profile.budget > 1.0 : profile.budget > 2.0"), `test.yaml:5:1: not valid YAML: mapping values are not allowed in this context; check the indentation; write an expression that holds " : " or " #", or begins with a quote, [, {, ! or *, in 'quotes' or on the lines after |`},
		"an anchor":               {head + "segments: &x []\n", `test.yaml:3:11: anchors (&name) are not allowed; write the value out`},
		"a tag":                   {segment(`!has(profile.country)`), `test.yaml:5:11: tags (!name) are not allowed; put an expression that begins with ! in quotes`},
		"two files":               {head + "---\n" + head, `test.yaml:3:1: the file holds several documents; remove what follows the line ---`},
		"not UTF-8":               {head + "segments: \xff\n", `test.yaml: the file is not UTF-8; save it as UTF-8`},
		"too large":               {strings.Repeat("#\n", 200<<10), `test.yaml: the file is larger than 256 KiB; split it`},
		"too deep":                {head + "segments: [[[[[[[[[[]]]]]]]]]]\n", `test.yaml:3:18: the file is nested more than 8 levels deep`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, problems(t, c.file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	segment := func(when string) string { return head + "segments:\n  - segment: x\n    when: " + when + "\n" }
	reasons := func(list string) string { return head + "models:\n  - score: s\n    reasons:\n" + list }
	many := ""
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		many += "      - {reason: " + name + ", when: has(profile.country), points: 1}\n"
	}
	for name, c := range map[string]struct{ file, want string }{
		"eight reasons":  {reasons(many), `test.yaml:4:5: the model of s has 8 reasons; keep to five to seven, so that people can follow the score`},
		"seven criteria": {segment(`has(profile.country) && has(profile.need) && has(profile.path) || count("login") > 3 && now.getHours() > 8 && (!has(profile.budget) || profile.staff)`), `test.yaml:5:11: the segment x has 7 criteria; keep to six, so that people can follow it`},
		"a value that no one has": {
			segment(`profile.customer_type == "gastro"`),
			`test.yaml:5:36: the field never has the value "gastro"; the catalogue has private, gastronomy, trade`,
		},
		"a slip in a list": {segment(`profile.customer_type in ["private", "trad"]`), `test.yaml:5:48: the field never has the value "trad"; did you mean trade?`},
		"two values":       {segment(`profile.country == "DE" && profile.country == "AT"`), `test.yaml:5:11: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"an empty range":   {reasons("      - {reason: r, when: 'count(\"login\") > 5 && 3 >= count(\"login\")', points: 1}\n"), `test.yaml:6:28: the reason r never fires: its condition cannot be true; look for conditions that exclude each other`},
		"less than none":   {segment(`count("login", "90d") < 0`), `test.yaml:5:11: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"false":            {segment(`'false'`), `test.yaml:5:12: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"against the model": {
			head + "models:\n  - score: s\n    when: profile.country == \"DE\"\n    reasons: [{reason: r, when: 'profile.country in [\"AT\", \"CH\"]', points: 1}]\n",
			`test.yaml:6:34: the reason r never fires: its condition cannot be true; look for conditions that exclude each other`,
		},
		"a cap without effect":    {reasons("      - {reason: r, when: has(profile.country), points: 10, cap: 20}\n"), `test.yaml:6:9: the cap of the reason r has no effect: its points are always the same; multiply the points by what they are for, such as 10 * count(...), or leave the cap out`},
		"a cap below":             {reasons("      - {reason: r, when: has(profile.country), points: 10, cap: 5}\n"), `test.yaml:6:9: the points of the reason r are always above its cap; write the points as they count`},
		"nothing: a wide range":   {segment(`count("login") > 1 && count("login") <= 2`), ""},
		"nothing: one of two":     {segment(`profile.country == "DE" || profile.country == "AT"`), ""},
		"nothing: a narrow range": {segment(`profile.budget >= 5.0 && profile.budget <= 5.0`), ""},
		"nothing: not a value":    {segment(`profile.country == "DE" && !(profile.need == "a" && profile.need == "b")`), ""},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := compile.Compile([]byte(c.file), "test", winery)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, w := range result.Warnings {
				lines = append(lines, w.String())
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
