// Package lotsetest tests the rules of a module natively, with go test: a record is built from named values by the
// module's manifest, and the answer comes back in names.
package lotsetest

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/sdk/abi"
	lotse "github.com/lotse-edge/lotse/sdk/go"
)

// Module is a module under test. Manifest is best embedded: //go:embed manifest.json.
type Module struct {
	Manifest []byte // its JSON
	Rules    lotse.Rules
	Now      time.Time // of the evaluation; zero: noon on 31 January 2026, UTC
}

// Values are features by name: float64 or int for a number, string and bool. A feature that is not there is absent.
type Values map[string]any

// Answer is what a module says.
type Answer struct {
	Scores   map[string]map[string]float64 // score, reason, points; a declared score is there, without reasons if need be
	Segments []string                      // in the order in which they were said
	Traits   map[string]string
}

// Total is the sum of a score's points.
func (a Answer) Total(score string) float64 {
	total := 0.0
	for _, reason := range slices.Sorted(maps.Keys(a.Scores[score])) {
		total += a.Scores[score][reason]
	}
	return total
}

// Run evaluates the rules over the values. It fails the test where the host would refuse: a manifest that is not valid,
// a value that is not declared, an answer that the manifest does not allow, or another answer to the same record.
func (m Module) Run(t testing.TB, values Values) Answer {
	t.Helper()
	manifest := m.manifest(t)
	slots := make([]abi.Value, len(manifest.Reads))
	known := 0
	for i, f := range manifest.Reads {
		slots[i].Type = f.Type
		if v, ok := values[f.Name]; ok {
			known++
			slots[i] = value(t, f, v)
		}
	}
	if known < len(values) {
		unknown := maps.Clone(values)
		for i := range manifest.Reads {
			delete(unknown, manifest.Reads[i].Name)
		}
		t.Fatalf("the manifest reads no %q", slices.Sorted(maps.Keys(unknown)))
	}
	return m.named(t, manifest, slots)
}

// Random evaluates the rules over n random records: numbers of all sizes, some of the texts, any of them absent. It fails
// the test where the host would refuse an answer, and where a reason depends on a feature that the manifest does not list for
// it, since that is what an explanation names. It is always the same for the same arguments.
func (m Module) Random(t testing.TB, n int, texts ...string) {
	t.Helper()
	manifest := m.manifest(t)
	d := draw{rand.New(rand.NewPCG(1, uint64(n))), append(texts, "", "unknown")}
	slots := make([]abi.Value, len(manifest.Reads))
	for range n {
		for i, f := range manifest.Reads {
			slots[i] = d.value(f.Type)
		}
		before := m.named(t, manifest, slots)
		if len(slots) == 0 {
			continue
		}
		i := d.IntN(len(slots))
		slots[i] = d.value(slots[i].Type)
		depends(t, manifest, i, before, m.named(t, manifest, slots))
	}
}

// depends fails where points for a reason have changed with a feature that is not among those that the manifest lists for it.
func depends(t testing.TB, manifest *abi.Manifest, feature int, before, after Answer) {
	t.Helper()
	for i, s := range manifest.Emits.Scores {
		for j, reason := range s.Reasons {
			listed, said := manifest.FeaturesOf(i, j)
			if said && before.Scores[s.Name][reason] != after.Scores[s.Name][reason] && !slices.Contains(listed, feature) {
				t.Fatalf("the points for %s of %s change with %s: add %d to emits.scores[%d].features[%d] of the manifest",
					reason, s.Name, manifest.Reads[feature].Name, feature, i, j)
			}
		}
	}
}

// draw gives random values.
type draw struct {
	*rand.Rand
	texts []string
}

func (d draw) value(kind abi.Type) abi.Value {
	v := abi.Value{Type: kind, Present: d.IntN(3) > 0}
	numbers := []float64{0, 1, 2, 5, 10, 1000, -1, 0.5, 1e300, -1e300}
	switch {
	case !v.Present:
	case kind == abi.String:
		v.Text = d.texts[d.IntN(len(d.texts))]
	case kind == abi.Boolean:
		v.Number = float64(d.IntN(2))
	default:
		v.Number = numbers[d.IntN(len(numbers))]
	}
	return v
}

func (m Module) manifest(t testing.TB) *abi.Manifest {
	t.Helper()
	manifest, err := abi.ParseManifest(m.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	return manifest
}

// named evaluates the slots, twice, and puts the answer into names.
func (m Module) named(t testing.TB, manifest *abi.Manifest, slots []abi.Value) Answer {
	t.Helper()
	now := m.Now
	if now.IsZero() {
		now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	}
	record, err := abi.AppendRecord(nil, now.UnixMilli(), slots)
	if err != nil {
		t.Fatal(err)
	}
	var first, second lotse.Result
	n := lotse.Evaluate(m.Rules, record, &first)
	if n < 0 {
		t.Fatalf("the rules answer %d, a refusal", n)
	}
	if lotse.Evaluate(m.Rules, record, &second) != n || !bytes.Equal(first.Entries(), second.Entries()) {
		t.Fatal("the rules give another answer to the same record: they keep something from call to call")
	}
	entries, err := abi.DecodeEntries(manifest, first.Entries(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return answer(manifest, entries)
}

func answer(m *abi.Manifest, entries []abi.Entry) Answer {
	var a Answer
	for _, s := range m.Emits.Scores {
		if a.Scores == nil {
			a.Scores = make(map[string]map[string]float64)
		}
		a.Scores[s.Name] = make(map[string]float64)
	}
	for _, e := range entries {
		switch e.Kind {
		case abi.ScoreEntry:
			s := m.Emits.Scores[e.Index]
			a.Scores[s.Name][s.Reasons[e.Reason]] += e.Number
		case abi.SegmentEntry:
			a.Segments = append(a.Segments, m.Emits.Segments[e.Index])
		case abi.TraitEntry:
			if a.Traits == nil {
				a.Traits = make(map[string]string)
			}
			a.Traits[m.Emits.Traits[e.Index].Name] = m.Emits.Traits[e.Index].Values[e.Reason]
		}
	}
	return a
}

// value makes a test's value one of a record.
func value(t testing.TB, f abi.Feature, v any) abi.Value {
	t.Helper()
	out := abi.Value{Present: true}
	switch v := v.(type) {
	case int:
		out.Type, out.Number = abi.Number, float64(v)
	case float64:
		out.Type, out.Number = abi.Number, v
	case string:
		out.Type, out.Text = abi.String, v
	case bool:
		out.Type = abi.Boolean
		if v {
			out.Number = 1
		}
	}
	if out.Type != f.Type {
		t.Fatalf("the feature %s is a %s, not a %T", f.Name, f.Type, v)
	}
	return out
}
