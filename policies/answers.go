package policies

import (
	"encoding/json"
	"fmt"
	"slices"
)

// An Answer is one of the different answers of a table with the situations that get it.
type Answer struct {
	Row  *Row
	Keys []uint32 // rising
}

// Answers gives the different answers to those situations that are asked about: the permitting ones first, and each where its first
// situation stands. Equal answers are one, whatever made them. It takes a second.
func (t *Table) Answers(about func(s Situation, r *Row) bool) ([]Answer, error) {
	var out []Answer
	byText := map[string]int{}
	byRow := map[*Row]int{}
	for key := range uint32(SituationCount) {
		r := t.row(key)
		s, err := SituationOf(key)
		if err != nil {
			return nil, err
		}
		if !about(s, r) {
			continue
		}
		i, ok := byRow[r]
		if !ok {
			text, err := json.Marshal(r.Document())
			if err != nil {
				return nil, fmt.Errorf("write row %d: %w", key, err)
			}
			if i, ok = byText[string(text)]; !ok {
				i = len(out)
				out = append(out, Answer{Row: r})
				byText[string(text)] = i
			}
			byRow[r] = i
		}
		out[i].Keys = append(out[i].Keys, key)
	}
	slices.SortStableFunc(out, func(a, b Answer) int {
		return int(number(b.Row.Permit)) - int(number(a.Row.Permit))
	})
	return out, nil
}
