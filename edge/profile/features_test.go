package profile_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const hour = int64(time.Hour / time.Millisecond)

func TestFeaturesAtTheEdges(t *testing.T) {
	p := &profile.Profile{ID: visitor(1)}
	add := func(ago time.Duration, count float64) {
		p.AddEvent(1, profile.Event{At: profile.At(start.Add(-ago)), Count: count, Grants: kept})
	}
	add(0, 1)
	add(-time.Millisecond, 100) // later than now
	add(24*time.Hour, 10)
	add(24*time.Hour-time.Millisecond, 1000)
	add(48*time.Hour, 10000)
	p.SetValue(text(3, "gastronomy", kept))
	f := func(feature rules.PlannedFeature, want abi.Value) {
		t.Helper()
		feature.Type, want.Type = abi.Number, abi.Number
		if feature.Aggregate == abi.FieldValue {
			feature.Type, want.Type = abi.String, abi.String
		} else {
			feature.Event = 1
		}
		got := p.AppendValues(nil, &rules.Plan{Features: []rules.PlannedFeature{feature}}, 2, start, cut)
		if d := cmp.Diff([]abi.Value{want}, got, cmpopts.EquateApprox(0, 1e-9)); d != "" {
			t.Errorf("%+v: %s", feature, d)
		}
	}
	number := func(n float64) abi.Value { return abi.Value{Present: true, Number: n} }
	f(rules.PlannedFeature{Aggregate: abi.Count}, number(11011))
	f(rules.PlannedFeature{Aggregate: abi.Count, WindowMillis: 24 * hour}, number(1001)) // open at its start, closed at now
	f(rules.PlannedFeature{Aggregate: abi.Count, WindowMillis: 24*hour + 1}, number(1011))
	f(rules.PlannedFeature{Aggregate: abi.Count, WindowMillis: 1}, number(1))
	f(rules.PlannedFeature{Aggregate: abi.DaysSinceFirst}, number(2))
	f(rules.PlannedFeature{Aggregate: abi.DaysSinceLast}, number(0))
	f(rules.PlannedFeature{Aggregate: abi.Decayed, HalfLifeMillis: float64(24 * hour)},
		number(1+10*0.5+1000*math.Exp2(-1+1.0/float64(24*hour))+10000*0.25))
	f(rules.PlannedFeature{Field: 3}, abi.Value{Present: true, Text: "gastronomy"})
	f(rules.PlannedFeature{Field: 4}, abi.Value{})

	now := start.Add(90 * 24 * time.Hour) // the grants of the values of 'start' end in this millisecond
	field := &rules.Plan{Features: []rules.PlannedFeature{{Type: abi.String, Field: 3}}}
	if p.AppendValues(nil, field, 2, now, cut)[0].Present || !p.AppendValues(nil, field, 2, now.Add(-time.Millisecond), cut)[0].Present {
		t.Error("a value must be seen until its time is over, and not then")
	}
	if p.AppendValues(nil, field, 1, start, cut)[0].Present {
		t.Error("another purpose sees the value")
	}
}

func TestGeneralisedGrantsShowTheCoarserForm(t *testing.T) {
	both := []policies.Grant{{Purpose: 1, Generalised: true, TTLDays: 9}, {Purpose: 2, TTLDays: 9}}
	p := &profile.Profile{ID: visitor(1)}
	p.SetValue(text(3, "gastronomy", both))
	p.AddEvent(1, profile.Event{At: profile.At(start), Grants: both, Properties: []profile.Property{{Field: 5, Value: profile.TextValue("/riesling"), Grants: both}}})
	plan := &rules.Plan{Features: []rules.PlannedFeature{
		{Type: abi.String, Field: 3},
		{Type: abi.Number, Aggregate: abi.Count, Event: 1, Where: []rules.PlannedCondition{{Property: 5, In: []string{"/ri"}}}},
		{Type: abi.Number, Aggregate: abi.Count, Event: 1, Where: []rules.PlannedCondition{{Property: 5, Prefix: "/riesl"}}},
	}}
	f := func(purpose uint8, coarsen profile.Coarsen, want string) {
		t.Helper()
		v := p.AppendValues(nil, plan, purpose, start, coarsen)
		if got := fmt.Sprint(v[0].Text, v[1].Number, v[2].Number); got != want {
			t.Errorf("purpose %d sees %s, want %s", purpose, got, want)
		}
	}
	f(1, cut, "gas1 0")
	f(2, cut, "gastronomy0 1")
	f(1, nil, "0 0") // nobody can make it coarser: it is not seen
}

