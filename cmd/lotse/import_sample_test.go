package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sampleHeader names the columns of the case study's file that the sample's mapping reads, in the file's order.
const sampleHeader = "Prospect ID,Lead Origin,Lead Source,Do Not Email,Converted,TotalVisits,Total Time Spent on Website,Page Views Per Visit," +
	"Last Activity,Country,Specialization,How did you hear about X Education,What is your current occupation," +
	"What matters most to you in choosing a course,City,A free copy of Mastering The Interview,Last Notable Activity"

func sampleMapping(t *testing.T) *mapping {
	t.Helper()
	raw, err := os.ReadFile("samples/education/mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseMapping("mapping.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.bind("mapping.yaml", strings.Split(sampleHeader, ",")); err != nil {
		t.Fatal(err)
	}
	return m
}

// The rows are made up; their shape is the file's.
func TestSampleMapping(t *testing.T) {
	m := sampleMapping(t)
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	consent := func(marketing string) map[string]rowConsent {
		c := map[string]rowConsent{}
		for purpose, status := range map[string]string{"analytics": "granted", "profiling": "granted", "marketing": marketing} {
			c[purpose] = rowConsent{Status: status, Proof: "single", Method: "import", At: at}
		}
		return c
	}
	f := func(row string, want rowRequest) {
		t.Helper()
		record, err := csv.NewReader(strings.NewReader(row)).Read()
		if err != nil {
			t.Fatal(err)
		}
		body, err := m.request(record, now)
		if err != nil {
			t.Fatal(err)
		}
		var got rowRequest
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		for i := range got.Events {
			if got.Events[i].ID == "" || !got.Events[i].Time.Equal(now) {
				t.Errorf("event %d: id %q, time %v", i, got.Events[i].ID, got.Events[i].Time)
			}
			got.Events[i].ID, got.Events[i].Time = "", time.Time{}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", row, d)
		}
	}
	form := func(channel string) rowEvent {
		return rowEvent{Type: "form_submitted", Properties: map[string]any{"channel": channel}}
	}
	f("a,Landing Page Submission,google,No,1.0,4.0,630.0,2.0,Email Opened,India,Select,,Student,Better Career Prospects,Mumbai,Yes,Email Opened",
		rowRequest{
			Profile: "a", Language: "en", Consent: consent("granted"),
			Traits: map[string]any{
				"lead_origin": "Landing Page Submission", "lead_source": "Google", "country": "India", "occupation": "Student",
				"motivation": "Better Career Prospects", "city": "Mumbai", "minutes_on_site": 10.5, "pages_per_visit": 2.0,
				"do_not_email": false, "free_copy": true, "converted": true,
			},
			Events: []rowEvent{{Type: "visit", Count: 4}, {Type: "page_view", Count: 4}, {Type: "message_opened"}, form("landing_page"), form("free_copy")},
		})
	f("b,API,Olark Chat,Yes,0.0,,0.0,0.0,Olark Chat Conversation,,Select,Select,,,Select,No,Modified",
		rowRequest{
			Profile: "b", Language: "en", Consent: consent("refused"),
			Traits: map[string]any{
				"lead_origin": "API", "lead_source": "Olark Chat", "minutes_on_site": 0.0, "pages_per_visit": 0.0,
				"do_not_email": true, "free_copy": false, "converted": false,
			},
			Events: []rowEvent{{Type: "chat"}},
		})
	f("c,Lead Add Form,Reference,No,1.0,0.0,0.0,0.0,Form Submitted on Website,,,,,,,No,Page Visited on Website",
		rowRequest{
			Profile: "c", Language: "en", Consent: consent("granted"),
			Traits: map[string]any{
				"lead_origin": "Lead Add Form", "lead_source": "Reference", "minutes_on_site": 0.0, "pages_per_visit": 0.0,
				"do_not_email": false, "free_copy": false, "converted": true,
			},
			Events: []rowEvent{form("website"), {Type: "page_view"}, form("lead_add_form")},
		})
}

// Ids of one row differ, and stay when entries of the mapping change their order.
func TestEventIDs(t *testing.T) {
	m := sampleMapping(t)
	record := strings.Split("a,Landing Page Submission,Google,No,1.0,4.0,630.0,2.0,Form Submitted on Website,India,,,,,,Yes,Page Visited on Website", ",")
	ids := func() map[string]bool {
		events, err := m.occurrences(record, "a", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		set := map[string]bool{}
		for _, e := range events {
			set[e.ID] = true
		}
		if len(set) != len(events) || len(events) != 6 {
			t.Fatalf("%d ids for %d events", len(set), len(events))
		}
		return set
	}
	before := ids()
	m.events[0], m.events[3] = m.events[3], m.events[0]
	if d := cmp.Diff(before, ids()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	m.events[0], m.events[3] = m.events[3], m.events[0]
	events, err := m.occurrences(record, "b", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if before[events[0].ID] {
		t.Error("two leads share an id")
	}
}
