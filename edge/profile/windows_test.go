package profile_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// windows are the features of TestWindowsAreExactAtEveryEdge as a manifest writes them: every aggregate, with every unit
// of a window, with and without a filter.
var windows = func() (list []abi.Feature) {
	filters := [][]abi.Condition{
		nil,
		{{Property: "path", Prefix: "/ri"}},
		{{Property: "path", In: []string{"/sekt", "/rivaner", "/ri"}}},
		{{Property: "path", Prefix: "/ri"}, {Property: "path", In: []string{"/riesling", "/sekt"}}},
	}
	add := func(f abi.Feature) {
		for _, where := range filters {
			f.Name, f.Type, f.Where = fmt.Sprintf("f%d", len(list)), abi.Number, where
			list = append(list, f)
		}
	}
	for _, event := range []string{"view", "order"} {
		for _, window := range []string{"", "1m", "3h", "2d", "1w"} {
			add(abi.Feature{Aggregate: abi.Count, Event: event, Window: window})
			add(abi.Feature{Aggregate: abi.Sum, Event: event, Property: "amount", Window: window})
		}
		for _, halfLife := range []string{"1m", "5h", "3d"} {
			add(abi.Feature{Aggregate: abi.Decayed, Event: event, HalfLife: halfLife})
		}
		add(abi.Feature{Aggregate: abi.DaysSinceFirst, Event: event})
		add(abi.Feature{Aggregate: abi.DaysSinceLast, Event: event})
	}
	return list
}()

// windowNames is the catalogue of the test.
type windowNames struct{}

func (windowNames) Field(string) (uint16, abi.Type, bool) { return 0, "", false }

func (windowNames) Event(name string) (uint16, bool) {
	id, ok := map[string]uint16{"view": 1, "order": 2}[name]
	return id, ok
}

func (windowNames) EventProperty(_, name string) (uint16, abi.Type, bool) {
	if name == "path" {
		return 5, abi.String, true
	}
	return 6, abi.Number, name == "amount"
}

// windowRun is one visitor: the profile, and beside it the raw list of all that came, in the order in which it came.
type windowRun struct {
	t      *testing.T
	rnd    *rand.Rand
	p      *profile.Profile
	all    []naiveEvent
	ids    []uint64 // of each in all; 0: none
	clock  int64
	asked  []int64 // moments at which the features are asked for, and around whose edges events lie
	edges  []int64 // lengths of windows and of grants
	commit bool    // the profile is written and read back now and then
}

// moment gives a time that lies on the edge of a window at one of the moments asked for, a millisecond beside it, or
// anywhere.
func (r *windowRun) moment() int64 {
	at := r.asked[r.rnd.IntN(len(r.asked))]
	if r.rnd.IntN(6) == 0 {
		return at - r.rnd.Int64N(9*24*hour)
	}
	return at - r.edges[r.rnd.IntN(len(r.edges))] + int64(r.rnd.IntN(3)-1)
}

// arrive has one event come: often late, sometimes for the second time, sometimes folded with others like it.
func (r *windowRun) arrive() {
	e := naiveEvent{
		typ: uint16(1 + r.rnd.IntN(2)), at: r.moment(), count: float64(1 + r.rnd.IntN(5)), amount: float64(r.rnd.IntN(400)-100) / 4,
		text: []string{"/riesling", "/rivaner", "/sekt", "/about"}[r.rnd.IntN(4)], until: map[uint8]int64{}, propertyUntil: map[uint8]int64{}, coarse: map[uint8]bool{},
	}
	if len(r.all) > 0 && r.rnd.IntN(4) == 0 { // at the same millisecond as another
		e.at = r.all[r.rnd.IntN(len(r.all))].at
	}
	var grants, onProperty []policies.Grant
	for purpose := range uint8(3) {
		days := uint16(1 + r.rnd.IntN(9))
		if r.rnd.IntN(4) > 0 {
			grants = append(grants, policies.Grant{Purpose: purpose, TTLDays: days})
			e.until[purpose] = e.at + int64(days)*24*hour
		}
		if r.rnd.IntN(4) > 0 {
			e.coarse[purpose] = purpose > 0 && r.rnd.IntN(2) == 0
			onProperty = append(onProperty, policies.Grant{Purpose: purpose, TTLDays: days, Generalised: e.coarse[purpose]})
			e.propertyUntil[purpose] = e.at + int64(days)*24*hour
		}
	}
	onProperty = append(onProperty, policies.Grant{Purpose: 9, TTLDays: 99}) // keeps it as it is
	id := uint64(r.rnd.IntN(25))
	duplicate := false
	for i := range r.all {
		duplicate = duplicate || id != 0 && r.ids[i] == id && r.all[i].typ == e.typ && r.all[i].kept(r.clock)
	}
	r.p.Expire(time.UnixMilli(r.clock), cutPath) // as every request does first
	got := r.p.AddEvent(e.typ, profile.Event{At: profile.Millis(e.at), Hash: id, Count: e.count, Grants: grants, Properties: []profile.Property{
		{Field: 5, Value: profile.TextValue(e.text), Grants: onProperty},
		{Field: 6, Value: profile.NumberValue(e.amount), Grants: onProperty},
	}})
	if got != duplicate {
		r.t.Fatalf("a duplicate: %v, want %v", got, duplicate)
	}
	if !duplicate {
		r.all, r.ids = append(r.all, e), append(r.ids, id)
	}
	if r.commit && r.rnd.IntN(8) == 0 {
		b, err := profile.Encode(r.p)
		if err != nil {
			r.t.Fatal(err)
		}
		if r.p, err = profile.Decode(b, r.p.ID); err != nil {
			r.t.Fatal(err)
		}
	}
}

