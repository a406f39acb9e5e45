package compile_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The manifest says what each reason depends on: what its expressions read, and what chose its model.
func TestWhatEachReasonDependsOn(t *testing.T) {
	for name, c := range map[string]struct {
		models string
		want   map[string]string
	}{
		"its own expressions": {`
models:
  - score: s
    reasons:
      - {reason: a, when: has(profile.country), points: count("login")}
      - {reason: b, when: 'profile.budget > 1.0 && (profile.country == "DE" || profile.budget > 2.0)', points: 2}
      - {reason: c, points: 3}
`, map[string]string{"a": "country count-login", "b": "country budget", "c": ""}},
		"the choice of the model": {`
models:
  - score: s
    when: profile.staff
    reasons: [{reason: a, points: 1}]
  - score: s
    when: profile.need == "gifts"
    reasons: [{reason: b, points: 2}]
  - score: s
    reasons: [{reason: a, points: count("login")}, {reason: c, points: 3}]
`, map[string]string{"a": "staff need count-login", "b": "staff need", "c": "staff need"}},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := compile.Compile([]byte(head+c.models), "test", winery)
			if err != nil {
				t.Fatal(err)
			}
			m, err := abi.ManifestOf(result.Wasm)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&result.Manifest, m); diff != "" {
				t.Errorf("the module's own manifest is another: %s", diff)
			}
			got := map[string]string{}
			for i, reason := range m.Emits.Scores[0].Reasons {
				list, said := m.FeaturesOf(0, i)
				if !said {
					t.Fatal("the manifest does not say")
				}
				var names []string
				for _, n := range list {
					names = append(names, m.Reads[n].Name)
				}
				got[reason] = strings.Join(names, " ")
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A file whose manifest has no room for it compiles without.
func TestFeaturesThatDoNotFit(t *testing.T) {
	var conditions []string
	for i := range 125 {
		conditions = append(conditions, fmt.Sprintf(`count("login", "%dd") > 0`, i+1))
	}
	condition := strings.Join(conditions, " || ")
	file := head + "models:\n  - score: s\n    reasons:\n"
	for i := range 24 {
		file += fmt.Sprintf("      - {reason: r%d, when: '%s', points: 1}\n", i, condition)
	}
	result, err := compile.Compile([]byte(file), "test", winery)
	if err != nil {
		t.Fatal(err)
	}
	if _, said := result.Manifest.FeaturesOf(0, 0); said || len(result.Manifest.Reads) != 125 {
		t.Errorf("%d features, said %v", len(result.Manifest.Reads), said)
	}
}
