package tenant_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// dictionary numbers names from a first number on, and fails for one name.
type dictionary struct {
	next map[string]uint16
	ids  map[string]uint16
	fail string
}

func (d *dictionary) ID(kind, name string) (uint16, error) {
	if name == d.fail {
		return 0, errors.New("disk full")
	}
	id, ok := d.ids[kind+" "+name]
	if !ok {
		d.next[kind]++
		id = d.next[kind]
		d.ids[kind+" "+name] = id
	}
	return id, nil
}

func newDictionary() *dictionary {
	return &dictionary{next: map[string]uint16{"purpose": 4, "field": 300, "event": 70}, ids: map[string]uint16{}}
}

func TestBind(t *testing.T) {
	c, _, err := tenant.Load(good(t))
	if err != nil {
		t.Fatal(err)
	}
	names := func() map[string][]string {
		found := map[string][]string{}
		for _, f := range c.Fields {
			for bit := range uint8(tenant.MaxPurposes) {
				if f.Purposes.Has(bit) {
					p, ok := c.PurposeByBit(bit)
					if !ok {
						t.Fatalf("%s is bound to the unknown bit %d", f.Name, bit)
					}
					found[f.Name] = append(found[f.Name], p.Name)
				}
			}
		}
		for _, e := range c.Events {
			for _, p := range c.Purposes {
				if e.Opens.Has(p.Bit) {
					found[e.Name+" opens"] = append(found[e.Name+" opens"], p.Name)
				}
			}
		}
		return found
	}
	before := names()
	if diff := cmp.Diff([]string{"necessary"}, before["form_sent opens"]); diff != "" {
		t.Errorf("form_sent opens:\n%s", diff)
	}
	d := newDictionary()
	d.ids["purpose mail"] = 0 // an old purpose: another order than in the catalogue
	for range 2 {             // twice: what is bound can be bound again
		if err := c.Bind(d); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, names(), cmpopts.SortSlices(func(a, b string) bool { return a < b })); diff != "" {
			t.Errorf("purposes of fields changed:\n%s", diff)
		}
	}
	if p, ok := c.PurposeByName("mail"); !ok || p.Bit != 0 {
		t.Errorf("mail has bit %d", p.Bit)
	}
	for _, f := range c.Fields {
		if got, ok := c.FieldByID(f.ID); !ok || got.Name != f.Name || f.ID <= 300 {
			t.Errorf("%s has the id %d, which is of %v", f.Name, f.ID, got)
		}
		if id, _, ok := c.Field(f.Name); !ok || id != f.ID {
			t.Errorf("%s is %d by name", f.Name, id)
		}
	}
	for _, e := range c.Events {
		if got, ok := c.EventByID(e.ID); !ok || got.Name != e.Name || e.ID <= 70 {
			t.Errorf("%s has the id %d, which is of %v", e.Name, e.ID, got)
		}
	}
	for _, id := range []uint16{0, 1, 299, 60000} {
		if f, ok := c.FieldByID(id); ok {
			t.Errorf("field %d is %s", id, f.Name)
		}
		if e, ok := c.EventByID(id); ok {
			t.Errorf("event %d is %s", id, e.Name)
		}
	}
	if _, ok := c.PurposeByBit(200); ok {
		t.Error("there is a purpose with bit 200")
	}
	if id, kind, ok := c.EventProperty("page_view", "path"); !ok || kind != abi.String || id != d.ids["field path"] {
		t.Errorf("path is %d, %s, %v", id, kind, ok)
	}
	if _, _, ok := c.EventProperty("page_view", "email"); ok {
		t.Error("page_view has an email")
	}
	for _, m := range c.Modules {
		if _, problems := rules.NewPlan(&m.Manifest, c); len(problems) > 0 {
			t.Errorf("%s: %v", m.Name, problems)
		}
	}
}

func TestBindFailsWhole(t *testing.T) {
	for _, change := range []func(*dictionary){
		func(d *dictionary) { d.fail = "form_sent" },
		func(d *dictionary) { d.fail = "path" },
		func(d *dictionary) { d.ids["purpose mail"] = 32 },
		func(d *dictionary) { d.ids["purpose mail"], d.ids["purpose necessary"] = 1, 1 },
		func(d *dictionary) { d.ids["field path"], d.ids["field email"] = 9, 9 },
	} {
		c, _, err := tenant.Load(good(t))
		if err != nil {
			t.Fatal(err)
		}
		d := newDictionary()
		change(d)
		if err := c.Bind(d); err == nil {
			t.Error("no error")
		}
		if p, ok := c.PurposeByName("mail"); !ok || p.Bit != 2 || c.Fields[3].ID != 0 {
			t.Error("half of it is bound")
		}
	}
}

// Tests of other rooms write a Config by hand: look-ups work there, too.
func TestNamesWithoutIndex(t *testing.T) {
	c := &tenant.Config{
		Purposes: []tenant.Purpose{{Name: "a", Bit: 3}},
		Fields:   []tenant.Field{{Name: "f", ID: 7}},
		Events:   []tenant.EventType{{Name: "e", ID: 8, Properties: []int{0}}},
		Slots:    []tenant.Slot{{Name: "s"}},
		Forms:    []tenant.Form{{Name: "g"}},
	}
	_, a := c.PurposeByName("a")
	_, b := c.PurposeByBit(3)
	_, d := c.FieldByID(7)
	_, e := c.EventByID(8)
	_, f := c.SlotByName("s")
	_, g := c.FormByName("g")
	_, _, h := c.EventProperty("e", "f")
	if _, ok := c.FieldByName("x"); ok || !a || !b || !d || !e || !f || !g || !h {
		t.Error("not all is found")
	}
}
