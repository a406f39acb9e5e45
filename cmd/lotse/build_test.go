package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

const buildManifest = `{"abi": 1, "name": "points", "version": "1.0.0", "purpose": "profiling",
	"reads": [{"name": "country", "type": "string"}], "emits": {"segments": ["near"]}}`

// writeFiles makes a folder of files.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// build runs lotse build and gives the exit code and both streams.
func build(t *testing.T, dir string, flags ...string) (exit int, stdout, stderr string) {
	t.Helper()
	env := testEnvironment(dir)
	exit = run(t.Context(), append(append([]string{"build"}, flags...), "."), env)
	return exit, env.stdout.(*bytes.Buffer).String(), env.stderr.(*bytes.Buffer).String()
}

func TestBuild(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"go.mod":                     "module example\n\ngo 1.26\n",
		"rules/points/main.go":       "package main\n\nfunc main() {}\n",
		"rules/points/manifest.json": buildManifest,
		"rules/assembly/points.wat":  "(module)", // another language: left alone
	})
	exit, stdout, stderr := build(t, dir)
	if exit != exitOK || !strings.HasPrefix(stdout, "rules/points.wasm built (") {
		t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
	}
	first, err := os.ReadFile(filepath.Join(dir, "rules", "points.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := abi.ManifestOf(first)
	if err != nil || manifest.Name != "points" {
		t.Fatalf("manifest %+v, %v", manifest, err)
	}
	if bytes.Contains(first, []byte(dir)) {
		t.Error("the module holds a path of this machine")
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "rules", "points.wasm"), past, past); err != nil {
		t.Fatal(err)
	}
	exit, stdout, stderr = build(t, dir)
	if exit != exitOK || !strings.HasPrefix(stdout, "rules/points.wasm is up to date (") {
		t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
	}
	if info, err := os.Stat(filepath.Join(dir, "rules", "points.wasm")); err != nil || !info.ModTime().After(past) {
		t.Error("what is up to date looks older than its sources", err)
	}
	// The same sources give the same bytes, wherever they are.
	elsewhere := t.TempDir()
	if err := os.CopyFS(elsewhere, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(elsewhere, "rules", "points.wasm")); err != nil {
		t.Fatal(err)
	}
	if exit, _, stderr := build(t, elsewhere); exit != exitOK {
		t.Fatal(stderr)
	}
	second, err := os.ReadFile(filepath.Join(elsewhere, "rules", "points.wasm"))
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("%d and %d bytes differ, %v", len(first), len(second), err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if d := cmp.Diff([]string{"assembly", "points", "points.wasm"}, names); d != "" {
		t.Errorf("what is left (-want +got):\n%s", d)
	}
}

// Errors name the module and the place, and one broken module does not hide the next.
func TestBuildErrors(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"go.mod":                    "module example\n\ngo 1.26\n",
		"rules/a/main.go":           "package main\n\nfunc main() {}\n",
		"rules/a/manifest.json":     `{"abi": 1, "nmae": "a"}`,
		"rules/b/main.go":           "package main\n\nfunc main() { undeclared() }\n",
		"rules/b/manifest.json":     buildManifest,
		"empty/rules/c/README.md":   "no sources",
		"norules/tenant.yaml":       "id: x",
		"rules/b/testdata/nothing":  "",
		"rules/notes/manifest.json": buildManifest,
	})
	exit, stdout, stderr := build(t, dir)
	if exit != exitFailed || stdout != "" {
		t.Errorf("exit %d, %s", exit, stdout)
	}
	for _, want := range []string{"lotse build: rules/a: manifest.json: the manifest is not valid\n", "lotse build: rules/b: compile: ", "main.go:3:15: undefined: undeclared"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("%q is missing in:\n%s", want, stderr)
		}
	}
	if exit, _, stderr := build(t, dir, "--go", "no-such-toolchain"); exit != exitFailed || !strings.Contains(stderr, "there is no Go toolchain") {
		t.Errorf("exit %d, %s", exit, stderr)
	}
	if exit, _, stderr := build(t, filepath.Join(dir, "empty")); exit != exitFailed || !strings.Contains(stderr, "holds no rules/NAME") {
		t.Errorf("exit %d, %s", exit, stderr)
	}
	if exit, _, stderr := build(t, filepath.Join(dir, "norules")); exit != exitFailed || !strings.Contains(stderr, "read the rules: ") {
		t.Errorf("exit %d, %s", exit, stderr)
	}
}
