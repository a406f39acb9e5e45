package profile_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
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

// windowRun is one visitor: the profile, and beside it the raw list of all that came and is kept, in the order in which it
// came.
type windowRun struct {
	t      *testing.T
	rnd    *rand.Rand
	p      *profile.Profile
	all    []naiveEvent
	ids    []uint64 // of each in all; 0: none
	has    []int    // of each in all: how many properties it has that features ask for
	aside  []int64  // of each in all: when another property ends, 0: it has none
	clock  int64
	asked  []int64 // moments at which the features are asked for, and around whose edges events lie
	edges  []int64 // lengths of windows and of grants
	commit bool    // the profile is written and read back now and then
	types  int     // of events
	names  int     // of events: how many ids there are

	duplicates, displaced, refused int
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

// arrive has one event come: often late, sometimes for the second time, sometimes folded with others like it, sometimes
// without one of its properties or with one of another kind.
func (r *windowRun) arrive() {
	e := naiveEvent{
		typ: uint16(1 + r.rnd.IntN(r.types)), at: r.moment(), count: float64(r.rnd.IntN(11)) / 2, amount: float64(r.rnd.IntN(400)-100) / 4,
		text: []string{"/riesling", "/rivaner", "/sekt", "/about"}[r.rnd.IntN(4)], until: map[uint8]int64{}, propertyUntil: map[uint8]int64{}, coarse: map[uint8]bool{},
	}
	if len(r.all) > 0 && r.rnd.IntN(4) == 0 { // at the same millisecond as another
		e.at = r.all[r.rnd.IntN(len(r.all))].at
	}
	var grants, onProperty []policies.Grant
	for purpose := range uint8(3) {
		days := uint16(r.rnd.IntN(10))
		until := e.at + int64(days)*24*hour
		if days == 0 {
			until = math.MaxInt64
		}
		if r.rnd.IntN(4) > 0 {
			grants = append(grants, policies.Grant{Purpose: purpose, TTLDays: days})
			e.until[purpose] = until
		}
		if r.rnd.IntN(4) > 0 {
			e.coarse[purpose] = purpose > 0 && r.rnd.IntN(2) == 0
			onProperty = append(onProperty, policies.Grant{Purpose: purpose, TTLDays: days, Generalised: e.coarse[purpose]})
			e.propertyUntil[purpose] = until
		}
	}
	if r.rnd.IntN(2) == 0 {
		e.propertyUntil[9] = e.at + 99*24*hour
		onProperty = append(onProperty, policies.Grant{Purpose: 9, TTLDays: 99}) // keeps it as it is, longer than all others
	}
	path := profile.Property{Field: 5, Value: profile.TextValue(e.text), Grants: onProperty}
	amount := profile.Property{Field: 6, Value: profile.NumberValue(e.amount), Grants: onProperty}
	if !slices.ContainsFunc(onProperty, func(g policies.Grant) bool { return !g.Generalised }) { // stored in the coarser form only
		path.Value, path.Generalised, amount.Generalised = cutPath(5, path.Value), true, true
	}
	properties := []profile.Property{path, amount}
	switch r.rnd.IntN(9) {
	case 0: // a path that is not there meets nothing, whatever another property is
		amount.Value = profile.TextValue("/riesling")
		e.text, e.amount, properties = "none", 0, []profile.Property{amount}
	case 1: // an amount that is not there adds nothing, and no more does what is no number
		e.amount, properties = 0, []profile.Property{path}
	case 2:
		e.amount, properties[1].Value = 0, profile.BooleanValue(true)
	}
	stored := profile.Event{At: profile.Millis(e.at), Hash: uint64(r.rnd.IntN(r.names)), Count: e.count, Grants: grants, Properties: properties}
	if e.count == 0 {
		e.count = 1
	}
	r.expire()
	has := len(properties)
	if len(onProperty) == 0 {
		has = 0
	}
	aside := int64(0)
	if r.rnd.IntN(2) == 0 { // it goes before those behind it
		aside = e.at + 24*hour
		stored.Properties = append([]profile.Property{{Field: 7, Value: profile.TextValue("aside"), Grants: []policies.Grant{{Purpose: 4, TTLDays: 1}}}}, properties...)
	}
	duplicate := r.take(e, stored.Hash, has, aside)
	r.p.Expire(time.UnixMilli(r.clock), cutPath) // as every request does first
	if got := r.p.AddEvent(e.typ, stored); got != duplicate {
		r.t.Fatalf("a duplicate: %v, want %v", got, duplicate)
	}
	r.compareKept()
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

// compareKept compares how many events of each type the profile has, and their properties, with the list.
func (r *windowRun) compareKept() {
	want := map[uint16][2]int{}
	for i := range r.all {
		n := want[r.all[i].typ]
		want[r.all[i].typ] = [2]int{n[0] + 1, n[1] + r.has[i] + min(int(r.aside[i]), 1)}
	}
	got := map[uint16][2]int{}
	for _, h := range r.p.Events {
		n := 0
		for i := range h.Events {
			n += len(h.Events[i].Properties)
		}
		got[h.Type] = [2]int{len(h.Events), n}
	}
	if d := cmp.Diff(want, got); d != "" {
		r.t.Fatalf("events and properties that are kept: %s", d)
	}
}

// take adds an event to the list, unless it is there already. Of each type the newest profile.MaxEvents stay; of those of one
// moment the first to come is the oldest.
func (r *windowRun) take(e naiveEvent, id uint64, has int, aside int64) (duplicate bool) {
	oldest, count := -1, 0
	for i := range r.all {
		if r.all[i].typ != e.typ {
			continue
		}
		if id != 0 && r.ids[i] == id {
			r.duplicates++
			return true
		}
		if count++; oldest < 0 || r.all[i].at < r.all[oldest].at {
			oldest = i
		}
	}
	switch {
	case len(e.until) == 0: // nobody may have it
		return false
	case count < profile.MaxEvents:
	case e.at < r.all[oldest].at:
		r.refused++
		return false
	default:
		r.displaced++
		r.all, r.ids = slices.Delete(r.all, oldest, oldest+1), slices.Delete(r.ids, oldest, oldest+1)
		r.has, r.aside = slices.Delete(r.has, oldest, oldest+1), slices.Delete(r.aside, oldest, oldest+1)
	}
	r.all, r.ids, r.has, r.aside = append(r.all, e), append(r.ids, id), append(r.has, has), append(r.aside, aside)
	return false
}

// expire removes the grants that have ended by the clock, for good: a clock that is set back brings none of them again.
func (r *windowRun) expire() {
	left := 0
	for i, e := range r.all {
		for _, grants := range []map[uint8]int64{e.until, e.propertyUntil} {
			maps.DeleteFunc(grants, func(_ uint8, until int64) bool { return until <= r.clock })
		}
		if len(e.propertyUntil) == 0 {
			r.has[i] = 0
		}
		if r.aside[i] <= r.clock {
			r.aside[i] = 0
		}
		if len(e.until) > 0 {
			r.all[left], r.ids[left], r.has[left], r.aside[left] = e, r.ids[i], r.has[i], r.aside[i]
			left++
		}
	}
	r.all, r.ids, r.has, r.aside = r.all[:left], r.ids[:left], r.has[:left], r.aside[:left]
}

// ask compares every feature, as one purpose sees it at a moment, and counts which were something.
func (r *windowRun) ask(plan *rules.Plan, now int64, inside, outside []int) {
	r.t.Helper()
	purpose := uint8(r.rnd.IntN(4))
	got := r.p.AppendValues(nil, plan, purpose, time.UnixMilli(now), cutPath)
	for i := range plan.Features {
		f := &plan.Features[i]
		want := naive(r.all, f, purpose, now)
		var options []cmp.Option
		if f.Aggregate == abi.Decayed {
			options = append(options, cmpopts.EquateApprox(1e-12, 1e-300))
		}
		if d := cmp.Diff(want, got[i], options...); d != "" {
			r.t.Fatalf("%+v of purpose %d at %d: %s", windows[i], purpose, now, d)
		}
		if want.Present && want.Number != 0 {
			inside[i]++
		} else {
			outside[i]++
		}
	}
}

// planOfWindows is how the host asks for the features.
func planOfWindows(t *testing.T) *rules.Plan {
	t.Helper()
	plan, problems := rules.NewPlan(&abi.Manifest{
		ABI: abi.Version, Name: "windows", Version: "1.0.0", Purpose: "profiling", Reads: windows, Emits: abi.Emits{Segments: []string{"s"}},
	}, windowNames{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return plan
}

func newWindowRun(t *testing.T, rnd *rand.Rand) *windowRun {
	minute, day := hour/60, 24*hour
	r := &windowRun{
		t: t, rnd: rnd, p: &profile.Profile{ID: visitor(1), Created: profile.At(start)}, clock: start.UnixMilli() - 8*day + rnd.Int64N(14*day), commit: rnd.IntN(2) == 0,
		edges: []int64{0, minute, 3 * hour, 5 * hour, day, 2 * day, 3 * day, 7 * day}, types: 2 + rnd.IntN(4), names: 25,
	}
	for range 4 {
		r.asked = append(r.asked, start.UnixMilli()+rnd.Int64N(4*day))
	}
	return r
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
// order and more than once, at moments that lie on those edges again, while the clock moves, now and then backwards, and what
// has expired goes. Counts, sums and days must be equal to the bit; the decayed sum but for the order in which it is added up.
func TestWindowsAreExactAtEveryEdge(t *testing.T) {
	plan := planOfWindows(t)
	inside, outside := make([]int, len(windows)), make([]int, len(windows))
	rnd := rand.New(rand.NewPCG(21, 22))
	duplicates := 0
	for range 60 {
		r := newWindowRun(t, rnd)
		for range 40 {
			for range rnd.IntN(5) {
				r.arrive()
			}
			r.clock += rnd.Int64N(10 * hour)
			if rnd.IntN(6) == 0 {
				r.clock -= rnd.Int64N(48 * hour)
			}
			if len(r.all) > 0 && rnd.IntN(2) == 0 { // on the end of a grant, or beside it
				i := rnd.IntN(len(r.all))
				ends := slices.AppendSeq(slices.Collect(maps.Values(r.all[i].until)), maps.Values(r.all[i].propertyUntil))
				ends = append(ends, r.aside[i])
				slices.Sort(ends)
				for _, until := range ends {
					if until > r.clock && until < r.clock+24*hour {
						r.clock = until + int64(rnd.IntN(3)-1)
						break
					}
				}
			}
			now := r.clock
			if rnd.IntN(3) > 0 { // on an edge of what came, or beside it
				now = r.asked[rnd.IntN(len(r.asked))] + int64(rnd.IntN(3)-1)
				if len(r.all) > 0 && rnd.IntN(2) == 0 {
					now = r.all[rnd.IntN(len(r.all))].at + r.edges[rnd.IntN(len(r.edges))] + int64(rnd.IntN(3)-1)
				}
			}
			r.ask(plan, now, inside, outside)
		}
		duplicates += r.duplicates
	}
	for i := range windows {
		if inside[i] == 0 || outside[i] == 0 {
			t.Errorf("%+v was something %d times and nothing %d times: the test must see both", windows[i], inside[i], outside[i])
		}
	}
	if duplicates < 100 {
		t.Errorf("%d events came twice", duplicates)
	}
}

// The same over more events than a profile keeps, many of them of one moment.
func TestWindowsOfMoreEventsThanAreKept(t *testing.T) {
	plan := planOfWindows(t)
	rnd := rand.New(rand.NewPCG(23, 24))
	inside, outside := make([]int, len(windows)), make([]int, len(windows))
	r := newWindowRun(t, rnd)
	r.types, r.names = 1, 6000
	for n := range 2600 {
		r.arrive()
		if n%100 == 0 {
			r.clock += rnd.Int64N(2 * hour)
			r.ask(plan, r.asked[rnd.IntN(len(r.asked))]+int64(rnd.IntN(3)-1), inside, outside)
		}
	}
	if r.displaced < 100 || r.refused < 100 || r.duplicates < 100 {
		t.Errorf("%d events made others go, %d were too old, %d came twice", r.displaced, r.refused, r.duplicates)
	}
}