// kept tells whether a purpose still has the event.
func (e *naiveEvent) kept(now int64) bool {
	for _, until := range e.until {
		if until > now {
			return true
		}
	}
	return false
}

// cutPath makes a path coarser; an amount stays one.
func cutPath(field uint16, v profile.Value) profile.Value {
	if field == 5 {
		return cut(field, v)
	}
	return v
}

// TestWindowsAreExactAtEveryEdge holds every feature that a module can derive from events against the raw list of them: over
// histories whose events lie on the edges of windows and of grants, and a millisecond to either side, that arrive in any
// order and more than once, at moments that lie on those edges again, while the clock moves and what has expired goes.
// Counts, sums and days must be equal to the bit; the decayed sum but for the order in which it is added up.
func TestWindowsAreExactAtEveryEdge(t *testing.T) {
	plan, problems := rules.NewPlan(&abi.Manifest{
		ABI: abi.Version, Name: "windows", Version: "1.0.0", Purpose: "profiling", Reads: windows, Emits: abi.Emits{Segments: []string{"s"}},
	}, windowNames{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	minute, day := hour/60, 24*hour
	inside, outside := make([]int, len(windows)), make([]int, len(windows))
	rnd := rand.New(rand.NewPCG(21, 22))
	for range 60 {
		r := &windowRun{
			t: t, rnd: rnd, p: &profile.Profile{ID: visitor(1), Created: profile.At(start)}, clock: start.UnixMilli() - 8*day, commit: rnd.IntN(2) == 0,
			edges: []int64{0, minute, 3 * hour, 5 * hour, day, 2 * day, 3 * day, 7 * day},
		}
		for range 4 {
			r.asked = append(r.asked, start.UnixMilli()+rnd.Int64N(4*day))
		}
		for range 40 {
			for range rnd.IntN(5) {
				r.arrive()
			}
			r.clock += rnd.Int64N(10 * hour)
			now := r.clock
			if rnd.IntN(3) > 0 { // on an edge of what came, or beside it
				now = max(now, r.asked[rnd.IntN(len(r.asked))]+int64(rnd.IntN(3)-1))
				if len(r.all) > 0 && rnd.IntN(2) == 0 {
					now = max(r.clock, r.all[rnd.IntN(len(r.all))].at+r.edges[rnd.IntN(len(r.edges))]+int64(rnd.IntN(3)-1))
				}
			}
			purpose := uint8(rnd.IntN(4))
			got := r.p.AppendValues(nil, plan, purpose, time.UnixMilli(now), cutPath)
			for i := range plan.Features {
				f := &plan.Features[i]
				want := naive(r.all, f, purpose, now)
				var options []cmp.Option
				if f.Aggregate == abi.Decayed {
					options = append(options, cmpopts.EquateApprox(1e-12, 1e-300))
				}
				if d := cmp.Diff(want, got[i], options...); d != "" {
					t.Fatalf("%+v of purpose %d at %d: %s", windows[i], purpose, now, d)
				}
				if want.Present && want.Number != 0 {
					inside[i]++
				} else {
					outside[i]++
				}
			}
		}
	}
	for i := range windows {
		if inside[i] == 0 || outside[i] == 0 {
			t.Errorf("%+v was something %d times and nothing %d times: the test must see both", windows[i], inside[i], outside[i])
		}
	}
}
