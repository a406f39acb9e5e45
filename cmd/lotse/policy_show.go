package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

const policyShowAbout = `
What a tenant's website keeps today, and why: for each purpose of its catalogue what the visitor reads, and
at which moment which field is kept, for how long, on what ground. It is read from the proved policy, under
the tenant's own rules, not from a description. Without --tenant it lists the answers of the policy itself
(see lotse policy rows).

  lotse policy show --tenant DIR --language de

Reasons are in the words that the visitor reads: 'you' is the visitor.`

func policyShow(ctx context.Context, env *environment, args []string) int {
	c := newPolicyCall(env, "show", "[DIR|BUNDLE]", policyShowAbout)
	c.forTenant()
	purpose := c.String("purpose", "", "only the purpose of this `name`")
	operands, exit, ok := c.parseBetween(args, 0, 1)
	if !ok {
		return exit
	}
	if c.folder == "" {
		if *purpose != "" {
			return c.misuse("--purpose goes with --tenant, whose catalogue has the purposes")
		}
		rows := append([]string{"--language", c.language}, operands...)
		if c.json {
			rows = append(rows, "--json")
		}
		return policyRows(ctx, env, rows)
	}
	if err := c.open(ctx, append(operands, "")[0]); err != nil {
		return c.refused(err)
	}
	var views []purposeView
	var names []string
	for i := range c.config.Purposes {
		p := &c.config.Purposes[i]
		names = append(names, p.Name)
		if *purpose != "" && *purpose != p.Name {
			continue
		}
		v, err := c.view(p)
		if err != nil {
			return c.env.fail(c.Name(), err)
		}
		views = append(views, v)
	}
	if len(views) == 0 && *purpose != "" {
		return c.misuse("--purpose: the catalogue has no %q%s", *purpose, meant(*purpose, names))
	}
	if c.json {
		return c.end(c.page(), c.printJSON(c.showJSON(views)))
	}
	return c.end(c.showPage(views), nil)
}

// purposeView is one purpose with what happens at its moments: moments with the same outcome are together.
type purposeView struct {
	Name        string            `json:"name"`
	Title       map[string]string `json:"title"`
	Text        map[string]string `json:"text"`
	Basis       string            `json:"basis"`
	Marketing   bool              `json:"marketing"`
	Profiling   string            `json:"profiling"`
	Device      string            `json:"device"`
	Destination string            `json:"destination"`
	Days        int               `json:"days"`
	ValidDays   int               `json:"valid_days,omitempty"`
	Outcomes    []outcome         `json:"outcomes"`

	of *tenant.Purpose
}

// outcome is what happens at some moments.
type outcome struct {
	Moments   []momentView `json:"moments"`
	Permit    bool         `json:"permit"`
	Fields    []treatment  `json:"fields"`
	Events    []treatment  `json:"events"`
	Profiling string       `json:"profiling"`
	Transfer  bool         `json:"transfer"`
	Device    bool         `json:"device"`

	row *policies.Row // of the first moment
}

type momentView struct {
	Name      string         `json:"name"`
	Situation map[string]any `json:"situation"`
	Reasons   []string       `json:"reasons"`

	words visitorMoment
	row   *policies.Row
}

// treatment is what happens to a field, or to an event of a type.
type treatment struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"` // kept, generalised, dropped
	Method  string `json:"method,omitempty"`
	Days    int    `json:"days,omitempty"`
	Reason  string `json:"reason"`
}

// view asks the table about all moments of a purpose.
func (c *policyCall) view(p *tenant.Purpose) (purposeView, error) {
	v := purposeView{
		Name: p.Name, Title: p.Title, Text: p.Text, Basis: p.Basis.String(), Marketing: p.Marketing, Profiling: p.Profiling.String(),
		Device: p.Device.String(), Destination: p.Destination.String(), Days: p.TTLDays, ValidDays: p.ValidDays, of: p,
	}
	seen := map[string]int{}
	for _, m := range momentsOf(p.Basis) {
		s := situationOfPurpose(c.config, p)
		m.set(&s)
		d, err := c.table.Decide(s)
		if err != nil {
			return v, fmt.Errorf("the purpose %s: %w", p.Name, err)
		}
		o := c.outcome(p, d)
		text, err := json.Marshal(o)
		if err != nil {
			return v, fmt.Errorf("the purpose %s: %w", p.Name, err)
		}
		i, ok := seen[string(text)]
		if !ok {
			i = len(v.Outcomes)
			seen[string(text)] = i
			v.Outcomes = append(v.Outcomes, o)
		}
		v.Outcomes[i].Moments = append(v.Outcomes[i].Moments, momentView{m.name, s.Document(), d.Row.Reasons, m, d.Row})
	}
	return v, nil
}

// outcome is what one answer does with the fields and events that the catalogue binds to the purpose, as the edge applies it.
func (c *policyCall) outcome(p *tenant.Purpose, d policies.Decision) outcome {
	r := d.Row
	o := outcome{
		Moments: []momentView{}, Permit: r.Permit, Fields: []treatment{}, Events: []treatment{}, Profiling: r.Profiling.String(),
		Transfer: r.Transfer, Device: r.Device, row: r,
	}
	rows := []policies.PurposeRow{{Bit: p.Bit, Row: r, Key: d.Key, TTLDays: p.TTLDays}}
	treat := func(name, method string, t policies.Target) treatment {
		ruling := policies.Rule(rows, t)
		out := treatment{Name: name, Verdict: ruling.Verdict.String()}
		if r.Permit {
			out.Reason = r.Field(policies.Class{Category: t.Category, Tag: t.Tag, Bound: true}).Reason
		}
		if len(ruling.Grants) > 0 {
			out.Days = int(ruling.Grants[0].TTLDays)
		}
		if ruling.Verdict == policies.Generalise {
			out.Method = method
		}
		return out
	}
	for i := range c.config.Fields {
		f := &c.config.Fields[i]
		if f.Purposes.Has(p.Bit) {
			method := f.Generalise
			if all := policies.Methods(f.Tag); method == "" && len(all) > 0 {
				method = all[0]
			}
			o.Fields = append(o.Fields, treat(f.Name, method, policies.Target{Category: f.Category, Tag: f.Tag, Purposes: uint32(f.Purposes), TTLDays: f.TTLDays}))
		}
	}
	for i := range c.config.Events {
		e := &c.config.Events[i]
		if e.Purposes.Has(p.Bit) {
			o.Events = append(o.Events, treat(e.Name, "", policies.Target{Category: e.Category, Purposes: uint32(e.Purposes), TTLDays: e.TTLDays}))
		}
	}
	return o
}

type showJSON struct {
	Tenant   string                `json:"tenant"`
	Name     string                `json:"name"`
	Policy   string                `json:"policy"`
	OwnRules bool                  `json:"own_rules"`
	Purposes []purposeView         `json:"purposes"`
	Reasons  map[string]reasonJSON `json:"reasons"`
}

func (c *policyCall) showJSON(views []purposeView) showJSON {
	var rows []*policies.Row
	for _, v := range views {
		for _, o := range v.Outcomes {
			for _, m := range o.Moments {
				rows = append(rows, m.row)
			}
		}
	}
	return showJSON{c.config.ID, c.config.Name, c.table.Digest(), c.table != c.base, views, reasonsOf(c.table, rows...)}
}

// sameAs tells whether a field is treated as a list has it.
func (t treatment) sameAs(list []treatment) bool { return slices.Contains(list, t) }
