package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
)

func policyCommand() command {
	return command{"policy", "what is kept of a visitor, and why; compare and approve a change", runPolicy}
}

// policyAction is one subcommand of lotse policy.
type policyAction struct {
	name    string
	summary string
	run     func(ctx context.Context, env *environment, args []string) int
}

// policyActions lists them in the order in which an officer needs them.
func policyActions() []policyAction {
	return []policyAction{
		{"show", "what a tenant's website keeps today, and why: the page to begin with", policyShow},
		{"explain", "one situation: the answer, its reasons, and what would change it", policyExplain},
		{"rows", "all situations, by their answers", policyRows},
		{"check", "prove a policy, or say what is wrong with it", policyCheck},
		{"test", "run the tests that a policy brings along", policyTest},
		{"diff", "what another policy would change, and for how many visitors", policyDiff},
		{"fetch", "write a server's policy into a folder: where a change begins", policyFetch},
		{"fmt", "lay a policy's files out as the gate asks for", policyFmt},
		{"bundle", "pack a policy as one file, and sign it", policyBundle},
		{"push", "send a policy to a server, to be proved and to wait for approval", policyPush},
		{"status", "which policy is in force, and what waits for whom", policyStatus},
		{"approve", "approve a policy with an officer's key", policyApprove},
		{"release", "put an approved policy in force", policyRelease},
		{"withdraw", "take back a policy that waits", policyWithdraw},
		{"officers", "who may approve; add or remove somebody", policyOfficers},
		{"officer", "make the key with which an officer approves policies", policyOfficerCommand},
		{"decisions", "what was decided, and how often", policyDecisions},
		{"replay", "one decision, and the same question asked again", policyReplay},
		{"export", "the privacy notice and the record of processing, written from the rules", policyExportCommand},
		{"log", "which policy was in force when, and who approved it", policyLogCommand},
	}
}

func runPolicy(ctx context.Context, env *environment, args []string) int {
	var names []string
	for _, a := range policyActions() {
		if len(args) > 0 && a.name == args[0] {
			return a.run(ctx, env, args[1:])
		}
		names = append(names, a.name)
	}
	switch {
	case len(args) == 0:
		policyUsage(env.stderr)
		return exitUsage
	case args[0] == "-h" || args[0] == "-help" || args[0] == "--help":
		policyUsage(env.stderr)
		return exitOK
	}
	fmt.Fprintf(env.stderr, "lotse policy: there is no %q%s\n\n", args[0], meant(args[0], names))
	policyUsage(env.stderr)
	return exitUsage
}

func policyUsage(w io.Writer) {
	fmt.Fprint(w, "usage: lotse policy ACTION [flags]\n\nA policy says what may be kept of a visitor's data, and for what.\nThese commands are for those who answer for it.\n\nactions:\n")
	for _, a := range policyActions() {
		fmt.Fprintf(w, "  %-9s %s\n", a.name, a.summary)
	}
	fmt.Fprint(w, "\n'lotse help policy ACTION' tells more about one. All of them speak English and German (--language en|de).\n")
}

// meant suggests what was most likely meant; empty where nothing is near.
func meant(name string, known []string) string {
	if near := rules.Nearest(name, known); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}

// policyCall is one call of a command about a proved policy.
type policyCall struct {
	*flags
	env      *environment
	language string
	json     bool
	folder   string // of a tenant; empty: none
	proving  string // what is being proved, for who is told that it fails

	base        *policies.Table
	certificate *policies.Certificate
	table       *policies.Table // the tenant's, or the base policy's
	config      *tenant.Config  // nil without a tenant
}

func newPolicyCall(env *environment, name, operands, about string) *policyCall {
	c := &policyCall{flags: newFlags(env, "policy "+name, operands, about), env: env}
	c.StringVar(&c.language, "language", languageOf(env), "`language` of the answer: en or de")
	c.BoolVar(&c.json, "json", false, "print JSON, for other programs")
	return c
}

// forTenant lets the command look at a tenant's own rules and catalogue.
func (c *policyCall) forTenant() {
	c.StringVar(&c.folder, "tenant", "", "`folder` of a tenant, whose own rules come on top")
}

