package main

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/lotse-edge/lotse/sdk/abi"
)

const rulesNewAbout = `
Begins a rule called NAME in a tenant's folder, which is made where there is none: KIND file writes the rule file
rules/NAME.yaml; KIND go, assemblyscript, rust or c the sources of a module under rules/NAME, with its accessors and the kit.
Nothing is written over.

  lotse rules new file my-tenant/rules/interest
  lotse rules new go my-tenant/rules/interest`

// scaffolds holds what a new rule begins with, one folder for each kind. NAME stands for the rule's name.
//
//go:embed scaffold
var scaffolds embed.FS

func rulesNew(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "rules new", "KIND DIR/rules/NAME", rulesNewAbout)
	operands, exit, ok := f.parse(args, 2)
	if !ok {
		return exit
	}
	var kinds []string
	entries, err := scaffolds.ReadDir("scaffold")
	if err != nil {
		return env.fail("rules new", err)
	}
	for _, e := range entries {
		kinds = append(kinds, e.Name())
	}
	kind, name := operands[0], filepath.Base(operands[1])
	if filepath.Base(filepath.Dir(operands[1])) != "rules" {
		return f.misuse("name the rule as DIR/rules/NAME, where DIR is the tenant's folder: lotse rules new %s my-tenant/rules/%s", kind, name)
	}
	if !abi.ValidName(name) {
		return f.misuse("a rule's name begins with a letter a-z and has only a-z, 0-9, - and _")
	}
	files, err := fs.Sub(scaffolds, path.Join("scaffold", kind))
	if err == nil {
		_, err = fs.Stat(files, ".")
	}
	if err != nil {
		return f.misuse("the kind is one of %s%s", strings.Join(kinds, ", "), meant(kind, kinds))
	}
	target := operands[1]
	if kind == "file" {
		target = filepath.Dir(target)
	}
	if err := placeScaffold(env, files, target, name); err != nil {
		return env.fail("rules new", err)
	}
	if kind == "file" {
		return exitOK
	}
	return runRulesGenerate(ctx, env, []string{filepath.Join(target, "manifest.json")})
}

func placeScaffold(env *environment, files fs.FS, target, name string) error {
	return fs.WalkDir(files, ".", func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		to := filepath.Join(target, strings.TrimSuffix(strings.ReplaceAll(file, "NAME", name), ".txt"))
		if err := os.MkdirAll(filepath.Dir(env.path(to)), 0o755); err != nil {
			return err
		}
		out, err := os.OpenFile(env.path(to), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return err
		}
		_, err = out.WriteString(strings.ReplaceAll(string(text), "NAME", name))
		if closed := out.Close(); err == nil {
			err = closed
		}
		if err == nil {
			fmt.Fprintf(env.stdout, "wrote %s\n", to)
		}
		return err
	})
}
