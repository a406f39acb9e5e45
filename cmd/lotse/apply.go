package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const applyAbout = `
Sends a tenant's folder to the server, which checks it as a whole and then puts it in force at once, or changes nothing and
says what is wrong with file and line. Sources of modules stay here: run lotse build first.`

func applyCommand() command {
	return command{"apply", "put a tenant's folder in force", runApply}
}

// applied is the server's answer.
type applied struct {
	Tenant   string `json:"tenant"`
	Digest   string `json:"digest"`
	Previous string `json:"previous"`
	Modules  []struct {
		Name    string   `json:"name"`
		Version string   `json:"version"`
		Digest  string   `json:"digest"`
		Size    int      `json:"size"`
		New     []string `json:"new,omitempty"`
	} `json:"modules"`
	Warnings []problemEntry `json:"warnings"`
}

func runApply(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "apply", "DIR", applyAbout)
	dryRun := f.Bool("dry-run", false, "check only; nothing is put in force")
	admin := f.admin()
	operands, exit, ok := f.parse(args, 1)
	if !ok {
		return exit
	}
	files, err := folder(env, operands[0])
	if err != nil {
		return env.fail("apply", err)
	}
	id, err := tenantID(files["tenant.yaml"])
	if err != nil {
		return env.fail("apply", err)
	}
	var body bytes.Buffer
	if err := tenant.WriteFiles(&body, files); err != nil {
		return env.fail("apply", err)
	}
	c, err := admin.client(env)
	if err != nil {
		return env.fail("apply", err)
	}
	query := url.Values{}
	if *dryRun {
		query.Set("dry_run", "1")
	}
	var a applied
	err = c.call(ctx, http.MethodPut, "/admin/v1/tenants/"+url.PathEscape(id), query, "application/x-tar", body.Bytes(), &a)
	if p, ok := errors.AsType[*problem](err); ok && len(p.Errors) > 0 {
		for _, e := range p.Errors {
			fmt.Fprintln(env.stderr, e.line())
		}
		return env.fail("apply", fmt.Errorf("%s (%d errors); nothing was changed", p.Title, len(p.Errors)))
	}
	if err != nil {
		return env.fail("apply", err)
	}
	for _, w := range a.Warnings {
		fmt.Fprintf(env.stderr, "warning: %s\n", w.line())
	}
	printApplied(env, a, *dryRun)
	return exitOK
}

func printApplied(env *environment, a applied, dryRun bool) {
	verb := "applied"
	switch {
	case dryRun:
		verb = "would apply"
	case a.Previous == a.Digest:
		verb = "unchanged"
	}
	fmt.Fprintf(env.stdout, "%s %s %s\n", verb, a.Tenant, short(a.Digest))
	for _, m := range a.Modules {
		fmt.Fprintf(env.stdout, "  module %s %s %s (%d KiB)\n", m.Name, m.Version, short(m.Digest), kibibytes(m.Size))
		sayNew(env, m.Name, m.New)
	}
}

// short is the part of a digest that people compare.
func short(digest string) string { return digest[:min(12, len(digest))] }

// folder reads a tenant's folder. A module whose sources were never compiled is an error: without it the tenant would lose
// its scores and nobody would be told.
func folder(env *environment, name string) (map[string][]byte, error) {
	dir := env.path(name)
	files, _, err := tenant.ReadFS(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("read the folder: %w", err)
	}
	if files["tenant.yaml"] == nil {
		return nil, fmt.Errorf("%s holds no tenant.yaml", name)
	}
	if !exists(filepath.Join(dir, "rules")) {
		return files, nil
	}
	sources, err := moduleSources(dir)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		compiled, err := os.Stat(s.dir + ".wasm")
		if err != nil {
			return nil, fmt.Errorf("rules/%s is not compiled: run lotse build %s", s.name, name)
		}
		if newest := s.changed(); newest.After(compiled.ModTime()) {
			fmt.Fprintf(env.stderr, "warning: rules/%s changed after rules/%[1]s.wasm was built: run lotse build %s\n", s.name, name)
		}
	}
	return files, nil
}

// changed is when the newest of a module's sources was written.
func (s moduleSource) changed() (newest time.Time) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return newest
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().After(newest) {
			newest = info.ModTime()
		}
	}
	return newest
}

// tenantID reads the id only: the server checks everything else, and says it better.
func tenantID(raw []byte) (string, error) {
	var t struct {
		ID string `yaml:"id"`
	}
	if err := yaml.Unmarshal(raw, &t); err != nil {
		return "", fmt.Errorf("tenant.yaml: %w", err)
	}
	if !abi.ValidName(t.ID) {
		return "", errors.New("tenant.yaml needs an id: a letter a-z, then letters, digits, - and _")
	}
	return t.ID, nil
}
