package tenant

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// PersonaTrait is the trait whose values are the personas of content.yaml.
const PersonaTrait = "persona"

// RuleCompiler turns a rule file into a module.
type RuleCompiler interface {
	// CompileRules compiles rules/NAME.yaml. Of the configuration, languages, purposes, fields and events are there. What is
	// wrong with the file is an *InvalidError.
	CompileRules(name string, file []byte, c *Config) (*CompiledRules, error)
}

// CompiledRules is what a rule file compiles to.
type CompiledRules struct {
	Wasm     []byte
	Points   map[string]rules.Range // what each of its scores can be
	Warnings []Warning
}

// modules compiles rules/*.yaml, reads the manifests of rules/*.wasm and checks all of them against the catalogue. The code
// itself is the runtime's to check.
func (l *loader) modules() {
	if len(l.ruleFiles) > maxModules {
		l.report.problem(Problem{File: "rules", Message: fmt.Sprintf("there are %d modules, at most %d are allowed", len(l.ruleFiles), maxModules)})
		l.blind()
		return
	}
	by := map[string]string{} // what is emitted, to the module that does
	for _, file := range l.ruleFiles {
		wasm := l.files[file]
		at := moduleFile{file: file, report: &l.report}
		name := modulePattern.FindStringSubmatch(file)[1]
		written := strings.HasSuffix(file, ".yaml")
		if written {
			if _, both := l.files["rules/"+name+".wasm"]; both {
				at.problem("", "remove one of the two", "there is a module rules/%s.wasm, too", name)
				l.blind()
				continue
			}
			if wasm = l.compile(at, name, wasm); wasm == nil {
				l.blind()
				continue
			}
		}
		if len(wasm) > MaxModule {
			at.problem("", "build it for size", "the module is larger than %d MiB", MaxModule>>20)
			l.blind()
			continue
		}
		manifest, err := abi.ManifestOf(wasm)
		if err != nil {
			at.manifest(err)
			l.blind()
			continue
		}
		sum := sha256.Sum256(wasm)
		m := Module{Name: name, File: file, Wasm: wasm, Digest: hex.EncodeToString(sum[:]), Manifest: *manifest}
		if manifest.Name != m.Name {
			at.problem("name", "name the file rules/"+shown(manifest.Name)+".wasm", "the manifest names the module %s", quoted(manifest.Name))
		}
		l.moduleBinding(at, manifest, written)
		l.emits(at, m.Name, &manifest.Emits, by)
		if !written { // the compiler of rule files says it with the line
			l.titles(at, &manifest.Emits)
			for _, w := range rules.Warnings(manifest) {
				l.report.warning(Warning{File: file, Path: w.Path, Message: w.Message, Suggestion: w.Suggestion})
			}
		}
		l.config.Modules = append(l.config.Modules, m)
	}
}

// compile makes a module of a rule file, or gives nil. A catalogue with problems would cause others here.
func (l *loader) compile(at moduleFile, name string, file []byte) []byte {
	switch {
	case l.rules == nil:
		at.problem("", "upload the module that it compiles to", "rule files cannot be compiled here")
		return nil
	case l.report.has(fileCatalogue) || l.purposes.open || l.fields.open || l.events.open:
		return nil
	}
	compiled, err := l.rules.CompileRules(name, file, l.config)
	var invalid *InvalidError
	switch {
	case errors.As(err, &invalid):
		for _, p := range invalid.Problems {
			p.File = at.file
			l.report.problem(p)
		}
		return nil
	case err != nil:
		at.problem("", "", "%v", err)
		return nil
	}
	for _, w := range compiled.Warnings {
		w.File = at.file
		l.report.warning(w)
	}
	maps.Copy(l.points, compiled.Points)
	return compiled.Wasm
}

// moduleFile reports problems of a module, which has no lines.
type moduleFile struct {
	file   string
	report *report
}

