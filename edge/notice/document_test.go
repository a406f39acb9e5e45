package notice_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/notice"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

var update = flag.Bool("update", false, "write the documents that were made into testdata")

// The samples' documents, to be read. Those of the winery are whole; the school names no controller, and has no German texts.
func TestDocuments(t *testing.T) {
	table := testTable(t)
	winery := gather(t, sample(t, "winery"), table)
	used := gather(t, sample(t, "winery"), table)
	if err := used.Count(table, counts(t)); err != nil {
		t.Fatal(err)
	}
	f := func(name string, d notice.Document) {
		t.Helper()
		golden := filepath.Join("testdata", name+".md")
		got := d.Markdown()
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got); if it is meant, read it and run with -update:\n%s", name, diff)
		}
	}
	f("winery-notice-de", winery.Notice(notice.German))
	f("winery-notice-en", winery.Notice(notice.English))
	f("winery-record-de", used.Record(notice.German))
	f("winery-record-en", used.Record(notice.English))
	f("education-notice-en", gather(t, sample(t, "education"), table).Notice(notice.English))
}

// counts is a log in which the winery's recommendations were used, its letters only refused, its orders never decided about, and
// a purpose of another kind was.
func counts(t testing.TB) notice.Counts {
	t.Helper()
	key := func(s policies.Situation) uint32 {
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		return s.Key()
	}
	analytics := policies.Situation{Device: policies.DeviceConsented}
	agreed := analytics
	agreed.Status, agreed.Proof = policies.StatusGiven, policies.ProofSingle
	profiling := agreed
	profiling.Asked = policies.ProfilingScore
	return notice.Counts{
		Rows: map[uint32]uint64{
			key(analytics): 900, key(agreed): 100, key(profiling): 40,
			key(policies.Situation{Marketing: true, Device: policies.DeviceConsented, Status: policies.StatusRefused}): 7,
			key(policies.Situation{Basis: policies.BasisLegitimateInterest, Marketing: true}):                          3,
		},
		First: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Last: time.Date(2026, 2, 3, 8, 30, 0, 0, time.UTC), Elsewhere: 12, Missing: 1,
	}
}

func TestCount(t *testing.T) {
	table := testTable(t)
	facts := gather(t, sample(t, "winery"), table)
	if err := facts.Count(table, counts(t)); err != nil {
		t.Fatal(err)
	}
	got := map[string]notice.PurposeUse{}
	for _, p := range facts.Purposes {
		got[p.Name] = *p.Use
	}
	want := map[string]notice.PurposeUse{
		"necessary": {}, "analytics": {Decided: 1000, Permitted: 100, Refused: 900}, "profiling": {Decided: 40, Permitted: 40}, "marketing": {Decided: 7, Refused: 7},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("uses (-want +got):\n%s", diff)
	}
	var alarms []string
	for _, a := range facts.Use.Alarms {
		alarms = append(alarms, a.Alarm+" "+a.Purpose)
	}
	if diff := cmp.Diff([]string{"used_not_declared ", "declared_not_used necessary", "never_permitted marketing"}, alarms); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	if facts.Use.Decided != 1050 || len(facts.Use.Undeclared) != 1 || facts.Use.Undeclared[0].Decided != 3 || facts.Use.Undeclared[0].Kind["basis"] != "legitimate_interest" {
		t.Errorf("the use is %+v", facts.Use)
	}
	if err := facts.Count(table, notice.Counts{Rows: map[uint32]uint64{policies.SituationCount: 1}}); err == nil {
		t.Error("a situation that there is not is counted")
	}
}

// Both languages say the same: the same sections, lists and tables, and a text wherever the other has one.
func TestLanguagesAgree(t *testing.T) {
	table := testTable(t)
	random := rand.New(rand.NewPCG(3, 5))
	configs := []*tenant.Config{sample(t, "winery"), sample(t, "education"), randomConfig(random), randomConfig(random), randomConfig(random)}
	for i, config := range configs {
		facts := gather(t, config, table)
		if err := facts.Count(table, counts(t)); err != nil {
			t.Fatal(err)
		}
		for _, pair := range [][2]notice.Document{
			{facts.Notice(notice.German), facts.Notice(notice.English)}, {facts.Record(notice.German), facts.Record(notice.English)},
		} {
			if diff := cmp.Diff(shape(t, pair[0]), shape(t, pair[1])); diff != "" {
				t.Errorf("configuration %d, %s (-de +en):\n%s", i, pair[0].Kind, diff)
			}
		}
	}
}

// shape is a document without its words.
func shape(t *testing.T, d notice.Document) (out []string) {
	t.Helper()
	filled := func(texts ...string) {
		for _, text := range texts {
			if strings.TrimSpace(text) == "" || strings.Contains(text, "%!") {
				t.Errorf("%s %s: the text %q", d.Kind, d.Language, text)
			}
		}
	}
	filled(d.Title)
	for _, s := range d.Sections {
		filled(s.Title)
		out = append(out, fmt.Sprint("section ", s.Article != ""))
		for _, b := range s.Blocks {
			switch {
			case b.Table != nil:
				filled(b.Table.Head...)
				for _, row := range b.Table.Rows {
					filled(row...)
					if len(row) != len(b.Table.Head) {
						t.Errorf("%s: the row %q is not as wide as its head", d.Kind, row)
					}
				}
				out = append(out, fmt.Sprint("table ", len(b.Table.Head), len(b.Table.Rows)))
			case b.List != nil:
				filled(b.List...)
				out = append(out, fmt.Sprint("list ", len(b.List)))
			default:
				filled(b.Text)
				out = append(out, "text")
			}
		}
	}
	return out
}

