package rules

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Outcome is what all of a tenant's modules say about one visitor at one moment.
type Outcome struct {
	Scores   []Score
	Segments []string          // in the order in which they were said, none twice
	Traits   map[string]string // nil: none
	Quadrant string            // set by Rating.Finish, as is Stage
	Stage    string
}

// Score is the sum of its reasons' points, always.
type Score struct {
	Name    string
	Points  float64
	Band    string // set by Rating.Finish
	Reasons []ScoreReason
}

// ScoreReason says which points a reason gave.
type ScoreReason struct {
	ID     string
	Points float64
}

// MaxPoints bounds the points of one entry, so that no sum runs out of the numbers.
const MaxPoints = 1e9

// Add merges a module's answer into the outcome. A score that the module declares is there from then on, with no points
// where the module gave none; points for one reason add up; what a second module says of a trait replaces what the first
// said. An entry that the manifest does not allow is an error, and then nothing of the answer is added.
func (o *Outcome) Add(m *abi.Manifest, entries []abi.Entry) error {
	for i, e := range entries {
		if err := checkEntry(m, entries[:i], e); err != nil {
			return fmt.Errorf("entry %d of module %s: %w", i, m.Name, err)
		}
	}
	for i := range m.Emits.Scores {
		o.score(m.Emits.Scores[i].Name)
	}
	for _, e := range entries {
		switch e.Kind {
		case abi.ScoreEntry:
			declared := &m.Emits.Scores[e.Index]
			o.score(declared.Name).add(declared.Reasons[e.Reason], e.Number)
		case abi.SegmentEntry:
			if name := m.Emits.Segments[e.Index]; !slices.Contains(o.Segments, name) {
				o.Segments = append(o.Segments, name)
			}
		case abi.TraitEntry:
			if o.Traits == nil {
				o.Traits = make(map[string]string)
			}
			declared := &m.Emits.Traits[e.Index]
			o.Traits[declared.Name] = declared.Values[e.Reason]
		}
	}
	for i := range m.Emits.Scores {
		o.score(m.Emits.Scores[i].Name).total()
	}
	return nil
}

func checkEntry(m *abi.Manifest, before []abi.Entry, e abi.Entry) error {
	if err := m.Check(e); err != nil {
		return err
	}
	if math.Abs(e.Number) > MaxPoints {
		return fmt.Errorf("more than %.0f points", MaxPoints)
	}
	contradicts := func(b abi.Entry) bool {
		return b.Kind == abi.TraitEntry && b.Index == e.Index && b.Reason != e.Reason
	}
	if e.Kind == abi.TraitEntry && slices.ContainsFunc(before, contradicts) {
		return errors.New("a trait has two values")
	}
	return nil
}

// score finds the score with this name, or makes it.
func (o *Outcome) score(name string) *Score {
	for i := range o.Scores {
		if o.Scores[i].Name == name {
			return &o.Scores[i]
		}
	}
	o.Scores = append(o.Scores, Score{Name: name})
	return &o.Scores[len(o.Scores)-1]
}

func (s *Score) add(reason string, points float64) {
	for i := range s.Reasons {
		if s.Reasons[i].ID == reason {
			s.Reasons[i].Points += points
			return
		}
	}
	s.Reasons = append(s.Reasons, ScoreReason{ID: reason, Points: 0 + points}) // 0 + -0 is 0
}

// total sums the reasons in their order. It is not kept up entry by entry: in another order the last bit may differ.
func (s *Score) total() {
	s.Points = 0
	for i := range s.Reasons {
		s.Points += s.Reasons[i].Points
	}
}

// points gives the points of a score, if a module that emits it ran.
func (o *Outcome) points(score string) (float64, bool) {
	for i := range o.Scores {
		if o.Scores[i].Name == score {
			return o.Scores[i].Points, true
		}
	}
	return 0, false
}
