package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

const policyExplainAbout = `
Explains one situation: the answer, every reason with its article, and the nearest situations in which the
answer would be another. What is not named has its first value; 'given' and 'explicit' are proved by a
recorded click unless --proof says otherwise. With --tenant and --purpose the catalogue says all that
belongs to the purpose, and only the visitor's moment is left to name:

  lotse policy explain --tenant DIR --purpose newsletter --status given

--trace asks the rules themselves again, instead of the table that they were proved into, and lists each one
that held. Reasons are in the words that the visitor reads: 'you' is the visitor.`

// policyExplainCall is one call of lotse policy explain.
type policyExplainCall struct {
	*policyCall
	parts   *partFlags
	purpose string
	trace   bool
}

func policyExplain(ctx context.Context, env *environment, args []string) int {
	c := &policyExplainCall{policyCall: newPolicyCall(env, "explain", "[DIR|BUNDLE]", policyExplainAbout)}
	c.forTenant()
	c.parts = newPartFlags(c.policyCall, false)
	c.StringVar(&c.purpose, "purpose", "", "`name` of a purpose in the catalogue of --tenant")
	c.BoolVar(&c.trace, "trace", false, "ask the rules again and list all that held")
	operands, exit, ok := c.parseBetween(args, 0, 1)
	if !ok {
		return exit
	}
	if err := c.parts.read(); err != nil {
		return c.misuse("%v", err)
	}
	if c.purpose != "" && c.folder == "" {
		return c.misuse("--purpose goes with --tenant, whose catalogue has the purposes")
	}
	if err := c.open(ctx, append(operands, "")[0]); err != nil {
		return c.refused(err)
	}
	s, err := c.situation()
	if err != nil {
		return c.misuse("%v", err)
	}
	e, err := c.explain(ctx, s)
	switch {
	case err != nil:
		return c.env.fail(c.Name(), err)
	case c.json:
		return c.end(c.page(), c.printJSON(c.document(e)))
	}
	return c.end(c.explanation(e), nil)
}

// situation is what is to be explained.
func (c *policyExplainCall) situation() (policies.Situation, error) {
	var from policies.Situation
	if c.config != nil {
		from.Regime = c.config.Regime
	}
	if c.purpose != "" {
		p, ok := c.config.PurposeByName(c.purpose)
		if !ok {
			var names []string
			for i := range c.config.Purposes {
				names = append(names, c.config.Purposes[i].Name)
			}
			return from, fmt.Errorf("--purpose: the catalogue has no %q%s: it has %s", c.purpose, meant(c.purpose, names), strings.Join(names, ", "))
		}
		from = situationOfPurpose(c.config, p)
	}
	return c.parts.situation(from)
}

// situationOfPurpose is what the catalogue says of a purpose; of the visitor nothing is known.
func situationOfPurpose(config *tenant.Config, p *tenant.Purpose) policies.Situation {
	return policies.Situation{
		Basis: p.Basis, Asked: p.Profiling, Marketing: p.Marketing, Regime: config.Regime, Destination: p.Destination, Device: p.Device,
	}
}

// explained is the answer to one situation.
type explained struct {
	situation policies.Situation
	row       *policies.Row
	key       uint32
	nearest   []policies.Neighbour
	trace     *policies.Trace // nil if not asked for
}

func (c *policyExplainCall) explain(ctx context.Context, s policies.Situation) (*explained, error) {
	d, err := c.table.Decide(s)
	if err != nil {
		return nil, err
	}
	e := &explained{situation: s, row: d.Row, key: d.Key}
	if e.nearest, err = c.table.Nearest(s); err != nil || !c.trace {
		return e, err
	}
	var own map[string]string
	if c.config != nil {
		own = c.config.Policies
	}
	tracer, err := c.base.Tracer(ctx, own)
	if err != nil {
		return nil, err
	}
	e.trace, err = tracer.Trace(ctx, s)
	return e, err
}

// explanation writes it for a person.
func (c *policyExplainCall) explanation(e *explained) *page {
	p := c.page()
	p.line("", c.say("The situation", "Die Lage"))
	p.situationLines("  ", e.situation)
	p.gap()
	p.line("", c.say("The answer, and why", "Die Antwort, und warum"))
	p.statements("  ", c.table, e.row)
	p.gap()
	c.nearest(p, e)
	if e.trace != nil {
		p.gap()
		p.line("", c.say("The rules that held, asked again", "Die Regeln, die zutrafen, noch einmal gefragt"))
		for _, r := range e.trace.Rules {
			p.line("  - ", fmt.Sprintf("%s [%s], %s:%d", reasonWords(c.table, r.ID, c.language), r.ID, r.File, r.Line))
		}
	}
	return p
}

// nearest writes what would change the answer: first what lies with the visitor, then what lies with the operator.
func (c *policyExplainCall) nearest(p *page, e *explained) {
	for _, visitor := range []bool{true, false} {
		first := true
		for i := range e.nearest {
			n := &e.nearest[i]
			if n.Visitor != visitor {
				continue
			}
			if first && visitor {
				p.line("", c.say("What would change it, on the visitor's side", "Was sie ändern würde, auf der Seite des Besuchers"))
			} else if first {
				p.gap()
				p.line("", c.say("What would change it, on the operator's side", "Was sie ändern würde, auf der Seite des Betreibers"))
			}
			first = false
			p.line(c.say("  if   ", "  wenn "), n.Describe(c.language))
			p.line(c.say("  then ", "  dann "), strings.Join(policies.Consequences(n.Changes, c.language), "; "))
		}
	}
	if len(e.nearest) == 0 {
		p.line("", c.say("Nothing near would change the answer.", "Nichts in der Nähe würde die Antwort ändern."))
	}
}

type neighbourJSON struct {
	If      []policies.Condition `json:"if"`
	Changed []string             `json:"changed"`
	Visitor bool                 `json:"visitor"`
	Example map[string]any       `json:"example"`
	Then    []policies.Change    `json:"then"`
	Words   map[string]string    `json:"words"`
}

type explainedJSON struct {
	Policy    string                `json:"policy"`
	Key       uint32                `json:"key"`
	Situation map[string]any        `json:"situation"`
	Answer    map[string]any        `json:"answer"`
	Sentences []policies.Statement  `json:"sentences"`
	Nearest   []neighbourJSON       `json:"nearest"`
	Trace     []policies.TracedRule `json:"trace,omitempty"`
	Reasons   map[string]reasonJSON `json:"reasons"`
}

func (c *policyExplainCall) document(e *explained) explainedJSON {
	out := explainedJSON{
		Policy: c.table.Digest(), Key: e.key, Situation: e.situation.Document(), Answer: e.row.Document(), Sentences: e.row.Tell(),
		Nearest: []neighbourJSON{}, Reasons: reasonsOf(c.table, e.row),
	}
	for i := range e.nearest {
		n := &e.nearest[i]
		words := map[string]string{}
		for _, language := range []string{"de", "en"} {
			words[language] = n.Describe(language)
		}
		var conditions []policies.Condition
		for _, condition := range n.Where.Conditions() {
			if slices.ContainsFunc(condition.Parts, func(key string) bool { return slices.Contains(n.Changed, key) }) {
				conditions = append(conditions, condition)
			}
		}
		out.Nearest = append(out.Nearest, neighbourJSON{conditions, n.Changed, n.Visitor, n.Example.Document(), n.Changes, words})
	}
	if e.trace != nil {
		out.Trace = e.trace.Rules
	}
	return out
}
