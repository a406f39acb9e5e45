package rules_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

func TestExtent(t *testing.T) {
	m := abi.Manifest{
		ABI: 1, Name: "points", Version: "1.0.0", Purpose: "profiling",
		Reads: []abi.Feature{
			{Name: "c", Type: abi.String, Field: "country"},
			{Name: "industry", Type: abi.String},
			{Name: "n", Type: abi.Number, Aggregate: abi.Count, Event: "view", Window: "90d", Where: []abi.Condition{
				{Property: "path", Prefix: "/shop"}, {Property: "kind", In: []string{"b", "a\u202e"}},
			}},
			{Name: "again", Type: abi.Number, Aggregate: abi.Count, Event: "view", Window: "90d", Where: []abi.Condition{
				{Property: "kind", In: []string{"a\u202e", "b"}}, {Property: "path", Prefix: "/shop"},
			}},
			{Name: "s", Type: abi.Number, Aggregate: abi.Sum, Event: "order", Property: "value"},
			{Name: "d", Type: abi.Number, Aggregate: abi.Decayed, Event: "view", HalfLife: "14d"},
			{Name: "f", Type: abi.Number, Aggregate: abi.DaysSinceFirst, Event: "login"},
			{Name: "l", Type: abi.Number, Aggregate: abi.DaysSinceLast, Event: "login"},
		},
		Emits: abi.Emits{
			Scores: []abi.Score{{Name: "fit", Reasons: []string{"r"}}}, Segments: []string{"near"},
			Traits: []abi.Trait{{Name: "persona", Values: []string{"host"}}},
		},
	}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"reads the days since the first login",
		"reads the days since the last login",
		"reads the field country",
		"reads the field industry",
		`reads the number of view in 90d where kind is "a\u202e" or "b" and path begins with "/shop"`,
		"reads the number of view, halved every 14d",
		"reads the sum of value of order",
		"runs for the purpose profiling",
		"says the score fit",
		"says the segment near",
		"says the trait persona",
	}
	extent := rules.Extent(&m)
	if d := cmp.Diff(want, extent); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	title := abi.Title{"": "a word for it"}
	m.Emits.Scores[0].Title, m.Emits.Traits[0].Title = title, title
	m.Emits.Scores[0].Titles, m.Emits.Traits[0].Titles = map[string]abi.Title{"r": title}, map[string]abi.Title{"host": title}
	m.Emits.Titles = map[string]abi.Title{"near": title}
	if d := cmp.Diff(extent, rules.Extent(&m)); d != "" || m.Validate() != nil {
		t.Errorf("titles say more: %s", d)
	}
	m.Reads, m.Purpose = m.Reads[1:], "marketing"
	if d := cmp.Diff([]string{"reads the field country", "runs for the purpose profiling"}, rules.Beyond(extent, rules.Extent(&m))); d != "" {
		t.Errorf("beyond (-want +got)\n%s", d)
	}
	if got := rules.Beyond(extent, extent); got != nil {
		t.Errorf("an extent goes beyond itself: %v", got)
	}
}
