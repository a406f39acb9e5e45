package consent_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/consent"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func winery() *tenant.Config {
	return &tenant.Config{
		ID:        "winery",
		Languages: []string{"de", "en"},
		Regime:    policies.RegimeDE,
		Purposes: []tenant.Purpose{
			{Name: "necessary", Basis: policies.BasisContract, Device: policies.DeviceNecessary, TextVersion: "n1"},
			{Name: "profiling", Basis: policies.BasisConsent, Profiling: policies.ProfilingScore, Device: policies.DeviceConsented, ValidDays: 180, TextVersion: "p1"},
			{Name: "newsletter", Basis: policies.BasisConsent, Marketing: true, TextVersion: "m1"},
			{Name: "post", Basis: policies.BasisLegitimateInterest, Marketing: true, TextVersion: "o1"},
		},
	}
}

func record(purpose string, s policies.Status, at time.Time) consent.Record {
	return consent.Record{Purpose: purpose, Status: s, At: at}
}

func TestParseGPC(t *testing.T) {
	f := func(header string, want bool) {
		t.Helper()
		if got := consent.ParseGPC(header); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
	f("1", true)
	f("", false)
	f("0", false)
	f("true", false)
	f(" 1", false)
	f("1, 1", false)
}

func TestStatusAt(t *testing.T) {
	f := func(s policies.Status, until time.Time, want policies.Status) {
		t.Helper()
		if got := (consent.Record{Status: s, ValidUntil: until}).StatusAt(now); got != want {
			t.Errorf("status %d until %v: %d, want %d", s, until, got, want)
		}
	}
	forever := time.Time{}
	f(policies.StatusGiven, forever, policies.StatusGiven)
	f(policies.StatusGiven, now.Add(time.Nanosecond), policies.StatusGiven)
	f(policies.StatusGiven, now, policies.StatusExpired)
	f(policies.StatusExplicit, now.Add(-time.Hour), policies.StatusExpired)
	f(policies.StatusExplicit, forever, policies.StatusExplicit)
	f(policies.StatusRefused, now.Add(-time.Hour), policies.StatusRefused)
	f(policies.StatusWithdrawn, now.Add(-time.Hour), policies.StatusWithdrawn)
	f(policies.StatusExpired, forever, policies.StatusExpired)
	f(policies.Status(99), forever, policies.StatusNone)
}

func TestNeedsAnswer(t *testing.T) {
	cfg := winery()
	f := func(purpose int, s policies.Status, want bool) {
		t.Helper()
		if got := consent.NeedsAnswer(&cfg.Purposes[purpose], s); got != want {
			t.Errorf("%s with status %d: %v, want %v", cfg.Purposes[purpose].Name, s, got, want)
		}
	}
	f(0, policies.StatusNone, false)
	f(1, policies.StatusNone, true)
	f(1, policies.StatusExpired, true)
	f(1, policies.StatusGiven, false)
	f(1, policies.StatusRefused, false)
	f(1, policies.StatusWithdrawn, false)
	f(3, policies.StatusNone, false)
}

// TestCheck is the table of answers and what becomes of them.
func TestCheck(t *testing.T) {
	earlier := now.Add(-time.Hour)
	given := []consent.Record{record("profiling", policies.StatusGiven, earlier)}
	visitor := consent.Asker{Method: "banner", Language: "en", Now: now}
	server := consent.Asker{Method: "api", Language: "fr", Now: now, Trusted: true}
	until := now.AddDate(0, 0, 180)
	type R = consent.Record

	for name, c := range map[string]struct {
		answer  consent.Answer
		records []consent.Record
		by      consent.Asker
		want    R
		wrong   string // the member of the error
	}{
		"granted": {
			answer: consent.Answer{Purpose: "profiling", Status: "granted"}, by: visitor,
			want: R{"profiling", policies.StatusGiven, policies.ProofSingle, "en", "p1", "banner", now, until},
		},
		"granted to the text that was shown": {
			answer: consent.Answer{Purpose: "profiling", Status: "granted", TextVersion: "p1", Language: "de", Method: "form"}, by: visitor,
			want: R{"profiling", policies.StatusGiven, policies.ProofSingle, "de", "p1", "form", now, until},
		},
		"explicit": {
			answer: consent.Answer{Purpose: "newsletter", Status: "granted", Explicit: true}, by: visitor,
			want: R{"newsletter", policies.StatusExplicit, policies.ProofSingle, "en", "m1", "banner", now, time.Time{}},
		},
		"refused": {
			answer: consent.Answer{Purpose: "profiling", Status: "refused"}, by: visitor,
			want: R{"profiling", policies.StatusRefused, policies.ProofNone, "en", "p1", "banner", now, time.Time{}},
		},
		"withdrawn": {
			answer: consent.Answer{Purpose: "profiling", Status: "withdrawn"}, records: given, by: visitor,
			want: R{"profiling", policies.StatusWithdrawn, policies.ProofNone, "en", "p1", "banner", now, time.Time{}},
		},
		"withdrawn twice": {
			answer: consent.Answer{Purpose: "profiling", Status: "withdrawn"}, by: visitor,
			records: []R{record("profiling", policies.StatusWithdrawn, earlier)},
			want:    R{"profiling", policies.StatusWithdrawn, policies.ProofNone, "en", "p1", "banner", now, time.Time{}},
		},
		"withdrawn but never given": {
			answer: consent.Answer{Purpose: "newsletter", Status: "withdrawn"}, records: given, by: visitor,
			want: R{"newsletter", policies.StatusRefused, policies.ProofNone, "en", "m1", "banner", now, time.Time{}},
		},
		"withdrawn when refused": {
			answer: consent.Answer{Purpose: "profiling", Status: "withdrawn"}, by: visitor,
			records: []R{record("profiling", policies.StatusRefused, earlier)},
			want:    R{"profiling", policies.StatusRefused, policies.ProofNone, "en", "p1", "banner", now, time.Time{}},
		},
		"withdrawn from an old page, in a language that is gone, by a wrong clock": {
			answer: consent.Answer{Purpose: "profiling", Status: "withdrawn", TextVersion: "p0", Language: "fr", At: now.AddDate(1, 0, 0)},
			by:     visitor, records: given,
			want: R{"profiling", policies.StatusWithdrawn, policies.ProofNone, "en", "", "banner", now, time.Time{}},
		},
		"withdrawn when our clock ran ahead before": {
			answer: consent.Answer{Purpose: "profiling", Status: "withdrawn"}, by: visitor,
			records: []R{record("profiling", policies.StatusGiven, now.Add(time.Minute))},
			want:    R{"profiling", policies.StatusWithdrawn, policies.ProofNone, "en", "p1", "banner", now.Add(time.Minute), time.Time{}},
		},
		"a legitimate interest can be answered": {
			answer: consent.Answer{Purpose: "post", Status: "refused"}, by: visitor,
			want: R{"post", policies.StatusRefused, policies.ProofNone, "en", "o1", "banner", now, time.Time{}},
		},
		"import": {
			answer: consent.Answer{Purpose: "profiling", Status: "granted", Proof: "double", Method: "import", TextVersion: "p1", At: earlier}, by: server,
			want: R{"profiling", policies.StatusGiven, policies.ProofDouble, "de", "p1", "import", earlier, earlier.AddDate(0, 0, 180)},
		},
		"a server's clock ahead": {
			answer: consent.Answer{Purpose: "newsletter", Status: "granted", At: now.Add(time.Minute)}, by: server,
			want: R{"newsletter", policies.StatusGiven, policies.ProofSingle, "de", "m1", "api", now, time.Time{}},
		},
		"a browser's clock nearly right": {
			answer: consent.Answer{Purpose: "newsletter", Status: "granted", At: now.Add(-time.Minute)}, by: visitor,
			want: R{"newsletter", policies.StatusGiven, policies.ProofSingle, "en", "m1", "banner", now, time.Time{}},
		},

		"no such purpose":       {answer: consent.Answer{Purpose: "spying", Status: "granted"}, by: visitor, wrong: "-"},
		"contract":              {answer: consent.Answer{Purpose: "necessary", Status: "granted"}, by: visitor, wrong: "-"},
		"no status":             {answer: consent.Answer{Purpose: "profiling"}, by: visitor, wrong: "status"},
		"derived status":        {answer: consent.Answer{Purpose: "profiling", Status: "expired"}, by: visitor, wrong: "status"},
		"explicit refusal":      {answer: consent.Answer{Purpose: "profiling", Status: "refused", Explicit: true}, by: visitor, wrong: "explicit"},
		"another text":          {answer: consent.Answer{Purpose: "profiling", Status: "granted", TextVersion: "p0"}, by: visitor, wrong: "text_version"},
		"another purpose text":  {answer: consent.Answer{Purpose: "newsletter", Status: "granted", TextVersion: "p0"}, by: server, wrong: "text_version"},
		"no such language":      {answer: consent.Answer{Purpose: "profiling", Status: "granted", Language: "fr"}, by: visitor, wrong: "language"},
		"no such proof":         {answer: consent.Answer{Purpose: "profiling", Status: "granted", Proof: "triple"}, by: visitor, wrong: "proof"},
		"double by a browser":   {answer: consent.Answer{Purpose: "profiling", Status: "granted", Proof: "double"}, by: visitor, wrong: "proof"},
		"no such method":        {answer: consent.Answer{Purpose: "profiling", Status: "granted", Method: "rumour"}, by: visitor, wrong: "method"},
		"import by a browser":   {answer: consent.Answer{Purpose: "profiling", Status: "granted", Method: "import"}, by: visitor, wrong: "method"},
		"the past by a browser": {answer: consent.Answer{Purpose: "profiling", Status: "granted", At: earlier}, by: visitor, wrong: "at"},
		"the future":            {answer: consent.Answer{Purpose: "profiling", Status: "granted", At: now.Add(time.Hour)}, by: server, wrong: "at"},
		"older than the record": {
			answer: consent.Answer{Purpose: "profiling", Status: "granted", At: earlier.Add(-time.Hour)}, by: server, wrong: "at",
			records: []R{record("profiling", policies.StatusWithdrawn, earlier)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := consent.Check(winery(), c.answer, c.records, c.by)
			if c.wrong == "" {
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Fatal(d)
				}
				return
			}
			var wrong *consent.AnswerError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %+v and %v, want an AnswerError", got, err)
			}
			if wrong.Member != strings.TrimPrefix(c.wrong, "-") || !cmp.Equal(got, R{}) {
				t.Fatalf("%v, want it at %q; record %+v", wrong, c.wrong, got)
			}
			for _, secret := range []string{c.answer.Purpose, "p0", "rumour", "triple"} {
				if secret != "profiling" && secret != "newsletter" && secret != "necessary" && strings.Contains(err.Error(), secret) {
					t.Errorf("the error repeats the input: %v", err)
				}
			}
		})
	}
}

