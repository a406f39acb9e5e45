package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// tally counts what became of the rows.
type tally struct {
	rows, sent, skipped, failed, retries int
	events                               map[string]int // by verdict
	fields                               map[string]int // by verdict, over events and traits
	changes                              map[change]int
	reasons                              map[string]string // the words of each reason
	failures                             []rowFailure
	messages                             map[string]int
}

// change is what happened to a field, or to an event as a whole (an empty field), and why.
type change struct{ verdict, field, reason string }

// rowFailure names a row by its number only.
type rowFailure struct {
	Row   int    `json:"row"`
	Error string `json:"error"`
}

// maxFailures is how many rows that failed are named; all are counted.
const maxFailures = 20

func newTally() *tally {
	return &tally{events: map[string]int{}, fields: map[string]int{}, changes: map[change]int{}, reasons: map[string]string{}, messages: map[string]int{}}
}

func (t *tally) count(r rowResult) {
	t.rows++
	t.retries += r.retries
	switch {
	case r.err != nil:
		t.failed++
		t.messages[r.err.Error()]++
		t.failures = append(t.failures, rowFailure{r.row, r.err.Error()})
		// Rows come back out of order: the first ones are the ones to keep.
		slices.SortFunc(t.failures, func(a, b rowFailure) int { return a.Row - b.Row })
		t.failures = t.failures[:min(len(t.failures), maxFailures)]
	case r.skipped:
		t.skipped++
	default:
		t.sent++
		t.verdicts(r.answer)
	}
}

// verdicts counts the events and the traits. What the server says of consents and of what it saw itself is not the file's.
func (t *tally) verdicts(a *rowAnswer) {
	for _, v := range a.Verdicts {
		if v.Event == "" && v.Part != "traits" {
			continue
		}
		if v.Event != "" {
			t.events[v.Verdict]++
			if v.Verdict == "dropped" {
				for _, reason := range v.Reasons {
					t.changes[change{v.Verdict, "", reason}]++
				}
			}
		}
		for _, f := range v.Fields {
			t.fields[f.Verdict]++
			if f.Verdict == "kept" {
				continue
			}
			for _, reason := range f.Reasons {
				t.changes[change{f.Verdict, f.Field, reason}]++
			}
		}
	}
	maps.Copy(t.reasons, a.Reasons)
}

// importSummary is the tally as it is told at the end.
type importSummary struct {
	Rows    int            `json:"rows"`
	Sent    int            `json:"sent"`
	Skipped int            `json:"skipped"`
	Failed  int            `json:"failed"`
	Retries int            `json:"retries"`
	Events  map[string]int `json:"events"`
	Fields  map[string]int `json:"fields"`
	Changes []changeCount  `json:"changes"`
	Errors  []errorCount   `json:"errors"`
	First   []rowFailure   `json:"first_failures"`
	Seconds float64        `json:"seconds"`
	Rate    float64        `json:"rows_per_second"`
	Done    bool           `json:"done"`
}

type changeCount struct {
	Count   int    `json:"count"`
	Verdict string `json:"verdict"`
	Field   string `json:"field,omitempty"`
	Reason  string `json:"reason"`
	Words   string `json:"words,omitempty"`
}

type errorCount struct {
	Count int    `json:"count"`
	Error string `json:"error"`
}

// maxTop is how many kinds of changes and of errors are told.
const maxTop = 10

func (t *tally) summary(took time.Duration, done bool) importSummary {
	s := importSummary{
		Rows: t.rows, Sent: t.sent, Skipped: t.skipped, Failed: t.failed, Retries: t.retries,
		Events: t.events, Fields: t.fields, Changes: []changeCount{}, Errors: []errorCount{}, First: []rowFailure{}, Seconds: took.Seconds(), Done: done,
	}
	if took > 0 {
		s.Rate = float64(t.sent) / took.Seconds()
	}
	for c, n := range t.changes {
		s.Changes = append(s.Changes, changeCount{n, c.verdict, c.field, c.reason, t.reasons[c.reason]})
	}
	slices.SortFunc(s.Changes, func(a, b changeCount) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Field, b.Field), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Reason, b.Reason))
	})
	s.Changes = s.Changes[:min(len(s.Changes), maxTop)]
	for _, message := range slices.Sorted(maps.Keys(t.messages)) {
		s.Errors = append(s.Errors, errorCount{t.messages[message], message})
	}
	slices.SortStableFunc(s.Errors, func(a, b errorCount) int { return b.Count - a.Count })
	s.Errors = s.Errors[:min(len(s.Errors), maxTop)]
	s.First = append(s.First, t.failures...)
	return s
}

// appendSummary writes the summary for people.
func appendSummary(dst []byte, s importSummary) []byte {
	dst = fmt.Appendf(dst, "rows    %d read, %d sent, %d done before, %d failed, %d retries\n", s.Rows, s.Sent, s.Skipped, s.Failed, s.Retries)
	dst = fmt.Appendf(dst, "events  %d kept, %d reduced, %d dropped\n", s.Events["kept"], s.Events["reduced"], s.Events["dropped"])
	dst = fmt.Appendf(dst, "fields  %d kept, %d generalised, %d dropped\n", s.Fields["kept"], s.Fields["generalised"], s.Fields["dropped"])
	for i, c := range s.Changes {
		if i == 0 {
			dst = append(dst, "why values were not kept as they were\n"...)
		}
		dst = fmt.Appendf(dst, "  %8d  %s %s: %s", c.Count, firstOf(c.Field, "(event)"), c.Verdict, c.Reason)
		if c.Words != "" {
			dst = fmt.Appendf(dst, " (%s)", c.Words)
		}
		dst = append(dst, '\n')
	}
	for i, e := range s.Errors {
		if i == 0 {
			dst = append(dst, "why rows failed\n"...)
		}
		dst = fmt.Appendf(dst, "  %8d  %s\n", e.Count, e.Error)
	}
	if len(s.First) > 0 {
		dst = append(dst, "rows that failed:"...)
		for _, f := range s.First {
			dst = fmt.Appendf(dst, " %d", f.Row)
		}
		if s.Failed > len(s.First) {
			dst = append(dst, " ..."...)
		}
		dst = append(dst, '\n')
	}
	return fmt.Appendf(dst, "took    %.1f s, %.0f rows a second\n", s.Seconds, s.Rate)
}
