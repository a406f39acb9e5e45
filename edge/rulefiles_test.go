package edge_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/tenant"
)

// The sample's rule file is sound, and what is wrong with one is told with line and column.
func TestTheSampleRuleFile(t *testing.T) {
	files := winery(t)
	config, warnings, err := tenant.LoadWith(files, edge.RuleFiles{})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	for _, m := range config.Modules {
		if m.Name == "engagement" && (m.File != "rules/engagement.yaml" || len(m.Wasm) > 16<<10) {
			t.Errorf("the module is of %s and has %d bytes", m.File, len(m.Wasm))
		}
	}
	rules := string(files["rules/engagement.yaml"])
	for name, c := range map[string]struct{ old, new, want string }{
		"a field": {"profile.customer_type in", "profile.costumer_type in",
			`rules/engagement.yaml:10:19: the catalogue has no field "costumer_type"; did you mean customer_type?`},
		"an event":   {`count("form_submitted"`, `count("form_sent"`, `rules/engagement.yaml:26:28: the catalogue has no event "form_sent"`},
		"a property": {`"order_value", "365d"`, `"value", "365d"`, `rules/engagement.yaml:52:38: the event order_placed has no property "value"`},
		"a purpose":  {"purpose: profiling", "purpose: analytics", `rules/engagement.yaml:5:10: the catalogue has no purpose "analytics" that permits profiling`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(rules, c.old) {
				t.Fatalf("the sample does not hold %s", c.old)
			}
			files["rules/engagement.yaml"] = []byte(strings.Replace(rules, c.old, c.new, 1))
			_, _, err := tenant.LoadWith(files, edge.RuleFiles{})
			if err == nil {
				t.Fatal("no problem")
			}
			if diff := cmp.Diff(c.want, strings.TrimSpace(strings.SplitN(err.Error(), "\n", 3)[1])); diff != "" {
				t.Error(diff)
			}
		})
	}
}
