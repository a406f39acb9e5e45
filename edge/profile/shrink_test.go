package profile_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

func TestShrink(t *testing.T) {
	grant := func(purpose uint8, generalised bool, days uint16, row uint32) policies.Grant {
		return policies.Grant{Purpose: purpose, Generalised: generalised, TTLDays: days, Row: row}
	}
	type grants = []policies.Grant
	f := func(name string, old, ruling, want grants, form string) {
		t.Helper()
		p := &profile.Profile{}
		p.SetValue(text(1, "gastronomy", old))
		p.Shrink(func(target profile.Target) []policies.Grant {
			if target != (profile.Target{ID: 1}) {
				t.Errorf("%s: asked for %+v", name, target)
			}
			return ruling
		}, cut)
		v := p.Value(1)
		if v == nil {
			if form != "" {
				t.Errorf("%s: the value is gone", name)
			}
			return
		}
		if d := cmp.Diff(want, v.Grants); d != "" || v.Value.Text != form {
			t.Errorf("%s: %q %s", name, v.Value.Text, d)
		}
	}
	both := grants{grant(1, false, 30, 10), grant(2, true, 90, 20)}
	f("the same", both, both, both, "gastronomy")
	f("a purpose more", both, append(grants{grant(0, false, 9, 9)}, both...), both, "gastronomy")
	f("a purpose less", both, grants{grant(1, false, 30, 10)}, grants{grant(1, false, 30, 10)}, "gastronomy")
	f("none left", both, grants{grant(5, false, 30, 10)}, nil, "")
	f("the keeping one is gone", both, grants{grant(2, true, 90, 20)}, grants{grant(2, true, 90, 20)}, "gas")
	f("generalised stays generalised", both, grants{grant(2, false, 90, 20)}, grants{grant(2, true, 90, 20)}, "gas")
	f("now generalised", both, grants{grant(1, true, 30, 11)}, grants{grant(1, true, 30, 11)}, "gas")
	f("a longer time", both, grants{grant(1, false, 300, 12)}, grants{grant(1, false, 30, 12)}, "gastronomy")
	f("a shorter time", both, grants{grant(1, false, 3, 12)}, grants{grant(1, false, 3, 12)}, "gastronomy")
	f("a time without end", both, grants{grant(1, false, 0, 12)}, grants{grant(1, false, 30, 12)}, "gastronomy")
}

func TestShrinkRemovesEventsWithTheirProperties(t *testing.T) {
	p := history(40) // 4 types of 10 events with 2 properties, and 8 values
	removed := p.Shrink(func(target profile.Target) []policies.Grant {
		if target.Event && target.ID == 1 || !target.Event && target.ID == 21 {
			return nil
		}
		return kept
	}, cut)
	if want := 10*3 + 30; removed != want || p.History(1) != nil || len(p.Events) != 3 || len(p.Values) != 8 {
		t.Errorf("removed %d, want %d", removed, want)
	}
	for _, h := range p.Events {
		for _, e := range h.Events {
			if len(e.Properties) != 1 || e.Properties[0].Field != 20 {
				t.Fatalf("left %+v", e)
			}
		}
	}
	// What one copy loses, another that shares its grants keeps.
	b, err := profile.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	one, err := profile.Decode(b, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	if removed := one.Shrink(func(profile.Target) []policies.Grant { return nil }, cut); removed != 8+30*2 || !one.Empty() || p.Empty() {
		t.Errorf("removed %d of all", removed)
	}
}

// TestShrinkNeverEnlarges: whatever the ruling, each purpose has at most what it had.
func TestShrinkNeverEnlarges(t *testing.T) {
	rnd := rand.New(rand.NewPCG(15, 16))
	for range 300 {
		p := randomProfile(rnd, 30)
		for i := range p.Values { // texts only, as cut cuts texts
			p.Values[i].Value = profile.TextValue("0123456789")
		}
		type held struct {
			field   uint16
			purpose uint8
		}
		type holding struct {
			entry profile.Stored
			grant policies.Grant
		}
		before := make(map[held]holding)
		for _, v := range p.Values {
			for _, g := range v.Grants {
				before[held{v.Field, g.Purpose}] = holding{v, g}
			}
		}
		p.Shrink(func(profile.Target) (ruling []policies.Grant) {
			for b := range uint8(32) {
				if rnd.IntN(2) == 0 {
					ruling = append(ruling, policies.Grant{Purpose: b, Generalised: rnd.IntN(2) == 0, TTLDays: uint16(rnd.IntN(900)), Row: 1})
				}
			}
			return ruling
		}, func(_ uint16, v profile.Value) profile.Value { return cut(0, profile.TextValue(v.String())) })
		for _, v := range p.Values {
			keeps := false
			for _, g := range v.Grants {
				old, ok := before[held{v.Field, g.Purpose}]
				if !ok || old.grant.Generalised && !g.Generalised || old.grant.TTLDays != 0 && (g.TTLDays == 0 || g.TTLDays > old.grant.TTLDays) {
					t.Fatalf("purpose %d got more: %+v from %+v", g.Purpose, g, old.grant)
				}
				if v.At != old.entry.At || !v.Generalised && v.Value != old.entry.Value {
					t.Fatalf("purpose %d got another's value: %+v for %+v", g.Purpose, v, old.entry)
				}
				keeps = keeps || !g.Generalised
			}
			if !keeps && !v.Generalised {
				t.Fatalf("kept as it is for nobody: %+v", v)
			}
		}
		if _, err := profile.Encode(p); err != nil { // it refuses a wrong order
			t.Fatal(err)
		}
	}
}
