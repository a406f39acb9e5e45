package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The first rows that failed are named in order, though rows come back out of order; all are counted by what was wrong.
func TestTallyOfFailures(t *testing.T) {
	counted := newTally()
	for row := 100; row > 0; row-- {
		err := errors.New("odd")
		if row%10 == 0 {
			err = errors.New("tenth")
		}
		counted.count(rowResult{rowJob: rowJob{row: row, err: err}})
	}
	s := counted.summary(time.Second, true)
	var rows []int
	for _, f := range s.First {
		rows = append(rows, f.Row)
	}
	if d := cmp.Diff([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, rows); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([]errorCount{{90, "odd"}, {10, "tenth"}}, s.Errors); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What the server says of consents and of its own observations is not counted as the file's.
func TestTallyOfVerdicts(t *testing.T) {
	counted := newTally()
	counted.count(rowResult{answer: &rowAnswer{
		Verdicts: []rowVerdict{
			{Event: "e1", Verdict: "dropped", Reasons: []string{"consent.none"}},
			{Event: "e2", Verdict: "reduced", Fields: []fieldOutcome{{"path", "generalised", []string{"minimise.url"}}, {"product", "kept", []string{"consent.given"}}}},
			{Part: "traits", Verdict: "reduced", Fields: []fieldOutcome{{"email", "dropped", []string{"consent.none", "signal.gpc"}}}},
			{Part: "consent", Verdict: "kept", Fields: []fieldOutcome{{"x", "dropped", []string{"x"}}}},
			{Part: "request", Verdict: "reduced", Fields: []fieldOutcome{{"ip", "generalised", []string{"minimise.ip"}}}},
		},
		Reasons: map[string]string{"consent.none": "no consent"},
	}})
	s := counted.summary(2*time.Second, true)
	want := importSummary{
		Rows: 1, Sent: 1, Events: map[string]int{"dropped": 1, "reduced": 1}, Fields: map[string]int{"generalised": 1, "kept": 1, "dropped": 1},
		Changes: []changeCount{
			{1, "dropped", "", "consent.none", "no consent"},
			{1, "dropped", "email", "consent.none", "no consent"},
			{1, "dropped", "email", "signal.gpc", ""},
			{1, "generalised", "path", "minimise.url", ""},
		},
		Errors: []errorCount{}, First: []rowFailure{}, Seconds: 2, Rate: 0.5, Done: true,
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
