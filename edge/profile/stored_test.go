package profile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

func TestSetValue(t *testing.T) {
	p := &profile.Profile{}
	f := func(v profile.Stored, changed bool, want string) {
		t.Helper()
		if got := p.SetValue(v); got != changed || p.Value(1) == nil || p.Value(1).Value.Text != want {
			t.Errorf("changed %v, %+v", got, p.Value(1))
		}
	}
	f(text(1, "a", kept), true, "a")
	f(text(1, "b", nil), false, "a")
	f(text(1, "a", kept), false, "a")
	later := text(1, "a", kept)
	later.At += 3_600_000
	f(later, false, "a")
	later.At += 86_400_000
	f(later, true, "a")
	later.Grants = forever
	later.At++
	f(later, true, "a")
	later.Value.Text = "c"
	f(later, true, "c")
	defer func() {
		if recover() == nil {
			t.Error("a value that nobody may keep as it is was stored")
		}
	}()
	p.SetValue(text(1, "d", coarse))
}

// marks grants purposes: a small letter as it is, a capital in the coarser form. "aC" are the purposes 0 and 2.
func marks(letters string) (grants []policies.Grant) {
	for _, c := range letters {
		g := policies.Grant{TTLDays: 30}
		if g.Generalised = c < 'a'; g.Generalised {
			c += 'a' - 'A'
		}
		g.Purpose = uint8(c - 'a')
		grants = append(grants, g)
	}
	return grants
}

// entries shows the values of a profile: "1 aC gastronomy+0", and "~" where the value is in its coarser form.
func entries(p *profile.Profile) (list []string) {
	for _, v := range p.Values {
		letters := ""
		for _, g := range v.Grants {
			c := 'a' + rune(g.Purpose)
			if g.Generalised {
				c += 'A' - 'a'
			}
			letters += string(c)
		}
		form := ""
		if v.Generalised {
			form = "~"
		}
		list = append(list, fmt.Sprintf("%d %s %s%s+%d", v.Field, letters, form, v.Value.Text, (v.At-profile.At(start))/3_600_000))
	}
	return list
}

func TestEachPurposeKeepsWhatItWasTold(t *testing.T) {
	told := func(hours int, s, letters string) profile.Stored {
		v := text(1, s, marks(letters))
		v.At = profile.At(start.Add(time.Duration(hours) * time.Hour))
		return v
	}
	known := func(s, letters string) profile.Stored { // in its coarser form
		v := told(0, s, letters)
		v.Generalised = true
		return v
	}
	f := func(name string, values []profile.Stored, changed bool, want ...string) {
		t.Helper()
		p := &profile.Profile{}
		p.CoarsenWith(cut)
		p.SetValue(text(0, "before", marks("a")))
		p.SetValue(text(2, "after", marks("a")))
		got := false
		for _, v := range values {
			got = p.SetValue(v)
		}
		want = append(append([]string{"0 a before+0"}, want...), "2 a after+0")
		if d := cmp.Diff(want, entries(p)); d != "" || got != changed {
			t.Errorf("%s: changed %v %s", name, got, d)
		}
		if _, err := profile.Encode(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	type of = []profile.Stored
	f("another purpose", of{told(0, "order", "a"), told(9, "news", "b")}, true, "1 a order+0", "1 b news+9")
	f("a lower purpose", of{told(0, "order", "b"), told(9, "news", "a")}, true, "1 a news+9", "1 b order+0")
	f("between", of{told(0, "x", "a"), told(0, "y", "d"), told(9, "z", "bc")}, true, "1 a x+0", "1 bc z+9", "1 d y+0")
	f("one of two", of{told(0, "both", "ab"), told(9, "one", "a")}, true, "1 a one+9", "1 b both+0")
	f("the order turns", of{told(0, "x", "ac"), told(1, "y", "b"), told(9, "z", "a")}, true, "1 a z+9", "1 b y+1", "1 c x+0")
	f("all of one, part of another", of{told(0, "x", "a"), told(1, "y", "bc"), told(9, "z", "ab")}, true, "1 ab z+9", "1 c y+1")
	f("all", of{told(0, "x", "a"), told(1, "y", "b"), told(9, "z", "abc")}, true, "1 abc z+9")

	f("the same to another: the first one's time runs on", of{told(0, "x", "a"), told(9, "x", "b")}, true, "1 a x+0", "1 b x+9")
	f("the same to both, new to one", of{told(0, "x", "a"), told(9, "x", "ab")}, true, "1 ab x+9")
	f("the same to one of two", of{told(0, "x", "ab"), told(9, "x", "b")}, false, "1 ab x+0")
	f("the same to two that were told apart", of{told(0, "x", "a"), told(9, "x", "b"), told(10, "x", "ab")}, false, "1 a x+0", "1 b x+9")
	f("the same to one of two, a day later", of{told(0, "x", "ab"), told(24, "x", "b")}, true, "1 a x+0", "1 b x+24")
	f("the same in another form", of{told(0, "gastronomy", "aB"), known("gas", "B")}, true, "1 a gastronomy+0", "1 B ~gas+0")

	f("only the coarser form is left", of{told(0, "gastronomy", "aB"), told(9, "hotel", "a")}, true, "1 a hotel+9", "1 B ~gas+0")
	f("a coarse one stays", of{known("gas", "AB"), told(9, "hotel", "a")}, true, "1 a hotel+9", "1 B ~gas+0")
	f("no grant", of{told(0, "x", "a"), told(9, "y", "")}, false, "1 a x+0")
}

// What cannot be made coarser goes; that another purpose holds it is no ground.
func TestSetValueLeavesNothingAsItIsForNobody(t *testing.T) {
	f := func(coarsen profile.Coarsen) {
		t.Helper()
		p := &profile.Profile{}
		p.CoarsenWith(coarsen)
		p.SetValue(text(1, "gastronomy", marks("aB")))
		p.SetValue(text(1, "hotel", marks("a")))
		if d := cmp.Diff([]string{"1 a hotel+0"}, entries(p)); d != "" {
			t.Error(d)
		}
	}
	f(nil)
	f(func(uint16, profile.Value) profile.Value { return profile.Value{} })
}

// The profile of an update has the store's Coarsen, be it new or read.
func TestSetValueMakesCoarserWhatIsLeft(t *testing.T) {
	s := open(t, profile.Config{Shards: 1, Now: func() time.Time { return start }, Coarsen: func(tenant string, f uint16, v profile.Value) profile.Value {
		if tenant != "winery" {
			t.Errorf("made coarser for %s", tenant)
		}
		return cut(f, v)
	}})
	u := begin(t, s, "winery", 1)
	for field := range uint16(2) {
		u.Profile().SetValue(text(field, "gastronomy", marks("aB")))
	}
	u.Profile().SetValue(text(0, "hotel", marks("a")))
	commit(t, u)
	u = begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "hotel", marks("a")))
	commit(t, u)
	if d := cmp.Diff([]string{"0 a hotel+0", "0 B ~gas+0", "1 a hotel+0", "1 B ~gas+0"}, entries(read(t, s, "winery", 1))); d != "" {
		t.Error(d)
	}
}

