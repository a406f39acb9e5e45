//go:build kits

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The tests of this file need the modules of every guest kit: `make kits` builds them, `make kits-test` runs these.

// form is a way to write rules: it gives the module of a name.
type form struct {
	name   string
	module func(t *testing.T, name string) []byte
}

// kitForms are those of the guest kits; the folder is samples, or testdata for the module that uses all of a kit.
func kitForms(folder string) []form {
	var forms []form
	for _, l := range languages {
		forms = append(forms, form{l.title, func(t *testing.T, name string) []byte {
			wasm, err := os.ReadFile(kitFolder(&l, folder, name) + ".wasm")
			if err != nil {
				t.Fatalf("%v: run make kits", err)
			}
			return wasm
		}})
	}
	return forms
}

// kitFolder is where the sources of a module of a kit are.
func kitFolder(l *language, folder, name string) string {
	return filepath.Join("..", "..", "sdk", l.name, folder, "rules", name)
}

// formModule is a module in one of its forms, loaded.
type formModule struct {
	form
	*runtime.Module
}

// loadForms loads one module in each of its forms. All must say the same things by the same indexes.
func loadForms(t *testing.T, forms []form, name string) []formModule {
	t.Helper()
	host, err := runtime.New(t.Context(), runtime.Config{Instances: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(t.Context()); err != nil && !errors.Is(err, t.Context().Err()) {
			t.Error(err)
		}
	})
	var modules []formModule
	for _, f := range forms {
		m, err := host.Load(t.Context(), name, f.module(t, name))
		if err != nil {
			t.Fatalf("%s in %s: %v", name, f.name, err)
		}
		modules = append(modules, formModule{f, m})
		if d := cmp.Diff(modules[0].Manifest().Emits, m.Manifest().Emits, withoutFeatures); d != "" {
			t.Fatalf("%s emits something else in %s (-%s +%s):\n%s", name, f.name, forms[0].name, f.name, d)
		}
	}
	return modules
}

// withoutFeatures leaves out which features stand behind a reason: a rule file's have another order.
var withoutFeatures = cmpopts.IgnoreFields(abi.Score{}, "Features")

// spoken is what a module answers: entries, or the kind of its failure.
type spoken struct {
	Entries []abi.Entry
	Fault   string
}

func (m formModule) say(t *testing.T, record []byte) (spoken, runtime.Usage) {
	t.Helper()
	entries, used, err := m.Measure(t.Context(), record, nil)
	var fault *runtime.Fault
	switch {
	case errors.As(err, &fault):
		return spoken{Fault: fault.Kind.String()}, used
	case err != nil:
		t.Fatal(err)
	}
	return spoken{Entries: entries}, used
}

// compare has every form answer to every vector, and gives how many of them got an entry. What a vector holds is not told:
// it may be of a real lead.
func compare(t *testing.T, modules []formModule, vectors []vector) (answered int) {
	t.Helper()
	for i, v := range vectors {
		var want spoken
		for j, m := range modules {
			got, _ := m.say(t, v.record(t, m.Manifest()))
			if j == 0 {
				want = got
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("vector %d of %d: another answer in %s (-%s +%s):\n%s", i, len(vectors), m.name, modules[0].name, m.name, d)
			}
		}
		if len(want.Entries) > 0 {
			answered++
		}
	}
	return answered
}

// The sample modules say the same in every form, over the leads of the case study where the file is there, and over
// made-up leads in any case.
func TestKitsSamples(t *testing.T) {
	leads := realLeads(t)
	vectors := append(madeUpLeads(1000), leads...)
	table := []string{fmt.Sprintf("| %-9s | %-14s | %9s | %6s | %8s | %8s |", "module", "form", "bytes", "fuel", "p50", "p99")}
	for _, name := range []string{"interest", "fit", "segments"} {
		modules := loadForms(t, append(kitForms("samples"), ruleFiles()), name)
		if n := compare(t, modules, vectors); n < len(vectors)/2 {
			t.Errorf("%s says something of %d of %d vectors only: they show little", name, n, len(vectors))
		}
		for _, m := range modules {
			table = append(table, m.measure(t, vectors))
		}
	}
	t.Logf("%d vectors, the same entries in every form: %d of leads.csv, %d made up; fuel is the mean, times include the clock's own",
		len(vectors), len(leads), len(vectors)-len(leads))
	for _, line := range table {
		t.Log(line)
	}
}

