package edge_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type explained struct {
	Derived struct {
		At     time.Time
		Stage  string
		Scores map[string]struct {
			Title   string
			Points  float64
			Band    string
			Reasons []struct {
				Reason   string
				Title    string
				Points   float64
				Features []explainedFeature
			}
			Reads []explainedFeature
		}
		Segments []string
		Titles   map[string]string `json:"segment_titles"`
		Persona  string
		Traits   []explainedTrait
	}
}

type explainedFeature struct {
	Feature, Text string
	Value         any
}

type explainedTrait struct {
	Trait, Title, Value string
	ValueTitle          string `json:"value_title"`
}

func (b *bench) explain(t testing.TB, profile, query string) (e explained) {
	t.Helper()
	res, body := b.send(t, "GET", b.admin+"/admin/v1/tenants/software/profiles/"+profile+"?"+query, adminKey, nil)
	if res.StatusCode != 200 {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// An officer, and the visitor, are told which features gave which points, in words, at any moment.
func TestExplain(t *testing.T) {
	b := start(t, nil)
	b.apply("software", sample(t, "software", ""))
	b.decide(t, serverKey, "", `{"profile":"customer-1","consent":{"profiling":"granted"},
		"traits":{"authority":"decision_maker","country":"DE","budget":6000},
		"events":[{"id":"1","type":"page_view","time":"2026-01-30T12:00:00Z"},{"id":"2","type":"page_view"},{"id":"3","type":"webinar_registered"}]}`)
	e := b.explain(t, "customer-1", "")
	interest, fit := e.Derived.Scores["interest"], e.Derived.Scores["fit"]
	if interest.Points != 19 || interest.Band != "interest" || len(interest.Reasons) != 2 || !e.Derived.At.Equal(begin) {
		t.Fatalf("%+v", e)
	}
	if interest.Title != "Interest" || interest.Reasons[0].Title != "Pages viewed" || interest.Reasons[1].Title != "Registered for a webinar" {
		t.Errorf("the titles: %+v", interest)
	}
	if diff := cmp.Diff([]explainedTrait{{"persona", "Kind of visitor", "decider", "decides"}}, e.Derived.Traits); diff != "" || e.Derived.Persona != "decider" {
		t.Errorf("the persona %q: %s", e.Derived.Persona, diff)
	}
	authority := explainedFeature{"authority", "Part in buying", "decision_maker"}
	want := []explainedFeature{authority, {"count-page_view-90d", "Page visit: how often in the last 90 days", 2.0}}
	// The page's points are those of one of three models, and the condition of the first chose it.
	var got []explainedFeature
	for _, f := range interest.Reasons[0].Features {
		if f.Feature == "authority" || f.Feature == "count-page_view-90d" {
			got = append(got, f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, r := range fit.Reasons {
		if r.Reason == "budget" && !cmp.Equal(r.Features, []explainedFeature{{"budget", "Budget a year (euros)", 6000.0}}) {
			t.Errorf("%+v", r)
		}
	}

	if at := b.explain(t, "customer-1", "at=2026-01-31T11:59:59.999Z"); at.Derived.Scores["interest"].Points != 2 {
		t.Errorf("a millisecond before: %+v", at)
	}
	if at := b.explain(t, "customer-1", "at="+url.QueryEscape(begin.Add(90*24*time.Hour).Format(time.RFC3339))); at.Derived.Scores["interest"].Points != 15 {
		t.Errorf("when the pages no longer count: %+v", at)
	}
	if res, _ := b.send(t, "GET", b.admin+"/admin/v1/tenants/software/profiles/customer-1?at=today", adminKey, nil); res.StatusCode != 400 {
		t.Errorf("at=today: %d", res.StatusCode)
	}

	// What was taken back does not come back with an earlier moment.
	b.advance(time.Hour)
	b.decide(t, serverKey, "", `{"profile":"customer-1","consent":{"profiling":"withdrawn"}}`)
	if at := b.explain(t, "customer-1", "at=2026-01-31T12:30:00Z"); len(at.Derived.Scores) > 0 || at.Derived.Stage != "" {
		t.Errorf("after the withdrawal: %+v", at)
	}
}

// A module that does not say what each reason depends on is explained by all that it reads.
func TestExplainWithoutFeatures(t *testing.T) {
	b := start(t, nil)
	b.apply("shop", small("shop"))
	answer := b.stored(t, writeKey+"shop", b.visitor(t, writeKey+"shop"))
	const want = `"scores":{"points":{"points":1,"band":"low","reasons":[{"reason":"view","points":1}],` +
		`"reads":[{"feature":"views","text":"view: how often","value":1}]}}`
	if !strings.Contains(answer, want) {
		t.Error(answer)
	}
}

// What rules call things is told in the language that is asked for, and only where they say so. The answer of decide has ids
// alone.
func TestExplainInALanguage(t *testing.T) {
	b := start(t, nil)
	files := bilingual(small("shop"))
	delete(files, "rules/points.wasm")
	files["rules/points.yaml"] = []byte(`version: 1.0.0
purpose: profiling
models:
  - score: points
    title: {de: Punkte, en: Points}
    reasons:
      - {reason: view, title: {de: Seiten, en: pages}, points: count("view")}
      - {reason: always, points: 2}
segments:
  - {segment: all, title: {de: alle, en: all of them}, when: 'true'}
  - {segment: some, when: 'true'}
traits:
  - {trait: mood, values: [{value: good, title: {de: gut, en: good}}]}
`)
	b.apply("shop", files)
	token := b.visitor(t, writeKey+"shop")
	for language, want := range map[string]string{
		"de":    `"scores":{"points":{"title":"Punkte","points":3,"band":"high","reasons":[{"reason":"view","title":"Seiten","points":1,"features":[`,
		"en-GB": `"scores":{"points":{"title":"Points","points":3,"band":"high","reasons":[{"reason":"view","title":"pages","points":1,"features":[`,
		"fr":    `"segments":["all","some"],"segment_titles":{"all":"alle"},`,
		"en":    `"segments":["all","some"],"segment_titles":{"all":"all of them"},"stage":"lead","traits":[{"trait":"mood","value":"good","value_title":"good"}]`,
	} {
		res, body := b.send(t, "GET", b.public+"/v1/profile?language="+language, writeKey+"shop", nil, "X-Lotse-Visitor", token)
		if res.StatusCode != 200 || !strings.Contains(string(body), want) || !strings.Contains(string(body), `{"reason":"always","points":2}`) {
			t.Errorf("%s: %d %s", language, res.StatusCode, body)
		}
	}
	res, body := b.send(t, "POST", b.public+"/v1/decide", writeKey+"shop", []byte(`{"language":"de","want":["scores","segments","reasons"]}`), "X-Lotse-Visitor", token)
	if res.StatusCode != 200 || strings.Contains(string(body), "title") || !strings.Contains(string(body), `"reasons":[{"reason":"view","points":1},{"reason":"always","points":2}]`) {
		t.Errorf("decide: %d %s", res.StatusCode, body)
	}
}

// TestTheReasonsAddUpToTheScore: whatever the rules and the visitor, caps and fractions included, at whatever moment.
func TestTheReasonsAddUpToTheScore(t *testing.T) {
	b := start(t, nil)
	files := sample(t, "software", "")
	rnd := rand.New(rand.NewPCG(5, 6))
	events := []string{"message_opened", "page_view", "click", "webinar_registered", "form_submitted"}
	capped, fractions, told := 0, 0, 0
	for file := range 6 {
		var y strings.Builder
		y.WriteString("version: 1.0.0\npurpose: profiling\nmodels:\n")
		limits := map[string]float64{}
		for _, authority := range []string{"decision_maker", "influencer", ""} {
			limits[authority] = float64(1 + rnd.IntN(12))
			y.WriteString("  - score: interest\n")
			if authority != "" {
				fmt.Fprintf(&y, "    when: profile.authority == %q\n", authority)
			}
			fmt.Fprintf(&y, "    cap: %v\n    reasons:\n", limits[authority])
			for i := range 1 + rnd.IntN(7) {
				event := events[rnd.IntN(len(events))]
				fmt.Fprintf(&y, "      - reason: r%d\n        points: %v * %s\n", i, float64(rnd.IntN(90))/7-2.05, []string{
					fmt.Sprintf("double(count(%q, %q))", event, []string{"7d", "90d"}[rnd.IntN(2)]), fmt.Sprintf(`decayed(%q, "3d")`, event),
				}[rnd.IntN(2)])
				if rnd.IntN(2) == 0 {
					fmt.Fprintf(&y, "        cap: %v\n", float64(1+rnd.IntN(30))/4)
				}
			}
		}
		files["rules/interest.yaml"] = []byte(y.String())
		b.apply("software", files)
		for n := range 12 {
			authority := []string{"decision_maker", "influencer", "user"}[rnd.IntN(3)]
			body := fmt.Sprintf(`{"profile":"customer-%d-%d","consent":{"profiling":"granted"},"traits":{"authority":%q,"country":"DE"},"events":[`, file, n, authority)
			for i := range rnd.IntN(30) {
				if i > 0 {
					body += ","
				}
				body += fmt.Sprintf(`{"id":"%d","type":%q,"time":%q}`, i, events[rnd.IntN(len(events))], begin.Add(-time.Duration(rnd.Int64N(int64(40*24*time.Hour)))).Format(time.RFC3339))
			}
			b.decide(t, serverKey, "", body+"]}")
			for range 3 {
				at := begin.Add(time.Duration(rnd.Int64N(int64(50*24*time.Hour))) - 10*24*time.Hour)
				e := b.explain(t, fmt.Sprintf("customer-%d-%d", file, n), "at="+url.QueryEscape(at.Format(time.RFC3339)))
				for name, s := range e.Derived.Scores {
					sum := 0.0
					for _, r := range s.Reasons {
						sum += r.Points
						told++
						if len(r.Features) == 0 {
							t.Errorf("%s: nothing behind %s", name, r.Reason)
						}
					}
					if sum != s.Points {
						t.Fatalf("%s: the reasons of %v points add up to %v\n%s", name, s.Points, sum, y.String())
					}
					limit, ok := limits[authority]
					if !ok {
						limit = limits[""]
					}
					if name != "interest" {
						continue
					}
					if s.Points > limit*(1+1e-12) {
						t.Errorf("%v points, the cap is %v", s.Points, limit)
					}
					if s.Points > limit*(1-1e-12) {
						capped++
					}
					if s.Points != float64(int(s.Points)) {
						fractions++
					}
				}
			}
		}
	}
	if capped < 10 || fractions < 10 || told < 500 {
		t.Errorf("%d capped, %d with fractions, %d reasons: the test sees too little", capped, fractions, told)
	}
}
