package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What lotse rules new writes for Go is built as it is, with nothing but the toolchain: beside another Go module or none, and again
// from what an author keeps in version control.
func TestRulesNewGo(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"go.mod": "module example.org/shop\n\ngo 1.26\n"}) // of the author's, about something else
	stdout, stderr, exit := call(dir, rulesNew, "go", "tenant/rules/loyal")
	if exit != exitOK || !strings.Contains(stdout, "tenant/rules/loyal/main.go") {
		t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
	}
	rule := filepath.Join(dir, "tenant", "rules", "loyal")
	built := func() []byte {
		t.Helper()
		if stdout, stderr, exit := call(dir, rulesBuild, "tenant"); exit != exitOK {
			t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
		}
		wasm, err := os.ReadFile(rule + ".wasm")
		if err != nil {
			t.Fatal(err)
		}
		return wasm
	}
	first := built()
	if stdout, stderr, exit := call(dir, rulesCheck, "tenant/rules/loyal.wasm"); exit != exitOK || strings.Contains(stdout, "warning") {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
	record := filepath.Join(dir, "record.json")
	writeFile(t, record, []byte(`{"features": {"visits": 3}}`))
	if stdout, stderr, exit := call(dir, rulesRun, "tenant/rules/loyal.wasm", "--record", record); exit != exitOK || !strings.HasPrefix(stdout, "segment regular\n") {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
	if _, stderr, exit := call(dir, rulesNew, "go", "tenant/rules/loyal"); exit != exitFailed || !strings.Contains(stderr, "exists") {
		t.Errorf("a second time: exit %d\n%s", exit, stderr)
	}

	for _, ours := range []string{"manifest.go", "lotse"} {
		if err := os.RemoveAll(filepath.Join(rule, ours)); err != nil {
			t.Fatal(err)
		}
	}
	if again := built(); !bytes.Equal(first, again) {
		t.Error("another module from the author's own files")
	}

	// A go.mod that knows no kit, and a name that the manifest has no longer.
	f := func(file, text, want string) {
		t.Helper()
		writeFile(t, filepath.Join(rule, file), []byte(text))
		if _, stderr, exit := call(dir, rulesBuild, "tenant"); exit != exitFailed || !strings.Contains(stderr, want) {
			t.Errorf("exit %d\n%s", exit, stderr)
		}
	}
	f("go.mod", "module example.org/rule\n\ngo 1.26\n", "add these lines:\nrequire github.com/lotse-edge/lotse v0.0.0\n")
	if err := os.Remove(filepath.Join(rule, "go.mod")); err != nil {
		t.Fatal(err)
	}
	f("manifest.json", strings.ReplaceAll(buildManifest, "near", "regular"), "record.visitsOr undefined")
	if stdout, stderr, exit := call(dir, rulesCheck, "tenant/rules/loyal.wasm"); exit != exitOK || !strings.Contains(stdout, "warning  loyal/manifest.json: is another one than that in the module\n") {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
}
