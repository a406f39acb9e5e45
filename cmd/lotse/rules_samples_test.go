package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
)

// The points model of the sample education, written as rule files in testdata/education, passes its cases with all of it
// covered, and judges every visitor as the Go modules do: so a report over the same leads is the same.
func TestEducationAsRuleFiles(t *testing.T) {
	root := t.TempDir()
	env := &environment{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, dir: root, getenv: func(string) string { return "" }}
	copyDocuments := func(to string) {
		for _, document := range []string{"tenant.yaml", "catalogue.yaml", "stages.yaml", "content.yaml", "forms.yaml"} {
			copyFile(t, filepath.Join("samples", "education", document), filepath.Join(root, to, document))
		}
	}
	copyDocuments("files")
	written, err := filepath.Glob("testdata/education/*.yaml")
	if err != nil || len(written) != 4 {
		t.Fatal(err, written)
	}
	for _, file := range written {
		copyFile(t, file, filepath.Join(root, "files", "rules", filepath.Base(file)))
	}
	if exit := runRulesTest(t.Context(), env, []string{"--cover", "100", "files"}); exit != exitOK {
		t.Fatalf("exit %d\n%s%s", exit, env.stdout, env.stderr)
	}

	copyDocuments("modules")
	sources, err := moduleSources("samples/education")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		wasm, err := s.module(t.Context(), compilers{warnings: t.Output()})
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(root, "modules", "rules", s.name+".wasm"), wasm)
	}
	open := func(dir string) *ruleFolder {
		f, err := openRuleFolder(t.Context(), env, dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.close(t.Context()) })
		return f
	}
	files, modules := open("files"), open("modules")

	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	rnd := rand.New(rand.NewPCG(31, 32))
	quadrants := map[string]int{}
	for range 1000 {
		p := randomLead(rnd, files, now)
		var said [2]rules.Outcome
		for i, f := range []*ruleFolder{files, modules} {
			j, err := f.judge(t.Context(), p, now, "")
			if err != nil {
				t.Fatal(err)
			}
			said[i] = j.outcome
		}
		if diff := cmp.Diff(said[1], said[0]); diff != "" {
			t.Fatal(diff)
		}
		quadrants[said[0].Quadrant]++
	}
	if len(quadrants) != 4 {
		t.Errorf("the visitors are in %v", quadrants)
	}
}

// randomLead makes a visitor out of what the public leads hold.
func randomLead(rnd *rand.Rand, f *ruleFolder, now time.Time) *profile.Profile {
	p := &profile.Profile{}
	one := func(list ...any) any { return list[rnd.IntN(len(list))] }
	for name, v := range map[string]any{
		"country": one("India", "IN", "France", nil), "occupation": one("Working Professional", "Businessman", "Unemployed", "Housewife", "Student", "Other", nil),
		"motivation": one("Better Career Prospects", nil), "specialization": one("Finance", nil), "lead_source": one("Reference", "Google", nil),
		"heard_from": one("Word Of Mouth", nil), "pages_per_visit": one(0.0, 0.5, 2.5, 4.0, nil), "minutes_on_site": one(0.0, 4.99, 5.0, 15.0, nil),
		"do_not_email": one(true, false, nil),
	} {
		if field, ok := f.config.FieldByName(name); ok && v != nil {
			checked, _ := field.Check(v)
			p.SetValue(profile.Stored{Field: field.ID, Value: valueIn(checked), At: profile.At(now), Grants: f.grants(field.Purposes, field.TTLDays)})
		}
	}
	for i := range f.config.Events {
		if kind := &f.config.Events[i]; rnd.IntN(3) == 0 && !strings.HasPrefix(kind.Name, "unsub") {
			p.AddEvent(kind.ID, eventOf(rnd, f, kind, now))
		}
	}
	return p
}

func eventOf(rnd *rand.Rand, f *ruleFolder, kind *tenant.EventType, now time.Time) profile.Event {
	at := now.Add(-time.Duration(rnd.IntN(200)) * 24 * time.Hour)
	return profile.Event{At: profile.At(at), Count: float64(1 + rnd.IntN(6)), Grants: f.grants(kind.Purposes, kind.TTLDays)}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	raw, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, raw)
}

func writeFile(t *testing.T, name string, raw []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, raw, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The sample whose rules are all files passes its cases: the points model with its bands at both ends, negative points, a
// model for each part in buying, and the four quadrants.
func TestSoftwarePassesItsCases(t *testing.T) {
	env := &environment{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, dir: "samples", getenv: func(string) string { return "" }}
	if exit := runRulesTest(t.Context(), env, []string{"--cover", "100", "software"}); exit != exitOK {
		t.Fatalf("exit %d\n%s%s", exit, env.stdout, env.stderr)
	}
}
