package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/sdk/abi"
)

const buildAbout = `
Compiles the rule modules of a tenant's folder. Each folder rules/NAME that holds a manifest.json and a main.go, main.ts
(AssemblyScript), main.rs or main.c becomes rules/NAME.wasm, with the manifest inside; the stock toolchain of the language does
the work. First the accessors of the manifest, and the kit, are written beside the sources, as lotse rules generate does. The
same sources and the same toolchain give the same bytes.`

func buildCommand() command {
	return command{"build", "compile the rule modules of a tenant's folder", runBuild}
}

func runBuild(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "build", "DIR", buildAbout)
	by := compilerFlags(f, env)
	operands, exit, ok := f.parse(args, 1)
	if !ok {
		return exit
	}
	return buildFolder(ctx, env, operands[0], by)
}

// buildFolder builds the modules of a tenant's folder.
func buildFolder(ctx context.Context, env *environment, dir string, by compilers) (exit int) {
	sources, err := moduleSources(env.path(dir))
	if err != nil {
		return env.fail("build", err)
	}
	if len(sources) == 0 {
		return env.fail("build", fmt.Errorf("%s holds no rules/NAME with a manifest.json and a main.go, main.ts, main.rs or main.c", dir))
	}
	// One broken module does not hide the errors of the next.
	for _, s := range sources {
		state, err := s.build(ctx, by)
		if err != nil {
			exit = env.fail("build", fmt.Errorf("rules/%s: %w", s.name, err))
			continue
		}
		fmt.Fprintf(env.stdout, "rules/%s.wasm %s\n", s.name, state)
	}
	return exit
}

// moduleSource is the folder of one module's sources.
type moduleSource struct {
	name     string // of the folder, and of the file that it becomes
	dir      string // the folder
	language *language
}

func moduleSources(dir string) ([]moduleSource, error) {
	rules := filepath.Join(dir, "rules")
	entries, err := os.ReadDir(rules)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	var sources []moduleSource
	for _, e := range entries {
		s := moduleSource{name: e.Name(), dir: filepath.Join(rules, e.Name())}
		if !e.IsDir() || !exists(filepath.Join(s.dir, "manifest.json")) {
			continue
		}
		if s.language, err = languageIn(s.dir); err != nil {
			return nil, fmt.Errorf("rules/%w", err)
		}
		if s.language != nil {
			sources = append(sources, s)
		}
	}
	return sources, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// build compiles the module and puts it in place when it differs from what is there. Go's own cache knows what is up to
// date, so nothing is remembered here.
func (s moduleSource) build(ctx context.Context, by compilers) (state string, err error) {
	module, err := s.module(ctx, by)
	if err != nil {
		return "", err
	}
	target := s.dir + ".wasm"
	old, err := os.ReadFile(target)
	switch {
	case err == nil && bytes.Equal(old, module):
		now := time.Now() // apply warns of sources that are newer
		return fmt.Sprintf("is up to date (%d KiB)", kibibytes(len(module))), os.Chtimes(target, now, now)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if err := writeAtomic(target, module, 0o644); err != nil {
		return "", err
	}
	return fmt.Sprintf("built (%d KiB)", kibibytes(len(module))), nil
}

// module compiles the sources and adds the manifest, where the toolchain has not.
func (s moduleSource) module(ctx context.Context, by compilers) ([]byte, error) {
	manifest, err := os.ReadFile(filepath.Join(s.dir, "manifest.json"))
	if err != nil {
		return nil, err
	}
	// Before the compiler, which is slow: a wrong manifest is the likelier mistake.
	files, err := generateIn(s.dir, s.language, manifest)
	if err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	for _, f := range files {
		if _, err := f.write(s.dir); err != nil {
			return nil, err
		}
	}
	compiled, err := by.compile(ctx, s.language, s.dir)
	if err != nil {
		return nil, err
	}
	if _, err := abi.ManifestOf(compiled); err == nil {
		return compiled, nil // from the accessors, which were written just now
	}
	module, err := abi.AppendManifest(compiled, manifest)
	if err != nil {
		return nil, fmt.Errorf("add the manifest: %w", err)
	}
	return module, nil
}

// sourcesAhead warns where the sources beside a module have another manifest than is in it.
func sourcesAhead(module string, in *abi.Manifest) []findingJSON {
	raw, err := os.ReadFile(filepath.Join(strings.TrimSuffix(module, ".wasm"), "manifest.json"))
	if err != nil {
		return nil // no sources beside it
	}
	beside, err := abi.ParseManifest(raw)
	if err == nil && reflect.DeepEqual(beside, in) {
		return nil
	}
	return []findingJSON{{
		Where: ruleName(module) + "/manifest.json", Message: "is another one than that in the module", Remedy: "build the module again: lotse rules build",
	}}
}

func kibibytes(n int) int { return (n + 1023) / 1024 }
