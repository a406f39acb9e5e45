package edge_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/tenant"
)

// The sample whose rules are all files is sound, comes into force, and what is wrong with such a file is told with line and
// column.
func TestTheSampleOfRuleFiles(t *testing.T) {
	files, _, err := tenant.ReadFS(os.DirFS(filepath.Join("..", "cmd", "lotse", "samples", "software")))
	if err != nil {
		t.Fatal(err)
	}
	config, warnings, err := tenant.LoadWith(files, edge.RuleFiles{})
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	var names []string
	for _, m := range config.Modules {
		names = append(names, m.File)
		if len(m.Wasm) > 16<<10 {
			t.Errorf("%s compiles to %d bytes", m.File, len(m.Wasm))
		}
	}
	if diff := cmp.Diff([]string{"rules/fit.yaml", "rules/interest.yaml", "rules/segments.yaml"}, names); diff != "" {
		t.Error(diff)
	}
	start(t, nil).apply("software", files)

	for name, c := range map[string]struct{ file, old, new, want string }{
		"a field": {"segments", "profile.industry ==", "profile.industri ==", `:8:19: the catalogue has no field "industri"; did you mean industry?`},
		"an event": {
			"interest", `count("click"`, `count("clicks"`,
			`:24:27: the catalogue has no event "clicks"; did you mean click?`,
		},
		"a property": {"segments", "event.path", "event.topic", `:11:43: the event page_view has no property "topic"`},
		"a purpose":  {"fit", "purpose: profiling", "purpose: necessary", `:3:10: the catalogue has no purpose "necessary" that permits profiling`},
	} {
		t.Run(name, func(t *testing.T) {
			file := "rules/" + c.file + ".yaml"
			_, _, err := tenant.LoadWith(changed(t, files, file, c.old, c.new), edge.RuleFiles{})
			if err == nil {
				t.Fatal("no problem")
			}
			if diff := cmp.Diff(file+c.want, strings.TrimSpace(strings.SplitN(err.Error(), "\n", 3)[1])); diff != "" {
				t.Error(diff)
			}
		})
	}
}