func TestValuesOfAField(t *testing.T) {
	p := &profile.Profile{}
	f := func(got *profile.Stored, want string) {
		t.Helper()
		if got == nil && want != "" || got != nil && got.Value.Text != want {
			t.Errorf("found %+v, want %q", got, want)
		}
	}
	old, recent := text(2, "old", marks("ce")), text(2, "recent", marks("b"))
	recent.At++
	same := text(2, "of the same moment", marks("d"))
	same.At++
	for _, v := range []profile.Stored{old, recent, same, text(1, "lower", marks("b")), text(3, "higher", marks("b"))} {
		p.SetValue(v)
	}
	f(p.Value(2), "recent") // the first of the newest
	f(p.Value(9), "")
	f(p.ValueFor(2, 1<<1), "recent")
	f(p.ValueFor(2, 1<<2), "old")
	f(p.ValueFor(2, 1<<4), "old")
	f(p.ValueFor(2, 1<<2|1<<1), "recent")
	f(p.ValueFor(2, ^uint32(0)), "recent")
	f(p.ValueFor(2, 1<<3|1<<4), "old")
	f(p.ValueFor(2, 1<<0), "")
	f(p.ValueFor(2, 0), "")
	f(p.ValueFor(9, ^uint32(0)), "")
	if !p.RemoveValue(2) || p.RemoveValue(2) || len(p.Values) != 2 {
		t.Errorf("left %v", entries(p))
	}
	f(p.Value(1), "lower")
	f(p.Value(3), "higher")
}

// When the grant by which an entry was in its place ends, the entry gets another place.
func TestValuesStayInOrder(t *testing.T) {
	fill := func() *profile.Profile {
		p := &profile.Profile{}
		first := text(1, "x", marks("ac"))
		first.Grants[0].TTLDays = 3
		p.SetValue(first)
		p.SetValue(text(1, "y", marks("b")))
		return p
	}
	f := func(p *profile.Profile, removed int) {
		t.Helper()
		if d := cmp.Diff([]string{"1 b y+0", "1 c x+0"}, entries(p)); d != "" || removed != 0 {
			t.Errorf("removed %d %s", removed, d)
		}
		if _, err := profile.Encode(p); err != nil {
			t.Error(err)
		}
	}
	p := fill()
	f(p, p.Expire(start.AddDate(0, 0, 4), cut))
	p = fill()
	f(p, p.Shrink(func(profile.Target) []policies.Grant { return marks("bc") }, cut))
}

func TestClearAsked(t *testing.T) {
	p := &profile.Profile{}
	p.Ask(3)
	p.Ask(1)
	if p.ClearAsked(); p.WasAsked(1) || p.WasAsked(3) || len(p.Asked) != 0 {
		t.Errorf("still %v", p.Asked)
	}
}
