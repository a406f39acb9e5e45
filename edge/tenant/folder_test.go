package tenant_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// problems loads a folder that is expected to be refused.
func problems(t *testing.T, files map[string][]byte) []tenant.Problem {
	t.Helper()
	c, _, err := tenant.Load(files)
	var invalid *tenant.InvalidError
	if !errors.As(err, &invalid) || c != nil {
		t.Fatalf("the folder is accepted, or the error is of another kind: %v", err)
	}
	return invalid.Problems
}

func TestFiles(t *testing.T) {
	f := func(name, content, message string) {
		t.Helper()
		files := good(t)
		files[name] = []byte(content)
		ps := problems(t, files)
		if len(ps) != 1 || ps[0].File != name || !strings.Contains(ps[0].String(), message) {
			t.Errorf("%s: want %q, got %v", name, message, ps)
		}
	}
	f("tenant.yml", "", "did you mean tenant.yaml?")
	f("catalog.yaml", "", "did you mean catalogue.yaml?")
	f("README.md", "", "leave documentation")
	f("notes.txt", "", "a folder holds tenant.yaml")
	f(".env", "", "hidden files")
	f("points.wasm", "", "put it under rules/")
	f("own.rego", "", "put it under policies/")
	f("policies/own_test.rego", "", "tests")
	f("policies/Own.rego", "", "name it with a-z")
	f("rules/Points.wasm", "", "name it with a-z")
	f("rules/points/main.go", "", "upload the built rules/points.wasm only")
	f("rules/other.yaml", "", "rule files cannot be compiled here")
	f("policies/big.rego", strings.Repeat("#", tenant.MaxPolicy+1), "larger than 256 KiB")
	f("forms.yaml", "", "the file is empty")
	f("forms.yaml", "# nothing\n", "the file is empty")
	f("forms.yaml", "- a\n", "a list was found; write a mapping")
	f("forms.yaml", strings.Repeat("#\n", 300<<10), "larger than 512 KiB")
	f("rules/points.wasm", "", "not a WebAssembly module")
	f("rules/points.wasm", emptyModule, "no custom section")

	for _, name := range []string{"tenant.yaml", "catalogue.yaml", "stages.yaml", "content.yaml", "forms.yaml"} {
		files := good(t)
		delete(files, name)
		if ps := problems(t, files); len(ps) != 1 || ps[0].File != name || ps[0].Message != "the file is missing" {
			t.Errorf("%s: %v", name, ps)
		}
	}
	files := good(t)
	for i := range tenant.MaxFiles {
		files[strings.Repeat("x", i+1)] = nil
	}
	problems(t, files)
}

func TestModules(t *testing.T) {
	f := func(file string, change func(*abi.Manifest), path, message string) {
		t.Helper()
		files := good(t)
		m := pointsManifest()
		change(&m)
		files["rules/"+file+".wasm"] = module(t, m)
		ps := problems(t, files)
		for _, p := range ps {
			if p.File == "rules/"+file+".wasm" && p.Path == path && strings.Contains(p.String(), message) {
				return
			}
		}
		t.Errorf("want %s: %q, got %v", path, message, ps)
	}
	f("other", func(m *abi.Manifest) { m.Emits = abi.Emits{Segments: []string{"a"}} }, "name", "name the file rules/points.wasm")
	f("points", func(m *abi.Manifest) { m.Purpose = "profilling" }, "purpose", "did you mean profiling?")
	f("points", func(m *abi.Manifest) { m.Purpose = "mail" }, "purpose", "does not ask for profiling")
	f("points", func(m *abi.Manifest) { m.Reads[0].Event = "page_veiw" }, "reads[0].event", "did you mean page_view?")
	f("points", func(m *abi.Manifest) { m.Reads[0].Where[0].Property = "kind" }, "reads[0].where[0].property", "kind")
	f("points", func(m *abi.Manifest) { m.Reads = append(m.Reads, abi.Feature{Name: "kindd", Type: abi.String}) }, "reads[1].name", "did you mean kind?")
	f("points", func(m *abi.Manifest) {
		m.Emits.Scores = append(m.Emits.Scores, abi.Score{Name: "new", Reasons: []string{"a"}})
	}, "emits.scores[2]", "has no bands")
	f("points", func(m *abi.Manifest) { m.Emits.Segments = []string{"regular"} }, "emits.segments[0]", "is said by the rule groups already")
	f("points", func(m *abi.Manifest) { m.Emits.Traits = []abi.Trait{{Name: "persona", Values: []string{"a"}}} }, "emits.traits[0]", "is said by the rule groups already")
}

func TestEveryProblemIsReported(t *testing.T) {
	files := good(t)
	replace(files, "tenant.yaml", "country: DE", "country: D")
	replace(files, "catalogue.yaml", "basis: contract", "basis: contrat")
	replace(files, "stages.yaml", "forward_only: true", "forward_only: maybe")
	replace(files, "content.yaml", "control: 10", "control: 100")
	replace(files, "forms.yaml", "at_once: 2", "at_once: 20")
	files["notes.txt"] = nil
	ps := problems(t, files)
	var at []string
	for _, p := range ps {
		at = append(at, p.File)
	}
	if got := strings.Join(at, " "); got != "catalogue.yaml content.yaml forms.yaml notes.txt stages.yaml tenant.yaml" {
		t.Errorf("problems at %s", got)
	}
	text := (&tenant.InvalidError{Problems: ps}).Error()
	if !strings.Contains(text, "has 6 problems") || !strings.Contains(text, `catalogue.yaml:3: purposes.necessary.basis: "contrat" is not one of`) {
		t.Errorf("the error reads:\n%s", text)
	}
}

