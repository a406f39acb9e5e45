package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/runtime"
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
	time   time.Duration // of bench

	warnings []findingJSON // of the compiler
}

func newRulesCall(env *environment, name, about string) *rulesCall {
	c := &rulesCall{env: env, flags: newFlags(env, "rules "+name, "FILE.yaml|FILE.wasm", about)}
	c.BoolVar(&c.json, "json", false, "print JSON")
	c.StringVar(&c.folder, "folder", "", "a tenant's `folder`, whose catalogue a rule file speaks of; else the one that it is in")
	return c
}

func set(f *flag.FlagSet, name string) (is bool) {
	f.Visit(func(fl *flag.Flag) { is = is || fl.Name == name })
	return is
}

// load admits the module as the server does, in a child process, and hands it on.
func (c *rulesCall) load(ctx context.Context, do func(context.Context, *runtime.Module) error) int {
	wasm, warnings, err := c.module()
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		return c.refuse(findingsOf(invalid))
	}
	if err != nil {
		return c.fail(err)
	}
	c.warnings = warnings
	host, end, err := openRuleHost(ctx)
	if err != nil {
		return c.fail(err)
	}
	defer end(ctx)
	m, err := host.Load(ctx, ruleName(c.file), wasm)
	if refused, ok := errors.AsType[*runtime.AdmissionError](err); ok {
		var findings []findingJSON
		for _, f := range refused.Findings {
			findings = append(findings, findingJSON{Where: f.Where, Message: f.Message, Remedy: f.Remedy})
		}
		return c.refuse(findings)
	}
	if err == nil {
		err = do(ctx, m)
	}
	switch {
	case errors.Is(err, errSaid):
		return exitFailed
	case err != nil:
		return c.fail(err)
	}
	return exitOK
}

// openRuleHost starts a host for one command, whose compiled modules go with it.
func openRuleHost(ctx context.Context) (host *runtime.Host, end func(context.Context), err error) {
	work, err := os.MkdirTemp("", "lotse-rules-*")
	if err != nil {
		return nil, nil, err
	}
	clean := func() { _ = os.RemoveAll(work) } // what is left lies in the system's folder for such things
	shop, err := newWorkshop(work, []byte("of this process"))
	if err == nil {
		host, err = runtime.New(ctx, runtime.Config{Instances: 1, Workshop: shop})
	}
	if err != nil {
		clean()
		return nil, nil, err
	}
	return host, func(ctx context.Context) {
		_ = host.Close(context.WithoutCancel(ctx)) // nothing of it is kept
		clean()
	}, nil
}

// errSaid is a failure that has been printed.
var errSaid = errors.New("said already")

// fail says what went wrong, by the name of the command.
func (c *rulesCall) fail(err error) int {
	name := "rules"
	if c.flags != nil {
		name = c.Name()
	}
	return c.env.fail(name, err)
}

func (c *rulesCall) print(v any) error { return printJSON(c.env.stdout, v) }

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
