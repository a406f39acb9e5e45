package compile_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
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
		"a sum of texts":                {segment(`sum("page_view", "path", "1d") > 0.0`), `test.yaml:5:28: the property path is not a number`},
		"event on its own":              {segment(`event.path == "/"`), `test.yaml:5:11: event is known in the filter of a function over events only; such as count("page_view", "90d", event.path == "/shop")`},
		"a double and an int":           {segment(`profile.budget == 5`), `test.yaml:5:26: == cannot be applied to (double, int); numbers of a profile, sums and days are doubles: write 5.0 for 5; a count is an int: double(count(...)) beside a double`},
		"a wrong call":                  {segment(`count("login", 3) > 0`), `test.yaml:5:11: count cannot be called with (string, int); such as count("page_view", "90d")`},
		"begins with a bracket":         {segment(`)0`), `test.yaml:5:11: ")" cannot stand here; an operator such as && or == may be missing before it`},
		"contains of a field":           {segment(`profile.path.contains(profile.need)`), `test.yaml:5:41: contains needs a constant text in its parentheses; write a text in quotes, such as "wine"; startsWith and endsWith go with a field, too`},
		"matches":                       {segment(`profile.path.matches("^/a")`), `test.yaml:5:24: regular expressions cannot be compiled; use ==, in, startsWith, endsWith or contains`},
		"a macro":                       {segment(`'["a", "b"].exists_one(x, profile.path == x)'`), `test.yaml:5:23: macros over lists cannot be compiled, but for exists and all; write the conditions out, joined by && or ||`},
		"joined texts":                  {segment(`profile.path + "x" == "ax"`), `test.yaml:5:24: joining texts cannot be compiled; write the text as one constant, or compare the parts`},
		"a list of fields":              {segment(`profile.path in [profile.country]`), `test.yaml:5:36: a list after in may hold constants only; compare with each by == and join the comparisons with ||`},
		"an unsigned number":            {segment(`1u == 2u`), "test.yaml:5:11: a value of type uint cannot be compiled; use bool, int, double, string, timestamp or duration\n" + `test.yaml:5:17: a value of type uint cannot be compiled; use bool, int, double, string, timestamp or duration`},
		"a time zone":                   {segment(`now.getHours("Europe/Berlin") > 8`), `test.yaml:5:15: a time zone cannot be compiled; leave the time zone out and think in UTC`},
		"no timestamp":                  {segment(`profile.birth_date > timestamp("2000-13-01T00:00:00Z")`), `test.yaml:5:42: "2000-13-01T00:00:00Z" is not a timestamp; such as timestamp("2026-01-31T00:00:00Z") or duration("36h")`},
		"nanoseconds":                   {segment(`now - profile.birth_date > duration("5ns")`), `test.yaml:5:47: a duration finer than milliseconds cannot be compiled`},
		"no condition":                  {segment(`profile.budget`), `test.yaml:5:11: a condition must be true or false, and this is a number`},
		"the expression ends too early": {segment(`profile.budget >`), `test.yaml:5:27: the expression ends where something is still to come; write what is missing, or take the last operator away`},
		"a comma in a number":           {segment(`profile.budget >= 2,5`), `test.yaml:5:30: a number is written with a point, not with a comma; write 2.5`},
		"curly quotes":                  {segment(`profile.country == „DE“`), `test.yaml:5:30: „ is no quote of an expression; write texts in straight quotes, such as "DE"`},
		"a curly apostrophe":            {segment(`’!(profile.staff)’`), `test.yaml:5:11: ’ is no quote of an expression; write texts in straight quotes, such as "DE"`},
		"an umlaut in a field":          {segment(`profile.größe > 3.0`), `test.yaml:5:21: the name "größe" has a letter that no name has; write it with a-z, A-Z, 0-9 and _, as the catalogue does`},
		"a text without its end":        {segment(`profile.country == "DE`), `test.yaml:5:30: a text is not closed; add " where it ends`},
		"one equals sign":               {segment(`profile.country = "DE"`), `test.yaml:5:27: = alone compares nothing; write == to compare`},
		"one ampersand":                 {segment(`profile.staff & profile.staff`), `test.yaml:5:25: & alone joins nothing; write &&`},
		"and in words":                  {segment(`profile.staff AND profile.staff`), `test.yaml:5:25: "AND" is no word of an expression; write &&`},
		"or in words":                   {segment(`profile.staff oder profile.staff`), `test.yaml:5:25: "oder" is no word of an expression; write ||`},
		"is in words":                   {segment(`profile.country is "DE"`), `test.yaml:5:27: "is" is no word of an expression; write ==`},
		"not in words":                  {segment(`profile.country not in ["DE"]`), `test.yaml:5:27: "not" is no word of an expression; write !(...), such as '!(profile.country in ["DE"])'`},
		"a word too many":               {segment(`profile.staff please`), `test.yaml:5:25: "please" cannot stand here; an operator such as && or == may be missing before it`},
		"an open list":                  {segment(`profile.country in ["DE", "AT"`), `test.yaml:5:41: a list is not closed; add ]`},
		"an open bracket":               {segment(`count("login", "1d"`), `test.yaml:5:30: a bracket is not closed; add )`},
		"a strange sign":                {segment(`profile.budget > 5.0 €`), `test.yaml:5:32: "€" is no part of an expression; take it away`},
		"an event without quotes":       {segment(`count(login, "1d") > 0`), `test.yaml:5:17: the event login is named in quotes; write "login"`},
		"an event of no likeness":       {segment(`count("webinar", "1d") > 0`), `test.yaml:5:17: the catalogue has no event "webinar"; it has webinar_registered, page_view, order_placed, login`},
		"=> for >=":                     {segment(`profile.budget => 5.0`), `test.yaml:5:26: => compares nothing; write >=`},
		"not":                           {segment(`not profile.staff`), `test.yaml:5:15: not is no word of an expression; write !, such as !profile.newsletter`},
		"a window unquoted":             {segment(`count("login", 90d) > 1`), `test.yaml:5:28: a length of time is a text; write it in quotes, such as "90d"`},
		"a text unquoted":               {segment(`profile.need == gifts`), `test.yaml:5:27: the name "gifts" is not known; a text stands in quotes: "gifts"`},
		"an unknown function":           {segment(`profile.country.toLower() == "de"`), `test.yaml:5:27: the name "toLower" is not known; the functions are count, days_since_first, days_since_last, decayed, sum; startsWith, endsWith, contains and size of a text`},
		"null":                          {segment(`profile.country == null`), `test.yaml:5:27: == cannot be applied to (string, null); write has(profile.NAME) for a field that is known, !has(profile.NAME) for one that is not`},
		"a number in quotes":            {segment(`profile.budget > "5"`), `test.yaml:5:26: > cannot be applied to (double, string); a number stands without quotes, a text within`},
		"true in quotes":                {segment(`profile.staff == "true"`), `test.yaml:5:25: == cannot be applied to (bool, string); true and false stand without quotes`},
		"a chain":                       {segment(`5 < count("login") < 10`), `test.yaml:5:30: < cannot be applied to (bool, int); a chain of comparisons is written a < b && b < c`},
		"a text's function":             {segment(`profile.budget.contains("a")`), `test.yaml:5:26: contains cannot be applied to double.(string); it goes with texts`},
		"a filter of nothing":           {segment(`count("page_view", event.path == "") > 1`), `test.yaml:5:44: a filter cannot ask for an empty text; count all events without a filter, or name a text`},

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

		"an unknown key":     {head + "segmets: []\n", `test.yaml:3:1: the key "segmets" is not known here; did you mean segments?`},
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
		"a slip, not an absence": {head + "models: [{score: s, reasons: [{reason: r, pionts: 1}]}]\n", `test.yaml:3:43: the key "pionts" is not known here; did you mean points?`},
		"a model after one with a mistake": {
			head + "models:\n  - {score: s, when: profile.sttaff, reasons: [{reason: r, points: 1}]}\n  - {score: s, reasons: [{reason: r, points: 2}]}\n",
			`test.yaml:4:30: the catalogue has no field "sttaff"; did you mean staff?`,
		},
		"a value after one without a condition": {
			head + "traits: [{trait: t, values: [{value: a, when: profile.stff}, {value: b}, {value: c}]}]\n",
			`test.yaml:3:55: the catalogue has no field "stff"; did you mean staff?` + "\n" + `test.yaml:3:74: the value is never given: the one before it has no condition; put the value without a condition last`,
		},
		"a cap":                   {head + "models: [{score: s, cap: -1, reasons: [{reason: r, points: 1}]}]\n", `test.yaml:3:26: the cap of a model must be above 0; such as cap: 100`},
		"no list":                 {head + "models: {score: s}\n", `test.yaml:3:9: here belongs a list of models; begin each with a dash`},
		"empty":                   {"", `test.yaml: the file is empty; begin with version: 1.0.0`},
		"no mapping":              {"- a\n", `test.yaml:1:1: here belongs a mapping with the keys version, purpose, models, segments, traits`},
		"an alias":                {head + "segments: *x\n", `test.yaml:3:1: not valid YAML: unknown anchor 'x' referenced; check the indentation; write an expression that stands within { }, holds " : " or " #", or begins with a quote, [, {, ! or *, in 'quotes' or on the lines after |`},
		"a choice without quotes": {segment("profile.staff ? profile.budget > 1.0 : profile.budget > 2.0"), `test.yaml:5:1: not valid YAML: mapping values are not allowed in this context; check the indentation; write an expression that stands within { }, holds " : " or " #", or begins with a quote, [, {, ! or *, in 'quotes' or on the lines after |`},
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
		many += "      - {reason: " + name + ", when: 'profile.country == \"" + name + "\"', points: 1}\n"
	}
	for name, c := range map[string]struct{ file, want string }{
		"eight reasons":  {reasons(many), `test.yaml:4:5: the model of s has 8 reasons; keep to five to seven, so that people can follow the score`},
		"seven criteria": {segment(`has(profile.country) && has(profile.need) && has(profile.path) || count("login") > 3 && now.getHours() > 8 && (!has(profile.budget) || profile.staff)`), `test.yaml:5:11: the segment x has 7 criteria; keep to six, so that people can follow it`},
		"a value that no one has": {
			segment(`profile.customer_type == "gastro"`),
			`test.yaml:5:36: the field customer_type never has the value "gastro"; the catalogue has private, gastronomy, trade`,
		},
		"a slip in a list": {segment(`profile.customer_type in ["private", "trad"]`), `test.yaml:5:48: the field customer_type never has the value "trad"; did you mean trade?`},
		"two values":       {segment(`profile.country == "DE" && profile.country == "AT"`), `test.yaml:5:11: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"an empty range":   {reasons("      - {reason: r, when: 'count(\"login\") > 5 && 3 >= count(\"login\")', points: 1}\n"), `test.yaml:6:28: the reason r never fires: its condition cannot be true; look for conditions that exclude each other`},
		"less than none":   {segment(`count("login", "90d") < 0`), `test.yaml:5:11: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"false":            {segment(`'false'`), `test.yaml:5:12: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"against the model": {
			head + "models:\n  - score: s\n    when: profile.country == \"DE\"\n    reasons: [{reason: r, when: 'profile.country in [\"AT\", \"CH\"]', points: 1}]\n",
			`test.yaml:6:34: the reason r never fires: its condition cannot be true; look for conditions that exclude each other`,
		},
		"a cap without effect": {reasons("      - {reason: r, when: has(profile.country), points: 10, cap: 20}\n"), `test.yaml:6:9: the cap of the reason r has no effect: its points are always the same; multiply the points by what they are for, such as 10 * count(...), or leave the cap out`},
		"a cap below":          {reasons("      - {reason: r, when: has(profile.country), points: 10, cap: 5}\n"), `test.yaml:6:9: the points of the reason r are always above its cap; write the points as they count`},
		"a known that is not":  {segment(`'!has(profile.country) && profile.country == "DE"'`), `test.yaml:5:12: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"none of all values": {
			segment(`'!(profile.customer_type in ["private", "trade", "gastronomy"])'`),
			`test.yaml:5:12: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`,
		},
		"an empty text":   {segment(`profile.country == ""`), `test.yaml:5:30: a text that is known is never empty; write !has(profile.country) for one that is not known`},
		"spaces":          {segment(`profile.country in ["DE", "AT "]`), `test.yaml:5:37: the field country never has the value "AT ": spaces around a text are not kept; remove the spaces`},
		"a value's start": {segment(`profile.customer_type.startsWith("gastro_")`), `test.yaml:5:44: no value of the field customer_type begins with "gastro_"; the catalogue has private, gastronomy, trade`},
		"a segment twice": {
			head + "segments:\n  - {segment: x, when: profile.staff}\n  - {segment: y, when: profile.staff}\n",
			`test.yaml:5:24: the segments x and y have the same condition, so they hold the same visitors; mend one of the two, or leave it out`,
		},
		"a value that is covered": {
			head + "traits:\n  - trait: t\n    values:\n      - {value: a, when: count(\"login\") >= 3}\n      - {value: b, when: count(\"login\") >= 10}\n",
			`test.yaml:7:26: the value b is never given: a stands before it, and its condition holds wherever this one does; put the narrower condition first`,
		},
		"a model that is covered": {
			head + "models:\n  - {score: s, when: has(profile.country), reasons: [{reason: r, points: 1}]}\n  - {score: s, when: profile.country == \"DE\", reasons: [{reason: r, points: 2}]}\n",
			`test.yaml:5:22: the model is never used: the one on line 4 stands before it, and its condition holds wherever this one does; put the narrower condition first`,
		},
		"a reason twice": {
			reasons("      - {reason: a, when: profile.staff, points: 5}\n      - {reason: b, when: profile.staff, points: 5}\n"),
			`test.yaml:7:9: the reasons a and b are the same, so their points count twice; mend one of the two, or leave it out`,
		},
		"points of nothing":          {reasons("      - {reason: r, points: 0 * count(\"login\")}\n"), `test.yaml:6:29: the reason r never gives points; look for a factor of 0, or for points beyond what a reason may give`},
		"a cap on the wrong side":    {reasons("      - {reason: r, points: -5 * count(\"login\"), cap: 20}\n"), `test.yaml:6:9: the cap of the reason r has no effect: its points are at most 0; leave the cap out; what takes points away is bounded by a cap below 0`},
		"a low cap on points":        {reasons("      - {reason: r, points: 5 * count(\"login\"), cap: -20}\n"), `test.yaml:6:9: the cap of the reason r has no effect: its points are at least 0; leave the cap out; what gives points is bounded by a cap above 0`},
		"nothing: whether it is set": {segment(`profile.country != ""`), ""},
		"nothing: a wider value after": {
			head + "traits:\n  - trait: t\n    values:\n      - {value: a, when: count(\"login\") >= 10}\n      - {value: b, when: count(\"login\") >= 3}\n",
			"",
		},
		"nothing: an error before": { // where the budget is not known, the first condition does not hold
			head + "traits:\n  - trait: t\n    values:\n      - {value: a, when: profile.budget < 5.0 || profile.budget >= 5.0}\n      - {value: b, when: profile.staff}\n",
			"",
		},
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

// What the catalogue says of lengths, of times to live and of purposes, warnings know as well.
func TestWarningsOfTheCatalogue(t *testing.T) {
	catalogue := compile.Catalogue{
		Purposes: []string{"profiling"}, Lifetimes: map[string]int{"profiling": 400},
		Fields: []compile.Field{
			{Name: "country", MaxLength: 2},
			{Name: "postcode", MaxLength: 5, Values: []string{"54470"}, Coarse: true},
			{Name: "email", Purposes: []string{"newsletter"}},
			{Name: "category", Values: []string{"red", "white"}},
			{Name: "order_value", Type: compile.Number, Days: 30},
			{Name: "path"},
		},
		Events: []compile.Event{
			{Name: "page_view", Properties: []string{"path", "category"}, Days: 90},
			{Name: "order_placed", Properties: []string{"order_value", "category"}},
			{Name: "mail_opened", Purposes: []string{"newsletter"}},
		},
	}
	for name, c := range map[string]struct{ when, want string }{
		"a long text":                     {`profile.country == "Germany"`, `5:30: the field country never has the value "Germany"; it holds at most 2 bytes; see max_length in the catalogue`},
		"a window":                        {`count("page_view", "180d") > 5`, `5:11: the window of 180d is longer than what it asks of page_view is kept, which is 90 days; make the window shorter, or let the catalogue keep the events longer`},
		"a window beyond the purpose":     {`count("order_placed", "500d") > 5`, `5:11: the window of 500d is longer than what it asks of order_placed is kept, which is 400 days; make the window shorter, or let the catalogue keep the events longer`},
		"a window beyond the property":    {`sum("order_placed", "order_value", "31d") > 5.0`, `5:11: the window of 31d is longer than what it asks of order_placed is kept, which is 30 days; make the window shorter, or let the catalogue keep the events longer`},
		"a half-life":                     {`decayed("page_view", "91d") > 5.0`, `5:11: the half-life of 91d is longer than what it asks of page_view is kept, which is 90 days; make the half-life shorter, or let the catalogue keep the events longer`},
		"days since what is gone":         {`days_since_last("page_view") > 90.0`, `5:11: the segment x is always empty: its condition cannot be true; look for conditions that exclude each other`},
		"a filter's value":                {`count("page_view", "90d", event.category in ["red", "rose"]) > 5`, `5:63: the field category never has the value "rose"; the catalogue has red, white`},
		"a filter's beginning":            {`count("page_view", event.category.startsWith("ros")) > 5`, `5:56: no value of the field category begins with "ros"; the catalogue has red, white`},
		"a filter that nothing passes":    {`count("page_view", event.path.startsWith("/wine") && event.path == "/prices") > 5`, `5:61: no page_view can pass the filter: its property path would have to be two things at once; look for conditions that exclude each other`},
		"an event of another purpose":     {`count("mail_opened") > 5`, `5:11: the event mail_opened is not bound to the purpose profiling, so the rules never see it; add the purpose to it in catalogue.yaml, or do not read it`},
		"a field of another purpose":      {`has(profile.email)`, `5:11: the field email is not bound to the purpose profiling, so the rules never see it; add the purpose to it in catalogue.yaml, or do not read it`},
		"nothing: as long as it is kept":  {`count("page_view", "90d") > 5 && days_since_last("page_view") > 89.0`, ""},
		"nothing: a coarse value":         {`profile.postcode == "54" || profile.postcode.startsWith("5447012")`, ""},
		"nothing: a filter of two halves": {`count("page_view", event.path.startsWith("/wine") && event.path in ["/wine/a", "/b"]) > 5`, ""},
	} {
		result, err := compile.Compile([]byte(head+"segments:\n  - segment: x\n    when: "+c.when+"\n"), "test", catalogue)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var lines []string
		for _, w := range result.Warnings {
			lines = append(lines, strings.TrimPrefix(w.String(), "test.yaml:"))
		}
		if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The range of a score is what its points, caps and models leave.
func TestPoints(t *testing.T) {
	infinity := math.Inf(1)
	for name, c := range map[string]struct {
		models string
		want   rules.Range
	}{
		"constants":        {"  - {score: s, reasons: [{reason: a, points: 5}, {reason: b, when: profile.staff, points: 3}, {reason: c, when: profile.staff, points: -2}]}\n", rules.Range{Low: 3, High: 8}},
		"no bound":         {"  - {score: s, reasons: [{reason: a, points: count(\"login\")}]}\n", rules.Range{Low: 0, High: 1e9}},
		"caps":             {"  - {score: s, reasons: [{reason: a, points: 2 * count(\"login\"), cap: 20}, {reason: b, points: -1 * count(\"login\"), cap: -5}]}\n", rules.Range{Low: -5, High: 20}},
		"two models":       {"  - {score: s, when: profile.staff, reasons: [{reason: a, points: 7}]}\n  - {score: s, reasons: [{reason: a, points: 2}]}\n", rules.Range{Low: 2, High: 7}},
		"no model":         {"  - {score: s, when: profile.staff, reasons: [{reason: a, points: 7}]}\n", rules.Range{Low: 0, High: 7}},
		"a choice":         {"  - {score: s, reasons: [{reason: a, points: 'profile.country in [\"DE\"] ? 5 : -10'}]}\n", rules.Range{Low: -10, High: 5}},
		"what when leaves": {"  - {score: s, reasons: [{reason: a, when: profile.budget >= 1.0 && profile.budget < 4.0, points: profile.budget * 2.0 - 1.0}]}\n", rules.Range{Low: 0, High: 7}},
		"a choice's own":   {"  - {score: s, reasons: [{reason: a, points: 'count(\"login\") > 10 ? 10 : count(\"login\")'}]}\n", rules.Range{Low: 0, High: 10}},
		"parts of a day":   {"  - {score: s, reasons: [{reason: a, points: '20 - now.getHours() % 5'}]}\n", rules.Range{Low: 0, High: 20}},
		"a quotient":       {"  - {score: s, reasons: [{reason: a, points: '10.0 / (1.0 + decayed(\"login\", \"1d\"))'}]}\n", rules.Range{Low: 10 / math.MaxFloat64, High: 10}},
		"not a number":     {"  - {score: s, reasons: [{reason: a, points: '0.0 * (profile.budget * 1e308) + 5.0'}]}\n", rules.Range{Low: -1e9, High: 1e9}},
		"a double of 0":    {"  - {score: s, reasons: [{reason: a, points: '0.0 * profile.budget + 5.0'}]}\n", rules.Range{Low: 0, High: 5}},
		"a divisor of 0":   {"  - {score: s, reasons: [{reason: a, points: '10.0 / decayed(\"login\", \"1d\")'}]}\n", rules.Range{Low: -1e9, High: 1e9}},
	} {
		result, err := compile.Compile([]byte(head+"models:\n"+c.models), "test", winery)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(map[string]rules.Range{"s": c.want}, result.Points); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	result, err := compile.Compile([]byte(head+"models:\n  - {score: s, cap: 30, reasons: [{reason: a, points: count(\"login\")}]}\n"), "test", winery)
	if got := result.Points["s"]; err != nil || got.Low > 0 || got.High < 30 || got.High > 30.001 || got.High == infinity {
		t.Errorf("a model's cap: %v, %v", got, err)
	}
}