// naive computes a feature from the list of all events, in the order in which they came.
func naive(all []naiveEvent, f *rules.PlannedFeature, purpose uint8, now int64) abi.Value {
	out := abi.Value{Type: abi.Number, Present: true}
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, e := range all {
		if e.typ != f.Event || e.at > now || f.WindowMillis > 0 && now-e.at >= f.WindowMillis || !e.sees(purpose, now) {
			continue
		}
		holds := true
		for _, c := range f.Where {
			path, ok := e.path(purpose, now)
			holds = holds && ok && strings.HasPrefix(path, c.Prefix) && (len(c.In) == 0 || slices.Contains(c.In, path))
		}
		if !holds {
			continue
		}
		first, last = min(first, e.at), max(last, e.at)
		switch f.Aggregate {
		case abi.Count:
			out.Number += e.count
		case abi.Sum:
			if e.propertyUntil[purpose] > now {
				out.Number += e.amount
			}
		case abi.Decayed:
			out.Number += e.count * math.Pow(0.5, float64(now-e.at)/f.HalfLifeMillis)
		}
	}
	days := func(at int64) abi.Value {
		if first > last {
			return abi.Value{Type: abi.Number}
		}
		return abi.Value{Type: abi.Number, Present: true, Number: float64(now-at) / 86_400_000}
	}
	switch f.Aggregate {
	case abi.DaysSinceFirst:
		return days(first)
	case abi.DaysSinceLast:
		return days(last)
	}
	return out
}

type naiveEvent struct {
	typ                  uint16
	at                   int64
	count, amount        float64
	text                 string
	until, propertyUntil map[uint8]int64
	coarse               map[uint8]bool
}

func (e *naiveEvent) sees(p uint8, now int64) bool { return e.until[p] > now }

func (e *naiveEvent) path(p uint8, now int64) (string, bool) {
	if e.coarse[p] {
		return e.text[:3], e.propertyUntil[p] > now
	}
	return e.text, e.propertyUntil[p] > now
}

func TestFeaturesAgreeWithANaiveList(t *testing.T) {
	rnd := rand.New(rand.NewPCG(11, 12))
	// Times on a grid of hours, so that events meet the edges of windows and of each other exactly.
	paths := []string{"/riesling", "/rivaner", "/sekt", "/about"}
	for range 150 {
		p := &profile.Profile{ID: visitor(1), Created: profile.At(start)}
		var all []naiveEvent
		hashes := make(map[string]bool)
		for range rnd.IntN(120) {
			e := naiveEvent{
				typ: uint16(1 + rnd.IntN(3)), at: start.UnixMilli() + int64(rnd.IntN(240)-120)*hour + int64(rnd.IntN(3)-1),
				count: float64(1 + rnd.IntN(3)), amount: float64(rnd.IntN(100)) / 4, text: paths[rnd.IntN(4)],
				until: make(map[uint8]int64), propertyUntil: make(map[uint8]int64), coarse: make(map[uint8]bool),
			}
			var grants, onProperty []policies.Grant
			for purpose := range uint8(3) {
				days := uint16(1 + rnd.IntN(8))
				if rnd.IntN(3) > 0 {
					grants = append(grants, policies.Grant{Purpose: purpose, TTLDays: days})
					e.until[purpose] = e.at + int64(days)*24*hour
				}
				if rnd.IntN(3) > 0 {
					e.coarse[purpose] = purpose > 0 && rnd.IntN(2) == 0
					onProperty = append(onProperty, policies.Grant{Purpose: purpose, TTLDays: days, Generalised: e.coarse[purpose]})
					e.propertyUntil[purpose] = e.at + int64(days)*24*hour
				}
			}
			onProperty = append(onProperty, policies.Grant{Purpose: 9, TTLDays: 99}) // keeps it as it is
			hash := uint64(rnd.IntN(60))
			duplicate := hash != 0 && hashes[fmt.Sprint(e.typ, hash)]
			got := p.AddEvent(e.typ, profile.Event{At: profile.Millis(e.at), Hash: hash, Count: e.count, Grants: grants, Properties: []profile.Property{
				{Field: 5, Value: profile.TextValue(e.text), Grants: onProperty},
				{Field: 6, Value: profile.NumberValue(e.amount), Grants: onProperty},
			}})
			if got != duplicate {
				t.Fatalf("a duplicate: %v, want %v", got, duplicate)
			}
			if !duplicate && len(grants) > 0 {
				all = append(all, e)
				hashes[fmt.Sprint(e.typ, hash)] = true
			}
		}
		if rnd.IntN(2) == 0 { // the same after a commit
			b, err := profile.Encode(p)
			if err != nil {
				t.Fatal(err)
			}
			if p, err = profile.Decode(b, p.ID); err != nil {
				t.Fatal(err)
			}
		}
		for range 40 {
			f := rules.PlannedFeature{
				Type: abi.Number, Event: uint16(1 + rnd.IntN(4)), Property: 6,
				Aggregate:      []abi.Aggregate{abi.Count, abi.Sum, abi.Decayed, abi.DaysSinceFirst, abi.DaysSinceLast}[rnd.IntN(5)],
				HalfLifeMillis: float64(1+rnd.IntN(100)) * float64(hour),
			}
			if rnd.IntN(2) == 0 {
				f.WindowMillis = int64(1+rnd.IntN(150)) * hour
			}
			switch rnd.IntN(4) {
			case 0:
				f.Where = []rules.PlannedCondition{{Property: 5, Prefix: "/ri"}}
			case 1:
				f.Where = []rules.PlannedCondition{{Property: 5, In: []string{"/sekt", "/rivaner", "/ri"}}}
			}
			purpose := uint8(rnd.IntN(4))
			now := start.Add(time.Duration(rnd.IntN(240)-120) * time.Hour)
			// A coarser amount stays an amount: only texts are cut.
			coarsen := func(field uint16, v profile.Value) profile.Value {
				if field == 5 {
					return cut(field, v)
				}
				return v
			}
			want := naive(all, &f, purpose, now.UnixMilli())
			got := p.AppendValues(nil, &rules.Plan{Features: []rules.PlannedFeature{f}}, purpose, now, coarsen)
			if d := cmp.Diff([]abi.Value{want}, got, cmpopts.EquateApprox(1e-12, 1e-9)); d != "" {
				t.Fatalf("%+v of purpose %d: %s", f, purpose, d)
			}
		}
	}
}

