package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestKitReadmeGo follows the README of the kit for Go to the letter, in an empty folder and without a network: a block behind a
// file's name is written to that file, a block of shell is run, and a block of text behind it is what the shell must have printed.
// Those of the other kits need compilers: see TestKitsReadme.
func TestKitReadmeGo(t *testing.T) {
	followReadme(t, readme(t, "go"), append(os.Environ(), "PATH="+binaryDir(t)+string(filepath.ListSeparator)+os.Getenv("PATH"), "GOPROXY=off", "GOFLAGS="))
}

func readme(t *testing.T, kit string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "sdk", kit, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// The command that a README gives for those who build without lotse is the one that lotse runs.
func TestKitReadmeCommands(t *testing.T) {
	by := compilers{warnings: t.Output()}
	for i := range languages {
		l := &languages[i]
		if l.name == "go" {
			continue // go build needs its environment, too: the comment of package lotse has it
		}
		c := by.toolchain(l, "webinar.wasm")
		want := append([]string{c.command}, c.arguments...)
		text := strings.ReplaceAll(readme(t, l.name), "\\\n", "")
		if !slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool { return slices.Equal(strings.Fields(line), want) }) {
			t.Errorf("sdk/%s/README.md does not have: %s", l.name, strings.Join(want, " "))
		}
	}
}

// One version of the AssemblyScript compiler is tested, and told to those who have none.
func TestKitAssemblyScriptVersion(t *testing.T) {
	raw, err := os.ReadFile("../../sdk/assemblyscript/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var installed struct{ DevDependencies, Dependencies map[string]string }
	if err := json.Unmarshal(raw, &installed); err != nil {
		t.Fatal(err)
	}
	version := installed.DevDependencies["assemblyscript"] + installed.Dependencies["assemblyscript"]
	if want := "assemblyscript@" + version; version == "" || want != assemblyScript || !strings.Contains(readme(t, "assemblyscript"), want+"\n") {
		t.Errorf("%q is installed for the tests, %q is told", want, assemblyScript)
	}
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
	if written < 3 || run < 4 || compared != 3 {
		t.Errorf("%d files written, %d commands run, %d outputs compared: the page is not understood", written, run, compared)
	}
}

func shell(t *testing.T, dir, script string, environ []string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-euc", script)
	cmd.Dir, cmd.Env = dir, environ
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s%s", err, script, out, errs.String())
	}
	return string(out)
}
