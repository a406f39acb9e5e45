package profile_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// The model is the store as plain maps that never forget anything: what a purpose sees of it follows from the grants, the
// clock, and what was withdrawn since. It shares no code with the store.
type model map[string]*person

type person struct {
	values   map[uint16]map[uint8]*datum // what each purpose was told
	events   map[uint16][]*datum         // in the order in which they came
	consents []string
}

// datum is a value or an event and, for each purpose, until when and in what form it may be seen.
type datum struct {
	full, coarse string
	at           time.Time
	hash         uint64
	until        map[uint8]time.Time
	coarseOnly   map[uint8]bool
}

func (d *datum) view(now time.Time) string {
	s := ""
	for _, p := range slices.Sorted(maps.Keys(d.until)) {
		if v := d.seenBy(p, now); v != "" {
			s += fmt.Sprintf("%d:%s ", p, v)
		}
	}
	return s
}

func (d *datum) seenBy(purpose uint8, now time.Time) string {
	switch {
	case !now.Before(d.until[purpose]):
		return ""
	case d.coarseOnly[purpose]:
		return d.coarse
	default:
		return d.full
	}
}

func (q *person) view(now time.Time) []string {
	var out []string
	for _, f := range slices.Sorted(maps.Keys(q.values)) {
		for _, p := range slices.Sorted(maps.Keys(q.values[f])) {
			d := q.values[f][p]
			if v := d.seenBy(p, now); v != "" {
				out = append(out, fmt.Sprintf("value %d %d:%s stored %d", f, p, v, d.at.UnixMilli()))
			}
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(q.events)) {
		list := slices.Clone(q.events[typ])
		slices.SortStableFunc(list, func(a, b *datum) int { return a.at.Compare(b.at) })
		for _, e := range list {
			if v := e.view(now); v != "" {
				out = append(out, fmt.Sprintf("event %d %d %s", typ, e.at.UnixMilli(), v))
			}
		}
	}
	return out
}

// seen is the same of a real profile.
func seen(p *profile.Profile) []string {
	var out []string
	if p == nil {
		return out
	}
	one := func(v profile.Value, generalised bool, g policies.Grant) string {
		if g.Generalised && !generalised {
			v = cut(0, v)
		}
		return fmt.Sprintf("%d:%s", g.Purpose, v.Text)
	}
	form := func(v profile.Value, generalised bool, grants []policies.Grant) string {
		s := ""
		for _, g := range grants {
			s += one(v, generalised, g) + " "
		}
		return s
	}
	for _, v := range p.Values {
		if !v.Generalised && !slices.ContainsFunc(v.Grants, func(g policies.Grant) bool { return !g.Generalised }) {
			out = append(out, fmt.Sprintf("value %d is kept as it is for nobody", v.Field))
		}
		for _, g := range v.Grants {
			out = append(out, fmt.Sprintf("value %d %s stored %d", v.Field, one(v.Value, v.Generalised, g), v.At))
		}
	}
	slices.Sort(out) // how many entries a field has is not the model's business
	for _, h := range p.Events {
		for _, e := range h.Events {
			q := e.Properties[0]
			out = append(out, fmt.Sprintf("event %d %d %s", h.Type, e.At, form(q.Value, q.Generalised, q.Grants)))
		}
	}
	return out
}

// cut is the coarser form: the first three letters.
func cut(_ uint16, v profile.Value) profile.Value {
	return profile.TextValue(v.Text[:min(3, len(v.Text))])
}

type modelRun struct {
	t       *testing.T
	rnd     *rand.Rand
	now     time.Time
	config  profile.Config
	store   *profile.Store
	people  model
	tenants []string
}

func (r *modelRun) grants() ([]policies.Grant, bool) {
	var grants []policies.Grant
	keeps := false
	for p := range uint8(4) {
		if r.rnd.IntN(2) == 0 {
			g := policies.Grant{Purpose: p, Generalised: r.rnd.IntN(3) == 0, Row: uint32(p) * 100, TTLDays: []uint16{1, 3, 10, 30}[r.rnd.IntN(4)]}
			keeps = keeps || !g.Generalised
			grants = append(grants, g)
		}
	}
	return grants, keeps
}

func (r *modelRun) datum(at time.Time, grants []policies.Grant) *datum {
	full := fmt.Sprintf("%c%d-secret", 'a'+r.rnd.IntN(26), 10+r.rnd.IntN(90))
	d := &datum{full: full, coarse: full[:3], at: at, until: make(map[uint8]time.Time), coarseOnly: make(map[uint8]bool)}
	for _, g := range grants {
		d.until[g.Purpose] = at.AddDate(0, 0, int(g.TTLDays))
		d.coarseOnly[g.Purpose] = g.Generalised
	}
	return d
}

func (d *datum) value(keeps bool) profile.Value {
	if keeps {
		return profile.TextValue(d.full)
	}
	return profile.TextValue(d.coarse)
}

func (q *person) withdraw(purpose uint8) {
	for _, told := range q.values {
		delete(told, purpose)
	}
	for _, list := range q.events {
		for _, d := range list {
			delete(d.until, purpose)
		}
	}
}

// change makes the same change in the profile and in the model.
func (r *modelRun) change(p *profile.Profile, q *person) {
	switch r.rnd.IntN(9) {
	case 0, 1, 2:
		grants, keeps := r.grants()
		field := uint16(1 + r.rnd.IntN(5))
		d := r.datum(r.now, grants)
		p.SetValue(profile.Stored{Field: field, Value: d.value(keeps), Generalised: !keeps, At: profile.At(r.now), Grants: grants})
		if len(grants) > 0 {
			if q.values[field] == nil {
				q.values[field] = make(map[uint8]*datum)
			}
			for _, g := range grants {
				q.values[field][g.Purpose] = d
			}
		}
	case 3, 4, 5:
		grants, keeps := r.grants()
		typ := uint16(1 + r.rnd.IntN(3))
		d := r.datum(r.now.Add(-time.Duration(r.rnd.IntN(200))*time.Hour), grants)
		d.hash = uint64(r.rnd.IntN(30)) // 0: none
		alive := func(e *datum) bool { return e.hash == d.hash && e.view(r.now) != "" }
		duplicate := d.hash != 0 && slices.ContainsFunc(q.events[typ], alive)
		e := profile.Event{At: profile.At(d.at), Hash: d.hash, Grants: grants}
		e.Properties = []profile.Property{{Field: 9, Value: d.value(keeps), Generalised: !keeps, Grants: grants}}
		if got := p.AddEvent(typ, e); got != duplicate {
			r.t.Fatalf("a duplicate: %v, want %v", got, duplicate)
		}
		if !duplicate {
			q.events[typ] = append(q.events[typ], d)
		}
		p.Expire(r.now, cut) // the event may be older than its grants last
	case 6:
		purpose := uint8(r.rnd.IntN(4))
		all := []policies.Grant{{Purpose: 0}, {Purpose: 1}, {Purpose: 2}, {Purpose: 3}}
		p.Shrink(func(profile.Target) []policies.Grant {
			return slices.DeleteFunc(slices.Clone(all), func(g policies.Grant) bool { return g.Purpose == purpose })
		}, cut)
		q.withdraw(purpose)
	case 7:
		c := profile.Consent{Purpose: uint8(r.rnd.IntN(4)), Status: policies.StatusGiven, Method: fmt.Sprint(r.rnd.IntN(1000)), At: profile.At(r.now)}
		p.Record(c)
		q.consents = append(q.consents, c.Method)
	case 8:
		if r.rnd.IntN(3) == 0 {
			field := uint16(1 + r.rnd.IntN(5))
			p.RemoveValue(field)
			delete(q.values, field)
		}
	}
}

func (r *modelRun) step() {
	ctx := context.Background()
	tenant, n := r.tenants[r.rnd.IntN(2)], r.rnd.IntN(6)
	name := fmt.Sprint(tenant, n)
	q := r.people[name]
	if q == nil {
		q = &person{values: make(map[uint16]map[uint8]*datum), events: make(map[uint16][]*datum)}
		r.people[name] = q
	}
	check := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
	}
	switch k := r.rnd.IntN(100); {
	case k < 70:
		u := begin(r.t, r.store, tenant, n)
		for range r.rnd.IntN(4) {
			r.change(u.Profile(), q)
		}
		if r.rnd.IntN(3) == 0 {
			check(<-u.CommitEarly())
		} else {
			check(u.Commit(ctx))
		}
	case k < 76:
		u := begin(r.t, r.store, tenant, n)
		u.Profile().SetValue(text(1, "dropped", forever))
		u.Release()
	case k < 82:
		check(r.store.Erase(ctx, tenant, visitor(n)))
		delete(r.people, name)
	case k < 92:
		r.now = r.now.Add(time.Duration(r.rnd.IntN(60)) * time.Hour)
	case k < 94:
		_, err := r.store.Sweep(ctx, tenant)
		check(err)
	case k < 96:
		_, err := r.store.Purge(ctx)
		check(err)
	case k < 97:
		check(r.store.Close())
		r.open()
	}
}

