package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
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
	data, err := readRule(c.env, c.file)
	if err != nil || !isRuleFile(c.file) {
		return data, nil, err
	}
	config, err := c.config()
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
	return compiled.Wasm, warnings, nil
}

// readRule reads the file of a rule. What cannot be one is told in words: people name a folder, or a rule instead of its file.
func readRule(env *environment, file string) ([]byte, error) {
	info, err := os.Stat(env.path(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no file %s%s", file, nearFile(env, file))
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder: name the file of one rule, such as %s", file, filepath.Join(file, exampleRule(env, file)))
	case info.Size() > maxRule:
		return nil, fmt.Errorf("%s is larger than %d MiB, the most that a rule may have", file, maxRule>>20)
	}
	switch ext := filepath.Ext(file); {
	case strings.HasSuffix(file, casesSuffix):
		return nil, fmt.Errorf("%s holds the cases of a rule: lotse rules test runs them", file)
	case ext == ".yml":
		return nil, fmt.Errorf("%s: a rule file ends in .yaml; rename it to %s.yaml", file, ruleName(file))
	case ext != ".yaml" && ext != ".wasm":
		return nil, fmt.Errorf("%s is no rule: a rule is a rule file NAME.yaml, or a module NAME.wasm", file)
	case ext == ".yaml" && !abi.ValidName(ruleName(file)):
		return nil, fmt.Errorf("%s: the file's name is the rule's: rename it to begin with a letter a-z and to have only a-z, 0-9, - and _ before .yaml", file)
	}
	return os.ReadFile(env.path(file))
}

// nearFile ends a message about a file that is not there, with one that was likely meant.
func nearFile(env *environment, file string) string {
	entries, err := os.ReadDir(env.path(filepath.Dir(file)))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == filepath.Base(file)+".yaml" || name == filepath.Base(file)+".wasm":
			return fmt.Sprintf(" (did you mean %s?)", filepath.Join(filepath.Dir(file), name))
		case !e.IsDir():
			names = append(names, name)
		}
	}
	if near := rules.Nearest(filepath.Base(file), names); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", filepath.Join(filepath.Dir(file), near))
	}
	return ""
}

// exampleRule is the way from a tenant's folder, or the folder of its rules, to the first rule file in it.
func exampleRule(env *environment, folder string) string {
	below := "rules"
	if filepath.Base(folder) == below {
		below = ""
	}
	name := "NAME.yaml"
	if files := ruleFilesIn(env.path(filepath.Join(folder, below))); len(files) > 0 {
		name = files[0]
	}
	return filepath.Join(below, name)
}

// ruleFilesIn names the rule files in a folder, by name; none where it cannot be read.
func ruleFilesIn(dir string) (names []string) {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if isRuleFile(e.Name()) && !strings.HasSuffix(e.Name(), casesSuffix) {
			names = append(names, e.Name())
		}
	}
	return names
}

// tenantFolder is the tenant's folder that a rule belongs to: the one that the user named, or else the one it is in.
func (c *rulesCall) tenantFolder() string {
	return cmp.Or(c.folder, filepath.Dir(filepath.Dir(c.file)))
}

// config reads what the tenant's rules may speak of.
func (c *rulesCall) config() (*tenant.Config, error) {
	folder := c.env.path(c.tenantFolder())
	if !exists(filepath.Join(folder, "catalogue.yaml")) {
		return nil, fmt.Errorf("there is no catalogue.yaml in %s: a rule file is compiled against its tenant's catalogue; name the tenant's folder with --folder",
			cmp.Or(c.folder, "the folder above that of "+c.file))
	}
	files, _, err := tenant.ReadFS(os.DirFS(folder))
	if err != nil {
		return nil, fmt.Errorf("read the tenant's folder: %w", err)
	}
	config, _, err := tenant.Load(privacyFiles(files))
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		for i := range invalid.Problems {
			invalid.Problems[i].File = filepath.Join(c.tenantFolder(), invalid.Problems[i].File)
		}
	}
	return config, err
}

// inFolder tells what the server would refuse or warn of once the rule is in its tenant's folder, and what was not there without it: a
// score without bands, a name that another rule has, a field that its purpose never shows it. It is false where there is no folder, as
// of a module that lies anywhere.
func (c *rulesCall) inFolder() (problems, warnings []findingJSON, ok bool, err error) {
	folder := c.env.path(c.tenantFolder())
	if !exists(filepath.Join(folder, "tenant.yaml")) || !exists(filepath.Join(folder, "stages.yaml")) {
		return nil, nil, false, nil
	}
	files, _, err := tenant.ReadFS(os.DirFS(folder))
	if err != nil {
		return nil, nil, false, fmt.Errorf("read the tenant's folder: %w", err)
	}
	rule := "rules/" + ruleName(c.file)
	delete(files, rule+".yaml")
	delete(files, rule+".wasm")
	before, warned := loadProblems(files)
	rule += filepath.Ext(c.file)
	if files[rule], err = readRule(c.env, c.file); err != nil {
		return nil, nil, false, err
	}
	after, warns := loadProblems(files)
	return c.brought(rule, after, before), c.brought(rule, warns, warned), true, nil
}

// loadProblems is all that keeps a folder from being used, and all that it is warned of.
func loadProblems(files map[string][]byte) (problems, warnings []tenant.Problem) {
	_, warned, err := tenant.LoadWith(files, edge.RuleFiles{})
	for _, w := range warned {
		warnings = append(warnings, tenant.Problem(w))
	}
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		problems = invalid.Problems
	}
	return problems, warnings
}

// brought are the problems that were not there before, with the names of files as the user would write them.
func (c *rulesCall) brought(rule string, after, before []tenant.Problem) (list []findingJSON) {
	for _, p := range after {
		if slices.ContainsFunc(before, func(q tenant.Problem) bool {
			return p.File == q.File && p.Line == q.Line && p.Path == q.Path && p.Message == q.Message
		}) {
			continue
		}
		if p.File == rule {
			p.File = c.file
		} else {
			p.File = filepath.Join(c.tenantFolder(), filepath.FromSlash(p.File))
		}
		list = append(list, findingOf(p))
	}
	return list
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
	return findingJSON{Where: where, Message: p.Message, Remedy: p.Suggestion, File: p.File, Line: p.Line, Column: p.Column}
}