// What the facts have is in the words: each value of a purpose in one row of the purpose's own table, with its time; and nothing else.
func TestWordsAreTheFacts(t *testing.T) {
	table := testTable(t)
	config := sample(t, "winery")
	facts := gather(t, config, table)
	d := facts.Notice(notice.German)
	tables := map[string][][]string{}
	for _, s := range d.Sections {
		for _, b := range s.Blocks {
			if title, ok := strings.CutPrefix(s.Title, "Zweck: "); ok && b.Table != nil {
				tables[title] = b.Table.Rows
			}
		}
	}
	if len(tables) != len(facts.Purposes) {
		t.Errorf("%d tables for %d purposes", len(tables), len(facts.Purposes))
	}
	for i, p := range facts.Purposes {
		said := map[string]string{}
		for _, row := range tables[config.Purposes[i].Title["de"]] {
			_, labels, _ := strings.Cut(row[0], ": ")
			for _, label := range strings.Split(labels, "; ") {
				if _, twice := said[label]; twice {
					t.Errorf("%s: %s is said twice", p.Name, label)
				}
				said[label] = row[2]
			}
		}
		for _, datum := range p.Data {
			label := ""
			if e, ok := config.EventByName(datum.Name); ok && datum.Event {
				label = e.Label["de"]
			} else if f, ok := config.FieldByName(datum.Name); ok {
				label = f.Label["de"]
			}
			if want := days(datum.Days); said[label] != want {
				t.Errorf("%s: %s is kept for %q, want %q", p.Name, label, said[label], want)
			}
			delete(said, label)
		}
		if len(said) > 0 {
			t.Errorf("%s: %v is said and not so", p.Name, said)
		}
	}
}

// days says the times of the winery's catalogue in German.
func days(n int) string {
	if n%365 == 0 && n > 365 {
		return fmt.Sprintf("%d Jahre", n/365)
	}
	if n == 365 {
		return "1 Jahr"
	}
	if n == 14 {
		return "2 Wochen"
	}
	return fmt.Sprintf("%d Tage", n)
}

func TestMissing(t *testing.T) {
	table := testTable(t)
	if left := gather(t, sample(t, "winery"), table).Missing; len(left) > 0 {
		t.Errorf("the winery's folder lacks %+v", left)
	}
	config := sample(t, "winery")
	config.Controller = tenant.Controller{}
	config.Country, config.Events[0].Label, config.Purposes[0].Recipients = "CH", nil, nil
	facts := gather(t, config, table)
	var keys []string
	for _, m := range facts.Missing {
		keys = append(keys, m.Key)
	}
	want := []string{
		"controller.name", "controller.address", "controller.contact", "controller.data_protection_officer", "controller.authority",
		"controller.representative", "purposes.necessary.recipients", "events.page_view.label",
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	d := facts.Notice(notice.German)
	if n := strings.Count(d.Markdown(), "ZU ERGÄNZEN"); n != 8 { // the contact is needed twice, the label is shown by its name
		t.Errorf("the notice has %d marks", n)
	}
}

// A tenant's text is text, whatever is in it.
func TestTextsAreNoMarkup(t *testing.T) {
	config := randomConfig(rand.New(rand.NewPCG(1, 1)))
	config.Purposes[0] = tenant.Purpose{
		Name: "purpose0", Basis: policies.BasisLegalObligation, TTLDays: 9, Title: tenant.Text{"en": "<script>alert(1)</script> | *x*"},
		Text: tenant.Text{"en": "# not a title\n\n- [not](a link)"},
	}
	facts := gather(t, config, testTable(t))
	documents := []notice.Document{facts.Notice(notice.English), facts.Record(notice.English)}
	page := notice.HTML(documents)
	if strings.Contains(page, "<script") || !strings.Contains(page, "&lt;script&gt;") || strings.Count(page, "<h1>") != 2 {
		t.Errorf("the page is %s", page)
	}
	text := documents[0].Markdown()
	for _, want := range []string{"## Purpose: \\<script\\>alert(1)\\</script\\> \\| \\*x\\*\n", "\n\\# not a title - \\[not\\](a link)\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the Markdown is without %q:\n%s", want, text)
		}
	}
}

// Facts are JSON that says all in names that other tools know.
func TestFactsAreJSON(t *testing.T) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(gather(t, sample(t, "winery"), testTable(t))); err != nil {
		t.Fatal(err)
	}
	var facts struct {
		Tenant, Policy string
		Purposes       []struct {
			Purpose, Basis string
			Grounds        []string
			Data           []struct {
				Name string
				Days int
			}
		}
	}
	if err := json.Unmarshal(b.Bytes(), &facts); err != nil {
		t.Fatal(err)
	}
	if facts.Tenant != "winery" || len(facts.Policy) != 64 || len(facts.Purposes) != 4 || facts.Purposes[1].Data[0].Name != "ip" || facts.Purposes[1].Data[0].Days != 14 {
		t.Errorf("the facts are %+v", facts)
	}
}
