package main

import (
	"cmp"
	"errors"
	"fmt"
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
	config, err := c.config()
	if err != nil {
		return nil, nil, err
	}
	wasm, found, err := edge.RuleFiles{}.CompileRules(ruleName(c.file), data, config)
	for _, w := range found {
		w.File = c.file
		warnings = append(warnings, findingOf(tenant.Problem(w)))
	}
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		for i := range invalid.Problems {
			invalid.Problems[i].File = c.file
		}
	}
	return wasm, warnings, err
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

// config reads what the tenant's rules may speak of.
func (c *rulesCall) config() (*tenant.Config, error) {
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
	config, _, err := tenant.Load(privacyFiles(files))
	return config, err
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
		where += fmt.Sprintf(":%d:%d", p.Line, p.Column)
	}
	return findingJSON{where, p.Message, p.Suggestion}
}
