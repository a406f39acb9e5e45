package tenant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The titles of a module are in the tenant's languages, as all texts of the folder are.
func TestTitlesAreInTheTenantsLanguages(t *testing.T) {
	german := abi.Title{"de": "Interesse"}
	for name, c := range map[string]struct {
		sample string
		emits  func(*abi.Emits)
		want   []string
	}{
		"both":          {"winery", func(e *abi.Emits) { e.Scores[0].Title = abi.Title{"de": "Interesse", "en": "Interest"} }, nil},
		"none":          {"winery", func(*abi.Emits) {}, nil},
		"alone for one": {"education", func(e *abi.Emits) { e.Scores[0].Title = abi.Title{"": "Interest"} }, nil},
		"one of two":    {"winery", func(e *abi.Emits) { e.Scores[0].Title = german }, []string{"rules/interest.wasm: emits.scores[0].title: the title lacks the language en; add en in manifest.json"}},
		"alone for two": {
			"winery", func(e *abi.Emits) { e.Scores[0].Titles = map[string]abi.Title{"page": {"": "Seiten"}} },
			[]string{"rules/interest.wasm: emits.scores[0].titles.page: the title is the same in all languages of the tenant; write it in each in manifest.json"},
		},
		"of segments and traits": {"winery", func(e *abi.Emits) {
			e.Segments, e.Titles = []string{"near"}, map[string]abi.Title{"near": {"de": "nah", "en": "near", "fr": "près"}}
			e.Traits = []abi.Trait{{Name: "kind", Title: german, Values: []string{"host"}, Titles: map[string]abi.Title{"host": german}}}
		}, []string{
			"rules/interest.wasm: emits.titles.near: fr is not a language of the tenant; leave it out, or add it to languages in tenant.yaml",
			"rules/interest.wasm: emits.traits[0].title: the title lacks the language en; add en in manifest.json",
			"rules/interest.wasm: emits.traits[0].titles.host: the title lacks the language en; add en in manifest.json",
		}},
	} {
		files := sample(t, c.sample)
		m := abi.Manifest{Name: "interest", Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page"}}}}}
		c.emits(&m.Emits)
		m.Reads = []abi.Feature{}
		files["rules/interest.wasm"] = module(t, m)
		_, warnings, err := tenant.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range warnings {
			if w.File == "rules/interest.wasm" {
				got = append(got, w.String())
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What nobody reaches under the rule files is warned of at its line of stages.yaml; of a score from a module nothing is known.
func TestWarningsOfStages(t *testing.T) {
	const file = "rules/interest.yaml"
	files := sample(t, "education")
	interest := module(t, abi.Manifest{Name: "interest", Reads: []abi.Feature{}, Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page"}}}}})
	delete(files, "rules/interest.wasm")
	files[file] = []byte("version: 1.0.0\n")
	files["stages.yaml"] = []byte(`bands:
  interest:
    - {name: low, from: 0}
    - name: high
      from: 30
  fit: [{name: low, from: 0}, {name: high, from: 1000}]
stages:
  - name: visit
  - name: lead
    when:
      - {score: interest, at_least: 30}
`)
	files["content.yaml"] = []byte("slots: {}\n")
	_, warnings, err := tenant.LoadWith(files, &compiler{wasm: interest, points: map[string]rules.Range{"interest": {Low: 0, High: 25}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range warnings {
		if w.File == "stages.yaml" {
			got = append(got, w.String())
		}
	}
	want := []string{
		"stages.yaml:5: bands.interest[1].from: nobody ever reaches the band high: the score interest is at most 25; lower the border, or give more points",
		"stages.yaml:11: stages[1].when[0].at_least: nobody ever reaches the stage lead: the score interest is at most 25; lower the border, or give more points",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
