// Package compile turns rule files, YAML with CEL expressions, into WebAssembly modules of the contract in sdk/abi, the same
// as guest kits build. CEL's own library parses an expression and checks its types against the tenant's catalogue; the code
// is generated here, without a runtime: texts are compared where the record holds them, and nothing is written but the
// answer. What cannot be compiled is an error at its line, never an approximation. FORMAT.md describes the files and the
// subset of CEL. The package runs no module and opens no file.
//
// Compile holds no state and is safe for concurrent use.
package compile

import (
	"errors"
	"fmt"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// maxPoints bounds what one reason gives: more would make the host refuse the answer.
const maxPoints = rules.MaxPoints

// Result is a compiled rule file.
type Result struct {
	Wasm     []byte // the module, its manifest appended
	Manifest abi.Manifest
	Points   map[string]rules.Range // what each score can be
	Fuel     uint64                 // units that an evaluation uses at most, whatever the record
	Warnings []Problem              // what works and is likely not meant, by line
}

// Compile compiles a rule file. The name is the module's, and the file is called name.yaml in problems. What is wrong with
// the file is an *InvalidError with every problem. The same file, catalogue and version of this package give the same
// bytes.
func Compile(data []byte, name string, catalogue Catalogue) (*Result, error) {
	return newFile(name, &catalogue).compile(data, name)
}

func newFile(name string, c *Catalogue) *file {
	return &file{catalogue: c, report: &report{file: name + ".yaml"}, reads: &reads{slots: map[string]int{}}, steps: mostSteps}
}

func (f *file) compile(data []byte, name string) (*Result, error) {
	var err error
	if f.env, err = newEnv(f.catalogue); err != nil {
		return nil, fmt.Errorf("prepare CEL for rule file %s: %w", name, err)
	}
	f.read(data)
	if err := f.report.err(); err != nil {
		return nil, err
	}
	if len(f.reads.features) > abi.MaxReads {
		f.report.problem(position{}, "split the file", "the rules read more than %d features", abi.MaxReads)
		return nil, f.report.err()
	}
	f.warn()
	code, evaluation := f.module()
	if evaluation.units > mostFuel {
		f.tooDear(evaluation)
		return nil, f.report.err()
	}
	manifest := f.manifest(name)
	manifest.Fuel = evaluation.fuel()
	raw, err := abi.EncodeManifest(&manifest)
	if err != nil { // perhaps only too long: what explains a score is what can be done without
		for i := range manifest.Emits.Scores {
			manifest.Emits.Scores[i].Features = nil
		}
		raw, err = abi.EncodeManifest(&manifest)
	}
	var invalid *abi.ManifestError
	if errors.As(err, &invalid) {
		for _, fault := range invalid.Faults {
			if fault.Path == "" { // it is too long
				f.report.problem(position{}, "split it, or shorten titles and filters", "what the file reads and says, as a manifest, %s", fault.Message)
				continue
			}
			f.report.problem(position{}, "", "the manifest's %s: %s", fault.Path, fault.Message)
		}
		return nil, f.report.err()
	} else if err != nil {
		return nil, fmt.Errorf("write the manifest of rule file %s: %w", name, err)
	}
	if n := f.entries(); n > abi.MaxEntries {
		f.report.problem(position{}, "split it", "the rules could say %d things at once, more than %d", n, abi.MaxEntries)
		return nil, f.report.err()
	}
	module, err := abi.AppendManifest(code.encode(), raw)
	if err != nil {
		return nil, fmt.Errorf("append the manifest of rule file %s: %w", name, err)
	}
	// The host's own decoder has the last word, so that what compiles is admitted.
	if _, problems := wasm.Decode(module, 0); len(problems) > 0 {
		f.report.problem(position{}, "split it into several files", "the rules make a module that the host does not admit: %s", problems[0].Message)
		return nil, f.report.err()
	}
	sortProblems(f.report.warnings)
	result := &Result{Wasm: module, Manifest: manifest, Points: make(map[string]rules.Range, len(f.scores)), Fuel: evaluation.units, Warnings: f.report.warnings}
	for i := range f.scores {
		result.Points[f.scores[i].name] = f.points(&f.scores[i])
	}
	return result, nil
}

// manifest declares what the file reads and says.
func (f *file) manifest(name string) abi.Manifest {
	m := abi.Manifest{ABI: abi.Version, Name: name, Version: f.version, Purpose: f.purpose, Reads: f.reads.features}
	for _, s := range f.scores {
		m.Emits.Scores = append(m.Emits.Scores, abi.Score{Name: s.name, Title: f.titles[s.name], Reasons: s.reasons, Titles: s.titles, Features: s.features()})
	}
	m.Emits.Segments, m.Emits.Titles = names(f.segments)
	for _, t := range f.traits {
		x := abi.Trait{Name: t.name, Title: t.title}
		x.Values, x.Titles = names(t.values)
		m.Emits.Traits = append(m.Emits.Traits, x)
	}
	return m
}

// names gives the names and the titles of segments, or of a trait's values.
func names(list []segment) (names []string, titles map[string]abi.Title) {
	for _, s := range list {
		names = append(names, s.name)
		if s.title == nil {
			continue
		}
		if titles == nil {
			titles = map[string]abi.Title{}
		}
		titles[s.name] = s.title
	}
	return names, titles
}

// entries is the most that one answer can hold.
func (f *file) entries() int {
	n := len(f.segments) + len(f.traits)
	for _, s := range f.scores {
		most := 0
		for _, m := range s.models {
			most = max(most, len(m.reasons))
		}
		n += most
	}
	return n
}