// TestFieldsAgreeWithWhatEachPurposeWasTold: whatever is told for whom, each purpose reads what it was told last, for as long
// as it was told, and nothing that was told to another.
func TestFieldsAgreeWithWhatEachPurposeWasTold(t *testing.T) {
	type telling struct {
		text  string
		until time.Time
	}
	rnd := rand.New(rand.NewPCG(17, 18))
	for range 400 {
		p := &profile.Profile{ID: visitor(1), Created: profile.At(start)}
		p.CoarsenWith(cut)
		told := make(map[uint16]map[uint8]telling)
		now := start
		for n := range rnd.IntN(24) {
			now = now.Add(time.Duration(rnd.IntN(30)) * time.Hour)
			field, full := uint16(1+rnd.IntN(2)), fmt.Sprintf("%03d-in-full", n)
			var grants []policies.Grant
			keeps := false
			for purpose := range uint8(5) {
				if rnd.IntN(3) > 0 {
					continue
				}
				g := policies.Grant{Purpose: purpose, Generalised: rnd.IntN(2) == 0, TTLDays: uint16(1 + rnd.IntN(9))}
				grants, keeps = append(grants, g), keeps || !g.Generalised
				text := full
				if g.Generalised {
					text = full[:3]
				}
				if told[field] == nil {
					told[field] = make(map[uint8]telling)
				}
				told[field][purpose] = telling{text, now.AddDate(0, 0, int(g.TTLDays))}
			}
			v := profile.Stored{Field: field, Value: profile.TextValue(full), At: profile.At(now), Grants: grants}
			if !keeps {
				v.Value, v.Generalised = profile.TextValue(full[:3]), true
			}
			if got := p.SetValue(v); got != (len(grants) > 0) {
				t.Fatalf("changed: %v with %v", got, grants)
			}
			if rnd.IntN(3) == 0 {
				p.Expire(now, cut)
			}
			if rnd.IntN(3) > 0 {
				continue
			}
			b, err := profile.Encode(p) // the same after a commit
			if err != nil {
				t.Fatal(err)
			}
			if p, err = profile.Decode(b, p.ID); err != nil {
				t.Fatal(err)
			}
			p.CoarsenWith(cut)
		}
		plan := &rules.Plan{Features: []rules.PlannedFeature{{Type: abi.String, Field: 1}, {Type: abi.String, Field: 2}, {Type: abi.String, Field: 3}}}
		for range 4 {
			for purpose := range uint8(6) {
				for i, got := range p.AppendValues(nil, plan, purpose, now, cut) {
					want := abi.Value{Type: abi.String}
					if v := told[uint16(i+1)][purpose]; now.Before(v.until) {
						want.Present, want.Text = true, v.text
					}
					if got != want {
						t.Fatalf("purpose %d reads %+v of field %d, want %+v, of %+v", purpose, got, i+1, want, p.Values)
					}
				}
			}
			now = now.Add(time.Duration(rnd.IntN(72)) * time.Hour)
		}
	}
}

func TestEventsAreBounded(t *testing.T) {
	p := &profile.Profile{ID: visitor(1)}
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, i := range rnd.Perm(3 * profile.MaxEvents) {
		p.AddEvent(1, profile.Event{At: profile.Millis(i), Hash: uint64(i + 1), Grants: kept})
	}
	list := p.History(1).Events
	if len(list) != profile.MaxEvents || list[0].At != 2*profile.MaxEvents || !slices.IsSortedFunc(list, func(a, b profile.Event) int { return int(a.At - b.At) }) {
		t.Errorf("%d events from %d", len(list), list[0].At)
	}
}
