// Package rules is what a tenant's rules are and mean: the plan of what a module reads, the scores, segments and traits
// that its answer turns into, the bands of a score, the quadrants of lead quality and the stages of the funnel. It runs no
// module and stores nothing.
//
// All of it is pure; a Rating and a Plan are immutable once built and safe for concurrent use.
package rules

import "slices"

// Rating turns what modules say into bands, a quadrant and a stage.
type Rating struct {
	Bands     map[string][]Band // by the name of a score, by rising From
	Quadrants Quadrants
	Stages    Stages
}

// Band names the scores from From up to the next band. Scores below the first band are in the first.
type Band struct {
	Name string
	From float64
}

// Quadrants is lead quality: how well a visitor fits, and how interested the visitor is.
type Quadrants struct {
	Fit, Interest         string // names of the two scores; both empty: no quadrants
	FitFrom, InterestFrom float64
	Names                 [4]string // low fit and low interest, low and high, high and low, high and high
}

// Stages is the funnel.
type Stages struct {
	ForwardOnly bool // a visitor never falls back
	List        []Stage
}

// Stage is one step of the funnel. The last one in the list whose conditions all hold is a visitor's stage; the first
// has none.
type Stage struct {
	Name string
	When []StageCondition
}

// StageCondition asks for a score, a segment or a field: just one of the three.
type StageCondition struct {
	Score   string
	AtLeast float64
	Segment string
	Field   string
	Equals  string // empty: the field is known
}

// Finish gives each score its band, and the outcome its quadrant and stage. previousStage is the stage last seen, which
// matters to a forward-only funnel; it is empty for a new visitor, and must be empty where the last one may not be used.
// field gives a field of the profile as text, or false where it is not known or not permitted; it may be nil.
func (r *Rating) Finish(o *Outcome, previousStage string, field func(name string) (string, bool)) {
	for i := range o.Scores {
		s := &o.Scores[i]
		s.Band = bandOf(r.Bands[s.Name], s.Points)
	}
	o.Quadrant = r.Quadrants.of(o)
	o.Stage = r.Stages.of(o, previousStage, field)
}

func bandOf(bands []Band, points float64) string {
	if len(bands) == 0 {
		return ""
	}
	name := bands[0].Name
	for _, b := range bands[1:] {
		if points >= b.From {
			name = b.Name
		}
	}
	return name
}

// of gives the quadrant, or nothing where one of the two scores is not there: not being known is not being low.
func (q *Quadrants) of(o *Outcome) string {
	fit, hasFit := o.points(q.Fit)
	interest, hasInterest := o.points(q.Interest)
	if !hasFit || !hasInterest {
		return ""
	}
	i := 0
	if fit >= q.FitFrom {
		i += 2
	}
	if interest >= q.InterestFrom {
		i++
	}
	return q.Names[i]
}

func (s *Stages) of(o *Outcome, previous string, field func(string) (string, bool)) string {
	name := ""
	for i := range s.List {
		stage := &s.List[i]
		holds := !slices.ContainsFunc(stage.When, func(c StageCondition) bool { return !c.holds(o, field) })
		if holds || s.ForwardOnly && stage.Name == previous {
			name = stage.Name
		}
	}
	return name
}

func (c *StageCondition) holds(o *Outcome, field func(string) (string, bool)) bool {
	switch {
	case c.Score != "":
		points, ok := o.points(c.Score)
		return ok && points >= c.AtLeast
	case c.Segment != "":
		return slices.Contains(o.Segments, c.Segment)
	case c.Field != "" && field != nil:
		value, ok := field(c.Field)
		return ok && (c.Equals == "" || value == c.Equals)
	default:
		return false
	}
}
