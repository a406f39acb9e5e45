package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/tenant"
)

// maxRule is the longest file of a rule that is read, in bytes.
const maxRule = tenant.MaxModule

func isRuleFile(name string) bool { return filepath.Ext(name) == ".yaml" }

// ruleName is what a file calls its rule.
func ruleName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// module gives the module in a file, or the one that a rule file compiles to.
func (c *rulesCall) module() (wasm []byte, warnings []findingJSON, err error) {
	data, err := readRule(c.env.path(c.file))
	if err != nil || !isRuleFile(c.file) {
		return data, nil, err
	}
	files, err := c.tenantFiles()
	if err != nil {
		return nil, nil, err
	}
	config, _, err := tenant.Load(privacyFiles(files))
	if err != nil {
		return nil, nil, err
	}
	compiled, err := edge.RuleFiles{}.CompileRules(ruleName(c.file), data, config)
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		for i := range invalid.Problems {
			invalid.Problems[i].File = c.file
		}
	}
	if err != nil {
		return nil, nil, err
	}
	for _, w := range compiled.Warnings {
		w.File = c.file
		warnings = append(warnings, findingOf(tenant.Problem(w)))
	}
	if c.stages {
		warnings = append(warnings, stageWarnings(files, ruleName(c.file), data)...)
	}
	return compiled.Wasm, warnings, nil
}

func readRule(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRule {
		return nil, fmt.Errorf("%s is larger than %d MiB, the most that a rule may have", filepath.Base(file), maxRule>>20)
	}
	return os.ReadFile(file)
}

// stageWarnings tells what of stages.yaml nobody reaches under a rule file. Of a folder that is not whole yet nothing is said.
func stageWarnings(files map[string][]byte, name string, rule []byte) (list []findingJSON) {
	files = maps.Clone(files)
	files["rules/"+name+".yaml"] = rule
	_, warnings, _ := tenant.LoadWith(files, edge.RuleFiles{}) // apply tells what is wrong with the folder
	for _, w := range warnings {
		if w.File == "stages.yaml" {
			list = append(list, findingOf(tenant.Problem(w)))
		}
	}
	return list
}

// tenantFiles reads the folder that says what the tenant's rules may speak of.
func (c *rulesCall) tenantFiles() (map[string][]byte, error) {
	folder := c.env.path(c.folder)
	if c.folder == "" {
		folder = filepath.Dir(filepath.Dir(c.env.path(c.file)))
	}
	if !exists(filepath.Join(folder, "catalogue.yaml")) {
		return nil, fmt.Errorf("there is no catalogue.yaml in %s: a rule file is compiled against its tenant's catalogue; name the tenant's folder with --folder",
			cmp.Or(c.folder, "the folder above that of "+c.file))
	}
	files, _, err := tenant.ReadFS(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("read the tenant's folder: %w", err)
	}
	return files, nil
}

func findingsOf(e *tenant.InvalidError) (list []findingJSON) {
	for _, p := range e.Problems {
		list = append(list, findingOf(p))
	}
	return list
}

// findingOf says the place as compilers do: file:line:column.
func findingOf(p tenant.Problem) findingJSON {
	where := p.File
	if p.Line > 0 {
		where += fmt.Sprintf(":%d", p.Line)
	}
	if p.Column > 0 {
		where += fmt.Sprintf(":%d", p.Column)
	}
	return findingJSON{where, p.Message, p.Suggestion}
}
