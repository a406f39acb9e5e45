package rules

import (
	"fmt"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Problem is one thing that is wrong in what a tenant wrote, and where: "reads[3].event".
type Problem struct {
	Path, Message string
	Suggestion    string // what to do about it, in words; may be empty
}

// maxReasons is how many factors of a model people still follow; five to seven is the practice.
const maxReasons = 7

// Warnings says what works and is still not wise about a module.
func Warnings(m *abi.Manifest) []Problem {
	var out []Problem
	for i, s := range m.Emits.Scores {
		if len(s.Reasons) > maxReasons {
			out = append(out, Problem{
				Path:       fmt.Sprintf("emits.scores[%d].reasons", i),
				Message:    fmt.Sprintf("the model %s has %d reasons", s.Name, len(s.Reasons)),
				Suggestion: "keep to five to seven, so that people can follow the score",
			})
		}
	}
	return out
}
