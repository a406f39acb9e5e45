package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

const policyFmtAbout = `
Lays out the Rego files of a policy in the one way that the gate asks for, so that two policies differ only where their rules do. Without
--write it only names the files that are laid out otherwise.

Exit: 0 all files are laid out so, or are now; 1 some are not.`

// policyFmt is lotse policy fmt.
func policyFmt(_ context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "fmt", "DIR", policyFmtAbout)
	write := c.Bool("write", false, "change the files")
	operands, exit, ok := c.parseBetween(args, 1, 1)
	if !ok {
		return exit
	}
	dir := env.path(operands[0])
	source, err := policies.ReadFolder(os.DirFS(dir))
	if err != nil {
		return env.fail(c.Name(), err)
	}
	formatted, err := policies.Format(source)
	if err != nil {
		return c.refused(err)
	}
	files := slices.Sorted(maps.Keys(source.Files))
	files = slices.DeleteFunc(files, func(name string) bool { return source.Files[name] == formatted.Files[name] })
	if *write {
		for _, name := range files {
			if err := rewrite(filepath.Join(dir, filepath.FromSlash(name)), formatted.Files[name]); err != nil {
				return env.fail(c.Name(), err)
			}
		}
	}
	if c.json {
		exit = c.end(c.page(), c.printJSON(map[string]any{"files": append([]string{}, files...), "written": *write}))
	} else {
		p := c.page()
		for _, name := range files {
			p.line("", name)
		}
		exit = c.end(p, nil)
	}
	if exit == exitOK && len(files) > 0 && !*write {
		return exitFailed
	}
	return exit
}

// rewrite puts another content into a file, which keeps its mode.
func rewrite(file, content string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	return writeAtomic(file, []byte(content), info.Mode().Perm())
}
