package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

func rulesCommand() command {
	return command{"rules", "write, check and run a rule; push it, look at its effect, put it in force", runRules}
}

// rulesAction is one subcommand of lotse rules.
type rulesAction struct {
	name    string
	summary string
	run     func(ctx context.Context, env *environment, args []string) int
}

// rulesActions lists them in the order of a rule's life.
func rulesActions() []rulesAction {
	return []rulesAction{
		{"new", "begin a rule file, or the sources of a module", rulesNew},
		{"generate", "write typed accessors for a module from its manifest", runRulesGenerate},
		{"build", "compile a rule file, or all rules of a tenant's folder", rulesBuild},
		{"check", "what a rule is made of, or what is wrong with it", rulesCheck},
		{"test", "run the cases that stand beside the rules of a folder", runRulesTest},
		{"run", "what a rule says of one record", rulesRun},
		{"explain", "what a score is made of: of a stored profile, or of a record", runRulesExplain},
		{"bench", "how fast a rule is", rulesBench},
		{"push", "send a version to a server, without putting it in force", rulesPush},
		{"list", "the versions that a server has", rulesList},
		{"diff", "what a version reads and says beyond another, and whom it moves", rulesDiff},
		{"approve", "approve, as a privacy officer, what is new in a version", rulesApprove},
		{"shadow", "run a version beside the one in force", rulesShadow},
		{"activate", "put a version in force", rulesActivate},
		{"rollback", "put the version before in force again", rulesRollback},
	}
}

func runRules(ctx context.Context, env *environment, args []string) int {
	var names []string
	for _, a := range rulesActions() {
		if len(args) > 0 && a.name == args[0] {
			return a.run(ctx, env, args[1:])
		}
		names = append(names, a.name)
	}
	if len(args) > 0 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help") {
		rulesUsage(env.stderr)
		return exitOK
	}
	if len(args) > 0 {
		fmt.Fprintf(env.stderr, "lotse rules: there is no %q%s\n\n", args[0], meant(args[0], names))
	}
	rulesUsage(env.stderr)
	return exitUsage
}

func rulesUsage(w io.Writer) {
	fmt.Fprint(w, "usage: lotse rules ACTION [flags]\n\nA rule gives visitors points, segments and traits. It is a rule file (YAML, see rules/compile/FORMAT.md), or a module (.wasm).\n\nactions:\n")
	for _, a := range rulesActions() {
		fmt.Fprintf(w, "  %-9s %s\n", a.name, a.summary)
	}
	fmt.Fprint(w, "\n'lotse help rules ACTION' tells more about one.\n")
}

// rulesCall is one call of lotse rules about a rule on this machine.
type rulesCall struct {
	*flags
	env    *environment
	file   string // as the user wrote it
	folder string // of the tenant, for a rule file; empty: the one that the file is in
	record string
	json   bool
	stages bool // to look at stages.yaml as well
	time   time.Duration

	warnings []findingJSON // of the compiler
}

func newRulesCall(env *environment, name, about string) *rulesCall {
	c := &rulesCall{env: env, flags: newFlags(env, "rules "+name, "FILE.yaml|FILE.wasm", about)}
	c.BoolVar(&c.json, "json", false, "print JSON")
	c.StringVar(&c.folder, "folder", "", "a tenant's `folder`, whose catalogue a rule file speaks of; else the one that it is in")
	return c
}

const rulesCheckAbout = `
Admits a rule as the server would, without one, and tells what it is made of, or every reason why it is not admitted, each with
its place and what to change. A rule file is compiled against its tenant's catalogue, and what nobody reaches under it of the
bands, quadrants and stages in stages.yaml is warned of.`

func rulesCheck(ctx context.Context, env *environment, args []string) int {
	c := newRulesCall(env, "check", rulesCheckAbout)
	c.stages = true
	operands, exit, ok := c.parse(args, 1)
	if !ok {
		return exit
	}
	c.file = operands[0]
	return c.load(ctx, c.check)
}

