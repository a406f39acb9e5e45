package tenant_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// compiler stands in for the one of rule files.
type compiler struct {
	wasm     []byte
	points   map[string]rules.Range
	warnings []tenant.Warning
	err      error
	fields   int // that it was shown
}

func (c *compiler) CompileRules(_ string, _ []byte, config *tenant.Config) (*tenant.CompiledRules, error) {
	c.fields = len(config.Fields)
	return &tenant.CompiledRules{Wasm: c.wasm, Points: c.points, Warnings: c.warnings}, c.err
}

func TestRuleFiles(t *testing.T) {
	const file = "rules/interest.yaml"
	interest := module(t, abi.Manifest{Name: "interest", Reads: []abi.Feature{}, Emits: abi.Emits{Scores: []abi.Score{{Name: "interest", Reasons: []string{"page"}}}}})
	folder := func() map[string][]byte {
		files := sample(t, "education")
		delete(files, "rules/interest.wasm")
		files[file] = []byte("version: 1.0.0\n")
		return files
	}
	both := folder()
	both["rules/interest.wasm"] = interest
	broken := folder()
	broken["catalogue.yaml"] = []byte("purposes: 1\n")
	misnamed := folder()
	misnamed["rules/Interest.yaml"] = nil

	for name, c := range map[string]struct {
		files    map[string][]byte
		compiler tenant.RuleCompiler
		want     string // the first problem
	}{
		"compiled": {folder(), &compiler{wasm: interest}, ""},
		"no compiler": {
			folder(), nil,
			"rules/interest.yaml: rule files cannot be compiled here; upload the module that it compiles to",
		},
		"a problem": {
			folder(), &compiler{err: &tenant.InvalidError{Problems: []tenant.Problem{{Line: 3, Column: 7, Message: "wrong", Suggestion: "mend it"}}}},
			"rules/interest.yaml:3:7: wrong; mend it",
		},
		"another error": {folder(), &compiler{err: errors.New("no time")}, "rules/interest.yaml: no time"},
		"two of a name": {both, &compiler{wasm: interest}, "rules/interest.yaml: there is a module rules/interest.wasm, too; remove one of the two"},
		"no name":       {misnamed, &compiler{wasm: interest}, "rules/Interest.yaml: the file does not belong in a tenant's folder; name it with a-z, 0-9, _ and - only, beginning with a letter"},
	} {
		config, _, err := tenant.LoadWith(c.files, c.compiler)
		var invalid *tenant.InvalidError
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "":
			m := config.Modules[1]
			if m.File != file || m.Name != "interest" || !cmp.Equal(m.Wasm, interest) || c.compiler.(*compiler).fields != len(config.Fields) {
				t.Errorf("%s: the module is %s of %s", name, m.Name, m.File)
			}
		case !errors.As(err, &invalid) || invalid.Problems[0].String() != c.want:
			t.Errorf("%s: %v", name, err)
		}
	}

	unasked := &compiler{err: errors.New("asked")}
	if _, _, err := tenant.LoadWith(broken, unasked); err == nil || strings.Contains(err.Error(), "asked") {
		t.Errorf("with a broken catalogue: %v", err)
	}
	_, warnings, err := tenant.LoadWith(folder(), &compiler{wasm: interest, warnings: []tenant.Warning{{Line: 2, Message: "unlikely"}}})
	if err != nil || len(warnings) != 1 || warnings[0].String() != "rules/interest.yaml:2: unlikely" {
		t.Errorf("warnings %v, %v", warnings, err)
	}
}
