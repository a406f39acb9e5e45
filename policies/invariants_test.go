package policies

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// What must hold in every situation, whatever the rules say (consent.md section 2).
func TestInvariants(t *testing.T) {
	e := testTable(t)
	var mu sync.Mutex
	fired := map[string]bool{}
	seen := map[*Row]bool{}
	n := each(t, e, func(s Situation, r *Row) {
		for _, fault := range broken(s, r) {
			t.Errorf("%s: %+v: %+v", fault, s, *r)
		}
		mu.Lock()
		defer mu.Unlock()
		if seen[r] {
			return
		}
		seen[r] = true
		for _, id := range r.ids() {
			fired[id] = true
		}
	})
	t.Logf("%d situations", n)
	for id := range fired {
		reason, ok := e.Reason(id)
		if !ok || reason.Title["de"] == "" || reason.Title["en"] == "" || reason.Article == "" || reason.Link == "" {
			t.Errorf("the reason %q is not explained: %+v", id, reason)
		}
	}
	if raceDetector {
		return
	}
	for _, r := range e.Reasons() {
		if _, ofHouse := texts()[r.ID]; !ofHouse && !fired[r.ID] && !structural[r.ID] && !strings.HasPrefix(r.ID, "law.") {
			t.Errorf("the rule %s decides nothing in %d situations", r.ID, n)
		}
		if structural[r.ID] && fired[r.ID] {
			t.Errorf("%s is a reason, though it should only hold things together or catch what no rule meets", r.ID)
		}
	}
}

// structural are the rules that hold the others together, and the defaults that a total policy never falls back to.
var structural = map[string]bool{
	"decision.refusals": true, "decision.verdict": true, "minimise.kind": true,
	"minimise.plain": true, "minimise.duty": true, "minimise.suited": true,
	"profiling.level": true, "profiling.blocked": true, "transfer.answer": true, "transfer.blocked": true,
	"device.answer": true, "minimise.answer": true, "device.blocked": true, "age.shielded": true, "age.table": true, "age.bands": true,
}

// broken lists the invariants that a row breaks.
func broken(s Situation, r *Row) []string {
	var out []string
	claim := func(article string, holds bool) {
		if !holds {
			out = append(out, article)
		}
	}
	agreed := (s.Status == StatusGiven || s.Status == StatusExplicit) && s.Proof != ProofNone
	child := s.Age == AgeMinor || s.Age == AgeMinorGuardian

	for _, list := range [][]string{r.Reasons, r.ProfilingReasons, r.TransferReasons, r.DeviceReasons} {
		claim("5(1)(a): every answer has a reason", len(list) > 0 && slices.IsSorted(list) && !slices.Contains(list, ""))
	}
	claim("6(1)(a): consent was given", !r.Permit || s.Basis != BasisConsent || agreed)
	claim("6(1)(b): a contract was asked for", !r.Permit || s.Basis != BasisContract || s.Requested)
	claim("8(1): no child consents alone", !r.Permit || s.Basis != BasisConsent || s.Age != AgeMinor)
	claim("21(1): an objection to an interest counts", !r.Permit || s.Basis != BasisLegitimateInterest || !s.Objected)
	claim("21(2-3): an objection to advertising counts always", !r.Permit || !s.Marketing || !s.Objected)
	claim("GPC speaks against consent and interest", !r.Permit || !s.GPC || s.Status == StatusExplicit ||
		s.Basis == BasisContract || s.Basis == BasisLegalObligation)
	claim("18: restricted data is not used", !s.Restricted || r.Profiling == ProfilingNone && !r.Transfer && !r.Device)
	claim("22: a decision has a ground and a review", r.Profiling != ProfilingDecide || r.Review && s.Asked == ProfilingDecide &&
		!child && (s.Basis == BasisContract || s.Basis == BasisConsent && s.Status == StatusExplicit))
	claim("5(1)(b): no more profiling than asked", r.Profiling <= s.Asked)
	claim("44: no transfer without a ground", !r.Transfer || s.Destination != DestinationNone)
	claim("7(1): German advertising needs double opt-in", !r.Transfer || !s.Marketing || s.Regime != RegimeDE ||
		s.Basis != BasisConsent || s.Proof == ProofDouble)
	claim("ePrivacy 5(3): no storage unless wanted", !r.Device || s.Device != DeviceNone)
	claim("ePrivacy 5(3): consented storage needs consent", !r.Device || s.Device != DeviceConsented || agreed ||
		s.Regime == RegimeCH || s.Regime == RegimeUS)
	claim("a refusal permits nothing", r.Permit || r.Profiling == ProfilingNone && !r.Review && !r.Transfer && !r.Device)
	for i := range ClassCount {
		rule := r.at(i)
		class := Class{Category: Category(i / 2 / int(tagCount)), Tag: Tag(i / 2 % int(tagCount)), Bound: i%2 == 1}
		claim("the class of an index", class.Index() == i)
		claim("a refusal keeps nothing", r.Permit || rule.Verdict == Drop)
		claim("5(1)(b): what is not bound is not kept", class.Bound || rule == FieldRule{Reason: ReasonNotBound})
		claim("5(1)(e): what is kept has an end", (rule.Verdict == Drop) == (rule.TTLDays == 0))
		claim("5(1)(a): every field has a reason", strings.Contains(rule.Reason, "."))
		claim("9(2)(a): sensitive data needs explicit consent", class.Category != CategorySpecial || rule.Verdict == Drop ||
			s.Status == StatusExplicit && agreed && s.Age != AgeMinor)
		claim("5(1)(c): the query of an address is kept for a duty only", class.Tag != TagURL || rule.Verdict != Keep ||
			s.Basis == BasisContract || s.Basis == BasisLegalObligation)
		claim("25(2): only what has a coarser form is coarsened", rule.Verdict != Generalise || class.Tag != TagPlain)
	}
	return out
}

