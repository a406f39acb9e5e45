package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesAbout = `
Looks at a rule module as the server would, without one.

check admits it and tells what it is made of, or every reason why it is not admitted, each with what to change.
run   evaluates one record and prints what the module says of it, what that cost, and the key of the result: under the same
      key the answer and the fuel are the same on every machine. The record is JSON, by the names of the manifest:
      {"time": "2026-01-31T12:00:00Z", "features": {"visits": 3, "country": "DE"}}; what is not named is absent.
bench measures evaluations, one after the other on one processor; of the empty record, where there is no --record.

Beside it, lotse rules generate --language LANGUAGE MANIFEST.json writes what a rule needs that is written by hand.`

func rulesCommand() command {
	return command{"rules", "check, run and measure a rule module, and write its accessors", runRules}
}

// rulesCall is one call of lotse rules.
type rulesCall struct {
	env    *environment
	file   string // as the user wrote it
	record string
	json   bool
	time   time.Duration
}

func runRules(ctx context.Context, env *environment, args []string) int {
	if len(args) > 0 && args[0] == "generate" {
		return runRulesGenerate(ctx, env, args[1:])
	}
	f := newFlags(env, "rules", "check|run|bench FILE.wasm", rulesAbout)
	c := rulesCall{env: env}
	f.BoolVar(&c.json, "json", false, "print JSON")
	f.StringVar(&c.record, "record", "", "`file` with the record, as JSON; for run and bench")
	f.DurationVar(&c.time, "time", 2*time.Second, "how long to measure; for bench")
	operands, exit, ok := f.parse(args, 2)
	if !ok {
		return exit
	}
	c.file = operands[1]
	do := map[string]func(context.Context, *runtime.Module) error{"check": c.check, "run": c.run, "bench": c.bench}[operands[0]]
	switch {
	case do == nil:
		return f.misuse("the action is check, run or bench")
	case operands[0] == "run" && c.record == "":
		return f.misuse("run needs --record")
	case c.time <= 0 || c.time > time.Hour:
		return f.misuse("--time is between nothing and an hour")
	case operands[0] == "check" && set(f.FlagSet, "record"):
		return f.misuse("check takes no --record")
	}
	return c.load(ctx, do)
}

func set(f *flag.FlagSet, name string) (is bool) {
	f.Visit(func(fl *flag.Flag) { is = is || fl.Name == name })
	return is
}

// load admits the module as the server does, in a child process, and hands it on.
func (c *rulesCall) load(ctx context.Context, do func(context.Context, *runtime.Module) error) int {
	fail := func(err error) int { return c.env.fail("rules", err) }
	wasm, err := os.ReadFile(c.env.path(c.file))
	if err != nil {
		return fail(err)
	}
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
	name := strings.TrimSuffix(filepath.Base(c.file), ".wasm")
	m, err := host.Load(ctx, name, wasm)
	var refused *runtime.AdmissionError
	switch {
	case errors.As(err, &refused):
		return c.refuse(refused)
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

type moduleJSON struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Digest   string `json:"digest"`
	Size     int    `json:"size"`
	Purpose  string `json:"purpose"`
	Reads    int    `json:"reads"`
	Scores   int    `json:"scores"`
	Segments int    `json:"segments"`
	Traits   int    `json:"traits"`
	Tier     string `json:"tier"`
	Memory   int    `json:"memory"`
	Room     int    `json:"room"`
	Granule  int    `json:"granule"`
	Fuel     int64  `json:"fuel"`      // of the empty record
	Budget   int64  `json:"budget"`    //
	InitFuel int64  `json:"init_fuel"` // of the initialisation
}

func (c *rulesCall) refuse(e *runtime.AdmissionError) int {
	v := verdict{File: c.file, Findings: []findingJSON{}}
	for _, f := range e.Findings {
		v.Findings = append(v.Findings, findingJSON(f))
	}
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
		fmt.Fprintf(c.env.stdout, "  %s: %s\n    %s\n", f.Where, f.Message, f.Remedy)
	}
}

// check tells what the module is made of. It has it evaluate the record in which nothing is known, which every visitor
// without consent has: a module that fails there fails for most.
func (c *rulesCall) check(ctx context.Context, m *runtime.Module) error {
	manifest, facts := m.Manifest(), m.Facts()
	v := verdict{File: c.file, Admitted: true, Findings: []findingJSON{}}
	for _, w := range rules.Warnings(manifest) {
		v.Warnings = append(v.Warnings, findingJSON{"manifest " + w.Path, w.Message, w.Suggestion})
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
	fmt.Fprintf(&b, "  reads    %d features\n  emits    %d scores, %d segments, %d traits\n", m.Reads, m.Scores, m.Segments, m.Traits)
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
