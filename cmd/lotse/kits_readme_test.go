//go:build kits

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestKitsReadme follows the README of each kit to the letter, in an empty folder: a block behind a file's name is written to
// that file, a block of shell is run, and a block of text behind it is what the shell must have printed.
func TestKitsReadme(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			raw, err := os.ReadFile(filepath.Join(root, "sdk", l.name, "README.md"))
			if err != nil {
				t.Fatal(err)
			}
			followReadme(t, string(raw), append(os.Environ(),
				"LOTSE="+root, "PATH="+wrappers(t, root)+string(filepath.ListSeparator)+os.Getenv("PATH")))
		})
	}
}

// wrappers is a folder with the commands that a reader has: lotse, and the compilers that this run uses.
func wrappers(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	for name, target := range map[string]string{"lotse": filepath.Join(root, "bin", "lotse"), "rustc": os.Getenv("RUSTC"), "clang": os.Getenv("CLANG")} {
		if filepath.IsAbs(target) {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

var readmeFile = regexp.MustCompile("^`([a-z/_]+\\.[a-z]+)`:$")

func followReadme(t *testing.T, text string, environ []string) {
	t.Helper()
	dir := t.TempDir()
	var file, printed string
	written, run, compared := 0, 0, 0
	for i, lines := 0, strings.Split(text, "\n"); i < len(lines); i++ {
		if m := readmeFile.FindStringSubmatch(lines[i]); m != nil {
			file = m[1]
			continue
		}
		kind, fence := strings.CutPrefix(lines[i], "```")
		if !fence {
			continue
		}
		var block strings.Builder
		for i++; i < len(lines) && lines[i] != "```"; i++ {
			block.WriteString(lines[i] + "\n")
		}
		switch {
		case file != "":
			writeFiles(t, dir, map[string]string{file: block.String()})
			file = ""
			written++
		case kind == "sh":
			printed = shell(t, dir, block.String(), environ)
			run++
		case kind == "text":
			if !strings.HasSuffix(printed, block.String()) {
				t.Fatalf("it printed\n%swhere the page says\n%s", printed, block.String())
			}
			compared++
		case kind != "console":
			t.Fatalf("a block of %q that is neither a file nor a command", kind)
		}
	}
	if written < 3 || run < 2 || compared != 2 {
		t.Errorf("%d files written, %d commands run, %d outputs compared: the page is not understood", written, run, compared)
	}
}

func shell(t *testing.T, dir, script string, environ []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = dir, environ
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, script, out, errs.String())
	}
	return string(out)
}
