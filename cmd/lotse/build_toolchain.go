package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// compilers are what the user asked for.
type compilers struct {
	named    map[string]string // command by language; for one that is not here it is the stock command
	warnings io.Writer         // takes what a compiler says of a module that it compiles
}

// compilerFlags lets the user name them.
func compilerFlags(f *flags, env *environment) compilers {
	by := compilers{map[string]string{}, env.stderr}
	for _, l := range languages {
		f.Func(l.compiler, "the `command` that compiles "+l.title+"; otherwise "+l.compiler, func(command string) error {
			by.named[l.name] = command
			return nil
		})
	}
	return by
}

// toolchain is how a module is compiled: without a main loop, without a C library, without a heap; names, paths and commits
// left out, so that a digest names the sources and nothing else.
type toolchain struct {
	command   string
	arguments []string // the command runs in the module's own folder
	environ   []string
	missing   string // what to do where the command is not there
}

// assemblyScript is the package of npm, in the version that the kit is tested with.
const assemblyScript = "assemblyscript@0.28.20"

// toolchain gives that of a language, which writes the module to the file out.
func (c compilers) toolchain(l *language, out string) (t toolchain) {
	t.command = cmp.Or(c.named[l.name], l.compiler)
	switch l.name {
	case "go":
		t.missing = "there is no Go toolchain: install Go, or name it by --go"
		t.environ = []string{"GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "GOWASM=", "CGO_ENABLED=0"}
		// A reactor: it exports functions and has no main loop.
		t.arguments = []string{"build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", out, "."}
	case "assemblyscript":
		t.missing = "there is no AssemblyScript compiler: run npm install " + assemblyScript + " in the folder that holds the tenant's, or name asc by --asc"
		t.arguments = []string{"module.ts", "--outFile", out, "--runtime", "stub", "--use", "abort=", "-O3", "--noAssert"}
	case "rust":
		t.missing = "there is no Rust compiler: install rustc and its target wasm32-unknown-unknown (rustup target add wasm32-unknown-unknown; of Debian: apt install rustc libstd-rust-dev-wasm32), or name it by --rustc"
		t.arguments = []string{
			"--edition=2021", "--crate-type=cdylib", "--crate-name=module", "--target=wasm32-unknown-unknown",
			"-Copt-level=3", "-Cpanic=abort", "-Clto=fat", "-Ccodegen-units=1", "-Cstrip=symbols", "-Clink-arg=-zstack-size=16384",
			"-o", out, l.main,
		}
	case "c":
		t.missing = "there is no C compiler for WebAssembly: install clang and lld (of Debian: apt install clang lld), or name it by --clang"
		t.arguments = []string{
			"--target=wasm32", "-std=c11", "-O2", "-ffreestanding", "-nostdlib", "-Wall", "-Wextra",
			"-Werror=implicit-function-declaration", // a name that the manifest does not have
			"-Wl,--no-entry", "-Wl,--stack-first", "-Wl,-z,stack-size=16384", "-Wl,--strip-all", "-o", out, l.main,
		}
	default:
		panic("BUG: a language without a toolchain: " + l.name)
	}
	return t
}

// compile runs the toolchain in the module's own folder, so that its go.mod or node_modules (or that of a folder above) is
// found.
func (c compilers) compile(ctx context.Context, l *language, dir string) ([]byte, error) {
	work, err := os.MkdirTemp("", "lotse-build-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	out := filepath.Join(work, "module.wasm")
	t := c.toolchain(l, out)
	if l.name == "assemblyscript" {
		t.command = installedByNPM(t.command, dir)
	}
	build := exec.CommandContext(ctx, t.command, t.arguments...)
	build.Dir = dir
	build.Env = append(os.Environ(), t.environ...)
	text, err := build.CombinedOutput()
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", t.missing, err)
		}
		return nil, fmt.Errorf("compile: %v\n%s", err, bytes.TrimSpace(text))
	}
	if _, err := c.warnings.Write(text); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// installedByNPM looks for a command where npm installs it, in the folder and those above, as node does.
func installedByNPM(command, dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil || filepath.Base(command) != command {
		return command
	}
	for {
		if path := filepath.Join(dir, "node_modules", ".bin", command); exists(path) {
			return path
		}
		up := filepath.Dir(dir)
		if up == dir {
			return command
		}
		dir = up
	}
}
