package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/lotse-edge/lotse/edge"
)

const tokenAbout = `
Makes, lists or removes a token of the admin listener. Give each person, and each machine, a token of their own: its NAME stands
beside what it changes, so take no name that its bearer does not want to see there.

  lotse token add anna --scope rules,read --tenant shop
  lotse token list
  lotse token remove anna

The scopes are rules (apply folders, push and activate versions), policy (propose and release policies, hand in approvals, name
officers), privacy (read and erase profiles) and read (lists and reports). With --tenant it opens nothing of other tenants, and
nothing that concerns the whole server.

The token is shown once; DIR/tokens keeps its hash. A running server looks there at each call: a new token counts at once, and one
that is removed opens nothing from then on, only calls that had begun go on to their end. Run this on the server's machine and as
the server's user. The token of the first start, DIR/admin.token, is called admin and has all scopes; to change it, stop the
server, remove the file and start again.`

func tokenCommand() command {
	return command{"token", "make a token for somebody who uses the admin listener", runToken}
}

// tokenCall is one call of lotse token.
type tokenCall struct {
	*flags
	data, scopes, tenants, out string
	json                       bool
}

func runToken(_ context.Context, env *environment, args []string) int {
	c := tokenCall{flags: newFlags(env, "token", "add NAME | list | remove NAME", tokenAbout)}
	c.StringVar(&c.data, "data", "", "`folder` of the server; else LOTSE_DATA, else "+defaultData)
	c.StringVar(&c.scopes, "scope", "", "what an added token allows: `list` of rules, policy, privacy and read, with commas")
	c.StringVar(&c.tenants, "tenant", "", "`list` of the only tenants that an added token is for, with commas; empty: all")
	c.StringVar(&c.out, "out", "", "write an added token to this new `file` (mode 0600) instead of showing it")
	c.BoolVar(&c.json, "json", false, "list as JSON")
	operands, exit, ok := c.parseBetween(args, 1, 2)
	if !ok {
		return exit
	}
	c.data = env.path(firstOf(c.data, env.getenv("LOTSE_DATA"), defaultData))
	adds := c.scopes != "" || c.tenants != "" || c.out != ""
	switch action := operands[0]; {
	case action == "add" && len(operands) == 2:
		return c.add(operands[1])
	case adds:
		return c.misuse("--scope, --tenant and --out are for lotse token add NAME")
	case action == "list" && len(operands) == 1:
		return c.list()
	case action == "remove" && len(operands) == 2:
		return c.remove(operands[1])
	}
	return c.misuse("takes add NAME, list, or remove NAME")
}

// add makes a token. Its hash comes last: a hash whose token is lost would be of no use, a token without its hash is just not valid.
func (c *tokenCall) add(name string) int {
	entry, err := c.entry(name)
	if err != nil {
		return c.misuse("%v", err)
	}
	files := tokenFiles{c.data}
	if err := c.mayAdd(files, name); err != nil {
		return c.env.fail("token", err)
	}
	token := adminPrefix + randomKey(rand.Reader)
	if c.out != "" {
		if err := writeNew(c.env.path(c.out), token+"\n"); err != nil {
			return c.env.fail("token", fmt.Errorf("write the token: %w", err))
		}
	}
	if err := files.add(hashKey(token), entry); err != nil {
		if c.out != "" {
			os.Remove(c.env.path(c.out))
		}
		return c.env.fail("token", fmt.Errorf("write the hash: %w", err))
	}
	if c.out == "" {
		fmt.Fprintln(c.env.stdout, token)
	}
	for _, tenant := range entry.Tenants {
		if _, err := os.Stat(filepath.Join(c.data, "tenants", tenant+".tar")); errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(c.env.stderr, "warning: no tenant %q has been applied yet\n", tenant)
		}
	}
	fmt.Fprintf(c.env.stderr, "added the token %q for %s (%s); it counts from now on\n", name, strings.Join(entry.Scopes, ", "), tenantsOf(entry))
	return exitOK
}

