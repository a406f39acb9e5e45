// Package rules is what a tenant's rules are and mean: the plan of what a module reads, the scores, segments and traits
// that its answer turns into, the bands of a score, the quadrants of lead quality and the stages of the funnel. It runs no
// module and stores nothing.
//
// All of it is pure; a Rating and a Plan are immutable once built and safe for concurrent use.
package rules

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