// TestWithdrawingNeverYieldsGiven gives random histories and answers: after anything but a grant, no situation of the
// purpose permits by consent, and the other purposes are as they were.
func TestWithdrawingNeverYieldsGiven(t *testing.T) {
	cfg, r := winery(), rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		records := randomRecords(r, cfg)
		p := cfg.Purposes[1+r.IntN(3)].Name
		by := consent.Asker{Method: "api", Now: randomTime(r), Trusted: r.IntN(2) == 0}
		a := consent.Answer{Purpose: p, Status: []string{"refused", "withdrawn"}[r.IntN(2)], TextVersion: []string{"", "p1", "x"}[r.IntN(3)], Language: "fr"}
		if r.IntN(3) == 0 && !by.Trusted {
			a.At = randomTime(r)
		}
		got, err := consent.Check(cfg, a, records, by)
		if err != nil {
			t.Fatalf("%+v after %+v: %v", a, records, err)
		}
		before := consent.Situations(cfg, records, consent.Signals{}, 0, nil, false, 0, by.Now)
		after := consent.Situations(cfg, append(records, got), consent.Signals{}, 0, nil, false, 0, by.Now)
		for i := range cfg.Purposes {
			if cfg.Purposes[i].Name != p && before[i] != after[i] {
				t.Fatalf("withdrawing %s changed %s", p, cfg.Purposes[i].Name)
			}
			if s := after[i].Status; cfg.Purposes[i].Name == p && s != policies.StatusRefused && s != policies.StatusWithdrawn {
				t.Fatalf("%+v after %+v: status %d", a, records, s)
			}
		}
	}
}

func randomTime(r *rand.Rand) time.Time {
	return now.Add(time.Duration(r.IntN(2000)-1000) * time.Minute)
}

func randomRecords(r *rand.Rand, cfg *tenant.Config) []consent.Record {
	list := make([]consent.Record, r.IntN(6))
	for i := range list {
		list[i] = consent.Record{
			Purpose: cfg.Purposes[r.IntN(len(cfg.Purposes))].Name,
			Status:  policies.Status(r.IntN(9)), Proof: policies.Proof(r.IntN(6)),
			At: randomTime(r),
		}
		if r.IntN(2) == 0 {
			list[i].ValidUntil = randomTime(r)
		}
	}
	return list
}
