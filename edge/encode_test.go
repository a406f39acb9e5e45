package edge

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/lotse-edge/lotse/edge/forms"
)

// TestAppendAnswer holds the encoder against encoding/json, member by member.
func TestAppendAnswer(t *testing.T) {
	segments := []string{"a", "b"}
	none := []string{}
	odd := "quote \" back \\ line \n bell \a ümlaut \u2028 <b>&"
	field := fieldVerdict{Field: "path", Verdict: "kept", Reasons: []string{"one", "two"}}
	for name, a := range map[string]*answer{
		"nothing": {Verdicts: []verdict{}, Policy: "p"},
		"all": {
			Visitor: "token", Verdicts: []verdict{
				{Event: odd, Verdict: "kept", Reasons: []string{"r"}, Fields: []fieldVerdict{field, {Field: odd, Verdict: "dropped", Reasons: none}}},
				{Part: "consent", Purpose: "profiling", Verdict: "kept"},
			},
			Slots: map[string]slotAnswer{"offer": {"v", true, nil}, "hero": {odd, false, map[string]string{"title": odd, "link": "/"}}},
			Form:  &formAnswer{Name: "welcome", Title: "W", Questions: []forms.Question{{Field: "f", Label: odd}}, Remaining: 2},
			Scores: map[string]scoreAnswer{"z": {Points: -0.5, Band: "b"}, "a": {
				Points: 1e30, Band: "b",
				Reasons: []reasonAnswer{{"r", 1}, {"s", 2.25}},
			}},
			Segments: &segments, Stage: "lead", Quadrant: "q", Persona: "host",
			Faults: []faultAnswer{{"m", odd}, {"n", "d"}}, Reasons: map[string]string{"b": odd, "a": "text"}, Policy: "p",
		},
		"no segments": {Verdicts: []verdict{}, Segments: &none, Policy: "p"},
	} {
		got, err := appendAnswer(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var have, want any
		if err := json.Unmarshal(got, &have); err != nil {
			t.Fatalf("%s: %v: %s", name, err, got)
		}
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		haveText, _ := json.Marshal(have)
		wantText, _ := json.Marshal(want)
		if !bytes.Equal(haveText, wantText) {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, plain)
		}
	}
}