func (f moduleFile) problem(path, suggestion, format string, args ...any) {
	f.report.problem(Problem{File: f.file, Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

// manifest reports a manifest that cannot be read.
func (f moduleFile) manifest(err error) {
	var invalid *abi.ManifestError
	if !errors.As(err, &invalid) {
		f.problem("", "build it with a guest kit, which adds the manifest", "%v", err)
		return
	}
	for _, fault := range invalid.Faults {
		f.problem(fault.Path, "mend manifest.json beside the module's source and build it again", "%s", fault.Message)
	}
}

// blind notes that not all modules could be read, so that the names they emit are not all known.
func (l *loader) blind() { l.scores.open, l.segments.open, l.personas.open = true, true, true }

// moduleBinding checks what a module reads, and that its purpose permits to judge a visitor at all.
func (l *loader) moduleBinding(at moduleFile, m *abi.Manifest, written bool) {
	if l.purposes.open {
		return
	}
	i, ok := l.purposes.at[m.Purpose]
	if !ok {
		suggestion := "add it to " + fileCatalogue
		if near := rules.Nearest(m.Purpose, l.purposes.list); near != "" {
			suggestion = "did you mean " + near + "?"
		}
		at.problem("purpose", suggestion, "there is no purpose %s in %s", quoted(m.Purpose), fileCatalogue)
	} else if p := l.config.Purposes[i]; p.Profiling == policies.ProfilingNone {
		at.problem("purpose", "add profiling: score to the purpose in "+fileCatalogue, "the purpose %s does not ask for profiling", quoted(m.Purpose))
	}
	if l.report.has(fileCatalogue) {
		return // a field with a problem would cause others here
	}
	_, problems := rules.NewPlan(m, l.config)
	for _, p := range problems {
		l.report.problem(Problem{File: at.file, Path: p.Path, Message: p.Message, Suggestion: p.Suggestion})
	}
	if ok && len(problems) == 0 && !written { // the compiler of rule files says it with the line
		l.unseen(at, m, uint8(i))
	}
}

// unseen warns of features that no consent can ever show to the module, because the catalogue does not bind them to its
// purpose. The names are all known here.
func (l *loader) unseen(at moduleFile, m *abi.Manifest, bit uint8) {
	check := func(path, what, name string, bound PurposeSet) {
		if !bound.Has(bit) {
			l.report.warning(Warning{
				File: at.file, Path: path, Message: fmt.Sprintf("the %s %s is not bound to the purpose %s, so the module never sees it", what, name, m.Purpose),
				Suggestion: "add the purpose to it in " + fileCatalogue + ", or do not read it",
			})
		}
	}
	field := func(path, what, name string) {
		check(path, what, name, l.config.Fields[l.fields.at[name]].Purposes)
	}
	for i, f := range m.Reads {
		path := fmt.Sprintf("reads[%d]", i)
		if f.Aggregate == abi.FieldValue {
			field(path, "field", cmp.Or(f.Field, f.Name))
			continue
		}
		l.outlived(at, path, &f, l.config.Purposes[bit].TTLDays)
		check(path, "event", f.Event, l.config.Events[l.events.at[f.Event]].Purposes)
		if f.Property != "" {
			field(path+".property", "property", f.Property)
		}
		for j, c := range f.Where {
			field(fmt.Sprintf("%s.where[%d]", path, j), "property", c.Property)
		}
	}
}

// outlived warns of a window, or a half-life, that is longer than the events live that it asks about.
func (l *loader) outlived(at moduleFile, path string, f *abi.Feature, days int) {
	fields := []string{}
	if f.Property != "" {
		fields = append(fields, f.Property)
	}
	for _, c := range f.Where {
		fields = append(fields, c.Property)
	}
	shorten := func(ttl int) {
		if ttl > 0 && (days == 0 || ttl < days) {
			days = ttl
		}
	}
	shorten(l.config.Events[l.events.at[f.Event]].TTLDays)
	for _, name := range fields {
		shorten(l.config.Fields[l.fields.at[name]].TTLDays)
	}
	length := cmp.Or(f.Window, f.HalfLife)
	if d, err := abi.ParseDuration(length); err == nil && days > 0 && d > time.Duration(days)*24*time.Hour {
		l.report.warning(Warning{
			File: at.file, Path: path, Message: fmt.Sprintf("%s is longer than what it asks of %s is kept, which is %d days", length, f.Event, days),
			Suggestion: "make it shorter, or let " + fileCatalogue + " keep the events longer",
		})
	}
}

// emits makes known what a module may say. Two modules never say the same: their answers would overwrite each other.
func (l *loader) emits(at moduleFile, module string, e *abi.Emits, by map[string]string) {
	claim := func(what, name, path string) {
		if other, ok := by[what+" "+name]; ok {
			at.problem(path, "rename it in one of the two", "the %s %s is said by the rule %s already", what, quoted(name), other)
			return
		}
		by[what+" "+name] = module
	}
	for i, s := range e.Scores {
		path := fmt.Sprintf("emits.scores[%d]", i)
		claim("score", s.Name, path)
		l.scores.add(s.Name)
	}
	for i, name := range e.Segments {
		claim("segment", name, fmt.Sprintf("emits.segments[%d]", i))
		l.segments.add(name)
	}
	for i, t := range e.Traits {
		claim("trait", t.Name, fmt.Sprintf("emits.traits[%d]", i))
		if t.Name == PersonaTrait {
			for _, v := range t.Values {
				l.personas.add(v)
			}
		}
	}
}

// banded reports scores without bands, once stages.yaml is read.
func (l *loader) banded() {
	for _, m := range l.config.Modules {
		for i, s := range m.Manifest.Emits.Scores {
			if _, ok := l.config.Rating.Bands[s.Name]; !ok {
				moduleFile{file: m.File, report: &l.report}.problem(fmt.Sprintf("emits.scores[%d]", i),
					"add to bands in "+fileStages+": "+strings.ToValidUTF8(s.Name, "")+": [{name: low, from: 0}]", "the score %s has no bands", quoted(s.Name))
			}
		}
	}
}
