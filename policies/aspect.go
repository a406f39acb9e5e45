package policies

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// An aspect is one part of a decision, answered by one document of the policy. Each document reads few parts of a situation, so
// all situations ask it few different questions: what a decision of all aspects together would need a million evaluations for,
// a few thousand answer.
type aspect struct {
	name     string
	document string // path of the document, an entry point of the policy
}

// The aspects of a decision, by number.
const (
	aspectPermission = iota
	aspectMinimisation
	aspectRetention
	aspectProfiling
	aspectTransfer
	aspectDevice
	aspectPortability
	aspectCount
)

var aspects = [aspectCount]aspect{
	aspectPermission:   {"permission", "privacy/decision/verdict"},
	aspectMinimisation: {"minimisation", "privacy/minimise/answer"},
	aspectRetention:    {"retention", "privacy/retention/answer"},
	aspectProfiling:    {"profiling", "privacy/profiling/level"},
	aspectTransfer:     {"transfer", "privacy/transfer/answer"},
	aspectDevice:       {"device", "privacy/device/answer"},
	aspectPortability:  {"portability", "privacy/rights/portability"},
}

// agesDocument is the table of ages, which depends on no situation. It is proved like an aspect.
const agesDocument = "privacy/age/table"

// refOf makes a reference of a document's path.
func refOf(document string) ast.Ref {
	return ast.MustParseRef("data." + strings.ReplaceAll(document, "/", "."))
}

// answered is an aspect with the answers to all its questions.
type answered struct {
	*projection
	Document string   `json:"document"`
	Parts    []string `json:"parts"`   // of a situation, that the document can read
	Texts    []string `json:"answers"` // the different answers, as canonical JSON
	Index    []uint16 `json:"index"`   // by question
}

// at gives the number of the answer to a situation.
func (a *answered) at(key uint32) uint16 { return a.Index[a.of(key)] }

// restore brings back what a kept proof leaves out.
func (a *answered) restore() error {
	var mask partMask
	for _, key := range a.Parts {
		i := partByKey(key)
		if i < 0 {
			return fmt.Errorf("a situation has no part %q", key)
		}
		mask |= 1 << i
	}
	a.projection = newProjection(mask)
	if int(a.count) != len(a.Index) {
		return fmt.Errorf("%s has %d answers to %d questions", a.Document, len(a.Index), a.count)
	}
	for _, i := range a.Index {
		if int(i) >= len(a.Texts) {
			return fmt.Errorf("%s has no answer %d", a.Document, i)
		}
	}
	return nil
}

// read gives each different answer to a reader of its type.
func read[T any](a *answered, as func(*answer) T) ([]T, error) {
	out := make([]T, len(a.Texts))
	for i, text := range a.Texts {
		v, err := ast.ValueFromReader(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("read an answer of %s: %w", a.Document, err)
		}
		answer := readAnswer(v)
		out[i] = as(answer)
		if answer.err != nil {
			return nil, fmt.Errorf("%s: %w", a.Document, answer.err)
		}
	}
	return out, nil
}
