package rules_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
)

var (
	bands = []rules.Band{{Name: "awareness"}, {Name: "interest", From: 11}, {Name: "qualified", From: 30}, {Name: "sales", From: 40}}

	rating = rules.Rating{
		Bands: map[string][]rules.Band{"interest": bands},
		Quadrants: rules.Quadrants{
			Fit: "fit", Interest: "interest", FitFrom: 10, InterestFrom: 30,
			Names: [4]string{"low-low", "low-high", "high-low", "high-high"},
		},
		Stages: rules.Stages{List: []rules.Stage{
			{Name: "visit"},
			{Name: "lead", When: []rules.StageCondition{{Field: "email"}}},
			{Name: "mql", When: []rules.StageCondition{{Field: "email"}, {Score: "interest", AtLeast: 30}}},
			{Name: "guest", When: []rules.StageCondition{{Segment: "guests"}}},
			{Name: "customer", When: []rules.StageCondition{{Field: "status", Equals: "customer"}}},
		}},
	}
)

func outcome(fit, interest float64, segments ...string) *rules.Outcome {
	return &rules.Outcome{Scores: []rules.Score{{Name: "fit", Points: fit}, {Name: "interest", Points: interest}}, Segments: segments}
}

func fields(m map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := m[name]
		return v, ok
	}
}

func TestBands(t *testing.T) {
	for points, want := range map[float64]string{
		-5: "awareness", 0: "awareness", 10.9: "awareness", 11: "interest", 29.9: "interest", 30: "qualified", 39: "qualified", 40: "sales", 1e9: "sales",
	} {
		o := outcome(7, points)
		rating.Finish(o, "", nil)
		if o.Scores[1].Band != want || o.Scores[0].Band != "" {
			t.Errorf("%v points: %+v", points, o.Scores)
		}
	}
}

func TestQuadrants(t *testing.T) {
	for want, o := range map[string]*rules.Outcome{
		"low-low": outcome(9.9, 29.9), "low-high": outcome(9.9, 30), "high-low": outcome(10, 29.9), "high-high": outcome(10, 30),
		"": {Scores: []rules.Score{{Name: "interest", Points: 99}}}, // nothing is known of the fit
	} {
		rating.Finish(o, "", nil)
		if o.Quadrant != want {
			t.Errorf("want %q, got %q", want, o.Quadrant)
		}
	}
	o := outcome(99, 99)
	new(rules.Rating).Finish(o, "visit", nil)
	if diff := cmp.Diff(outcome(99, 99), o); diff != "" {
		t.Errorf("an empty rating says something:\n%s", diff)
	}
}

func TestStages(t *testing.T) {
	known := map[string]string{"email": "a@example.org"}
	forward := rating
	forward.Stages.ForwardOnly = true
	for _, c := range []struct {
		rating   rules.Rating
		o        *rules.Outcome
		previous string
		known    map[string]string
		want     string
	}{
		{rating, outcome(0, 99), "", nil, "visit"},
		{rating, outcome(0, 29), "", known, "lead"},
		{rating, outcome(0, 30), "", known, "mql"},
		{rating, outcome(0, 30, "guests"), "", known, "guest"},
		{rating, outcome(0, 30), "", map[string]string{"status": "prospect"}, "visit"},
		{rating, outcome(0, 0), "", map[string]string{"status": "customer"}, "customer"},
		{rating, &rules.Outcome{}, "", known, "lead"}, // no module ran
		{rating, outcome(0, 0), "customer", known, "lead"},
		{forward, outcome(0, 0), "mql", known, "mql"},
		{forward, outcome(0, 0, "guests"), "mql", known, "guest"},
		{forward, outcome(0, 0), "renamed", known, "lead"},
		{forward, outcome(0, 0), "", nil, "visit"},
	} {
		c.rating.Finish(c.o, c.previous, fields(c.known))
		if c.o.Stage != c.want {
			t.Errorf("%+v: got %q", c, c.o.Stage)
		}
	}
}