// What a visitor says against a purpose never enlarges what is done with the visitor's data.
func TestMonotonicity(t *testing.T) {
	e := testTable(t)
	steps := map[string]func(s Situation) []Situation{
		"withdraw": func(s Situation) []Situation { s.Status, s.Proof = StatusWithdrawn, ProofNone; return []Situation{s} },
		"refuse":   func(s Situation) []Situation { s.Status, s.Proof = StatusRefused, ProofNone; return []Situation{s} },
		"expire, or never answer": func(s Situation) []Situation {
			if s.Status != StatusGiven && s.Status != StatusExplicit {
				return nil
			}
			s.Proof = ProofNone
			expired, none := s, s
			expired.Status, none.Status = StatusExpired, StatusNone
			return []Situation{expired, none}
		},
		"agree less": func(s Situation) []Situation {
			if s.Status != StatusExplicit {
				return nil
			}
			s.Status = StatusGiven
			return []Situation{s}
		},
		"ask for nothing": func(s Situation) []Situation {
			if !s.Requested {
				return nil
			}
			s.Requested = false
			return []Situation{s}
		},
		"object":   func(s Situation) []Situation { s.Objected = true; return []Situation{s} },
		"restrict": func(s Situation) []Situation { s.Restricted = true; return []Situation{s} },
		"GPC":      func(s Situation) []Situation { s.GPC = true; return []Situation{s} },
		"be a child": func(s Situation) []Situation {
			guarded, minor := s, s
			guarded.Age, minor.Age = AgeMinorGuardian, AgeMinor
			if s.Age == AgeMinor {
				return nil
			}
			return []Situation{guarded, minor}
		},
		"prove less": func(s Situation) []Situation {
			if s.Proof == ProofNone {
				return nil
			}
			s.Proof--
			return []Situation{s}
		},
		"unknown age as adult": func(s Situation) []Situation {
			switch s.Age {
			case AgeUnknown:
				s.Age = AgeAdult
			case AgeAdult:
				s.Age = AgeUnknown
			default:
				return nil
			}
			return []Situation{s}
		},
	}
	n := each(t, e, func(s Situation, r *Row) {
		for name, step := range steps {
			for _, next := range step(s) {
				if after := e.row(next.Key()); !after.Within(r) {
					t.Errorf("to %s enlarges: %+v: %+v, then %+v", name, s, *r, *after)
				}
			}
		}
	})
	t.Logf("%d situations, %d kinds of steps", n, len(steps))
}

// A step changes one digit of a situation's key, so that it can be taken on keys; both ways lead to the same situations.
func TestSteps(t *testing.T) {
	for i := range steps {
		m := movesOf(&steps[i])
		taken := 0
		for key := uint32(0); key < SituationCount; key += 7 {
			s, err := SituationOf(key)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []uint32
			for _, next := range steps[i].next(s) {
				if to := next.Key(); to != key {
					want = append(want, to)
				}
			}
			for _, add := range m.from(key) {
				got = append(got, key+add)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("the step %s from %d leads to %v by key, to %v by situation", steps[i].id, key, got, want)
			}
			taken += len(got)
		}
		if taken == 0 || steps[i].title["de"] == "" || steps[i].title["en"] == "" {
			t.Errorf("the step %s is never taken, or has no words", steps[i].id)
		}
	}
}

// Every law is noticed by a case beside it: a law that cannot be broken would hold nothing.
func TestLawsHaveCases(t *testing.T) {
	base, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	policy, err := loadPolicy(base)
	if err != nil {
		t.Fatal(err)
	}
	laws, err := policy.laws(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	cases := base.Files["privacy/invariants/invariants_test.rego"]
	for _, l := range laws {
		if !strings.Contains(cases, strconv.Quote(l.id)) {
			t.Errorf("no case breaks the law %s", l.id)
		}
	}
}
