package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/lotse-edge/lotse/edge/tenant"
)

const rulesBuildAbout = `
Compiles a rule file and tells its size and what is likely not meant. A server takes the rule file itself, so the module is only
written where --out names a file. Of a tenant's folder, all rule files are compiled, and all modules built as lotse build does.

  lotse rules build my-tenant/rules/interest.yaml
  lotse rules build my-tenant`

func rulesBuild(ctx context.Context, env *environment, args []string) int {
	c := &rulesCall{env: env, flags: newFlags(env, "rules build", "FILE.yaml|DIR", rulesBuildAbout)}
	c.StringVar(&c.folder, "folder", "", "a tenant's `folder`, whose catalogue a rule file speaks of; else the one that it is in")
	out := c.String("out", "", "`file` for the module")
	by := compilerFlags(c.flags, env)
	operands, exit, ok := c.parse(args, 1)
	if !ok {
		return exit
	}
	c.file = operands[0]
	switch info, err := os.Stat(env.path(c.file)); {
	case err == nil && info.IsDir() && (*out != "" || c.folder != ""):
		return c.misuse("--out and --folder go with one rule file")
	case err == nil && info.IsDir():
		return c.buildFolder(ctx, by)
	case filepath.Ext(c.file) == ".wasm":
		return c.misuse("%s is compiled already; its sources are built from the tenant's folder: lotse rules build DIR", c.file)
	}
	return c.buildFile(*out)
}

func (c *rulesCall) buildFile(out string) int {
	wasm, warnings, err := c.module()
	if invalid, ok := errors.AsType[*tenant.InvalidError](err); ok {
		return c.refuse(findingsOf(invalid))
	}
	if err == nil && out != "" {
		err = writeAtomic(c.env.path(out), wasm, 0o644)
	}
	if err != nil {
		return c.fail(err)
	}
	for _, w := range warnings {
		fmt.Fprintf(c.env.stderr, "warning: %s\n", problemEntry{File: w.File, Line: w.Line, Column: w.Column, Detail: w.Message, Suggestion: w.Remedy}.line())
	}
	fmt.Fprintf(c.env.stdout, "%s: a module of %d bytes\n", c.file, len(wasm))
	return exitOK
}

// buildFolder builds all that the folder holds, and goes on after a rule that cannot be built.
func (c *rulesCall) buildFolder(ctx context.Context, by compilers) int {
	exit, dir := exitOK, c.file
	files := ruleFilesIn(c.env.path(filepath.Join(dir, "rules")))
	for _, name := range files {
		c.file = filepath.Join(dir, "rules", name)
		exit = max(exit, c.buildFile(""))
	}
	sources, err := moduleSources(c.env.path(dir))
	if err != nil {
		return c.fail(err)
	}
	if len(sources) == 0 && len(files) > 0 {
		return exit
	}
	return max(exit, buildFolder(ctx, c.env, dir, by))
}
