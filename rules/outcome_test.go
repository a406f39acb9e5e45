package rules_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

var interest = &abi.Manifest{
	ABI: 1, Name: "interest", Version: "1.0.0", Purpose: "profiling",
	Emits: abi.Emits{
		Scores:   []abi.Score{{Name: "interest", Reasons: []string{"page", "click", "form"}}, {Name: "churn", Reasons: []string{"silence"}}},
		Segments: []string{"guests", "regulars"},
		Traits:   []abi.Trait{{Name: "persona", Values: []string{"host", "explorer"}}},
	},
}

func points(score, reason uint16, n float64) abi.Entry {
	return abi.Entry{Kind: abi.ScoreEntry, Index: score, Reason: reason, Number: n}
}
func segment(i uint16) abi.Entry  { return abi.Entry{Kind: abi.SegmentEntry, Index: i} }
func trait(i, v uint16) abi.Entry { return abi.Entry{Kind: abi.TraitEntry, Index: i, Reason: v} }

func TestAdd(t *testing.T) {
	var o rules.Outcome
	for _, entries := range [][]abi.Entry{
		{points(0, 2, 10), points(0, 0, 1), segment(1), points(0, 0, 2), segment(0), segment(1), trait(0, 1), trait(0, 1)},
		{points(0, 1, -5), points(0, 0, 1), segment(0), trait(0, 0)},
	} {
		if err := o.Add(interest, entries); err != nil {
			t.Fatal(err)
		}
	}
	want := rules.Outcome{
		Scores: []rules.Score{
			{Name: "interest", Points: 9, Reasons: []rules.ScoreReason{{ID: "form", Points: 10}, {ID: "page", Points: 4}, {ID: "click", Points: -5}}},
			{Name: "churn"}, // the module ran and gave no points: that is a score of 0
		},
		Segments: []string{"regulars", "guests"},
		Traits:   map[string]string{"persona": "host"},
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Error(diff)
	}
}

func TestAddRefusesWhole(t *testing.T) {
	for name, bad := range map[string]abi.Entry{
		"kind":                {},
		"score":               points(2, 0, 1),
		"reason":              points(1, 1, 1),
		"not a number":        points(0, 0, math.NaN()),
		"infinite":            points(0, 0, math.Inf(1)),
		"too many points":     points(0, 0, -2*rules.MaxPoints),
		"segment":             segment(2),
		"trait":               trait(1, 0),
		"value":               trait(0, 2),
		"two values":          trait(0, 0),
		"a segment of points": {Kind: abi.SegmentEntry, Number: 1},
	} {
		o := rules.Outcome{Scores: []rules.Score{{Name: "fit", Points: 1, Reasons: []rules.ScoreReason{{ID: "region", Points: 1}}}}}
		before := o
		if err := o.Add(interest, []abi.Entry{points(0, 0, 1), segment(0), trait(0, 1), bad}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if diff := cmp.Diff(before, o); diff != "" {
			t.Errorf("%s: something was added:\n%s", name, diff)
		}
	}
}

// However modules answer, a score is the sum of its reasons, to the last bit, and finite.
func TestAScoreIsTheSumOfItsReasons(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var o rules.Outcome
		want := map[string]float64{}
		for range 1 + random.IntN(3) {
			var entries []abi.Entry
			for range random.IntN(12) {
				n := (random.Float64() - 0.5) * math.Pow(10, float64(random.IntN(9)))
				entries = append(entries, points(0, uint16(random.IntN(3)), n))
				want["interest"] += n
			}
			if err := o.Add(interest, entries); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range o.Scores {
			sum := 0.0
			for _, r := range s.Reasons {
				sum += r.Points
			}
			if sum != s.Points || math.Abs(s.Points-want[s.Name]) > 1e-3 {
				t.Fatalf("%s: %v points, reasons give %v, entries %v", s.Name, s.Points, sum, want[s.Name])
			}
		}
	}
	var o rules.Outcome
	huge := make([]abi.Entry, abi.MaxEntries)
	for i := range huge {
		huge[i] = points(0, 0, rules.MaxPoints)
	}
	if err := o.Add(interest, huge); err != nil || o.Scores[0].Points != abi.MaxEntries*rules.MaxPoints {
		t.Errorf("the most points that can be given: %v, %v", o.Scores, err)
	}
}
