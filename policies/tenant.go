package policies

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// tenantPackage is the only package that a tenant's rules may be in.
var tenantPackage = ast.MustParseRef("data.privacy.tenant")

// The two rules that a tenant may give. Both only take away: there is no word for a permit.
const (
	tenantForbid = "forbid" // forbid contains {"reason": "age.unknown"} if ...
	tenantDrop   = "drop"   // drop contains {"category": "contact", "reason": "tenant.no_contact"} if ...
)

// The documents of a tenant's rules.
const (
	forbidDocument = "privacy/tenant/" + tenantForbid
	dropDocument   = "privacy/tenant/" + tenantDrop
)

// Tenant returns a table for one tenant: this one's rows, from which the tenant's own rules may only take away. The rules are
// compiled by themselves and see nothing but the situation, neither the base policy nor its answer, and what they say is combined
// in Go by AND. So no rule can enlarge what the base policy permits in a situation; that none makes a step against a purpose
// enlarge anything is proved against the laws of the base policy. Without files, the table itself is returned. What is wrong with
// the texts is in the error as SourceErrors, what is wrong with the answers as Findings.
func (t *Table) Tenant(ctx context.Context, id string, files map[string]string) (*Table, error) {
	if len(files) == 0 {
		return t, nil
	}
	policy, err := t.loadTenant(files)
	if err != nil {
		return nil, err
	}
	kept, err := loadProof(policy.source, t.config.Proofs)
	if err != nil {
		return nil, err
	}
	if kept != nil {
		if out, err := t.overlay(policy, kept); err == nil {
			return out, nil
		}
	}
	kept, err = askTenant(ctx, policy, t.config.Host)
	if err != nil {
		return nil, fmt.Errorf("rules of the tenant %s: %w", id, err)
	}
	out, err := t.overlay(policy, kept)
	if err != nil {
		return nil, fmt.Errorf("rules of the tenant %s: %w", id, err)
	}
	if err := out.within(t); err != nil {
		return nil, err
	}
	laws, err := t.laws(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := judge(ctx, laws, out); err != nil {
		return nil, fmt.Errorf("rules of the tenant %s: %w", id, err)
	}
	return out, remember(policy, t.config.Proofs, kept)
}

// loadTenant checks the texts of a tenant's rules.
func (t *Table) loadTenant(files map[string]string) (*compiledPolicy, error) {
	var f faults
	p := &compiledPolicy{caps: capabilities(growingBuiltins...), data: map[string]any{}, dataJSON: []byte("{}")}
	p.source = digestOf("tenant "+t.digest, files)
	p.modules = parseModules(files, p.caps, &f)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if m, ok := p.modules[name]; ok {
			lintTenant(m, &f)
		} else if !strings.HasSuffix(name, ".rego") {
			f.add(&ast.Location{File: name}, "a tenant's policy is made of .rego files only")
		}
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	p.compiler, p.annotations = compileModules(p.modules, p.caps, &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	p.reasons = tenantReasons(p.modules, p.annotations, t.reasons, &f)
	return p, f.err()
}

// askTenant asks a tenant's rules about all situations that they can tell apart.
func askTenant(ctx context.Context, policy *compiledPolicy, host Host) (_ *keptProof, err error) {
	kept := &keptProof{Format: proofFormat}
	var documents []string
	for _, d := range []string{forbidDocument, dropDocument} {
		if len(policy.compiler.GetRulesDynamicWithOpts(refOf(d), ast.RulesOptions{})) > 0 {
			documents = append(documents, d)
		}
	}
	if len(documents) == 0 {
		return nil, Findings{{Check: CheckTenant, Message: "the rules neither forbid nor drop anything: see the rules forbid and drop in the chapter on policies"}}
	}
	in, err := newInterrogation(ctx, policy, host, documents)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.engine.Close(ctx)) }()
	for _, d := range documents {
		a, err := in.ask(ctx, d)
		if err != nil {
			return nil, err
		}
		kept.Documents = append(kept.Documents, a)
	}
	if len(in.findings) == 0 {
		in.findings = policy.idle(in.fired)
	}
	return kept, in.findings.err()
}

// overlay makes the table of a tenant's answers over the base policy's.
func (t *Table) overlay(policy *compiledPolicy, kept *keptProof) (*Table, error) {
	o := &overlay{base: t.row, rows: map[overlaid]*Row{}, fields: map[Fields]*Fields{}, forbid: nothing(), drop: nothing()}
	h := sha256.New()
	fmt.Fprintf(h, "tenant %s\n", t.digest)
	for _, a := range kept.Documents {
		switch a.Document {
		case forbidDocument:
			o.forbid = a
		case dropDocument:
			o.drop = a
		default:
			return nil, fmt.Errorf("read the kept proof: a tenant's rules have no document %s", a.Document)
		}
		if err := json.NewEncoder(h).Encode(a); err != nil {
			return nil, fmt.Errorf("write the answers of %s: %w", a.Document, err)
		}
	}
	var err error
	if o.forbidden, err = readRefusals(o.forbid, tenantForbid); err != nil {
		return nil, Findings{{Check: CheckTenant, Message: err.Error()}}
	}
	if o.dropped, err = readRefusals(o.drop, tenantDrop); err != nil {
		return nil, Findings{{Check: CheckTenant, Message: err.Error()}}
	}
	return &Table{
		digest: hex.EncodeToString(h.Sum(nil)), source: policy.source, reasons: policy.reasons, ages: t.ages,
		config: t.config, laws: t.laws, row: o.row,
	}, nil
}

