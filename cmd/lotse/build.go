package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/lotse-edge/lotse/sdk/abi"
)

const buildAbout = `
Compiles the rule modules of a tenant's folder. Each folder rules/NAME that holds a manifest.json and Go sources becomes
rules/NAME.wasm, with the manifest inside; the stock Go toolchain does the work. The same sources give the same bytes. Modules
written in other languages are left alone: build them with their own tools.`

func buildCommand() command {
	return command{"build", "compile the Go rule modules of a tenant's folder", runBuild}
}

func runBuild(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "build", "DIR", buildAbout)
	toolchain := f.String("go", "go", "the Go `command`")
	operands, exit, ok := f.parse(args, 1)
	if !ok {
		return exit
	}
	sources, err := moduleSources(env.path(operands[0]))
	if err != nil {
		return env.fail("build", err)
	}
	if len(sources) == 0 {
		return env.fail("build", fmt.Errorf("%s holds no rules/NAME with a manifest.json and a main.go", operands[0]))
	}
	// One broken module does not hide the errors of the next.
	for _, s := range sources {
		state, err := s.build(ctx, *toolchain)
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
	name string // of the folder, and of the file that it becomes
	dir  string // the folder
}

func moduleSources(dir string) ([]moduleSource, error) {
	rules := filepath.Join(dir, "rules")
	entries, err := os.ReadDir(rules)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	var sources []moduleSource
	for _, e := range entries {
		s := moduleSource{e.Name(), filepath.Join(rules, e.Name())}
		if e.IsDir() && exists(filepath.Join(s.dir, "manifest.json")) && exists(filepath.Join(s.dir, "main.go")) {
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
func (s moduleSource) build(ctx context.Context, toolchain string) (state string, err error) {
	module, err := s.module(ctx, toolchain)
	if err != nil {
		return "", err
	}
	target := s.dir + ".wasm"
	old, err := os.ReadFile(target)
	switch {
	case err == nil && bytes.Equal(old, module):
		return fmt.Sprintf("is up to date (%d KiB)", kibibytes(len(module))), nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if err := writeAtomic(target, module, 0o644); err != nil {
		return "", err
	}
	return fmt.Sprintf("built (%d KiB)", kibibytes(len(module))), nil
}

// module compiles the sources and adds the manifest.
func (s moduleSource) module(ctx context.Context, toolchain string) ([]byte, error) {
	manifest, err := os.ReadFile(filepath.Join(s.dir, "manifest.json"))
	if err != nil {
		return nil, err
	}
	// Before the compiler, which is slow: a wrong manifest is the likelier mistake.
	if _, err := abi.ParseManifest(manifest); err != nil {
		return nil, fmt.Errorf("manifest.json: %w", err)
	}
	compiled, err := s.compile(ctx, toolchain)
	if err != nil {
		return nil, err
	}
	module, err := abi.AppendManifest(compiled, manifest)
	if err != nil {
		return nil, fmt.Errorf("add the manifest: %w", err)
	}
	return module, nil
}

// compile runs the toolchain in the module's own folder, so that its go.mod (or that of a folder above) is found.
func (s moduleSource) compile(ctx context.Context, toolchain string) ([]byte, error) {
	work, err := os.MkdirTemp("", "lotse-build-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	out := filepath.Join(work, "module.wasm")
	// A reactor: it exports functions and has no main loop. Paths, commit and build id are left out, so that a digest
	// names the sources and nothing else. Symbols are left out for size.
	build := exec.CommandContext(ctx, toolchain, "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=",
		"-o", out, ".")
	build.Dir = s.dir
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "GOWASM=", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, fmt.Errorf("there is no Go toolchain: install Go, or name it by -go: %w", err)
		}
		return nil, fmt.Errorf("compile: %v\n%s", err, bytes.TrimSpace(text))
	}
	return os.ReadFile(out)
}

func kibibytes(n int) int { return (n + 1023) / 1024 }
