package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Vocabulary is what a rating may speak of: what the tenant's modules emit, and the fields of the catalogue.
type Vocabulary struct {
	Scores, Segments, Fields []string
}

// Validate gives everything that is wrong with the rating, with paths "bands.interest[1].from", "quadrants.fit_from" and
// "stages[2].when[0].at_least".
func (r *Rating) Validate(v Vocabulary) []Problem {
	var c checker
	for _, score := range slices.Sorted(maps.Keys(r.Bands)) {
		path := "bands." + score
		c.known(path, "score", score, v.Scores)
		c.at(path, ValidateBands(r.Bands[score]))
	}
	c.at("quadrants", r.Quadrants.Validate(v))
	c.at("stages", r.Stages.Validate(v))
	return c.problems
}

// ValidateBands gives everything that is wrong with the bands of one score, with paths "[1].from".
func ValidateBands(bands []Band) []Problem {
	var c checker
	if len(bands) == 0 {
		c.add("", "has no bands", "")
	}
	var names []string
	for i, b := range bands {
		path := fmt.Sprintf("[%d]", i)
		c.name(path+".name", b.Name, names)
		names = append(names, b.Name)
		c.finite(path+".from", b.From)
		if i > 0 && b.From <= bands[i-1].From {
			c.add(path+".from", "is not above the band before it", "put the bands in rising order")
		}
	}
	return c.problems
}

// Validate gives everything that is wrong with the quadrants, with paths ".fit".
func (q *Quadrants) Validate(v Vocabulary) []Problem {
	var c checker
	if *q == (Quadrants{}) {
		return nil
	}
	c.known(".fit", "score", q.Fit, v.Scores)
	c.known(".interest", "score", q.Interest, v.Scores)
	if q.Fit != "" && q.Fit == q.Interest {
		c.add(".interest", "is the same score as fit", "")
	}
	c.finite(".fit_from", q.FitFrom)
	c.finite(".interest_from", q.InterestFrom)
	for i, n := range q.Names {
		c.name(fmt.Sprintf(".names[%d]", i), n, q.Names[:i])
	}
	return c.problems
}

// Validate gives everything that is wrong with the stages, with paths "[2].when[0].score". No stages are no funnel.
func (s *Stages) Validate(v Vocabulary) []Problem {
	var c checker
	var names []string
	for i := range s.List {
		stage := &s.List[i]
		path := fmt.Sprintf("[%d]", i)
		c.name(path+".name", stage.Name, names)
		names = append(names, stage.Name)
		switch {
		case i == 0 && len(stage.When) > 0:
			c.add(path+".when", "the first stage has conditions", "leave them out: whoever fulfils no other stage is in the first")
		case i > 0 && len(stage.When) == 0:
			c.add(path+".when", "has no conditions, so the stages before it are never reached", "say what a visitor must fulfil")
		}
		for j := range stage.When {
			c.condition(fmt.Sprintf("%s.when[%d]", path, j), &stage.When[j], v)
		}
	}
	return c.problems
}

type checker struct {
	problems []Problem
}

func (c *checker) add(path, message, suggestion string) {
	c.problems = append(c.problems, Problem{Path: path, Message: message, Suggestion: suggestion})
}

// at adds problems whose paths begin at this one.
func (c *checker) at(path string, problems []Problem) {
	for _, p := range problems {
		c.add(path+p.Path, p.Message, p.Suggestion)
	}
}

func (c *checker) condition(path string, w *StageCondition, v Vocabulary) {
	said := 0
	for _, s := range []string{w.Score, w.Segment, w.Field} {
		if s != "" {
			said++
		}
	}
	if said != 1 {
		c.add(path, "must have just one of score, segment and field", "")
		return
	}
	switch {
	case w.Score != "":
		c.known(path+".score", "score", w.Score, v.Scores)
	case w.Segment != "":
		c.known(path+".segment", "segment", w.Segment, v.Segments)
	default:
		c.known(path+".field", "field", w.Field, v.Fields)
	}
	c.finite(path+".at_least", w.AtLeast)
	if w.Score == "" && w.AtLeast != 0 {
		c.add(path+".at_least", "has a meaning for a score only", "")
	}
	if w.Field == "" && w.Equals != "" {
		c.add(path+".equals", "has a meaning for a field only", "")
	}
}

func (c *checker) name(path, name string, before []string) {
	switch {
	case !abi.ValidName(name):
		c.add(path, fmt.Sprintf("%.64q is not a name", name), "begin with a small letter, then small letters, digits, '-' and '_', at most 64")
	case slices.Contains(before, name):
		c.add(path, name+" is there twice", "")
	}
}

func (c *checker) known(path, what, name string, known []string) {
	if !slices.Contains(known, name) {
		c.add(path, fmt.Sprintf("there is no %s %.64q", what, name), didYouMean(name, known))
	}
}

func (c *checker) finite(path string, n float64) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		c.add(path, "is not a finite number", "")
	}
}
