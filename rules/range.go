package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Range is the least and the most that a score can be, whoever the visitor is; an infinity where there is no bound.
type Range struct{ Low, High float64 }

// below tells whether every score of the range is below a border.
func (r Range) below(border float64) bool { return r.High < border }

// from tells whether every score of the range is at a border or above it.
func (r Range) from(border float64) bool { return r.Low >= border }

// ShownPoints writes points for people: without the last digits, which are of rounding.
func ShownPoints(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6+0, 'f', -1, 64) // + 0: minus zero is zero
}

// Warnings says what no visitor can ever reach: a band, one side of the quadrants, a stage. Paths are those of stages.yaml:
// "bands.interest[1].from", "quadrants.fit.from", "stages[2].when[0].at_least". Of a score without a range nothing is said.
func (r *Rating) Warnings(ranges map[string]Range) []Problem {
	var c checker
	for _, score := range slices.Sorted(maps.Keys(r.Bands)) {
		if is, ok := ranges[score]; ok {
			c.at("bands."+score, bandWarnings(score, r.Bands[score], is))
		}
	}
	q := &r.Quadrants
	for _, axis := range []struct {
		path, score string
		from        float64
	}{{"quadrants.fit.from", q.Fit, q.FitFrom}, {"quadrants.interest.from", q.Interest, q.InterestFrom}} {
		switch is, ok := ranges[axis.score]; {
		case !ok:
		case is.below(axis.from):
			c.add(axis.path, fmt.Sprintf("nobody is ever high: the score %s is at most %s", axis.score, ShownPoints(is.High)), "lower the border, or give more points")
		case is.from(axis.from):
			c.add(axis.path, fmt.Sprintf("everybody is high: the score %s is at least %s", axis.score, ShownPoints(is.Low)), "raise the border")
		}
	}
	for i := range r.Stages.List {
		r.stageWarnings(&c, i, ranges)
	}
	return c.problems
}

// bandWarnings finds the bands that hold for no score of a range.
func bandWarnings(score string, bands []Band, is Range) []Problem {
	var c checker
	for i, b := range bands {
		path := fmt.Sprintf("[%d].from", i)
		switch {
		case i > 0 && is.below(b.From):
			c.add(path, fmt.Sprintf("nobody ever reaches the band %s: the score %s is at most %s", b.Name, score, ShownPoints(is.High)), "lower the border, or give more points")
		case i+1 < len(bands) && is.from(bands[i+1].From):
			c.add(path, fmt.Sprintf("nobody is ever in the band %s: the score %s is at least %s, and the next band begins at %s", b.Name, score, ShownPoints(is.Low), ShownPoints(bands[i+1].From)), "")
		}
	}
	return c.problems
}

// stageWarnings finds conditions that nobody fulfils, and a stage that a later one always takes the place of.
func (r *Rating) stageWarnings(c *checker, i int, ranges map[string]Range) {
	stage := &r.Stages.List[i]
	for j := range stage.When {
		w := &stage.When[j]
		if is, ok := ranges[w.Score]; ok && w.Score != "" && is.below(w.AtLeast) {
			c.add(fmt.Sprintf("stages[%d].when[%d].at_least", i, j),
				fmt.Sprintf("nobody ever reaches the stage %s: the score %s is at most %s", stage.Name, w.Score, ShownPoints(is.High)), "lower the border, or give more points")
		}
	}
	for j := i + 1; j < len(r.Stages.List); j++ {
		later := &r.Stages.List[j]
		follows := func(w StageCondition) bool {
			return slices.ContainsFunc(stage.When, func(given StageCondition) bool { return given.implies(&w) })
		}
		if len(later.When) > 0 && !slices.ContainsFunc(later.When, func(w StageCondition) bool { return !follows(w) }) {
			c.add(fmt.Sprintf("stages[%d].when", i), fmt.Sprintf("nobody is ever in the stage %s: whoever fulfils it fulfils %s as well, and the last one counts", stage.Name, later.Name),
				"order the stages from the first step to the last, or ask for more in "+later.Name)
			return
		}
	}
}

// implies tells whether another condition holds wherever this one does.
func (c *StageCondition) implies(o *StageCondition) bool {
	switch {
	case *o == StageCondition{}: // what it asks for cannot be read
		return false
	case o.Score != "":
		return c.Score == o.Score && c.AtLeast >= o.AtLeast
	case o.Segment != "":
		return c.Segment == o.Segment
	default:
		return c.Field == o.Field && (o.Equals == "" || c.Equals == o.Equals)
	}
}
