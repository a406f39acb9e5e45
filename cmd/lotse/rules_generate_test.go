package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// goldens are where the accessors of the probe's manifest stand, which has a feature of every sort. Those of Go are compiled by
// go vet where they are.
var goldens = map[string]string{
	"go":             "../../sdk/go/testdata/rules/probe/manifest.go",
	"assemblyscript": "testdata/generate/manifest.ts",
	"rust":           "testdata/generate/manifest.rs",
	"c":              "testdata/generate/manifest.h",
}

func TestGenerate(t *testing.T) {
	manifest, err := os.ReadFile("../../sdk/go/testdata/rules/probe/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range languages {
		compareGenerated(t, &languages[i], manifest, goldens[languages[i].name])
	}
}

// compareGenerated holds what is generated against a file; go test -update writes the file.
func compareGenerated(t *testing.T, l *language, manifest []byte, path string) {
	t.Helper()
	files, err := generate(l, manifest)
	if err != nil {
		t.Fatal(err)
	}
	got := files[0].Text
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}

// The modules of the kits are the same modules in every language, and the accessors that are kept are those of the manifest.
func TestModulesOfTheKits(t *testing.T) {
	for _, module := range []string{"samples/rules/interest", "samples/rules/fit", "samples/rules/segments", "testdata/rules/probe"} {
		var first []byte
		for i := range languages {
			dir := filepath.Join("..", "..", "sdk", languages[i].name, module)
			manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = manifest
				compareGenerated(t, &languages[i], manifest, filepath.Join(dir, "manifest.go"))
			}
			if !bytes.Equal(first, manifest) {
				t.Errorf("%s/manifest.json is another one than that of Go", dir)
			}
			if !exists(filepath.Join(dir, languages[i].main)) {
				t.Errorf("%s holds no %s", dir, languages[i].main)
			}
		}
	}
}

func TestGenerateNames(t *testing.T) {
	manifest := func(reads []string, score string, reasons ...string) []byte {
		m := &abi.Manifest{ABI: 1, Name: "m", Version: "1.0.0", Purpose: "p", Emits: abi.Emits{Scores: []abi.Score{{Name: score, Reasons: reasons}}}}
		for _, name := range reads {
			m.Reads = append(m.Reads, abi.Feature{Name: name, Type: abi.String})
		}
		raw, err := abi.EncodeManifest(m)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	f := func(raw []byte, want map[string]string) {
		t.Helper()
		for i := range languages {
			files, err := generate(&languages[i], raw)
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = string(files[0].Text)
			}
			if w := want[languages[i].name]; !strings.Contains(got, w) {
				t.Errorf("%s: %q is missing in:\n%s", languages[i].name, w, got)
			}
		}
	}
	// A word of the language gets an underscore; prefixes keep C from them.
	f(manifest([]string{"match"}, "s", "r"), map[string]string{
		"go": ") match() (value string, ok bool)", "assemblyscript": "function match():", "rust": "fn match_(self)", "c": "record_match_or(",
	})
	f(manifest([]string{"default"}, "s", "r"), map[string]string{
		"go": ") default_() (", "assemblyscript": "function default_():", "rust": "fn default(self)", "c": "record_default_or(",
	})
	f(manifest([]string{"unix_millis"}, "s", "r"), map[string]string{
		"go": ") unixMillis_() (", "assemblyscript": "function unixMillis_():", "rust": "fn unix_millis_(self)", "c": "record_unix_millis_or(",
	})
	f(manifest([]string{"a-1_b--c_"}, "s", "r"), map[string]string{
		"go": ") a1BC() (", "assemblyscript": "function a1BC():", "rust": "fn a_1_b_c(self)", "c": "record_a_1_b_c_or(",
	})
	// Two places with one name: which of them a rule means, nobody could tell.
	f(manifest([]string{"a-b", "a_b"}, "s", "r"), map[string]string{
		"go":             "reads[0].name and reads[1].name would both be the function aB: rename one of them",
		"assemblyscript": "would both be the function aB",
		"rust":           "would both be the function a_b",
		"c":              "would both be the function record_a_b",
	})
	f(manifest([]string{"a", "a-or"}, "s", "r"), map[string]string{
		"go": "be the function aOr", "assemblyscript": "function aOr():", "rust": "fn a_or(self)", "c": "record_a_or_or(",
	})
	f(manifest(nil, "s", "a-b", "a_b"), map[string]string{
		"go": "emits.scores[0].reasons[0] and emits.scores[0].reasons[1]", "assemblyscript": "the function sAB", "rust": "the function s_a_b", "c": "the function answer_s_a_b",
	})
}

// The language is that of the author's file.
func TestGenerateFindsTheLanguage(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"manifest.json": buildManifest, "none/manifest.json": buildManifest, "main.c": ""})
	f := func(want int, says string, args ...string) {
		t.Helper()
		stdout, stderr, exit := call(dir, runRulesGenerate, args...)
		if exit != want || !strings.Contains(stdout+stderr, says) {
			t.Errorf("%v: exit %d\n%s%s", args, exit, stdout, stderr)
		}
	}
	f(exitOK, "manifest.h written", "manifest.json")
	f(exitOK, "manifest.h is up to date", "manifest.json")
	f(exitOK, "none/manifest.rs written", "--language", "rust", "none/manifest.json")
	f(exitUsage, "no main.go, main.ts, main.rs or main.c beside the manifest yet: name the --language", "none/manifest.json")
	f(exitUsage, "did you mean rust?", "--language", "rst", "manifest.json")
	writeFiles(t, dir, map[string]string{"main.rs": ""})
	f(exitFailed, "has both a main.rs and a main.c", "manifest.json")
}

// Every hand-written manifest with a score says what each reason depends on, so that an explanation can tell it. That it says enough
// is what lotsetest holds, in the tests of the samples.
func TestSamplesSayWhatReasonsDependOn(t *testing.T) {
	kits, err := filepath.Glob("../../sdk/*/samples/rules/*/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	tenants, err := filepath.Glob("samples/*/rules/*/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	scores := 0
	for _, path := range append(kits, tenants...) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := abi.ParseManifest(raw)
		if err != nil {
			t.Fatal(path, err)
		}
		for i := range m.Emits.Scores {
			scores++
			for j, reason := range m.Emits.Scores[i].Reasons {
				if features, said := m.FeaturesOf(i, j); !said || len(features) == 0 {
					t.Errorf("%s: the reason %s has no features", path, reason)
				}
			}
		}
	}
	if scores < 12 {
		t.Errorf("%d scores looked at", scores)
	}
}
