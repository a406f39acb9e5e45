package consent_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/consent"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

func ExampleSituations() {
	cfg := &tenant.Config{
		Languages: []string{"en"},
		Purposes:  []tenant.Purpose{{Name: "profiling", Basis: policies.BasisConsent, ValidDays: 180, TextVersion: "v1"}},
	}
	at := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	given, err := consent.Check(cfg, consent.Answer{Purpose: "profiling", Status: "granted"}, nil, consent.Asker{Method: "banner", Now: at})
	if err != nil {
		panic(err)
	}
	for _, day := range []int{0, 179, 180} {
		s := consent.Situations(cfg, []consent.Record{given}, consent.Signals{}, policies.AgeAdult, nil, false, 0, at.AddDate(0, 0, day))
		fmt.Println(day, s[0].Status == policies.StatusGiven, s[0].Status == policies.StatusExpired)
	}
	// Output:
	// 0 true false
	// 179 true false
	// 180 false true
}

func TestSituations(t *testing.T) {
	cfg := winery()
	records := []consent.Record{
		{Purpose: "profiling", Status: policies.StatusGiven, Proof: policies.ProofDouble, At: now.Add(-time.Hour), ValidUntil: now.Add(time.Hour)},
		{Purpose: "newsletter", Status: policies.StatusWithdrawn, Proof: policies.ProofDouble, At: now},
		{Purpose: "newsletter", Status: policies.StatusGiven, Proof: policies.ProofDouble, At: now.Add(-time.Hour)},
	}
	got := consent.Situations(cfg, records, consent.Signals{GPC: true}, policies.AgeMinorGuardian, nil, true, 0, now)
	common := policies.Situation{Restricted: true, GPC: true, Age: policies.AgeMinorGuardian, Regime: policies.RegimeDE}
	want := []policies.Situation{common, common, common, common}
	want[0].Basis, want[0].Device = policies.BasisContract, policies.DeviceNecessary
	want[1].Asked, want[1].Device = policies.ProfilingScore, policies.DeviceConsented
	want[1].Status, want[1].Proof = policies.StatusGiven, policies.ProofDouble
	want[2].Marketing, want[2].Status = true, policies.StatusWithdrawn
	want[3].Marketing, want[3].Basis = true, policies.BasisLegitimateInterest
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestObjections(t *testing.T) {
	cfg := winery()
	f := func(objections []string, want ...bool) {
		t.Helper()
		var recorded []string // as a profile has them: by purpose
		for i := range cfg.Purposes {
			p := &cfg.Purposes[i]
			if slices.ContainsFunc(objections, func(o string) bool { return consent.Objects(cfg, o, p) }) {
				recorded = append(recorded, p.Name)
			}
		}
		for i, s := range consent.Situations(cfg, nil, consent.Signals{}, 0, recorded, false, 0, now) {
			if s.Objected != want[i] {
				t.Errorf("%v: %s objected %v", objections, cfg.Purposes[i].Name, s.Objected)
			}
		}
	}
	f(nil, false, false, false, false)
	f([]string{"nothing"}, false, false, false, false)
	f([]string{"profiling"}, false, true, false, false)
	f([]string{"post"}, false, false, true, true)
	f([]string{"marketing"}, false, false, true, true)
	f([]string{"profiling", "newsletter"}, false, true, true, true)

	for name, want := range map[string]bool{"marketing": true, "post": true, "profiling": true, "nothing": false, "": false} {
		if got := consent.KnownObjection(cfg, name); got != want {
			t.Errorf("known objection %q: %v", name, got)
		}
	}
	if consent.KnownObjection(&tenant.Config{Purposes: cfg.Purposes[:2]}, "marketing") {
		t.Error("an objection to marketing is known where there is none")
	}
}

// A request is one for a contract: for every other purpose it makes no situation of its own.
func TestRequested(t *testing.T) {
	cfg := winery()
	for i := range cfg.Purposes {
		cfg.Purposes[i].Bit = uint8(31 - i)
	}
	f := func(requested tenant.PurposeSet, want bool) {
		t.Helper()
		for i, s := range consent.Situations(cfg, nil, consent.Signals{}, 0, nil, false, requested, now) {
			if s.Requested != (want && i == 0) {
				t.Errorf("%b: %s requested %v", requested, cfg.Purposes[i].Name, s.Requested)
			}
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
		}
	}
	f(0, false)
	f(1<<31, true)
	f(^tenant.PurposeSet(0), true)
	f(^tenant.PurposeSet(1<<31), false)
	f(1, false) // a position is no bit
}

// TestSituationsAreTotal feeds damaged and contradictory input: there is always one situation for each purpose, every
// enumeration is in range, and nothing but a record that says so makes a consent.
func TestSituationsAreTotal(t *testing.T) {
	cfg, r := winery(), rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		records := randomRecords(r, cfg)
		age := policies.AgeBand(r.IntN(256))
		list := consent.Situations(cfg, records, consent.Signals{GPC: r.IntN(2) == 0}, age, []string{"post"}[:r.IntN(2)], r.IntN(2) == 0,
			tenant.PurposeSet(r.Uint32()), randomTime(r))
		if len(list) != len(cfg.Purposes) {
			t.Fatalf("%d situations", len(list))
		}
		for i, s := range list {
			if s.Status > policies.StatusExpired || s.Proof > policies.ProofDouble || s.Age > policies.AgeMinor {
				t.Fatalf("out of range: %+v", s)
			}
			if age > policies.AgeMinor && s.Age != policies.AgeMinor {
				t.Fatalf("a damaged age permits more: %+v", s)
			}
			consented := s.Status == policies.StatusGiven || s.Status == policies.StatusExplicit
			if s.Proof != policies.ProofNone && !consented {
				t.Fatalf("proof of nothing: %+v", s)
			}
			if last, ok := consent.Latest(records, cfg.Purposes[i].Name); consented && (!ok || last.Status != s.Status) {
				t.Fatalf("consent out of nothing: %+v from %+v", s, records)
			}
		}
	}
}
