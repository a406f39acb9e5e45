package rules_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// catalogue is a small one: an id is the place in the list.
type catalogue struct{}

var (
	fieldNames = []string{"country", "path", "order_value"}
	eventNames = []string{"page_view", "order_placed"}
)

func (catalogue) Field(name string) (uint16, abi.Type, bool) {
	i := slices.Index(fieldNames, name)
	if name == "order_value" {
		return uint16(i), abi.Number, true
	}
	return uint16(i), abi.String, i >= 0
}

func (catalogue) Event(name string) (uint16, bool) {
	i := slices.Index(eventNames, name)
	return uint16(i), i >= 0
}

func (c catalogue) EventProperty(event, property string) (uint16, abi.Type, bool) {
	if !slices.Contains(c.PropertyNames(event), property) {
		return 0, "", false
	}
	return c.Field(property)
}

func (catalogue) FieldNames() []string { return fieldNames }
func (catalogue) EventNames() []string { return eventNames }
func (catalogue) PropertyNames(event string) []string {
	if event == "page_view" {
		return []string{"path"}
	}
	return []string{"path", "order_value"}
}

// terse is a catalogue that cannot list its names.
type terse struct{ rules.Names }

func reading(features ...abi.Feature) *abi.Manifest {
	m := *interest
	m.Reads = features
	return &m
}

func TestNewPlan(t *testing.T) {
	m := reading(
		abi.Feature{Name: "country", Type: abi.String},
		abi.Feature{Name: "land", Type: abi.String, Field: "country"},
		abi.Feature{Name: "shop", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Window: "90d", Where: []abi.Condition{{Property: "path", Prefix: "/shop"}}},
		abi.Feature{Name: "spent", Type: abi.Number, Aggregate: abi.Sum, Event: "order_placed", Property: "order_value"},
		abi.Feature{Name: "warmth", Type: abi.Number, Aggregate: abi.Decayed, Event: "page_view", HalfLife: "2w"},
		abi.Feature{Name: "silence", Type: abi.Number, Aggregate: abi.DaysSinceLast, Event: "order_placed"},
	)
	got, problems := rules.NewPlan(m, catalogue{})
	if problems != nil {
		t.Fatal(problems)
	}
	want := &rules.Plan{Features: []rules.PlannedFeature{
		{Type: abi.String},
		{Type: abi.String},
		{Type: abi.Number, Aggregate: abi.Count, WindowMillis: 90 * 86400_000, Where: []rules.PlannedCondition{{Property: 1, Prefix: "/shop"}}},
		{Type: abi.Number, Aggregate: abi.Sum, Event: 1, Property: 2},
		{Type: abi.Number, Aggregate: abi.Decayed, HalfLifeMillis: 14 * 86400_000},
		{Type: abi.Number, Aggregate: abi.DaysSinceLast, Event: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewPlanTellsAllProblems(t *testing.T) {
	m := reading(
		abi.Feature{Name: "contry", Type: abi.String},
		abi.Feature{Name: "land", Type: abi.Number, Field: "country"},
		abi.Feature{Name: "x", Type: abi.String, Field: "shoe_size"},
		abi.Feature{Name: "shop", Type: abi.Number, Aggregate: abi.Count, Event: "pageview", Where: []abi.Condition{{Property: "nothing", Prefix: "/"}}},
		abi.Feature{Name: "spent", Type: abi.Number, Aggregate: abi.Sum, Event: "page_view", Property: "order_value"},
		abi.Feature{Name: "sum", Type: abi.Number, Aggregate: abi.Sum, Event: "page_view", Property: "path"},
		abi.Feature{Name: "some", Type: abi.Number, Aggregate: abi.Count, Event: "order_placed", Where: []abi.Condition{{Property: "path", Prefix: "/"}, {Property: "order_value", In: []string{"1"}}, {Property: "paths", Prefix: "/"}}},
	)
	want := []rules.Problem{
		{Path: "reads[0].name", Message: "the catalogue has no field contry", Suggestion: "did you mean country?"},
		{Path: "reads[1].type", Message: "the field country is a string, not a number", Suggestion: "make the type string"},
		{Path: "reads[2].field", Message: "the catalogue has no field shoe_size"},
		{Path: "reads[3].event", Message: "the catalogue has no event pageview", Suggestion: "did you mean page_view?"},
		{Path: "reads[4].property", Message: "the event page_view has no property order_value"},
		{Path: "reads[5].property", Message: "the property path of page_view is a string, and a number is needed here"},
		{Path: "reads[6].where[1].property", Message: "the property order_value of order_placed is a number, and a string is needed here"},
		{Path: "reads[6].where[2].property", Message: "the event order_placed has no property paths", Suggestion: "did you mean path?"},
	}
	plan, got := rules.NewPlan(m, catalogue{})
	if diff := cmp.Diff(want, got); diff != "" || plan != nil {
		t.Error(plan, diff)
	}
	_, got = rules.NewPlan(m, terse{catalogue{}})
	for i := range want {
		if strings.HasPrefix(want[i].Suggestion, "did") {
			want[i].Suggestion = ""
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	plan, got = rules.NewPlan(reading(abi.Feature{Name: "shop", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Window: "soon"}), catalogue{})
	if plan != nil || len(got) != 1 || got[0].Path != "reads[0].window" {
		t.Errorf("a manifest that is not valid: %v, %v", plan, got)
	}
}

func TestWarnings(t *testing.T) {
	m := *interest
	if got := rules.Warnings(&m); got != nil {
		t.Error(got)
	}
	m.Emits.Scores = append(slices.Clone(m.Emits.Scores), abi.Score{Name: "all", Reasons: strings.Split("a b c d e f g", " ")}, abi.Score{Name: "more", Reasons: strings.Split("a b c d e f g h", " ")})
	got := rules.Warnings(&m)
	if len(got) != 1 || got[0].Path != "emits.scores[3].reasons" || got[0].Message != "the model more has 8 reasons" {
		t.Error(got)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"page_view", "message_opened", "message_clicked", "cart_added", "ip"}
	for name, want := range map[string]string{
		"pageview": "page_view", "Page_View": "page_view", "page_veiw": "page_view", "message_open": "message_opened",
		"mesage_cliked": "message_clicked", "pi": "ip", "x": "", "": "", "webinar_registered": "", strings.Repeat("p", 65): "",
	} {
		if got := rules.Nearest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := rules.Nearest("a", nil); got != "" {
		t.Error(got)
	}
}

// One slip in a name of three letters or more always finds the name again, where no other name is near.
func TestNearestForgivesASlip(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	known := []string{"page_view", "message_opened", "webinar", "cart_added", "country"}
	for range 2000 {
		want := known[random.IntN(len(known))]
		b := []byte(want)
		i := random.IntN(len(b) - 1)
		switch random.IntN(4) {
		case 0:
			b[i] = 'x'
		case 1:
			b = slices.Delete(b, i, i+1)
		case 2:
			b = slices.Insert(b, i, 'x')
		case 3:
			b[i], b[i+1] = b[i+1], b[i]
		}
		if got := rules.Nearest(string(b), known); got != want {
			t.Fatalf("%s: %q, want %q", b, got, want)
		}
	}
}
