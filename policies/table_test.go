package policies

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
)

// baseTable is the base policy, proved once for all tests.
var baseTable = sync.OnceValues(func() (*Table, error) {
	table, _, err := Prove(context.Background(), Config{Host: wasmHost{}})
	return table, err
})

func testTable(t testing.TB) *Table {
	t.Helper()
	table, err := baseTable()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestDecide(t *testing.T) {
	e := testTable(t)
	s := Situation{Basis: BasisConsent, Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle, Device: DeviceConsented}
	d, err := e.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Row
	if d.Key != s.Key() || !r.Permit || r.Profiling != ProfilingScore || !r.Device || !slices.Equal(r.Reasons, []string{"consent.given"}) {
		t.Errorf("a click in the banner gives %+v", *r)
	}
	if f := r.Field(Class{CategoryBehavioural, TagURL, true}); f.Verdict != Generalise || f.TTLDays != 395 || f.Reason != "minimise.url" {
		t.Errorf("a path is %+v", f)
	}
	if f := r.Field(Class{CategoryDemographic, TagLocation, true}); f.Verdict != Keep {
		t.Errorf("a place is %+v", f)
	}
	if f := r.Field(Class{CategoryIdentifier, TagIP, true}); f.Verdict != Generalise || f.Reason != "minimise.ip" {
		t.Errorf("an IP address is %+v", f)
	}
	if again, err := e.Decide(s); err != nil || again != d {
		t.Errorf("the second answer is another: %v", err)
	}
	for _, impossible := range []Situation{{Status: 77}, {Proof: ProofDouble}} {
		if d, err := e.Decide(impossible); err == nil || d.Row != nil {
			t.Errorf("%+v is decided", impossible)
		}
	}
}

// All callers of one situation get one row, also when they come at the same time.
func TestDecideHammer(t *testing.T) {
	base := testTable(t)
	e := &Table{row: base.row}
	const callers, situations, spread = 8, 500, 4973
	rows := make([][situations]*Row, callers)
	var wait sync.WaitGroup
	for c := range callers {
		wait.Go(func() {
			for i := range situations {
				s, err := SituationOf(uint32(i * spread % SituationCount))
				if err != nil {
					t.Error(err)
					return
				}
				d, err := e.Decide(s)
				if err != nil {
					t.Error(err)
					return
				}
				rows[c][i] = d.Row
			}
		})
	}
	wait.Wait()
	for c := range callers {
		if rows[c] != rows[0] {
			t.Fatal("two callers hold different rows of one situation")
		}
	}
}

func TestAge(t *testing.T) {
	e := testTable(t)
	f := func(country string, years int, guardian bool, want AgeBand) {
		t.Helper()
		if got := e.Age(country, years, guardian); got != want {
			t.Errorf("%d years in %q is %s, not %s", years, country, got, want)
		}
	}
	f("DE", 15, false, AgeMinor)
	f("DE", 15, true, AgeMinorGuardian)
	f("DE", 16, true, AgeAdult)
	f("AT", 13, false, AgeMinor)
	f("AT", 14, false, AgeAdult)
	f("GB", 13, false, AgeAdult)
	f("FR", 14, false, AgeMinor)
	f("US", 12, false, AgeMinor)
	f("XX", 15, false, AgeMinor)
	f("", 16, false, AgeAdult)
	f("DE", 0, false, AgeMinor)
	f("DE", 120, false, AgeAdult)
	f("DE", -1, true, AgeUnknown)
}

func TestReasons(t *testing.T) {
	e := testTable(t)
	for _, r := range e.Reasons() {
		if !validID(r.ID) || r.Title["de"] == "" || r.Title["en"] == "" || r.Article == "" || !strings.HasPrefix(r.Link, "https://eur-lex.europa.eu/") {
			t.Errorf("%+v is no explanation", r)
		}
		if r.Title["de"] == r.Title["en"] {
			t.Errorf("%s has one text for two languages", r.ID)
		}
	}
	for _, id := range []string{
		"consent.none", "consent.given", "contract.needed", ReasonContractNotRequested, ReasonRestricted, "consent.withdrawn", "objection.marketing", "signal.gpc", "age.minor", "age.unknown",
		"special.needs_explicit", "minimise.ip", "purpose.not_bound", "field.unknown", "field.invalid", "event.unknown",
		"event.duplicate", "event.too_old", "event.in_future", "event.dropped", "consent.recorded", "storage.not_kept",
	} {
		if _, ok := e.Reason(id); !ok {
			t.Errorf("%s is not explained", id)
		}
	}
	if _, ok := e.Reason("nothing.such"); ok {
		t.Error("an unknown id is explained")
	}
}

// change gives the sources of the base policy with one text replaced by another.
func change(t *testing.T, file, old, by string) Source {
	t.Helper()
	base, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	files := maps.Clone(base.Files)
	if !strings.Contains(files[file], old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	files[file] = strings.Replace(files[file], old, by, 1)
	return Source{Files: files}
}

func TestWithin(t *testing.T) {
	full := func() *Row {
		f := Fields{{Verdict: Keep, TTLDays: 10}}
		return &Row{Permit: true, Fields: &f, Profiling: ProfilingDecide, Review: true, Transfer: true, Device: true}
	}
	for name, change := range map[string]func(r *Row){
		"no permit":      func(r *Row) { r.Permit = false },
		"no transfer":    func(r *Row) { r.Transfer = false },
		"no device":      func(r *Row) { r.Device = false },
		"less profiling": func(r *Row) { r.Profiling, r.Review = ProfilingScore, false },
		"coarser":        func(r *Row) { r.Fields[0].Verdict = Generalise },
		"shorter":        func(r *Row) { r.Fields[0].TTLDays = 9 },
		"no fields":      func(r *Row) { r.Fields = nil },
	} {
		less := full()
		change(less)
		if !less.Within(full()) || full().Within(less) {
			t.Errorf("%s: within %v, around %v", name, less.Within(full()), full().Within(less))
		}
	}
	unseen := full()
	unseen.Review = false
	if unseen.Within(full()) || !full().Within(full()) || !new(Row).Within(new(Row)) {
		t.Error("a review may vanish, or a row is not within itself")
	}
}