// within checks row by row that a tenant's table permits nothing that the base does not. That it cannot is by construction; that
// it does not is seen here.
func (t *Table) within(base *Table) error {
	type pair struct{ mine, theirs *Row }
	seen := map[pair]bool{}
	for key := range uint32(SituationCount) {
		p := pair{t.row(key), base.row(key)}
		if p.mine == p.theirs || seen[p] {
			continue
		}
		seen[p] = true
		if !p.mine.Within(p.theirs) {
			s, err := SituationOf(key)
			if err != nil {
				return err
			}
			return Findings{{Check: CheckTenant, Situation: &s, Message: "a tenant's rules may only take away, and these permit more than the base policy"}}
		}
	}
	return nil
}

// overlay takes away from the base policy's rows what a tenant's rules say. It is safe for concurrent use.
type overlay struct {
	base               func(key uint32) *Row
	forbid, drop       *answered
	forbidden, dropped [][]tenantRefusal // by answer
	mu                 sync.Mutex
	rows               map[overlaid]*Row
	fields             map[Fields]*Fields
}

// overlaid names a row of an overlay: the base policy's, and the number of each answer of the tenant's rules.
type overlaid struct {
	base         *Row
	forbid, drop uint16
}

// nothing is a document that takes nothing away.
func nothing() *answered {
	return &answered{projection: newProjection(0), Texts: []string{"[]"}, Index: []uint16{0}}
}

func (o *overlay) row(key uint32) *Row {
	row := o.base(key)
	if !row.Permit {
		return row
	}
	of := overlaid{row, o.forbid.at(key), o.drop.at(key)}
	forbidden, dropped := o.forbidden[of.forbid], o.dropped[of.drop]
	if len(forbidden) == 0 && len(dropped) == 0 {
		return row
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r, ok := o.rows[of]; ok {
		return r
	}
	r := o.takeAway(row, forbidden, dropped)
	o.rows[of] = r
	return r
}

// takeAway combines the base policy's row with what a tenant's rules say, by AND.
func (o *overlay) takeAway(row *Row, forbidden, dropped []tenantRefusal) *Row {
	if len(forbidden) > 0 {
		ids := make([]string, len(forbidden))
		for i := range forbidden {
			ids[i] = forbidden[i].reason
		}
		slices.Sort(ids)
		return refusal(slices.Compact(ids))
	}
	fields := *row.Fields
	for _, d := range dropped {
		for t := range tagCount {
			rule := &fields[Class{Category: d.category, Tag: t, Bound: true}.Index()]
			if rule.Verdict != Drop {
				*rule = FieldRule{Reason: d.reason}
			}
		}
	}
	out := *row
	out.Fields = o.fields[fields]
	if out.Fields == nil {
		out.Fields = &fields
		o.fields[fields] = out.Fields
	}
	return &out
}

// tenantRefusal is one element of forbid or drop.
type tenantRefusal struct {
	category Category
	reason   string
}

// readRefusals reads each different answer of forbid or drop, in a fixed order.
func readRefusals(a *answered, rule string) ([][]tenantRefusal, error) {
	out := make([][]tenantRefusal, len(a.Texts))
	for i, text := range a.Texts {
		v, err := ast.ValueFromReader(strings.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("read an answer of %s: %w", rule, err)
		}
		list, ok := v.(*ast.Array)
		if !ok {
			return nil, fmt.Errorf("%s is not a set", rule)
		}
		err = list.Iter(func(t *ast.Term) error {
			r, err := readRefusal(t, rule)
			out[i] = append(out[i], r)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readRefusal(t *ast.Term, rule string) (tenantRefusal, error) {
	o, ok := t.Value.(ast.Object)
	if !ok {
		return tenantRefusal{}, fmt.Errorf("%s holds something that is not an object", rule)
	}
	a := answer{object: o}
	r := tenantRefusal{reason: a.text("reason")}
	if rule == tenantForbid {
		a.only("reason")
		return r, wrapRule(rule, a.err)
	}
	a.only("category", "reason")
	category, err := ParseCategory(a.text("category"))
	if a.err != nil {
		err = a.err
	}
	r.category = category
	return r, wrapRule(rule, err)
}

func wrapRule(rule string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", rule, err)
	}
	return nil
}
