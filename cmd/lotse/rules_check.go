package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesCheckAbout = `
Looks at a rule as a server would, without one: tells what the rule reads and says, or all that is wrong with it, each with its place
and what to change. A rule file is compiled against its tenant's catalogue; a rule in a tenant's folder must fit the rest of the folder,
too. What works and is likely not meant is a warning.

  lotse rules check my-tenant/rules/interest.yaml`

func rulesCheck(ctx context.Context, env *environment, args []string) int {
	c := newRulesCall(env, "check", rulesCheckAbout)
	operands, exit, ok := c.parse(args, 1)
	if !ok {
		return exit
	}
	c.file = operands[0]
	return c.load(ctx, c.check)
}

// verdict is what check prints as JSON.
type verdict struct {
	File     string        `json:"file"`
	Admitted bool          `json:"admitted"`
	Findings []findingJSON `json:"findings"`
	Warnings []findingJSON `json:"warnings,omitempty"`
	Module   *moduleJSON   `json:"module,omitempty"`
}

type findingJSON struct {
	Where   string `json:"where"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
	// Of a place in a file, where there is one; line and column are from 1.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// featureJSON is one value that the module reads: by its name it stands in a record.
type featureJSON struct {
	Name string `json:"name"`
	Is   string `json:"is"`
}

type moduleJSON struct {
	Name     string        `json:"name"`
	Version  string        `json:"version"`
	Digest   string        `json:"digest"`
	Size     int           `json:"size"`
	Purpose  string        `json:"purpose"`
	Reads    int           `json:"reads"`
	Features []featureJSON `json:"features"`
	Scores   int           `json:"scores"`
	Segments int           `json:"segments"`
	Traits   int           `json:"traits"`
	Says     []string      `json:"says"`
	Tier     string        `json:"tier"`
	Memory   int           `json:"memory"`
	Room     int           `json:"room"`
	Granule  int           `json:"granule"`
	Fuel     int64         `json:"fuel"`      // of the empty record
	Budget   int64         `json:"budget"`    // of each record
	InitFuel int64         `json:"init_fuel"` // of the initialisation
}

func (c *rulesCall) refuse(findings []findingJSON) int {
	if err := c.tell(verdict{File: c.file, Findings: findings}); err != nil {
		return c.fail(err)
	}
	return exitFailed
}

// tell prints a verdict as the user asked for it.
func (c *rulesCall) tell(v verdict) error {
	if c.json {
		return c.print(v)
	}
	_, err := io.WriteString(c.env.stdout, v.text())
	return err
}

// check tells what the module is made of. It has it evaluate the record in which nothing is known, which every visitor
// without consent has: a module that fails there fails for most.
func (c *rulesCall) check(ctx context.Context, m *runtime.Module) error {
	v := verdict{File: c.file, Findings: []findingJSON{}}
	found, warnings, inFolder, err := c.inFolder()
	if err != nil {
		return err
	}
	v.Findings = append(v.Findings, found...)
	switch {
	case inFolder:
		v.Warnings = warnings
	case isRuleFile(c.file): // the compiler says it with the line
		v.Warnings = c.warnings
	default:
		for _, w := range rules.Warnings(m.Manifest()) {
			v.Warnings = append(v.Warnings, findingJSON{Where: "manifest " + w.Path, Message: w.Message, Remedy: w.Suggestion})
		}
	}
	if !isRuleFile(c.file) {
		v.Warnings = append(v.Warnings, sourcesAhead(c.env.path(c.file), m.Manifest())...)
	}
	record, err := emptyRecord(m.Manifest())
	if err != nil {
		return err
	}
	_, used, err := m.Measure(ctx, record, nil)
	if fault, ok := errors.AsType[*runtime.Fault](err); ok {
		v.Findings = append(v.Findings, findingJSON{
			Where: "evaluation", Message: "fails on a record in which nothing is known: " + fault.Kind.String() + ": " + fault.Err.Error(),
			Remedy: remedyOf(fault.Kind),
		})
	} else if err != nil {
		return err
	}
	v.Module = moduleOf(m, used.Fuel)
	v.Admitted = len(v.Findings) == 0
	if err := c.tell(v); err != nil || v.Admitted {
		return err
	}
	return errSaid
}

// moduleOf is what a module is made of, and what the empty record costs.
func moduleOf(m *runtime.Module, fuel int64) *moduleJSON {
	manifest, facts := m.Manifest(), m.Facts()
	j := &moduleJSON{
		Name: manifest.Name, Version: manifest.Version, Digest: m.Digest(), Size: m.Size(), Purpose: manifest.Purpose,
		Reads: len(manifest.Reads), Scores: len(manifest.Emits.Scores), Segments: len(manifest.Emits.Segments), Traits: len(manifest.Emits.Traits),
		Says: []string{}, Tier: facts.Tier, Memory: facts.Memory, Room: facts.Room, Granule: facts.Granule, Fuel: fuel, Budget: m.Fuel(), InitFuel: facts.InitFuel,
	}
	for i := range manifest.Reads {
		f := &manifest.Reads[i]
		j.Features = append(j.Features, featureJSON{f.Name, rules.Reading(f)})
	}
	for _, s := range manifest.Emits.Scores {
		j.Says = append(j.Says, "score "+s.Name+": "+strings.Join(s.Reasons, ", "))
	}
	for _, s := range manifest.Emits.Segments {
		j.Says = append(j.Says, "segment "+s)
	}
	for _, t := range manifest.Emits.Traits {
		j.Says = append(j.Says, "trait "+t.Name+": "+strings.Join(t.Values, ", "))
	}
	return j
}

func remedyOf(k runtime.FaultKind) string {
	switch k {
	case runtime.OutOfFuel:
		return "do less in one evaluation, or ask for more fuel in the manifest"
	case runtime.StackTooDeep:
		return "call less deeply, and with fewer local variables"
	default:
		return "answer without entries where a feature is absent; ask for more memory in the manifest if the module needs it"
	}
}

// text is the verdict for people: all that is wrong, or what the module is made of; and what is likely not meant.
func (v *verdict) text() string {
	var b strings.Builder
	if v.Admitted {
		fmt.Fprintf(&b, "%s: admitted\n", v.File)
		v.Module.describe(&b)
	} else {
		fmt.Fprintf(&b, "%s: not admitted: %s\n", v.File, several(len(v.Findings), "finding"))
	}
	for _, f := range v.Findings {
		fmt.Fprintf(&b, "  %s: %s\n", f.Where, f.Message)
		if f.Remedy != "" {
			fmt.Fprintf(&b, "    %s\n", f.Remedy)
		}
	}
	for _, w := range v.Warnings {
		fmt.Fprintf(&b, "  warning  %s: %s\n", w.Where, w.Message)
		if w.Remedy != "" {
			fmt.Fprintf(&b, "           %s\n", w.Remedy)
		}
	}
	return b.String()
}

func (m *moduleJSON) describe(b *strings.Builder) {
	fmt.Fprintf(b, "  module   %s %s, %d bytes\n  digest   %s\n  purpose  %s\n", m.Name, m.Version, m.Size, m.Digest, m.Purpose)
	fmt.Fprintf(b, "  reads    %s\n", several(m.Reads, "feature"))
	for _, f := range m.Features {
		fmt.Fprintf(b, "           %s: %s\n", f.Name, f.Is)
	}
	fmt.Fprintf(b, "  says     %s, %s, %s\n", several(m.Scores, "score"), several(m.Segments, "segment"), several(m.Traits, "trait"))
	for _, line := range m.Says {
		fmt.Fprintf(b, "           %s\n", line)
	}
	fmt.Fprintf(b, "  limits   of a %s\n", m.Tier)
	fmt.Fprintf(b, "  memory   %d KiB, up to %d; restored by pieces of %d bytes\n", m.Memory>>10, m.Room>>10, m.Granule)
	fmt.Fprintf(b, "  fuel     %d of %d for an empty record; %d for the initialisation\n", m.Fuel, m.Budget, m.InitFuel)
}

// several counts things: "1 finding", "2 findings".
func several(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func emptyRecord(m *abi.Manifest) ([]byte, error) {
	return recordOf(m, recordFile{})
}
