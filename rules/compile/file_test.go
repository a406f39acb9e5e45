package compile_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// said compiles a file, runs it in the host over values by the name of their feature, and gives what it says, a line each.
func said(t testing.TB, file string, values map[string]abi.Value) string {
	t.Helper()
	result, err := compile.Compile([]byte(file), "test", winery)
	if err != nil {
		t.Fatal(err)
	}
	record := make([]abi.Value, len(result.Manifest.Reads))
	for i, x := range result.Manifest.Reads {
		record[i] = values[x.Name]
		record[i].Type, record[i].Present = x.Type, record[i] != abi.Value{}
	}
	raw, err := abi.AppendRecord(nil, 1_769_860_800_000, record) // 2026-01-31, 12:00 UTC, a Saturday
	if err != nil {
		t.Fatal(err)
	}
	entries, err := load(t, result.Wasm).Evaluate(context.Background(), raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	return spell(&result.Manifest, entries)
}

func spell(m *abi.Manifest, entries []abi.Entry) string {
	var lines []string
	for _, e := range entries {
		switch e.Kind {
		case abi.ScoreEntry:
			s := m.Emits.Scores[e.Index]
			lines = append(lines, fmt.Sprintf("%s %s %v", s.Name, s.Reasons[e.Reason], e.Number))
		case abi.SegmentEntry:
			lines = append(lines, m.Emits.Segments[e.Index])
		case abi.TraitEntry:
			x := m.Emits.Traits[e.Index]
			lines = append(lines, x.Name+" "+x.Values[e.Reason])
		}
	}
	return strings.Join(lines, "; ")
}

func number(n float64) abi.Value   { return abi.Value{Number: n, Present: true} }
func textValue(s string) abi.Value { return abi.Value{Text: s, Present: true} }

func TestAFile(t *testing.T) {
	const models = head + `
models:
  - score: interest
    when: profile.authority == "decision_maker"
    cap: 30
    reasons:
      - {reason: webinar, points: '10 * count("webinar_registered", "180d")', cap: 20}
      - {reason: page, points: 'count("page_view")'}
      - {reason: idle, when: 'days_since_last("login") > 30.0', points: -5}
      - {reason: tasting, when: 'count("page_view", "90d", event.category in ["tasting"]) > 0', points: 5}
  - score: interest
    reasons:
      - {reason: page, points: 0.5 * double(count("page_view"))}
      - {reason: idle, when: 'days_since_last("login") > 30.0', points: -2 * count("page_view"), cap: -8}
segments:
  - {segment: near, when: 'profile.country in ["DE", "AT"]'}
  - {segment: weekend, when: 'now.getDayOfWeek() in [0, 6]'}
  - {segment: adult, when: 'now.getFullYear() - profile.birth_date.getFullYear() > 18'}
traits:
  - trait: persona
    values:
      - {value: host, when: profile.need == "gifts" || profile.budget > 100.0}
      - {value: expert, when: profile.budget / 0.0 > 1.0}
      - {value: guest}
`
	for name, c := range map[string]struct {
		values map[string]abi.Value
		want   string
	}{
		"nothing known": {nil, "weekend; persona guest"},
		"the first model": {map[string]abi.Value{
			"authority": textValue("decision_maker"), "count-webinar_registered-180d": number(1), "count-page_view": number(3),
			"days_since_last-login": number(30.5), "count-page_view-90d": number(1), "country": textValue("AT"), "budget": number(50), "birth_date": number(0),
		}, "interest webinar 10; interest page 3; interest idle -5; interest tasting 5; near; weekend; adult; persona expert"},
		"the reason's cap and the model's": {map[string]abi.Value{
			"authority": textValue("decision_maker"), "count-webinar_registered-180d": number(7), "count-page_view": number(13),
			"days_since_last-login": number(31), "count-page_view-90d": number(2), "budget": number(101),
		}, "interest webinar 20; interest page 13; interest idle -5; interest tasting 2; weekend; persona host"},
		"the model's cap, twice over": {map[string]abi.Value{
			"authority": textValue("decision_maker"), "count-webinar_registered-180d": number(2), "count-page_view": number(40), "count-page_view-90d": number(2),
		}, "interest webinar 20; interest page 10; weekend; persona guest"},
		"the second model": {map[string]abi.Value{
			"authority": textValue("user"), "count-page_view": number(5), "days_since_last-login": number(99), "need": textValue("gifts"),
		}, "interest page 2.5; interest idle -8; weekend; persona host"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(t, models, c.values)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What the manifest declares is what the host will be asked for, and no more.
func TestTheManifest(t *testing.T) {
	result, err := compile.Compile([]byte(head+`
models:
  - score: s
    reasons:
      - reason: r
        when: >-
          count("page_view", "90d", event.path.startsWith("/shop") && event.category in ["a", "b", "a"]) > 1 &&
          profile.staff && has(profile.birth_date) && sum("order_placed", "order_value", event.category == "a") > 1.0 &&
          decayed("login", "14d") > days_since_first("login") && profile.staff
        points: count("page_view", "90d") + count("page_view", "90d", event.path == "/")
`), "test", winery)
	if err != nil {
		t.Fatal(err)
	}
	want := []abi.Feature{
		{
			Name: "count-page_view-90d", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Window: "90d",
			Where: []abi.Condition{{Property: "path", Prefix: "/shop"}, {Property: "category", In: []string{"a", "b"}}},
		},
		{Name: "staff", Type: abi.Boolean},
		{Name: "birth_date", Type: abi.Number},
		{
			Name: "sum-order_placed-order_value", Type: abi.Number, Aggregate: abi.Sum, Event: "order_placed", Property: "order_value",
			Where: []abi.Condition{{Property: "category", In: []string{"a"}}},
		},
		{Name: "decayed-login-14d", Type: abi.Number, Aggregate: abi.Decayed, Event: "login", HalfLife: "14d"},
		{Name: "days_since_first-login", Type: abi.Number, Aggregate: abi.DaysSinceFirst, Event: "login"},
		{Name: "count-page_view-90d-2", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Window: "90d"},
		{
			Name: "count-page_view-90d-3", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Window: "90d",
			Where: []abi.Condition{{Property: "path", In: []string{"/"}}},
		},
	}
	if diff := cmp.Diff(want, result.Manifest.Reads); diff != "" {
		t.Error(diff)
	}
	if read, err := abi.ManifestOf(result.Wasm); err != nil || !cmp.Equal(*read, result.Manifest) {
		t.Errorf("the module's own manifest is another: %v", err)
	}
}

// The same file gives the same bytes, and few of them.
func TestTheSize(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		most int // bytes without the manifest
	}{
		"one segment":   {head + "segments: [{segment: x, when: 'profile.country == \"DE\"'}]\n", 230},
		"eight factors": {string(fit), 1800},
	} {
		first, err := compile.Compile([]byte(c.file), "test", winery)
		if err != nil {
			t.Fatal(err)
		}
		again, err := compile.Compile([]byte(c.file), "test", winery)
		if err != nil || !bytes.Equal(first.Wasm, again.Wasm) {
			t.Errorf("%s: compiled again, the module is another: %v", name, err)
		}
		manifest, err := abi.EncodeManifest(&first.Manifest)
		if err != nil {
			t.Fatal(err)
		}
		if code := len(first.Wasm) - len(manifest); code > c.most {
			t.Errorf("%s: %d bytes beside the manifest, more than %d", name, code, c.most)
		}
	}
}

// Texts of a thousand bytes, in which a search nearly finds something at every place, do not use up the fuel.
func TestLongTextsHaveFuel(t *testing.T) {
	var segments strings.Builder
	for i := range 25 {
		fmt.Fprintf(&segments, "  - {segment: s%d, when: 'profile.path.contains(\"aaaaaaab%d\") || profile.path < profile.need'}\n", i, i)
	}
	long := strings.Repeat("a", 1000)
	if got := said(t, head+"segments:\n"+segments.String(), map[string]abi.Value{"path": textValue(long), "need": textValue(long)}); got != "" {
		t.Errorf("said %s", got)
	}
}

// What is too much for a module of the host is refused here, and what is not is admitted there.
func TestTheLargestFiles(t *testing.T) {
	condition := "(profile.budget + 1.0) / 2.0 > 3.0 && profile.country < \"DE\""
	for range 18 {
		condition += " || count(\"login\") * 3 > int(profile.budget) && profile.path.startsWith(\"/wine\")"
	}
	for _, c := range []struct {
		rules int
		want  string
	}{{16, ""}, {36, ""}, {40, "split it"}} {
		var reasons, segments strings.Builder
		for i := range c.rules {
			fmt.Fprintf(&reasons, "      - {reason: r%d, when: '%s', points: '%s ? 1 : 2'}\n", i, condition, condition)
			fmt.Fprintf(&segments, "  - {segment: s%d, when: '%s'}\n", i, condition)
		}
		file := head + "models:\n  - score: s\n    cap: 5\n    reasons:\n" + reasons.String() + "segments:\n" + segments.String()
		result, err := compile.Compile([]byte(file), "test", winery)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%d rules of each sort: %v", c.rules, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		load(t, result.Wasm)
		t.Logf("%d bytes of YAML, a module of %d", len(file), len(result.Wasm))
	}
}

// The deepest expressions that compile are admitted, too.
func TestTheDeepestExpressions(t *testing.T) {
	for name, wrap := range map[string]func(string, int) string{
		"and, or": func(s string, i int) string {
			return fmt.Sprintf("(%s %s profile.budget > %d.0)", s, []string{"&&", "||"}[i%2], i)
		},
		"or, and on the right": func(s string, i int) string {
			return fmt.Sprintf("(profile.budget > %d.0 %s %s)", i, []string{"&&", "||"}[i%2], s)
		},
		"choices": func(s string, i int) string { return fmt.Sprintf("(%s ? profile.budget > %d.0 : profile.staff)", s, i) },
		"choices within": func(s string, _ int) string {
			return "(profile.staff ? profile.budget > 3.0 : " + s + ")"
		},
		"not": func(s string, _ int) string { return "!(" + s + ")" },
	} {
		deepest, expression := 0, "profile.staff"
		for i := range 60 {
			expression = wrap(expression, i)
			result, err := compile.Compile([]byte(head+"segments:\n  - {segment: x, when: '"+expression+"'}\n"), "test", winery)
			if err != nil {
				if got := err.Error(); !strings.Contains(got, "nested more than") && !strings.Contains(got, "recursion") {
					t.Errorf("%s: %v", name, err)
				}
				break
			}
			deepest = i + 1
			if i%8 == 7 {
				load(t, result.Wasm)
			}
		}
		if deepest < 8 || deepest > 40 {
			t.Errorf("%s: the deepest that compiles has %d levels", name, deepest)
		}
	}
}

// Whatever a file holds, the compiler ends with a module that the host's decoder takes and whose plan can be made, or with
// problems that have a place.
func FuzzCompile(f *testing.F) {
	f.Add(string(fit))
	f.Add(head + "segments:\n  - segment: x\n    when: |\n      profile.country == \"DE\"\n")
	f.Add(head + "models: [{score: s, cap: 5, reasons: [{reason: r, points: 'count(\"login\", \"90d\") + size(profile.path)'}]}]")
	f.Add("a: &x [*x]")
	f.Fuzz(func(t *testing.T, file string) {
		result, err := compile.Compile([]byte(file), "test", winery)
		if err != nil {
			if problems(t, file) == "" {
				t.Errorf("no problem is named: %v", err)
			}
			return
		}
		if _, wrong := wasm.Decode(result.Wasm, 0); len(wrong) > 0 {
			t.Errorf("the host refuses the module: %v", wrong)
		}
		if _, wrong := rules.NewPlan(&result.Manifest, names{}); len(wrong) > 0 {
			t.Errorf("the manifest cannot be planned: %v", wrong)
		}
	})
}

// names is the catalogue of the tests as a plan asks for it.
type names struct{}

func (names) Field(name string) (uint16, abi.Type, bool) {
	for i, f := range winery.Fields {
		if f.Name == name {
			return uint16(i), map[compile.Type]abi.Type{compile.Number: abi.Number, compile.Date: abi.Number, compile.Boolean: abi.Boolean, compile.String: abi.String}[f.Type], true
		}
	}
	return 0, "", false
}

func (names) Event(name string) (uint16, bool) {
	for i, e := range winery.Events {
		if e.Name == name {
			return uint16(i), true
		}
	}
	return 0, false
}

func (n names) EventProperty(event, property string) (uint16, abi.Type, bool) {
	for _, e := range winery.Events {
		for _, p := range e.Properties {
			if e.Name == event && p == property {
				return n.Field(p)
			}
		}
	}
	return 0, "", false
}
