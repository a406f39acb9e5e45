package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"
)

// rulesServerCall is one call of lotse rules about the versions that a server has of a tenant's rules.
type rulesServerCall struct {
	*flags
	env    *environment
	admin  adminFlags
	client *client
	tenant string
	json   bool
}

func newRulesServerCall(env *environment, name, operands, about string) *rulesServerCall {
	c := &rulesServerCall{env: env, flags: newFlags(env, "rules "+name, operands, about)}
	c.StringVar(&c.tenant, "tenant", "", "`id` of the tenant")
	c.BoolVar(&c.json, "json", false, "print JSON")
	c.admin = c.flags.admin()
	return c
}

// begin reads the command line and finds the server.
func (c *rulesServerCall) begin(args []string, least, most int) (operands []string, exit int, ok bool) {
	operands, exit, ok = c.parseBetween(args, least, most)
	if !ok {
		return nil, exit, false
	}
	if c.tenant == "" {
		return nil, c.misuse("needs --tenant"), false
	}
	var err error
	if c.client, err = c.admin.client(c.env); err != nil {
		return nil, c.env.fail(c.Name(), err), false
	}
	return operands, exitOK, true
}

// versionOfServer is a version as a server tells of it.
type versionOfServer struct {
	Module     string         `json:"module"`
	Digest     string         `json:"digest"`
	Version    string         `json:"version"`
	Kind       string         `json:"kind"`
	Size       int            `json:"size"`
	State      string         `json:"state"`
	Previous   bool           `json:"previous,omitempty"`
	Note       string         `json:"note,omitempty"`
	By         string         `json:"by"`
	At         time.Time      `json:"at"`
	Since      *time.Time     `json:"since,omitempty"`
	New        []string       `json:"new,omitempty"`
	Waits      bool           `json:"waits,omitempty"`
	ApprovedBy []string       `json:"approved_by,omitempty"`
	Extent     []string       `json:"extent,omitempty"`
	Warnings   []problemEntry `json:"warnings,omitempty"`
	Seen       *struct {
		Calls     int `json:"calls"`
		Different int `json:"different"`
		Faults    int `json:"faults"`
	} `json:"seen,omitempty"`
}

// digest gives the digest of a version that is named by it, or by its version number where just one has that.
func (c *rulesServerCall) digest(ctx context.Context, name, ref string) (string, error) {
	if !strings.Contains(ref, ".") {
		return ref, nil
	}
	list, err := c.versions(ctx, name)
	if err != nil {
		return "", err
	}
	found := ""
	for _, v := range list {
		if v.Version == ref && found != "" {
			return "", fmt.Errorf("more than one version of %s is called %s: give the digest, as lotse rules list shows it", name, ref)
		} else if v.Version == ref {
			found = v.Digest
		}
	}
	if found == "" {
		return "", fmt.Errorf("the server has no version %s of %s", ref, name)
	}
	return found, nil
}

// call asks about the tenant's modules; the segments of the path are escaped here.
func (c *rulesServerCall) call(ctx context.Context, method string, segments []string, query url.Values, contentType string, body []byte, answer any) error {
	return c.client.call(ctx, method, c.path(segments...), query, contentType, body, answer)
}

func (c *rulesServerCall) path(segments ...string) string {
	path := "/admin/v1/tenants/" + url.PathEscape(c.tenant)
	for _, s := range segments {
		path += "/" + url.PathEscape(s)
	}
	return path
}

// failed says what the server answered, each finding on a line of its own.
func (c *rulesServerCall) failed(err error) int {
	if p, ok := errors.AsType[*problem](err); ok && len(p.Errors) > 0 {
		for _, e := range p.Errors {
			fmt.Fprintln(c.env.stderr, e.line())
		}
		return c.env.fail(c.Name(), errors.New(p.Title))
	}
	return c.env.fail(c.Name(), err)
}

func (c *rulesServerCall) print(v any) int {
	if err := (&rulesCall{env: c.env}).print(v); err != nil {
		return c.env.fail(c.Name(), err)
	}
	return exitOK
}

// tell says what became of a version, and what has to be done next.
func (c *rulesServerCall) tell(v *versionOfServer) int {
	for _, w := range v.Warnings {
		fmt.Fprintf(c.env.stderr, "warning: %s\n", w.line())
	}
	if c.json {
		return c.print(v)
	}
	fmt.Fprintf(c.env.stdout, "%s %s %s: %s (%s, %d bytes)\n", v.Module, v.Version, short(v.Digest), v.State, kindWord(v.Kind), v.Size)
	for _, line := range v.New {
		fmt.Fprintf(c.env.stdout, "  new: it %s\n", line)
	}
	switch {
	case v.Waits:
		fmt.Fprintf(c.env.stdout, "  waits for a privacy officer: lotse rules approve --tenant %s %s %s --key FILE\n", c.tenant, v.Module, short(v.Digest))
	case len(v.ApprovedBy) > 0:
		fmt.Fprintf(c.env.stdout, "  approved by %s\n", strings.Join(v.ApprovedBy, ", "))
	case len(v.New) > 0:
		fmt.Fprintf(c.env.stderr, "warning: nobody has to approve what is new: there is no privacy officer, so whoever runs the server answers for it\n")
	}
	return exitOK
}

func kindWord(kind string) string {
	if kind == "rules" {
		return "rule file"
	}
	return "module"
}

const rulesPushAbout = `
Sends a rule file or a module to a server, which checks it with the tenant's folder and keeps it as a version. It is not put in
force: lotse rules activate does that. With --shadow it runs beside the version in force, and what it says otherwise is counted.`

