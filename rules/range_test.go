package rules_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules"
)

// funnel is a rating in which everything can be reached by scores from 0 to 50.
func funnel() rules.Rating {
	score := func(name string, from float64) []rules.StageCondition {
		return []rules.StageCondition{{Score: name, AtLeast: from}}
	}
	return rules.Rating{
		Bands: map[string][]rules.Band{
			"interest": {{Name: "cold", From: 0}, {Name: "warm", From: 10}, {Name: "hot", From: 40}},
			"fit":      {{Name: "low", From: 0}, {Name: "good", From: 20}},
		},
		Quadrants: rules.Quadrants{Fit: "fit", FitFrom: 20, Interest: "interest", InterestFrom: 30, Names: [4]string{"a", "b", "c", "d"}},
		Stages: rules.Stages{List: []rules.Stage{
			{Name: "visit"},
			{Name: "lead", When: score("interest", 10)},
			{Name: "mql", When: score("interest", 40)},
			{Name: "regular", When: []rules.StageCondition{{Segment: "regular"}}},
			{Name: "customer", When: []rules.StageCondition{{Field: "status", Equals: "customer"}}},
		}},
	}
}

func TestRatingWarnings(t *testing.T) {
	infinity := math.Inf(1)
	whole := map[string]rules.Range{"interest": {Low: 0, High: 50}, "fit": {Low: 0, High: 50}}
	for name, c := range map[string]struct {
		change func(*rules.Rating)
		ranges map[string]rules.Range
		want   []rules.Problem
	}{
		"all is reached": {func(*rules.Rating) {}, whole, nil},
		"no bounds":      {func(*rules.Rating) {}, map[string]rules.Range{"interest": {Low: -infinity, High: infinity}, "fit": {Low: -infinity, High: infinity}}, nil},
		"no ranges":      {func(r *rules.Rating) { r.Bands["fit"][1].From = 1e6 }, nil, nil},
		"a border itself": {
			func(*rules.Rating) {},
			map[string]rules.Range{"interest": {Low: 9.5, High: 40}, "fit": {Low: 19.5, High: 20}},
			nil,
		},
		"too few points": {func(*rules.Rating) {}, map[string]rules.Range{"interest": {Low: -5, High: 35.5}, "fit": {Low: 0, High: 50}}, []rules.Problem{
			{Path: "bands.interest[2].from", Message: "nobody ever reaches the band hot: the score interest is at most 35.5", Suggestion: "lower the border, or give more points"},
			{Path: "stages[2].when[0].at_least", Message: "nobody ever reaches the stage mql: the score interest is at most 35.5", Suggestion: "lower the border, or give more points"},
		}},
		"always many": {func(*rules.Rating) {}, map[string]rules.Range{"interest": {Low: 0, High: 50}, "fit": {Low: 20, High: 50}}, []rules.Problem{
			{Path: "bands.fit[0].from", Message: "nobody is ever in the band low: the score fit is at least 20, and the next band begins at 20"},
			{Path: "quadrants.fit.from", Message: "everybody is high: the score fit is at least 20", Suggestion: "raise the border"},
		}},
		"never high": {func(r *rules.Rating) { r.Quadrants.InterestFrom = 60 }, whole, []rules.Problem{
			{Path: "quadrants.interest.from", Message: "nobody is ever high: the score interest is at most 50", Suggestion: "lower the border, or give more points"},
		}},
		"stages the wrong way round": {func(r *rules.Rating) { l := r.Stages.List; l[1], l[2] = l[2], l[1] }, nil, []rules.Problem{
			{Path: "stages[1].when", Message: "nobody is ever in the stage mql: whoever fulfils it fulfils lead as well, and the last one counts", Suggestion: "order the stages from the first step to the last, or ask for more in lead"},
		}},
		"a field that is only known": {func(r *rules.Rating) {
			r.Stages.List = append(r.Stages.List, rules.Stage{Name: "known", When: []rules.StageCondition{{Field: "status"}}})
		}, nil, []rules.Problem{
			{Path: "stages[4].when", Message: "nobody is ever in the stage customer: whoever fulfils it fulfils known as well, and the last one counts", Suggestion: "order the stages from the first step to the last, or ask for more in known"},
		}},
		"another value of a field": {func(r *rules.Rating) {
			r.Stages.List = append(r.Stages.List, rules.Stage{Name: "former", When: []rules.StageCondition{{Field: "status", Equals: "former"}}})
		}, nil, nil},
		"a condition that could not be read": {func(r *rules.Rating) {
			r.Stages.List = append(r.Stages.List, rules.Stage{Name: "top", When: []rules.StageCondition{{}}}, rules.Stage{Name: "more", When: []rules.StageCondition{{}}})
		}, nil, nil},
		"one condition more": {func(r *rules.Rating) {
			r.Stages.List = append(r.Stages.List, rules.Stage{Name: "top", When: []rules.StageCondition{{Segment: "regular"}, {Score: "fit", AtLeast: 20}}})
		}, nil, nil},
	} {
		r := funnel()
		c.change(&r)
		if diff := cmp.Diff(c.want, r.Warnings(c.ranges)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}
