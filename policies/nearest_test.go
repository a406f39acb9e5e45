package policies

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tracerOf(t *testing.T, table *Table, own map[string]string) *Tracer {
	t.Helper()
	tracer, err := table.Tracer(context.Background(), own)
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

// Every different answer, asked again in the interpreter, is the table's.
func TestTraceGivesTheRow(t *testing.T) {
	base := testTable(t)
	answers, err := base.Answers(func(Situation, *Row) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	tracer := tracerOf(t, base, nil)
	keys := 0
	for _, a := range answers {
		keys += len(a.Keys)
		s, err := SituationOf(a.Keys[len(a.Keys)/2])
		if err != nil {
			t.Fatal(err)
		}
		trace, err := tracer.Trace(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(a.Row.Document(), trace.Row.Document()); d != "" {
			t.Errorf("%s:\n%s", s.Describe("en"), d)
		}
		for _, id := range a.Row.Reasons {
			if !slices.ContainsFunc(trace.Rules, func(r TracedRule) bool { return r.ID == id && r.Line > 0 }) {
				t.Fatalf("%s: the rule %s held and is not in the trace: %+v", s.Describe("en"), id, trace.Rules)
			}
		}
	}
	if keys != SituationCount {
		t.Errorf("%d situations have an answer", keys)
	}
}

func TestTraceOfTenant(t *testing.T) {
	base := testTable(t)
	files := map[string]string{"rules.rego": winery}
	own, err := base.Tenant(context.Background(), "winery", files)
	if err != nil {
		t.Fatal(err)
	}
	tracer := tracerOf(t, base, files)
	for _, s := range []Situation{
		{Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle},
		{Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle, Age: AgeMinorGuardian},
		{Marketing: true, Status: StatusGiven, Proof: ProofDouble},
	} {
		trace, err := tracer.Trace(context.Background(), s)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(own.row(s.Key()).Document(), trace.Row.Document()); d != "" {
			t.Errorf("%s:\n%s", s.Describe("en"), d)
		}
	}
	if _, err := tracer.Trace(context.Background(), Situation{Status: 77}); err == nil {
		t.Error("an impossible situation is traced")
	}
}

// A counterfactual holds: asked again, every situation that it names gives what it claims, and differs in nothing else.
func TestNearestIsTrue(t *testing.T) {
	base := testTable(t)
	tracer := tracerOf(t, base, nil)
	for _, s := range []Situation{
		{},
		{Marketing: true, Status: StatusGiven, Proof: ProofSingle, Device: DeviceConsented},
		{Status: StatusGiven, Proof: ProofSingle, GPC: true, Objected: true},
		{Status: StatusWithdrawn, GPC: true, Objected: true, Age: AgeMinor},
		{Basis: BasisContract, Device: DeviceNecessary},
		{Basis: BasisLegitimateInterest, Asked: ProfilingDecide, Destination: DestinationNone},
	} {
		neighbours, err := base.Nearest(s)
		if err != nil {
			t.Fatal(err)
		}
		from, permits := base.row(s.Key()).Effects(), false
		for _, n := range neighbours {
			in := covered([]Cube{n.Where})
			for _, key := range in {
				to := base.row(key).Effects()
				if d := cmp.Diff(n.Changes, from.Changes(to), cmp.AllowUnexported(Change{})); d != "" || len(n.Changes) == 0 {
					t.Fatalf("if %s: %s", n.Describe("en"), d)
				}
				permits = permits || to.Permit
				if key == n.Example.Key() {
					in = nil
				}
				if n.Visitor && !visitorsOnly(s.Key(), key) {
					t.Errorf("if %s is not in the visitor's hand", n.Describe("en"))
				}
			}
			if in != nil {
				t.Errorf("if %s has no example", n.Describe("en"))
			}
			trace, err := tracer.Trace(context.Background(), n.Example)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(n.Changes, from.Changes(trace.Row.Effects()), cmp.AllowUnexported(Change{})); d != "" {
				t.Errorf("asked again, if %s:\n%s", n.Describe("en"), d)
			}
		}
		if !permits {
			t.Errorf("nothing is said on how %s could be permitted", s.Describe("en"))
		}
	}
	if _, err := base.Nearest(Situation{Status: 77}); err == nil {
		t.Error("an impossible situation has neighbours")
	}
}

// The example of the README: a confirmed address, and the data may be passed on.
func TestNearestNamesTheConfirmation(t *testing.T) {
	neighbours, err := testTable(t).Nearest(Situation{Marketing: true, Status: StatusGiven, Proof: ProofSingle})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range neighbours {
		if n.Describe("en") == "the visitor's answer: agreed (proof of the answer: a confirmed address (double opt-in))" &&
			len(n.Changes) == 1 && Consequences(n.Changes, "en")[0] == "the data could be passed on" && n.Visitor && slices.Equal(n.Changed, []string{"proof"}) {
			return
		}
	}
	t.Error("nobody says that a confirmed address would do")
}

// Effects and Tell rest on this: what happens to a value is what happens to its category and to its tag.
func TestEffectsTellTheWholeRow(t *testing.T) {
	base := testTable(t)
	own, err := base.Tenant(context.Background(), "winery", map[string]string{"rules.rego": winery})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []*Table{base, own} {
		answers, err := table.Answers(func(Situation, *Row) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			e := a.Row.Effects()
			for c := range categoryCount {
				for tag := range tagCount {
					want := FieldRule{Verdict: Keep, TTLDays: e.Days[c]}
					if e.Days[c] == 0 {
						want.Verdict = Drop
					} else if !e.Exact[tag] {
						want.Verdict = Generalise
					}
					got := a.Row.Field(Class{c, tag, true})
					if got.Reason = ""; got != want {
						t.Fatalf("%s, %s: %+v, not %+v", c, tag, got, want)
					}
				}
			}
			for _, s := range a.Row.Tell() {
				if s.Words["en"] == "" || s.Words["de"] == "" || len(s.Reasons) == 0 {
					t.Errorf("%+v is no sentence", s)
				}
			}
		}
	}
}

func TestArticleWords(t *testing.T) {
	f := func(article, en, de string) {
		t.Helper()
		if got := ArticleWords(article, "en"); got != en {
			t.Errorf("%s is %q, not %q", article, got, en)
		}
		if got := ArticleWords(article, "de"); got != de {
			t.Errorf("%s is %q, not %q", article, got, de)
		}
	}
	f("6(1)(a)", "Article 6(1)(a) GDPR", "Art. 6 Abs. 1 lit. a DSGVO")
	f("21(2-3)", "Article 21(2-3) GDPR", "Art. 21 Abs. 2-3 DSGVO")
	f("4(11)", "Article 4(11) GDPR", "Art. 4 Nr. 11 DSGVO")
	f("16", "Article 16 GDPR", "Art. 16 DSGVO")
	f("ePrivacy 5(3)", "Article 5(3) ePrivacy Directive", "Art. 5 Abs. 3 ePrivacy-Richtlinie")
	f("6(1)(f), recital 38", "Article 6(1)(f) GDPR, recital 38 GDPR", "Art. 6 Abs. 1 lit. f DSGVO, Erwägungsgrund 38 DSGVO")
	f("UWG 7", "UWG 7", "UWG 7")
	for _, r := range testTable(t).Reasons() {
		if text := ArticleWords(r.Article, "de"); text == r.Article {
			t.Errorf("%s: %q is no article", r.ID, r.Article)
		}
	}
}
