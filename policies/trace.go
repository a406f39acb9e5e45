package policies

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A Tracer asks a policy about single situations again, in OPA's interpreter and without the table. It is safe for concurrent use.
type Tracer struct {
	documents [aspectCount]*tracedDocument
	forbid    *tracedDocument // of a tenant's rules; nil without
	drop      *tracedDocument
}

// A Trace is the answer to one situation with every rule that held on the way there.
type Trace struct {
	Row   *Row
	Rules []TracedRule // by document, file and line
}

// TracedRule is a rule that held.
type TracedRule struct {
	Document string `json:"document"` // that was asked, such as privacy/transfer/answer
	ID       string `json:"id"`
	File     string `json:"file"`
	Line     int    `json:"line"`
}

// Tracer makes ready the policy that the table was proved from. For a tenant, it is the table of the base policy that is asked, with
// the tenant's own files; without files it is the base policy alone. That a trace gives the row of the table, in every situation, is
// what the table was proved by.
func (t *Table) Tracer(ctx context.Context, own map[string]string) (*Tracer, error) {
	policy, err := loadPolicy(t.config.Source)
	if err != nil {
		return nil, err
	}
	tr := &Tracer{}
	for i := range aspects {
		if tr.documents[i], err = policy.traced(ctx, aspects[i].document); err != nil {
			return nil, err
		}
	}
	if len(own) == 0 {
		return tr, nil
	}
	if policy, err = t.loadTenant(own); err != nil {
		return nil, err
	}
	if tr.forbid, err = policy.traced(ctx, forbidDocument); err != nil {
		return nil, err
	}
	tr.drop, err = policy.traced(ctx, dropDocument)
	return tr, err
}

// tracedDocument is a document ready to be asked; nil if the policy has none.
type tracedDocument struct {
	document string
	mask     partMask
	query    *query
	policy   *compiledPolicy
}

func (p *compiledPolicy) traced(ctx context.Context, document string) (*tracedDocument, error) {
	ref := refOf(document)
	if len(p.compiler.GetRulesDynamicWithOpts(ref, ast.RulesOptions{})) == 0 {
		return nil, nil
	}
	q, err := p.prepare(ctx, ref.String())
	return &tracedDocument{document, readMask(p.compiler, ref), q, p}, err
}

// Trace asks about a situation.
func (tr *Tracer) Trace(ctx context.Context, s Situation) (*Trace, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	trace := &Trace{}
	var all [aspectCount]*answered
	for i, d := range tr.documents {
		var err error
		if all[i], err = d.ask(ctx, s, trace); err != nil {
			return nil, err
		}
	}
	c, err := newComposer(all)
	if err != nil {
		return nil, err
	}
	trace.Row = c.row(c.combine(s.Key()))
	return trace, tr.takeAway(ctx, s, trace)
}

// takeAway lets a tenant's rules take away from a trace's row.
func (tr *Tracer) takeAway(ctx context.Context, s Situation, trace *Trace) (err error) {
	row := trace.Row
	o := &overlay{base: func(uint32) *Row { return row }, rows: map[overlaid]*Row{}, fields: map[Fields]*Fields{}}
	if o.forbid, err = tr.forbid.ask(ctx, s, trace); err != nil {
		return err
	}
	if o.drop, err = tr.drop.ask(ctx, s, trace); err != nil {
		return err
	}
	if o.forbidden, err = readRefusals(o.forbid, tenantForbid); err != nil {
		return err
	}
	if o.dropped, err = readRefusals(o.drop, tenantDrop); err != nil {
		return err
	}
	trace.Row = o.row(s.Key())
	return nil
}

// ask notes which rules held.
func (d *tracedDocument) ask(ctx context.Context, s Situation, trace *Trace) (*answered, error) {
	if d == nil {
		return nothing(), nil
	}
	fired := firing{}
	v, err := d.query.ask(ctx, s.input(d.mask), fired)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", d.document, err)
	}
	first := len(trace.Rules)
	for rule := range fired {
		a := d.policy.annotation(rule)
		if a == nil {
			continue // made by the compiler
		}
		if reason, fault := reasonOf(a); fault == "" {
			trace.Rules = append(trace.Rules, TracedRule{d.document, reason.ID, rule.Loc().File, rule.Loc().Row})
		}
	}
	slices.SortFunc(trace.Rules[first:], func(a, b TracedRule) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return &answered{projection: newProjection(0), Document: d.document, Texts: []string{canonical(v)}, Index: []uint16{0}}, nil
}
