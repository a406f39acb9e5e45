package decisions_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// The lines have the names and types of OPA's own event (Open Policy Agent 1.22, Decision Logs): its Go type cannot be
// imported here without modules that Lotse does not use.
func TestOPA(t *testing.T) {
	o := decisions.OPA{
		Labels: map[string]string{"id": "lotse"},
		Describe: func(d decisions.Digest, key uint32) (input, result json.RawMessage, ids []string, ok bool) {
			if d != digest(1) {
				return nil, nil, nil, false
			}
			return json.RawMessage(`{"status": "given"}`), json.RawMessage(`{"permit":true}`), []string{"consent.given"}, true
		},
	}
	const one = `01000000000000000000000000000000000000000000000000000000000000fe`
	const two = `02000000000000000000000000000000000000000000000000000000000000fd`
	tally := entry(1, 2, 9)
	tally.Count, tally.Tally = 5, true
	own := entry(1, 1, 7)
	var got []byte
	for _, e := range []decisions.Entry{own, tally} {
		var err error
		if got, err = o.Append(got, &e); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Join([]string{
		`{"labels":{"id":"lotse"},"decision_id":"ID","bundles":{"privacy":{"revision":"` + one + `"}},"path":"privacy/decision","input":{"status":"given"},"result":{"permit":true},"timestamp":"2026-03-01T12:00:00Z","ids":["consent.given"],"custom":{"table":"` + one + `","row":7,"sequence":1}}`,
		`{"labels":{"id":"lotse"},"decision_id":"ID","bundles":{"privacy":{"revision":"` + two + `"}},"path":"privacy/decision","timestamp":"2026-03-01T12:00:00Z","custom":{"table":"` + two + `","row":9,"sequence":1,"count":5}}`,
		``,
	}, "\n")
	ids := make(map[string]bool)
	for line := range strings.Lines(string(got)) {
		var event struct {
			DecisionID string `json:"decision_id"`
		}
		must(t, json.Unmarshal([]byte(line), &event))
		ids[event.DecisionID] = true
		if len(event.DecisionID) != 36 || event.DecisionID[14] != '8' || !strings.Contains("89ab", event.DecisionID[19:20]) {
			t.Errorf("%q is no UUID of version 8", event.DecisionID)
		}
		got = []byte(strings.Replace(string(got), event.DecisionID, "ID", 1))
	}
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(ids) != 2 {
		t.Errorf("two decisions have the ids %v", ids)
	}
	first, _ := (&decisions.OPA{}).Append(nil, &own)
	if again, _ := (&decisions.OPA{}).Append(nil, &own); string(again) != string(first) || !strings.Contains(string(first), `"labels":{}`) {
		t.Errorf("once %s, then %s", first, again)
	}
	bad := decisions.OPA{Describe: func(decisions.Digest, uint32) (input, result json.RawMessage, ids []string, ok bool) {
		return json.RawMessage(`{`), nil, nil, true
	}}
	if _, err := bad.Append(nil, &own); err == nil || !strings.Contains(err.Error(), "row 7") {
		t.Errorf("a document that is no JSON: %v", err)
	}
}
