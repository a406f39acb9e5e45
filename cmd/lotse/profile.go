package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

const profileAbout = `
Shows all that is stored about one visitor and why (Article 15 GDPR), or erases it (Article 17). ID is the tenant's own id
of the profile, or a visitor's token; '-' reads it from standard input, so that it stays out of the shell's history.`

func profileCommand() command {
	return command{"profile", "show or erase what is stored about one visitor", runProfile}
}

func runProfile(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "profile", "show|erase ID", profileAbout)
	tenant := f.String("tenant", "", "`id` of the tenant")
	admin := f.admin()
	operands, exit, ok := f.parse(args, 2)
	if !ok {
		return exit
	}
	action, id := operands[0], operands[1]
	switch {
	case action != "show" && action != "erase":
		return f.misuse("the action is show or erase")
	case *tenant == "":
		return f.misuse("needs --tenant")
	}
	if id == "-" {
		raw, err := io.ReadAll(io.LimitReader(env.stdin, maxSecretFile))
		if err != nil {
			return env.fail("profile", fmt.Errorf("read the id: %v", err))
		}
		id = strings.TrimSpace(string(raw))
	}
	if id == "" {
		return f.misuse("the id is empty")
	}
	c, err := admin.client(env)
	if err != nil {
		return env.fail("profile", err)
	}
	path := "/admin/v1/tenants/" + url.PathEscape(*tenant) + "/profiles/" + url.PathEscape(id)
	if action == "erase" {
		err = c.call(ctx, http.MethodDelete, path, nil, "", nil, nil)
	} else {
		err = showProfile(ctx, env, c, path)
	}
	if p, ok := errors.AsType[*problem](err); ok && p.Status == http.StatusNotFound {
		err = errors.New("there is no such profile")
	}
	if err != nil {
		return env.fail("profile", err)
	}
	if action == "erase" {
		fmt.Fprintln(env.stdout, "erased")
	}
	return exitOK
}

// showProfile prints the answer as it is, indented: whoever asks for access gets all of it, in a machine-readable form.
func showProfile(ctx context.Context, env *environment, c *client, path string) error {
	var raw json.RawMessage
	if err := c.call(ctx, http.MethodGet, path, nil, "", nil, &raw); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return fmt.Errorf("read the answer: %v", err)
	}
	out.WriteByte('\n')
	_, err := env.stdout.Write(out.Bytes())
	return err
}
