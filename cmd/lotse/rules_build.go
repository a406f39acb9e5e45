package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
)

const rulesBuildAbout = `
Compiles a rule file and tells its size and what is likely not meant. A server takes the rule file itself, so the module is only
written where --out names a file. Of a tenant's folder, all rule files are compiled, and all modules built as lotse build does.`

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
	info, err := os.Stat(env.path(c.file))
	switch {
	case err != nil:
		return env.fail("rules build", err)
	case info.IsDir() && (*out != "" || c.folder != ""):
		return c.misuse("--out and --folder go with one rule file")
	case info.IsDir():
		return rulesBuildFolder(ctx, env, c.file, by)
	case !isRuleFile(c.file):
		return c.misuse("a rule file is called NAME.yaml; modules are built from a tenant's folder")
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
		return c.env.fail("rules build", err)
	}
	for _, w := range warnings {
		fmt.Fprintf(c.env.stderr, "warning: %s: %s (%s)\n", w.Where, w.Message, w.Remedy)
	}
	fmt.Fprintf(c.env.stdout, "%s: a module of %d bytes\n", c.file, len(wasm))
	return exitOK
}

func rulesBuildFolder(ctx context.Context, env *environment, dir string, by compilers) int {
	exit := exitOK
	files, err := filepath.Glob(filepath.Join(env.path(dir), "rules", "*.yaml"))
	if err != nil {
		return env.fail("rules build", err)
	}
	slices.Sort(files)
	for _, file := range files {
		if strings.HasSuffix(file, casesSuffix) {
			continue
		}
		c := &rulesCall{env: env, file: filepath.Join(dir, "rules", filepath.Base(file))}
		exit = max(exit, c.buildFile(""))
	}
	sources, err := moduleSources(env.path(dir))
	if err != nil {
		return env.fail("rules build", err)
	}
	if len(sources) == 0 && len(files) > 0 {
		return exit
	}
	return max(exit, buildFolder(ctx, env, dir, by))
}