const rulesRunAbout = `
Evaluates one record and prints what the rule says of it, what that cost, and the key of the result: under the same key the
answer and the fuel are the same on every machine. The record is JSON, by the names of the manifest:
{"time": "2026-01-31T12:00:00Z", "features": {"visits": 3, "country": "DE"}}; what is not named is absent.`

func rulesRun(ctx context.Context, env *environment, args []string) int {
	c := newRulesCall(env, "run", rulesRunAbout)
	c.StringVar(&c.record, "record", "", "`file` with the record, as JSON")
	operands, exit, ok := c.parse(args, 1)
	switch {
	case !ok:
		return exit
	case c.record == "":
		return c.misuse("run needs --record")
	}
	c.file = operands[0]
	return c.load(ctx, c.run)
}

const rulesBenchAbout = `
Measures evaluations, one after the other on one processor; of the empty record, where there is no --record.`

func rulesBench(ctx context.Context, env *environment, args []string) int {
	c := newRulesCall(env, "bench", rulesBenchAbout)
	c.StringVar(&c.record, "record", "", "`file` with the record, as JSON")
	c.DurationVar(&c.time, "time", 2*time.Second, "how long to measure")
	operands, exit, ok := c.parse(args, 1)
	switch {
	case !ok:
		return exit
	case c.time <= 0 || c.time > time.Hour:
		return c.misuse("--time is between nothing and an hour")
	}
	c.file = operands[0]
	return c.load(ctx, c.bench)
}

func set(f *flag.FlagSet, name string) (is bool) {
	f.Visit(func(fl *flag.Flag) { is = is || fl.Name == name })
	return is
}

// load admits the module as the server does, in a child process, and hands it on.
func (c *rulesCall) load(ctx context.Context, do func(context.Context, *runtime.Module) error) int {
	fail := func(err error) int { return c.env.fail("rules", err) }
	wasm, warnings, err := c.module()
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		return c.refuse(findingsOf(invalid))
	}
	if err != nil {
		return fail(err)
	}
	c.warnings = warnings
	work, err := os.MkdirTemp("", "lotse-rules-*")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(work)
	shop, err := newWorkshop(work, []byte("of this process"))
	if err != nil {
		return fail(err)
	}
	host, err := runtime.New(ctx, runtime.Config{Instances: 1, Workshop: shop})
	if err != nil {
		return fail(err)
	}
	defer host.Close(context.WithoutCancel(ctx))
	m, err := host.Load(ctx, ruleName(c.file), wasm)
	var refused *runtime.AdmissionError
	switch {
	case errors.As(err, &refused):
		var findings []findingJSON
		for _, f := range refused.Findings {
			findings = append(findings, findingJSON(f))
		}
		return c.refuse(findings)
	case err != nil:
		return fail(err)
	}
	switch err := do(ctx, m); {
	case errors.Is(err, errSaid):
		return exitFailed
	case err != nil:
		return fail(err)
	}
	return exitOK
}

// errSaid is a failure that has been printed.
var errSaid = errors.New("said already")