// More points never lower the band or the stage; a forward-only funnel never falls back.
func TestARatingRises(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	rankBand := func(name string) int {
		return slices.IndexFunc(bands, func(b rules.Band) bool { return b.Name == name })
	}
	rankStage := func(name string) int {
		return slices.IndexFunc(rating.Stages.List, func(s rules.Stage) bool { return s.Name == name })
	}
	forward := rating
	forward.Stages.ForwardOnly = true
	stage := ""
	for range 2000 {
		known := map[string]string{}
		if random.IntN(2) == 0 {
			known["email"] = "yes"
		}
		a, b := random.Float64()*60-10, random.Float64()*60-10
		lower, higher := outcome(0, min(a, b)), outcome(0, max(a, b))
		rating.Finish(lower, "", fields(known))
		rating.Finish(higher, "", fields(known))
		if rankBand(lower.Scores[1].Band) > rankBand(higher.Scores[1].Band) || rankStage(lower.Stage) > rankStage(higher.Stage) {
			t.Fatalf("%+v above %+v", lower, higher)
		}
		forward.Finish(lower, stage, fields(known))
		if rankStage(lower.Stage) < rankStage(stage) {
			t.Fatalf("fell from %s to %s", stage, lower.Stage)
		}
		if stage = lower.Stage; random.IntN(20) == 0 {
			stage = ""
		}
	}
}

func TestValidate(t *testing.T) {
	vocabulary := rules.Vocabulary{Scores: []string{"fit", "interest"}, Segments: []string{"guests"}, Fields: []string{"email", "status"}}
	if problems := rating.Validate(vocabulary); problems != nil {
		t.Errorf("a good rating: %+v", problems)
	}
	if problems := new(rules.Rating).Validate(rules.Vocabulary{}); problems != nil {
		t.Errorf("an empty rating: %+v", problems)
	}
	bad := rules.Rating{
		Bands: map[string][]rules.Band{
			"fitt":     nil,
			"interest": {{Name: "a", From: math.NaN()}, {Name: "a", From: 5}, {Name: "B", From: 5}},
		},
		Quadrants: rules.Quadrants{Fit: "fit", Interest: "fit", InterestFrom: math.Inf(1), Names: [4]string{"x", "x", "y", ""}},
		Stages: rules.Stages{List: []rules.Stage{
			{Name: "visit", When: []rules.StageCondition{{Field: "emial"}}},
			{Name: "visit"},
			{Name: "lead", When: []rules.StageCondition{
				{}, {Score: "fit", Field: "email"}, {Score: "shoe-size", Equals: "43"}, {Segment: "guest", AtLeast: 1}, {Score: "fit", AtLeast: math.NaN()},
			}},
		}},
	}
	got := map[string]string{}
	for _, p := range bad.Validate(vocabulary) {
		got[p.Path] = p.Message
		if p.Suggestion != "" {
			got[p.Path] += "; " + p.Suggestion
		}
	}
	const naming = "; begin with a small letter, then small letters, digits, '-' and '_', at most 64"
	want := map[string]string{
		"bands.fitt":                 "has no bands",
		"bands.interest[0].from":     "is not a finite number",
		"bands.interest[1].name":     "a is there twice",
		"bands.interest[2].name":     `"B" is not a name` + naming,
		"bands.interest[2].from":     "is not above the band before it; put the bands in rising order",
		"quadrants.interest":         "is the same score as fit",
		"quadrants.interest_from":    "is not a finite number",
		"quadrants.names[1]":         "x is there twice",
		"quadrants.names[3]":         `"" is not a name` + naming,
		"stages[0].when":             "the first stage has conditions; leave them out: whoever fulfils no other stage is in the first",
		"stages[0].when[0].field":    `there is no field "emial"; did you mean email?`,
		"stages[1].name":             "visit is there twice",
		"stages[1].when":             "has no conditions, so the stages before it are never reached; say what a visitor must fulfil",
		"stages[2].when[0]":          "must have just one of score, segment and field",
		"stages[2].when[1]":          "must have just one of score, segment and field",
		"stages[2].when[2].score":    `there is no score "shoe-size"`,
		"stages[2].when[2].equals":   "has a meaning for a field only",
		"stages[2].when[3].segment":  `there is no segment "guest"; did you mean guests?`,
		"stages[2].when[3].at_least": "has a meaning for a score only",
		"stages[2].when[4].at_least": "is not a finite number",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