// A hostile folder may have more mistakes than anyone wants to read, or to compute suggestions for.
func TestProblemsAreBounded(t *testing.T) {
	files := good(t)
	files["content.yaml"] = []byte("slots:\n  hero:\n" + many("    colour%d: x\n", 5000))
	ps := problems(t, files)
	if len(ps) > 400 || ps[len(ps)-1].Suggestion != "mend these first" {
		t.Errorf("%d problems, the last: %v", len(ps), ps[len(ps)-1])
	}
}

// Keys are secrets and texts may name persons: an error must be fit for any log.
func TestValuesAreNotEchoed(t *testing.T) {
	const canary = "Erika.Mustermann@example.com"
	for _, c := range malformed {
		if !strings.Contains(c.old, ": ") {
			continue
		}
		key, _, _ := strings.Cut(c.old, ": ")
		if strings.Contains(key, "title") || strings.Contains(key, "text") || strings.Contains(key, "hash") || strings.Contains(key, "origin") {
			files := good(t)
			replace(files, c.file, c.old, key+": "+canary)
			if _, _, err := tenant.Load(files); err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%s: %v", key, err)
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	f := func(change func(map[string][]byte), file string, line int, message string) {
		t.Helper()
		files := good(t)
		change(files)
		_, warnings, err := tenant.Load(files)
		if err != nil || len(warnings) != 1 || warnings[0].File != file || warnings[0].Line != line || !strings.Contains(warnings[0].String(), message) {
			t.Errorf("want %s:%d: %q, got %v, %v", file, line, message, warnings, err)
		}
	}
	f(func(files map[string][]byte) { replace(files, "tenant.yaml", "https://shop", "http://shop") }, "tenant.yaml", 8, "unencrypted")
	f(func(files map[string][]byte) {
		replace(files, "catalogue.yaml", "    opens: [necessary]\n", "")
	}, "catalogue.yaml", 2, "purposes.necessary: the purpose rests on a contract, and no event opens it: only a server key can then use it; write opens: [necessary]")
	f(func(files map[string][]byte) {
		replace(files, "catalogue.yaml", "    device: consented\n", "")
	}, "catalogue.yaml", 8, "who agrees to this alone cannot be remembered; give it device: consented")
	f(func(files map[string][]byte) {
		replace(files, "catalogue.yaml", "    device: consented\n", "    device: none\n")
	}, "catalogue.yaml", 8, "give it device: consented")
	f(func(files map[string][]byte) {
		replace(files, "content.yaml", "- name: deal", "- name: first\n        body: {en: {title: a}, de: {title: a}}\n      - name: deal")
	}, "content.yaml", 6, "those after it are never shown")
	f(func(files map[string][]byte) {
		m := pointsManifest()
		m.Reads = append(m.Reads, abi.Feature{Name: "email", Type: abi.String})
		files["rules/points.wasm"] = module(t, m)
	}, "rules/points.wasm", 0, "reads[1]: the field email is not bound to the purpose profiling")
	f(func(files map[string][]byte) {
		m := pointsManifest()
		m.Reads[0].Window = "91d"
		files["rules/points.wasm"] = module(t, m)
	}, "rules/points.wasm", 0, "reads[0]: 91d is longer than what it asks of page_view is kept, which is 90 days; make it shorter, or let catalogue.yaml keep the events longer")
	f(func(files map[string][]byte) {
		m := pointsManifest()
		m.Emits.Scores[0].Reasons = strings.Split("abcdefgh", "")
		files["rules/points.wasm"] = module(t, m)
	}, "rules/points.wasm", 0, "8 reasons")
}

func TestDigests(t *testing.T) {
	load := func(files map[string][]byte) *tenant.Config {
		t.Helper()
		c, _, err := tenant.Load(files)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	files := good(t)
	one := load(files)
	if again := load(maps.Clone(files)); again.Digest != one.Digest || len(one.Digest) != 64 {
		t.Errorf("digests %q and %q", one.Digest, again.Digest)
	}
	replace(files, "catalogue.yaml", "Wir schreiben Ihnen.", "Wir schreiben dir.")
	two := load(files)
	if two.Digest == one.Digest {
		t.Error("a changed text does not change the digest")
	}
	for i, p := range two.Purposes {
		if changed := p.TextVersion != one.Purposes[i].TextVersion; changed != (p.Name == "mail") || len(p.TextVersion) != 32 {
			t.Errorf("%s: text versions %q and %q", p.Name, one.Purposes[i].TextVersion, p.TextVersion)
		}
	}
	// The order in which languages are written is nothing that a visitor sees.
	replace(files, "catalogue.yaml", "{en: Letters, de: Post}", "{de: Post, en: Letters}")
	if three := load(files); three.Purposes[2].TextVersion != two.Purposes[2].TextVersion {
		t.Error("the order of languages changes the text version")
	}
}

func replace(files map[string][]byte, file, old, with string) {
	if !strings.Contains(string(files[file]), old) {
		panic("BUG: " + file + " does not hold " + old)
	}
	files[file] = []byte(strings.Replace(string(files[file]), old, with, 1))
}
