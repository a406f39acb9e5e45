package notice_test

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/notice"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// wasmHost is the edge's runtime as the policies' second engine, as cmd/lotse makes it.
type wasmHost struct{}

type wasmPolicy struct{ *runtime.Policy }

func (wasmHost) OpenPolicy(ctx context.Context, wasm, data []byte) (policies.CompiledPolicy, error) {
	p, err := runtime.OpenPolicy(ctx, wasm, data, runtime.PolicyConfig{})
	if err != nil {
		return nil, err
	}
	return wasmPolicy{p}, nil
}

func (p wasmPolicy) Clone(ctx context.Context) (policies.CompiledPolicy, error) {
	clone, err := p.Policy.Clone(ctx)
	if err != nil {
		return nil, err
	}
	return wasmPolicy{clone}, nil
}

// base is the base policy, proved once for all tests.
var base = sync.OnceValues(func() (*policies.Table, error) {
	table, _, err := policies.Prove(context.Background(), policies.Config{Host: wasmHost{}})
	return table, err
})

func testTable(t testing.TB) *policies.Table {
	t.Helper()
	table, err := base()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// sample loads a sample tenant. Its modules are manifests without code: a notice never runs one.
func sample(t testing.TB, name string) *tenant.Config {
	t.Helper()
	folder := os.DirFS(path.Join("../../cmd/lotse/samples", name))
	files, _, err := tenant.ReadFS(folder)
	if err != nil {
		t.Fatal(err)
	}
	delete(files, "keys.yaml") // of whoever tries the sample out
	manifests, err := fs.Glob(folder, "rules/*/manifest.json")
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	for _, name := range manifests {
		raw, err := fs.ReadFile(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		if files[path.Dir(name)+".wasm"], err = abi.AppendManifest([]byte("\x00asm\x01\x00\x00\x00"), raw); err != nil {
			t.Fatal(err)
		}
	}
	config, _, err := tenant.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func gather(t testing.TB, config *tenant.Config, table *policies.Table) *notice.Facts {
	t.Helper()
	facts, err := notice.Gather(config, table)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// own is the rules of a tenant that is stricter than the law.
const own = `package privacy.tenant

import rego.v2

forbid contains {"reason": "age.unknown"} if {
	input.marketing
	input.age in {"unknown", "minor_guardian", "minor"}
}

forbid contains {"reason": "purpose.not_bound"} if input.asked == "decide"

drop contains {"category": "contact", "reason": "purpose.not_bound"} if input.asked == "score"
`

// What the facts say is what the table permits: neither more nor less, for the samples, for catalogues made at random and under a
// tenant's own rules. The other way is by hand: every situation there is, its row, and what the row says of the field's class.
func TestExact(t *testing.T) {
	table := testTable(t)
	strict, err := table.Tenant(context.Background(), "strict", map[string]string{"own.rego": own})
	if err != nil {
		t.Fatal(err)
	}
	configs := []*tenant.Config{sample(t, "winery"), sample(t, "education")}
	random := rand.New(rand.NewPCG(7, 11))
	for range 5 {
		configs = append(configs, randomConfig(random))
	}
	for i, config := range configs {
		for name, table := range map[string]*policies.Table{"base": table, "strict": strict} {
			facts := gather(t, config, table)
			for j := range config.Purposes {
				want := byHand(t, config, &config.Purposes[j], table)
				if diff := cmp.Diff(want, reduce(&facts.Purposes[j])); diff != "" {
					t.Fatalf("configuration %d, %s, purpose %s (-by hand +gathered):\n%s", i, name, config.Purposes[j].Name, diff)
				}
			}
		}
	}
}

// situations is every situation there is.
func situations(t *testing.T) []policies.Situation {
	t.Helper()
	all, err := allSituations()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var allSituations = sync.OnceValues(func() ([]policies.Situation, error) {
	all := make([]policies.Situation, policies.SituationCount)
	for key := range all {
		var err error
		if all[key], err = policies.SituationOf(uint32(key)); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// found is what a purpose may do at most, to be compared.
type found struct {
	Permitted, Transfer, Device, Review, Objection bool
	Profiling                                      policies.Profiling
	Grounds, Portable                              string
	Data                                           map[string]string // name: form, days, condition and grounds
}

func reduce(p *notice.Purpose) found {
	profiling, err := policies.ParseProfiling(p.Profiling)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	f := found{
		Permitted: p.Permitted, Transfer: p.Transfer, Device: p.Device, Review: p.Review, Objection: p.EndedByObjection, Profiling: profiling,
		Grounds: strings.Join(p.Grounds, " "), Portable: strings.Join(p.Portable, " "), Data: map[string]string{},
	}
	for _, d := range p.Data {
		f.Data[d.Name] = fmt.Sprint(d.Coarser, d.Days, d.OnlyExplicit, d.Grounds)
	}
	return f
}

func byHand(t *testing.T, config *tenant.Config, p *tenant.Purpose, table *policies.Table) found {
	t.Helper()
	f := found{Data: map[string]string{}}
	type one struct {
		coarser, explicit bool
		days              int
		grounds           []string
	}
	data := map[string]*one{}
	var grounds, portable []string
	for _, s := range situations(t) {
		if s.Basis != p.Basis || s.Asked != p.Profiling || s.Marketing != p.Marketing || s.Device != p.Device || s.Destination != p.Destination || s.Regime != config.Regime {
			continue
		}
		d, err := table.Decide(s)
		if err != nil {
			t.Fatal(err)
		}
		row := d.Row
		if !row.Permit {
			continue
		}
		objected := s
		objected.Objected = true
		after, err := table.Decide(objected)
		if err != nil {
			t.Fatal(err)
		}
		f.Permitted, f.Transfer, f.Device, f.Review = true, f.Transfer || row.Transfer, f.Device || row.Device, f.Review || row.Review
		f.Objection, f.Profiling = f.Objection || !after.Row.Permit, max(f.Profiling, row.Profiling)
		grounds = append(grounds, row.Reasons...)
		for i, is := range row.Portable {
			if is {
				portable = append(portable, policies.Provenance(i).String())
			}
		}
		keep := func(name string, class policies.Class, bounds ...int) {
			rule := row.Field(class)
			if rule.Verdict == policies.Drop {
				return
			}
			o, ok := data[name]
			if !ok {
				o = &one{coarser: true, explicit: true}
				data[name] = o
			}
			days := int(rule.TTLDays)
			for _, b := range bounds {
				if b > 0 {
					days = min(days, b)
				}
			}
			o.days, o.coarser = max(o.days, days), o.coarser && rule.Verdict == policies.Generalise
			o.explicit = o.explicit && s.Status == policies.StatusExplicit
			o.grounds = append(o.grounds, row.Reasons...)
			if rule.Verdict == policies.Generalise || class.Category == policies.CategorySpecial {
				o.grounds = append(o.grounds, rule.Reason)
			}
			if len(o.grounds) > 64 {
				o.grounds = unique(o.grounds)
			}
		}
		for i := range config.Fields {
			if field := &config.Fields[i]; field.Purposes.Has(p.Bit) {
				keep(field.Name, policies.Class{Category: field.Category, Tag: field.Tag, Bound: true}, p.TTLDays, field.TTLDays)
			}
		}
		for i := range config.Events {
			if event := &config.Events[i]; event.Purposes.Has(p.Bit) {
				keep(event.Name, policies.Class{Category: event.Category, Bound: true}, p.TTLDays, event.TTLDays)
			}
		}
		grounds, portable = unique(grounds), unique(portable)
	}
	f.Grounds, f.Portable = strings.Join(unique(grounds), " "), strings.Join(unique(portable), " ")
	for name, o := range data {
		f.Data[name] = fmt.Sprint(o.coarser, o.days, o.explicit, unique(o.grounds))
	}
	return f
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// randomConfig makes a catalogue of three purposes of any kind, with a field of each category and a few events.
func randomConfig(r *rand.Rand) *tenant.Config {
	c := &tenant.Config{ID: "random", Name: "Random", Digest: strings.Repeat("0", 64), Languages: []string{"en"}, Regime: policies.Regime(r.IntN(6))}
	for i := range 3 {
		c.Purposes = append(c.Purposes, tenant.Purpose{
			Name: fmt.Sprint("purpose", i), Bit: uint8(i), Basis: policies.Basis(r.IntN(4)), Marketing: r.IntN(3) == 0,
			Profiling: policies.Profiling(r.IntN(3)), Device: policies.Device(r.IntN(3)), Destination: policies.Destination(r.IntN(4)),
			TTLDays: 1 + r.IntN(1500), Title: tenant.Text{"en": fmt.Sprint("Title ", i)}, Text: tenant.Text{"en": "Text"},
		})
	}
	for i := range 7 {
		f := tenant.Field{
			Name: fmt.Sprint("field", i), Category: policies.Category(i), Purposes: tenant.PurposeSet(r.IntN(8)), TTLDays: r.IntN(2) * r.IntN(500),
			Label: tenant.Text{"en": fmt.Sprint("Field ", i)},
		}
		if policies.Category(i) != policies.CategorySpecial {
			f.Tag = policies.Tag(r.IntN(5))
		}
		c.Fields = append(c.Fields, f)
	}
	for i := range 3 {
		c.Events = append(c.Events, tenant.EventType{
			Name: fmt.Sprint("event", i), Category: policies.CategoryBehavioural, Purposes: tenant.PurposeSet(r.IntN(8)), TTLDays: r.IntN(2) * r.IntN(500),
		})
	}
	return c
}
