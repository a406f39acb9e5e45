package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
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
		Calls     int            `json:"calls"`
		Different int            `json:"different"`
		Faults    int            `json:"faults"`
		In        map[string]int `json:"in,omitempty"` // of the different ones, by what was said otherwise: "score interest"
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
	var digests, numbers, those []string
	for _, v := range list {
		numbers = append(numbers, v.Version)
		if v.Version == ref {
			digests = append(digests, v.Digest)
			those = append(those, short(v.Digest)+" ("+v.State+")")
		}
	}
	switch len(digests) {
	case 0:
		return "", fmt.Errorf("the server has no version %s of %s; it has %s", ref, name, strings.Join(slices.Compact(numbers), ", "))
	case 1:
		return digests[0], nil
	}
	return "", fmt.Errorf("%d versions of %s are called %s: %s; name the one that you mean by these digits", len(digests), name, ref, strings.Join(those, ", "))
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
	if err := printJSON(c.env.stdout, v); err != nil {
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

const rulesListAbout = `
Lists the versions that a server has of a tenant's rules, of each the newest first: uploaded, shadow, active or retired. Of a
shadow it says how often it was asked beside the version in force, and how often it said something else.

  lotse rules list --tenant winery interest`

func rulesList(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "list", "[NAME]", rulesListAbout)
	operands, exit, ok := c.begin(args, 0, 1)
	if !ok {
		return exit
	}
	list, err := c.list(ctx)
	if len(operands) == 1 && err == nil {
		list, err = c.versions(ctx, operands[0])
	}
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
			state += ", rollback goes to it"
		case v.Seen != nil:
			state += fmt.Sprintf(", %d calls, %d different, %d faults", v.Seen.Calls, v.Seen.Different, v.Seen.Faults)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\n", v.Module, v.Version, short(v.Digest), state, kindWord(v.Kind), v.Size,
			v.At.UTC().Format(time.RFC3339), v.By, v.Note)
	}
	if err := w.Flush(); err != nil {
		return env.fail(c.Name(), err)
	}
	for _, v := range list {
		if v.Seen == nil || len(v.Seen.In) == 0 {
			continue
		}
		var parts []string
		for _, what := range slices.Sorted(maps.Keys(v.Seen.In)) {
			parts = append(parts, fmt.Sprintf("%s %d", what, v.Seen.In[what]))
		}
		fmt.Fprintf(env.stdout, "the shadow of %s differs in: %s\n", v.Module, strings.Join(parts, ", "))
	}
	return exitOK
}

// list gives the versions of all rules.
func (c *rulesServerCall) list(ctx context.Context) ([]versionOfServer, error) {
	answer := struct {
		Versions []versionOfServer `json:"versions"`
	}{[]versionOfServer{}}
	err := c.call(ctx, http.MethodGet, []string{"versions"}, nil, "", nil, &answer)
	return answer.Versions, err
}

// versions gives those of one rule, at least one.
func (c *rulesServerCall) versions(ctx context.Context, name string) ([]versionOfServer, error) {
	all, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	var list []versionOfServer
	var names []string
	for _, v := range all {
		names = append(names, v.Module)
		if v.Module == name {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("the server has no version of a rule %s of %s%s", name, c.tenant, meant(name, names))
	}
	return list, nil
}
