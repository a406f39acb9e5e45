package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
)

const rulesPushAbout = `
Sends a rule file or a module to a server, which checks it with the tenant's folder and keeps it as a version. It is not put in
force: lotse rules activate does that. With --shadow it runs beside the version in force, and what it says otherwise is counted.
The file's name is the rule's: rules/interest.yaml is a version of the rule interest.

  lotse rules push --tenant winery my-tenant/rules/interest.yaml --note 'ticket 7'`

func rulesPush(ctx context.Context, env *environment, args []string) int {
	c := newRulesServerCall(env, "push", "FILE.yaml|FILE.wasm", rulesPushAbout)
	shadow := c.Bool("shadow", false, "run it beside the version in force")
	note := c.String("note", "", "`text` about the version, such as where its sources are; nothing about a visitor")
	operands, exit, ok := c.begin(args, 1, 1)
	if !ok {
		return exit
	}
	data, err := readRule(env, operands[0])
	if err != nil {
		return c.failed(err)
	}
	before, err := c.list(ctx)
	if p, ok := errors.AsType[*problem](err); ok && p.Status == http.StatusForbidden {
		err = nil // whoever may push need not be allowed to list
	}
	if err != nil {
		return c.failed(err)
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
		return c.refused(err, operands[0])
	}
	exit = c.tell(&v)
	c.next(&v, before)
	return exit
}

// refused lists what is wrong with a rule and its tenant's folder on the server, by the name that the file has here. Whoever writes a
// rule file never sees the manifest that the server's pointers are about.
func (c *rulesServerCall) refused(err error, file string) int {
	p, ok := errors.AsType[*problem](err)
	if !ok || !p.is("invalid-tenant") {
		return c.failed(err)
	}
	for _, e := range p.Errors {
		if strings.HasPrefix(e.File, "rules/") && isRuleFile(e.File) {
			e.Pointer = ""
		}
		if e.File == "rules/"+filepath.Base(file) {
			e.File = file
		}
		fmt.Fprintln(c.env.stderr, e.line())
	}
	return c.env.fail(c.Name(), fmt.Errorf("the version was not taken: %s, with the folder of %s as the server has it", several(len(p.Errors), "mistake"), c.tenant))
}

// next says what may be done with a version that was sent, and what is odd about it beside those that were there before.
func (c *rulesServerCall) next(v *versionOfServer, before []versionOfServer) {
	ref, known := v.Version, false
	for _, old := range before {
		switch {
		case old.Module != v.Module:
		case old.Digest == v.Digest:
			known = true
		case old.Version == v.Version && ref == v.Version: // told once
			ref = short(v.Digest)
			fmt.Fprintf(c.env.stderr, "warning: the server has another version %s of %s, %s: write a new number at version: in each version, or both have to be named by digests\n",
				v.Version, v.Module, short(old.Digest))
		}
	}
	var line string
	switch {
	case c.json:
	case known:
		line = "the server had just this version already; nothing is new"
	case v.State == "uploaded" && !v.Waits:
		line = fmt.Sprintf("not in force yet; next: lotse rules diff, shadow or activate --tenant %s %s %s", c.tenant, v.Module, ref)
	}
	if line != "" {
		fmt.Fprintf(c.env.stdout, "  %s\n", line)
	}
}