func rulesPush(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "push", "FILE.yaml|FILE.wasm", rulesPushAbout)
	shadow := c.Bool("shadow", false, "run it beside the version in force")
	note := c.String("note", "", "`text` about the version, such as where its sources are; nothing about a visitor")
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	data, err := readRule(env.path(operands[0]))
	if err != nil {
		return env.fail(c.Name(), err)
	}
	query := url.Values{}
	if *note != "" {
		query.Set("note", *note)
	}
	if *shadow {
		query.Set("shadow", "1")
	}
	kind := "application/wasm"
	if isRuleFile(operands[0]) {
		kind = "application/yaml"
	}
	var v versionOfServer
	if err := c.call(ctx, http.MethodPost, []string{"modules", ruleName(operands[0]), "versions"}, query, kind, data, &v); err != nil {
		return c.failed(err)
	}
	return c.tell(&v)
}

const rulesListAbout = `
Lists the versions that a server has of a tenant's rules, of each the newest first: uploaded, shadow, active or retired. Of a
shadow it says how often it was asked beside the version in force, and how often it said something else.`

func rulesList(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "list", "[NAME]", rulesListAbout)
	operands, exit, ok := c.begin(args, 0, 1)
	if !ok {
		return exit
	}
	list, err := c.versions(ctx, append(operands, "")[0])
	if err != nil {
		return c.failed(err)
	}
	if c.json {
		return c.print(list)
	}
	w := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tVERSION\tDIGEST\tSTATE\tKIND\tBYTES\tUPLOADED\tBY\tNOTE")
	for _, v := range list {
		state := v.State
		switch {
		case v.Waits:
			state += ", waits for approval"
		case v.Previous:
			state += ", before"
		case v.Seen != nil:
			state += fmt.Sprintf(", %d calls, %d different, %d faults", v.Seen.Calls, v.Seen.Different, v.Seen.Faults)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", v.Module, v.Version, short(v.Digest), state, kindWord(v.Kind), v.Size,
			v.At.UTC().Format(time.RFC3339), v.By, v.Note)
	}
	if err := w.Flush(); err != nil {
		return env.fail(c.Name(), err)
	}
	return exitOK
}

// versions lists those of one rule, or of all where the name is empty.
func (c *rulesServerCall) versions(ctx context.Context, name string) ([]versionOfServer, error) {
	var answer struct {
		Versions []versionOfServer `json:"versions"`
	}
	if err := c.call(ctx, http.MethodGet, []string{"versions"}, nil, "", nil, &answer); err != nil {
		return nil, err
	}
	list := []versionOfServer{}
	for _, v := range answer.Versions {
		if name == "" || v.Module == name {
			list = append(list, v)
		}
	}
	if len(list) == 0 && name != "" {
		return nil, fmt.Errorf("the server has no version of a rule %s of %s", name, c.tenant)
	}
	return list, nil
}

const rulesShadowAbout = `
Has a version run beside the one in force, on the same live input. What it says goes nowhere; lotse rules list counts how often it
says something else. For the digest its first six digits are enough, or the version's number where just one has it.`

func rulesShadow(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "shadow", "NAME [DIGEST]", rulesShadowAbout)
	off := c.Bool("off", false, "end the shadow that runs")
	operands, exit, ok := c.begin(args, 1, 2)
	switch {
	case !ok:
		return exit
	case *off == (len(operands) == 2):
		return c.misuse("needs the DIGEST of a version, or --off")
	case *off:
		return c.change(ctx, http.MethodDelete, operands[0], "modules", operands[0], "shadow")
	}
	digest, err := c.digest(ctx, operands[0], operands[1])
	if err != nil {
		return c.failed(err)
	}
	var v versionOfServer
	if err := c.call(ctx, http.MethodPost, []string{"modules", operands[0], "versions", digest, "shadow"}, nil, "", nil, &v); err != nil {
		return c.failed(err)
	}
	return c.tell(&v)
}

const rulesActivateAbout = `
Puts a version in force, at once for all visitors; without a DIGEST the one that runs as a shadow. The version in force up to now
is kept: lotse rules rollback puts it in force again.`

func rulesActivate(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "activate", "NAME [DIGEST]", rulesActivateAbout)
	operands, exit, ok := c.begin(args, 1, 2)
	if !ok {
		return exit
	}
	if len(operands) == 2 {
		digest, err := c.digest(ctx, operands[0], operands[1])
		if err != nil {
			return c.failed(err)
		}
		return c.change(ctx, http.MethodPost, operands[0], "modules", operands[0], "versions", digest, "activate")
	}
	return c.change(ctx, http.MethodPost, operands[0], "modules", operands[0], "activate")
}

const rulesRollbackAbout = `
Puts the version that was in force before in force again, at once. Another call takes that back.`

func rulesRollback(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "rollback", "NAME", rulesRollbackAbout)
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	return c.change(ctx, http.MethodPost, operands[0], "modules", operands[0], "rollback")
}

// change makes a call that puts the tenant in force anew, and tells which version of the rule is in force after it.
func (c *rulesServerCall) change(ctx context.Context, method, name string, segments ...string) int {
	var a applied
	if err := c.call(ctx, method, segments, nil, "", nil, &a); err != nil {
		return c.failed(err)
	}
	if c.json {
		return c.print(a)
	}
	for _, m := range a.Modules {
		if m.Name == name {
			fmt.Fprintf(c.env.stdout, "%s %s %s is in force\n", m.Name, m.Version, short(m.Digest))
		}
		sayNew(c.env, m.Name, m.New)
	}
	return exitOK
}

// sayNew warns of what a module does that none of its versions did before, and that nobody had to approve.
func sayNew(env *environment, name string, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(env.stderr, "warning: new: %s %s; nobody had to approve it\n", name, line)
	}
}