var tenantName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,63}$`)

// entry reads the command line of an add.
func (c *tokenCall) entry(name string) (tokenEntry, error) {
	e := tokenEntry{Name: name, Added: c.env.now().UTC().Truncate(time.Second)}
	if !keyName.MatchString(name) {
		return e, errors.New("a token's name begins with a letter a-z and has at most 48 letters, digits, - and _")
	}
	if name == adminName || name == "server" { // who else changes things is called so
		return e, fmt.Errorf("the name %s is taken; choose another one", name)
	}
	known := scopeNames()
	for _, scope := range commaList(c.scopes) {
		if !slices.Contains(known, scope) {
			return e, fmt.Errorf("there is no scope %q%s; the scopes are %s", scope, didYouMean(scope, known), strings.Join(known, ", "))
		}
		e.Scopes = append(e.Scopes, scope)
	}
	if len(e.Scopes) == 0 {
		return e, fmt.Errorf("needs --scope: some of %s", strings.Join(known, ", "))
	}
	for _, tenant := range commaList(c.tenants) {
		if !tenantName.MatchString(tenant) {
			return e, fmt.Errorf("%q is not the id of a tenant", tenant)
		}
		e.Tenants = append(e.Tenants, tenant)
	}
	if c.tenants != "" && len(e.Tenants) == 0 {
		return e, errors.New("--tenant names no tenant; leave it out for a token that is for all of them")
	}
	return e, nil
}

// commaList reads names with commas between them, each once.
func commaList(text string) (list []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// scopeNames lists the scopes.
func scopeNames() []string {
	var names []string
	for _, s := range edge.Scopes() {
		names = append(names, string(s))
	}
	return names
}

// mayAdd keeps a token from going where no server looks, and from taking another's name.
func (c *tokenCall) mayAdd(files tokenFiles, name string) error {
	if err := c.known(); err != nil {
		return err
	}
	list, err := files.list()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(e tokenEntry) bool { return e.Name == name }) {
		return fmt.Errorf("there is a token %q already; choose another name, or remove that one first", name)
	}
	return nil
}

// known refuses a folder that is no server's.
func (c *tokenCall) known() error {
	_, err := os.Stat(filepath.Join(c.data, tokenFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not the folder of a server: name it with --data, or start the server on it first", c.data)
	}
	return err
}

func (c *tokenCall) list() int {
	if err := c.known(); err != nil {
		return c.env.fail("token", err)
	}
	list, err := tokenFiles{c.data}.list()
	if err != nil {
		return c.env.fail("token", err)
	}
	list = slices.Insert(list, 0, tokenEntry{Name: adminName, Scopes: scopeNames()})
	if c.json {
		encoder := json.NewEncoder(c.env.stdout)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(list); err != nil {
			return c.env.fail("token", err)
		}
		return exitOK
	}
	w := tabwriter.NewWriter(c.env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSCOPES\tTENANTS\tADDED")
	for _, e := range list {
		added := "at the first start"
		if e.Name != adminName {
			added = e.Added.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", e.Name, strings.Join(e.Scopes, ", "), tenantsOf(e), added)
	}
	if err := w.Flush(); err != nil {
		return c.env.fail("token", err)
	}
	return exitOK
}

func tenantsOf(e tokenEntry) string {
	if len(e.Tenants) == 0 {
		return "all tenants"
	}
	return strings.Join(e.Tenants, ", ")
}

func (c *tokenCall) remove(name string) int {
	if name == adminName {
		return c.env.fail("token", fmt.Errorf("admin is the token in %s: to change it, stop the server, remove that file and start the server again", tokenFile))
	}
	if err := c.known(); err != nil {
		return c.env.fail("token", err)
	}
	files := tokenFiles{c.data}
	switch removed, err := files.remove(name); {
	case err != nil:
		return c.env.fail("token", err)
	case removed == 0:
		list, err := files.list()
		if err != nil {
			return c.env.fail("token", err)
		}
		var names []string
		for _, e := range list {
			names = append(names, e.Name)
		}
		return c.env.fail("token", fmt.Errorf("there is no token %q%s", name, didYouMean(name, names)))
	}
	fmt.Fprintf(c.env.stderr, "removed the token %q: it opens nothing any more\n", name)
	return exitOK
}