// measure evaluates every vector often enough for percentiles, and gives a line of the table.
func (m formModule) measure(t *testing.T, vectors []vector) string {
	t.Helper()
	records := make([][]byte, len(vectors))
	var fuel int64
	for i, v := range vectors {
		records[i] = v.record(t, m.Manifest())
		_, used := m.say(t, records[i])
		fuel += used.Fuel
	}
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	took := make([]time.Duration, 0, 20_000+len(records))
	for len(took) < 20_000 {
		for _, r := range records {
			start := time.Now()
			_, err := m.Evaluate(t.Context(), r, entries)
			took = append(took, time.Since(start))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	slices.Sort(took)
	return fmt.Sprintf("| %-9s | %-14s | %9d | %6d | %8v | %8v |", m.Manifest().Name, m.name, m.Size(), fuel/int64(len(vectors)),
		took[len(took)/2], took[len(took)*99/100])
}

// Every function of the kits gives the same in every language, over values that are meant to tell them apart.
func TestKitsProbe(t *testing.T) {
	modules := loadForms(t, kitForms("testdata"), "probe")
	for _, m := range modules[1:] {
		if d := cmp.Diff(modules[0].Manifest(), m.Manifest()); d != "" {
			t.Errorf("another manifest in %s (-%s +%s):\n%s", m.name, modules[0].name, m.name, d)
		}
	}
	vectors := probeVectors(4000)
	if n := compare(t, modules, vectors); n < len(vectors)*9/10 {
		t.Errorf("the probe answers %d of %d vectors only", n, len(vectors))
	}
	// An answer that is full, and one that is too full.
	full := vector{fields: map[string]any{}, events: map[string]float64{"order": 0}}
	sizes := map[string]bool{}
	for n := range 20 {
		full.events["order"] = float64(abi.MaxEntries - 12 + n)
		compare(t, modules, []vector{full})
		got, _ := modules[0].say(t, full.record(t, modules[0].Manifest()))
		sizes[fmt.Sprint(len(got.Entries), got.Fault)] = true
	}
	if !sizes[fmt.Sprint(abi.MaxEntries, "")] || !sizes[fmt.Sprint(0, runtime.BadAnswer.String())] {
		t.Errorf("no answer was just full, or none too full: %v", sizes)
	}
}

// What is not a record of the module's features is refused, and the next one is answered.
func TestKitsRefuse(t *testing.T) {
	for _, m := range loadForms(t, kitForms("testdata"), "probe") {
		good := probeVectors(1)[0].record(t, m.Manifest())
		want, _ := m.say(t, good)
		for name, change := range map[string]func([]byte) []byte{
			"nothing":       func([]byte) []byte { return nil },
			"cut off":       func(r []byte) []byte { return r[:abi.HeaderSize-1] },
			"too short":     func(r []byte) []byte { return r[:len(r)-1] },
			"magic":         func(r []byte) []byte { r[0]++; return r },
			"version":       func(r []byte) []byte { r[4]++; return r },
			"size":          func(r []byte) []byte { r[8]++; return r },
			"a feature few": func(r []byte) []byte { r[12]--; return r },
			"a great many":  func(r []byte) []byte { r[15] = 255; return r },
		} {
			if got, _ := m.say(t, change(bytes.Clone(good))); got.Fault == "" {
				t.Errorf("%s: a record with a wrong %s is answered", m.name, name)
			}
			if got, _ := m.say(t, good); cmp.Diff(want, got) != "" {
				t.Errorf("%s: another answer after a record with a wrong %s", m.name, name)
			}
		}
	}
}

// The same sources give the same bytes, wherever they are.
func TestKitsBuildElsewhere(t *testing.T) {
	by := kitCompilers(t)
	for i := range languages {
		l := &languages[i]
		if l.name == "go" {
			continue // TestBuild has it; a module in Go is found through its go.mod
		}
		sources := kitFolder(l, "samples", "interest")
		dir := filepath.Join(t.TempDir(), "interest")
		if err := os.CopyFS(dir, os.DirFS(sources)); err != nil {
			t.Fatal(err)
		}
		got, err := moduleSource{"interest", dir, l}.module(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(sources + ".wasm")
		if err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s: %d and %d bytes differ, %v", l.title, len(want), len(got), err)
		}
		if bytes.Contains(got, []byte(filepath.Dir(dir))) {
			t.Errorf("%s: the module holds a path of this machine", l.title)
		}
	}
}

// What lotse rules new writes for a kit can be built as it is, and says what it is to say.
func TestKitsScaffolds(t *testing.T) {
	by := kitCompilers(t)
	var forms []form
	for i := range languages {
		l := &languages[i]
		forms = append(forms, form{l.name, func(t *testing.T, name string) []byte {
			t.Helper()
			dir := t.TempDir()
			if stdout, stderr, exit := call(dir, rulesNew, l.name, filepath.Join("rules", name)); exit != exitOK {
				t.Fatalf("%s: %s%s", l.name, stdout, stderr)
			}
			wasm, err := moduleSource{name, filepath.Join(dir, "rules", name), l}.module(t.Context(), by)
			if err != nil {
				t.Fatal(err)
			}
			return wasm
		}})
	}
	for _, m := range loadForms(t, forms, "my-rule") {
		for visits, want := range map[float64]int{0: 0, 2: 0, 3: 1} {
			record, err := abi.AppendRecord(nil, 0, []abi.Value{{Present: true, Type: abi.Number, Number: visits}})
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := m.say(t, record); got.Fault != "" || len(got.Entries) != want {
				t.Errorf("%s: %v visits give %+v", m.name, visits, got)
			}
		}
	}
}
