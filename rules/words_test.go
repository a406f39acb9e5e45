package rules_test

import (
	"testing"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

type upper struct{}

func (upper) FieldLabel(name string) string { return "F " + name }
func (upper) EventLabel(name string) string { return "E " + name }

func TestWords(t *testing.T) {
	where := []abi.Condition{{Property: "path", Prefix: "/shop"}, {Property: "category", In: []string{"a", "b"}}}
	for _, c := range []struct {
		feature abi.Feature
		en, de  string
	}{
		{abi.Feature{Name: "country"}, "F country", "F country"},
		{abi.Feature{Name: "where_from", Field: "country"}, "F country", "F country"},
		{abi.Feature{Aggregate: abi.Count, Event: "view"}, "E view: how often", "E view: wie oft"},
		{abi.Feature{Aggregate: abi.Count, Event: "view", Window: "90d"}, "E view: how often in the last 90 days", "E view: wie oft in den letzten 90 Tagen"},
		{
			abi.Feature{Aggregate: abi.Count, Event: "view", Window: "12h", Where: where},
			"E view: how often in the last 12 hours, where F path begins with /shop and F category is a or b",
			"E view: wie oft in den letzten 12 Stunden, wobei F path mit /shop beginnt und F category gleich a oder b ist",
		},
		{abi.Feature{Aggregate: abi.Sum, Event: "order", Property: "value", Window: "2w"}, "E order: sum of F value in the last 2 weeks", "E order: Summe von F value in den letzten 2 Wochen"},
		{abi.Feature{Aggregate: abi.Decayed, Event: "view", HalfLife: "1d"}, "E view: how often, each counting half after 1 day", "E view: wie oft, nach jeweils 1 Tag nur noch halb gezählt"},
		{abi.Feature{Aggregate: abi.DaysSinceFirst, Event: "view"}, "E view: days since the first", "E view: Tage seit dem ersten Mal"},
		{abi.Feature{Aggregate: abi.DaysSinceLast, Event: "view"}, "E view: days since the last", "E view: Tage seit dem letzten Mal"},
	} {
		for language, want := range map[string]string{"en": c.en, "de": c.de, "fr": c.en} {
			if got := rules.Words(&c.feature, upper{}, language); got != want {
				t.Errorf("%s: %q, want %q", language, got, want)
			}
		}
	}
}