// languageOf is the user's language, as far as it is one of ours.
func languageOf(env *environment) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env.getenv(name); v != "" {
			if strings.HasPrefix(strings.ToLower(v), "de") {
				return "de"
			}
			return "en"
		}
	}
	return "en"
}

// parseBetween reads the flags and the operands.
func (c *policyCall) parseBetween(args []string, least, most int) (operands []string, exit int, ok bool) {
	operands, exit, ok = c.flags.parseBetween(args, least, most)
	if ok && c.language != "en" && c.language != "de" {
		return nil, c.misuse("--language is en or de"), false
	}
	return operands, exit, ok
}

func numberOfOperands(least, most int) string {
	switch {
	case most == 0:
		return "no operand"
	case least == most:
		return fmt.Sprintf("%d operands", least)
	case most == 1:
		return "at most one operand"
	}
	return fmt.Sprintf("%d to %d operands", least, most)
}

// open proves the policy, and the tenant's own rules on top.
func (c *policyCall) open(ctx context.Context, operand string) (err error) {
	if c.base, c.certificate, err = c.prove(ctx, operand); err != nil {
		return err
	}
	c.table = c.base
	if c.folder == "" {
		return nil
	}
	if c.config, err = c.loadTenant(); err != nil {
		return err
	}
	if len(c.config.Policies) > 0 {
		c.proving = c.folder
		c.table, err = c.base.Tenant(ctx, c.config.ID, c.config.Policies)
	}
	return err
}

// prove makes a table of the policy that an operand names; empty or "base" is the one in this program.
func (c *policyCall) prove(ctx context.Context, operand string) (*policies.Table, *policies.Certificate, error) {
	c.proving = operand
	source, err := c.source(operand)
	if err != nil {
		return nil, nil, err
	}
	if c.env.terminal {
		fmt.Fprintln(c.env.stderr, c.say("proving the policy; this takes some seconds", "die Regeln werden geprüft; das dauert einige Sekunden"))
	}
	prove := policies.Prove
	if c.env.prove != nil {
		prove = c.env.prove
	}
	return prove(ctx, policies.Config{Source: source, Host: policyHost{}})
}

// source reads the policy that an operand names.
func (c *policyCall) source(operand string) (policies.Source, error) {
	if operand == "" || operand == basePolicy {
		return policies.Base()
	}
	return readPolicy(c.env.path(operand))
}

// basePolicy is the operand that names the policy in this program.
const basePolicy = "base"

func (c *policyCall) loadTenant() (*tenant.Config, error) {
	files, _, err := tenant.ReadFS(os.DirFS(c.env.path(c.folder)))
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	if files["tenant.yaml"] == nil {
		return nil, fmt.Errorf("%s holds no tenant.yaml: --tenant names a tenant's folder", c.folder)
	}
	config, _, err := tenant.Load(privacyFiles(files))
	return config, err
}

// privacyFiles are those of a tenant's files that say which data is kept and what for. The others come and go with modules, which an
// officer need not have built.
func privacyFiles(files map[string][]byte) map[string][]byte {
	out := map[string][]byte{
		"stages.yaml": []byte("stages: [{name: visit}]"), "content.yaml": []byte("slots: {}"), "forms.yaml": []byte("forms: {}"),
	}
	for name, text := range files {
		if name == "tenant.yaml" || name == "catalogue.yaml" || strings.HasPrefix(name, "policies/") {
			out[name] = text
		}
	}
	return out
}

// say picks the words in the user's language.
func (c *policyCall) say(en, de string) string {
	if c.language == "de" {
		return de
	}
	return en
}

func (c *policyCall) sayf(en, de string, args ...any) string {
	return fmt.Sprintf(c.say(en, de), args...)
}

func (c *policyCall) printJSON(v any) error {
	e := json.NewEncoder(c.env.stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// end prints a page, or says what went wrong.
func (c *policyCall) end(p *page, err error) int {
	if err == nil {
		_, err = io.WriteString(c.env.stdout, p.String())
	}
	if err != nil {
		return c.env.fail(c.Name(), err)
	}
	return exitOK
}
