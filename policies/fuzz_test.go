package policies

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whatever a rule says, the lints come to an end, and each fault has a file of the policy and a message.
func FuzzLints(f *testing.F) {
	f.Add(`refusals contains "x" if input.age in {"minor", "adlut"}`)
	f.Add(`f(x) := y if { not f(x); y := input[x] } else := data.a[_]`)
	f.Add(`default p := {"permit": {"permit": true}}`)
	f.Add(`kept[c] := 1 if { every k, v in [input.age] { k != v }; some c in {"contact": 1} }`)
	f.Add("a.b.c contains {input.age: x} if (x := 1) or not { not input }")
	f.Add("# METADATA\n# title: x\n# custom: {id: 3, article: [1]}\np[input.age] if q with input as r")
	base, err := Base()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		s := base
		s.Files = map[string]string{
			"privacy/minimise/x.rego":      "package privacy.minimise\n\nimport rego.v2\n\nimport data.privacy.age\n\n" + rule,
			"privacy/minimise/x_test.rego": "package privacy.minimise_test\n\nimport rego.v2\n\n" + rule,
		}
		var found faults
		p := parseSource(s, &found)
		for _, lint := range lints {
			lint(p, &found)
		}
		annotated(p.rules, p.annotations, texts(), &found)
		if len(found) == 0 {
			compileModules(p.rules, capabilities(), &found)
		}
		for _, e := range found {
			if !strings.HasPrefix(e.File, "privacy/") || e.Message == "" || e.Line < 0 {
				t.Errorf("a fault that helps nobody: %+v", *e)
			}
		}
	})
}

// A bundle either is refused or holds what a policy may hold, and then writing and reading it again changes nothing.
func FuzzReadBundle(f *testing.F) {
	base, err := Base()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []Source{base, {Files: map[string]string{"privacy/x.rego": "package privacy.x"}, Revision: "1"}} {
		var b bytes.Buffer
		if err := WriteBundle(&b, s, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		s, err := ReadBundle(bytes.NewReader(archive), Keys{})
		if err != nil {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(s.Files)) {
			if wrong := place(name); wrong != "" || len(s.Files[name]) > maxFileBytes {
				t.Fatalf("%q is in a policy", name)
			}
		}
		var b bytes.Buffer
		if err := WriteBundle(&b, s, nil); err != nil {
			t.Fatal(err)
		}
		again, err := ReadBundle(&b, Keys{})
		if diff := cmp.Diff(s, again); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
	})
}
