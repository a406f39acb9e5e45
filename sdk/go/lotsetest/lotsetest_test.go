package lotsetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	lotse "github.com/lotse-edge/lotse/sdk/go"
	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

const manifest = `{"abi": 1, "name": "m", "version": "1.0.0", "purpose": "profiling",
	"reads": [
		{"name": "pages", "type": "number", "aggregate": "count", "event": "page_view"},
		{"name": "country", "type": "string"},
		{"name": "member", "type": "boolean"}],
	"emits": {
		"scores": [{"name": "interest", "reasons": ["page", "bonus"]}, {"name": "fit", "reasons": ["region"]}],
		"segments": ["members"],
		"traits": [{"name": "persona", "values": ["host", "explorer"]}]}}`

func evaluate(r lotse.Record, out *lotse.Result) {
	n, _ := r.Number(0)
	out.Points(0, 0, n/2)
	out.Points(0, 0, n/2)
	if c, _ := r.Text(1); c == "AT" {
		out.Points(0, 1, 10)
		out.Trait(0, 1)
	}
	if member, _ := r.Bool(2); member {
		out.Segment(0)
	}
}

func TestRun(t *testing.T) {
	m := lotsetest.Module{Manifest: []byte(manifest), Rules: evaluate}
	got := m.Run(t, lotsetest.Values{"pages": 3, "country": "AT", "member": true})
	want := lotsetest.Answer{
		Scores:   map[string]map[string]float64{"interest": {"page": 3, "bonus": 10}, "fit": {}},
		Segments: []string{"members"},
		Traits:   map[string]string{"persona": "explorer"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Total("interest") != 13 || got.Total("fit") != 0 {
		t.Error("the totals are not the sums")
	}
	if diff := cmp.Diff(lotsetest.Answer{Scores: map[string]map[string]float64{"interest": {}, "fit": {}}}, m.Run(t, nil)); diff != "" {
		t.Error(diff)
	}
	m.Random(t, 200, "AT")
}

// fakeT takes a failure in place of the test.
type fakeT struct {
	testing.TB
	failure string
}

func (*fakeT) Helper() {}

func (f *fakeT) Fatal(args ...any) {
	f.failure = fmt.Sprint(args...)
	panic(f)
}
func (f *fakeT) Fatalf(format string, args ...any) { f.Fatal(fmt.Sprintf(format, args...)) }

func TestWhatTheHostWouldRefuseFails(t *testing.T) {
	calls := 0
	good := lotsetest.Module{Manifest: []byte(manifest), Rules: evaluate}
	with := func(rules lotse.Rules) lotsetest.Module {
		return lotsetest.Module{Manifest: []byte(manifest), Rules: rules}
	}
	for name, c := range map[string]struct {
		module lotsetest.Module
		values lotsetest.Values
		want   string
	}{
		"no manifest":     {lotsetest.Module{Rules: evaluate}, nil, "is not JSON"},
		"unknown feature": {good, lotsetest.Values{"pages": 1, "page": 1}, `reads no ["page"]`},
		"another type":    {good, lotsetest.Values{"pages": "3"}, "the feature pages is a number, not a string"},
		"a foreign type":  {good, lotsetest.Values{"pages": int64(3)}, "not a int64"},
		"no rules":        {with(nil), nil, "a refusal"},
		"undeclared":      {with(func(_ lotse.Record, out *lotse.Result) { out.Segment(1) }), nil, "no segment"},
		"a memory": {with(func(_ lotse.Record, out *lotse.Result) {
			calls++
			out.Points(0, 0, float64(calls))
		}), nil, "keep something"},
	} {
		f := &fakeT{}
		func() {
			defer func() { _ = recover() }()
			c.module.Run(f, c.values)
		}()
		if !strings.Contains(f.failure, c.want) {
			t.Errorf("%s: %q", name, f.failure)
		}
	}
}

// A manifest that lists too few features for a reason is found out.
func TestRandomFindsWhatAReasonDependsOn(t *testing.T) {
	listing := func(features string) lotsetest.Module {
		text := `{"abi": 1, "name": "m", "version": "1.0.0", "purpose": "profiling",
			"reads": [{"name": "pages", "type": "number"}, {"name": "country", "type": "string"}],
			"emits": {"scores": [{"name": "interest", "reasons": ["page", "near"]` + features + `}]}}`
		return lotsetest.Module{Manifest: []byte(text), Rules: func(r lotse.Record, out *lotse.Result) {
			if n, ok := r.Number(0); ok {
				out.Points(0, 0, min(n, 10))
			}
			if country, _ := r.Text(1); country == "AT" && r.Has(0) {
				out.Points(0, 1, 5)
			}
		}}
	}
	for features, want := range map[string]string{
		"":                              "", // the module does not say
		`, "features": [[0], [0, 1]]`:   "",
		`, "features": [[0, 1], [0,1]]`: "",
		`, "features": [[0], [1]]`:      "the points for near of interest change with pages: add 0 to emits.scores[0].features[1] of the manifest",
		`, "features": [[], [0, 1]]`:    "the points for page of interest change with pages: add 0 to",
	} {
		f := &fakeT{}
		func() {
			defer func() { _ = recover() }()
			listing(features).Random(f, 500, "AT")
		}()
		if want == "" && f.failure != "" || !strings.Contains(f.failure, want) {
			t.Errorf("%s: %q", features, f.failure)
		}
	}
}