func (r *modelRun) open() {
	var err error
	if r.store, err = profile.Open(r.config); err != nil {
		r.t.Fatal(err)
	}
}

func (r *modelRun) compare() {
	for _, tenant := range r.tenants {
		all := make(map[profile.VisitorID][]string)
		if err := r.store.Each(r.t.Context(), tenant, func(p *profile.Profile) error {
			all[p.ID] = seen(p)
			return nil
		}); err != nil {
			r.t.Fatal(err)
		}
		for n := range 6 {
			q := r.people[fmt.Sprint(tenant, n)]
			var want, consents []string
			if q != nil {
				want, consents = q.view(r.now), q.consents
			}
			if d := cmp.Diff(want, seen(read(r.t, r.store, tenant, n))); d != "" {
				r.t.Fatalf("%s %d: %s", tenant, n, d)
			}
			if d := cmp.Diff(want, all[visitor(n)]); d != "" {
				r.t.Fatalf("%s %d in Each: %s", tenant, n, d)
			}
			history, err := r.store.ConsentHistory(r.t.Context(), tenant, visitor(n))
			if err != nil {
				r.t.Fatal(err)
			}
			var methods []string
			for _, c := range history {
				methods = append(methods, c.Method)
			}
			if d := cmp.Diff(consents, methods); d != "" {
				r.t.Fatalf("%s %d's history: %s", tenant, n, d)
			}
		}
	}
}

func TestStoreAgreesWithTheModel(t *testing.T) {
	run := func(name string, seed uint64, steps int, config func(*profile.Config)) {
		t.Run(fmt.Sprint(name, seed), func(t *testing.T) {
			r := &modelRun{t: t, rnd: rand.New(rand.NewPCG(seed, 7)), now: start, people: make(model), tenants: []string{"winery", "education"}}
			r.config = profile.Config{Shards: 2, Hot: 2000, Now: func() time.Time { return r.now }}
			r.config.Coarsen = func(_ string, f uint16, v profile.Value) profile.Value { return cut(f, v) }
			config(&r.config)
			r.open()
			for step := range steps {
				r.step()
				if step%5 == 0 {
					r.compare()
				}
			}
			r.compare()
			if err := r.store.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
	for seed := range uint64(10) {
		run("map", seed, 1200, func(c *profile.Config) { profile.OnMaps(c) })
	}
	run("badger", 1, 400, func(c *profile.Config) { c.Dir = t.TempDir() })
}