func (c *rulesCall) print(v any) error {
	e := json.NewEncoder(c.env.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
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
	Tier     string        `json:"tier"`
	Memory   int           `json:"memory"`
	Room     int           `json:"room"`
	Granule  int           `json:"granule"`
	Fuel     int64         `json:"fuel"`      // of the empty record
	Budget   int64         `json:"budget"`    //
	InitFuel int64         `json:"init_fuel"` // of the initialisation
}

func (c *rulesCall) refuse(findings []findingJSON) int {
	v := verdict{File: c.file, Findings: findings}
	if c.json {
		if err := c.print(v); err != nil {
			return c.env.fail("rules", err)
		}
		return exitFailed
	}
	c.say(v)
	return exitFailed
}

func (c *rulesCall) say(v verdict) {
	plural := "s"
	if len(v.Findings) == 1 {
		plural = ""
	}
	fmt.Fprintf(c.env.stdout, "%s: not admitted: %d finding%s\n", v.File, len(v.Findings), plural)
	for _, f := range v.Findings {
		fmt.Fprintf(c.env.stdout, "  %s: %s\n", f.Where, f.Message)
		if f.Remedy != "" {
			fmt.Fprintf(c.env.stdout, "    %s\n", f.Remedy)
		}
	}
}

// check tells what the module is made of. It has it evaluate the record in which nothing is known, which every visitor
// without consent has: a module that fails there fails for most.
func (c *rulesCall) check(ctx context.Context, m *runtime.Module) error {
	manifest, facts := m.Manifest(), m.Facts()
	v := verdict{File: c.file, Admitted: true, Findings: []findingJSON{}}
	v.Warnings = c.warnings
	if !isRuleFile(c.file) { // the compiler says it with the line
		for _, w := range rules.Warnings(manifest) {
			v.Warnings = append(v.Warnings, findingJSON{"manifest " + w.Path, w.Message, w.Suggestion})
		}
	}
	record, err := emptyRecord(manifest)
	if err != nil {
		return err
	}
	_, used, err := m.Measure(ctx, record, nil)
	var fault *runtime.Fault
	switch {
	case errors.As(err, &fault):
		v.Admitted = false
		v.Findings = append(v.Findings, findingJSON{
			"evaluation", "fails on a record in which nothing is known: " + fault.Kind.String() + ": " + fault.Err.Error(),
			remedyOf(fault.Kind),
		})
	case err != nil:
		return err
	}
	v.Module = &moduleJSON{
		Name: manifest.Name, Version: manifest.Version, Digest: m.Digest(), Size: m.Size(), Purpose: manifest.Purpose,
		Reads: len(manifest.Reads), Scores: len(manifest.Emits.Scores), Segments: len(manifest.Emits.Segments), Traits: len(manifest.Emits.Traits),
		Tier: facts.Tier, Memory: facts.Memory, Room: facts.Room, Granule: facts.Granule, Fuel: used.Fuel, Budget: m.Fuel(), InitFuel: facts.InitFuel,
	}
	for i := range manifest.Reads {
		f := &manifest.Reads[i]
		v.Module.Features = append(v.Module.Features, featureJSON{f.Name, rules.Reading(f)})
	}
	if c.json {
		err = c.print(v)
	} else {
		err = c.describe(v)
	}
	if err == nil && !v.Admitted {
		err = errSaid
	}
	return err
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

func (c *rulesCall) describe(v verdict) error {
	if !v.Admitted {
		c.say(v)
		return nil
	}
	m := v.Module
	var b strings.Builder
	fmt.Fprintf(&b, "%s: admitted\n", v.File)
	fmt.Fprintf(&b, "  module   %s %s, %d bytes\n  digest   %s\n  purpose  %s\n", m.Name, m.Version, m.Size, m.Digest, m.Purpose)
	fmt.Fprintf(&b, "  reads    %d features\n", m.Reads)
	for _, f := range m.Features {
		fmt.Fprintf(&b, "           %s: %s\n", f.Name, f.Is)
	}
	fmt.Fprintf(&b, "  emits    %d scores, %d segments, %d traits\n", m.Scores, m.Segments, m.Traits)
	fmt.Fprintf(&b, "  limits   of a %s\n", m.Tier)
	fmt.Fprintf(&b, "  memory   %d KiB, up to %d; restored by pieces of %d bytes\n", m.Memory>>10, m.Room>>10, m.Granule)
	fmt.Fprintf(&b, "  fuel     %d of %d for an empty record; %d for the initialisation\n", m.Fuel, m.Budget, m.InitFuel)
	for _, w := range v.Warnings {
		fmt.Fprintf(&b, "  warning  %s: %s\n           %s\n", w.Where, w.Message, w.Remedy)
	}
	_, err := c.env.stdout.Write([]byte(b.String()))
	return err
}

func emptyRecord(m *abi.Manifest) ([]byte, error) {
	return recordOf(m, recordFile{})
}
