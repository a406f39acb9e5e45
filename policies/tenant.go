package policies

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// tenantPackage is the only package that a tenant's rules may be in.
var tenantPackage = ast.MustParseRef("data.privacy.tenant")

// The two rules that a tenant may give. Both only take away: there is no word for a permit.
const (
	tenantForbid = "forbid" // forbid contains {"reason": "age.unknown"} if ...
	tenantDrop   = "drop"   // drop contains {"category": "contact", "reason": "tenant.no_contact"} if ...
)

// Tenant returns an engine for one tenant: this one's answers, from which the tenant's own rules may only take away. The
// rules are compiled by themselves and see nothing but the situation, neither the base policy nor its answer, and what they
// say is combined in Go by AND. So no rule can enlarge what the base policy permits. Without files, the engine itself is
// returned. Every fault is in the error, which is SourceErrors.
func (e *Engine) Tenant(ctx context.Context, id string, files map[string]string) (*Engine, error) {
	if len(files) == 0 {
		return e, nil
	}
	var f faults
	caps := capabilities(growingBuiltins...)
	modules := parseModules(files, caps, &f)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if m, ok := modules[name]; ok {
			lintTenant(m, &f)
		} else if !strings.HasSuffix(name, ".rego") {
			f.add(&ast.Location{File: name}, "a tenant's policy is made of .rego files only")
		}
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	compiler, annotations := compileModules(modules, caps, &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	reasons := tenantReasons(modules, annotations, e.reasons, &f)
	if err := f.err(); err != nil {
		return nil, err
	}
	q, err := prepare(ctx, "data.privacy.tenant", compiler, caps, map[string]any{})
	if err != nil {
		return nil, err
	}
	t := &Engine{
		digest: digestOf("tenant "+e.digest, files), reasons: reasons, ages: e.ages, shared: newShared(), table: new(table),
	}
	t.answer = func(ctx context.Context, s Situation) (*Row, error) {
		row, err := e.Decide(ctx, s)
		if err != nil || !row.Permit {
			return row, err
		}
		forbidden, drops, err := askTenant(ctx, q, s)
		if err != nil {
			return nil, fmt.Errorf("rules of the tenant %s: %w", id, err)
		}
		return t.takeAway(row, forbidden, drops)
	}
	if err := tryOut(ctx, q); err != nil {
		return nil, fmt.Errorf("rules of the tenant %s: %w", id, err)
	}
	return t, nil
}

// askTenant asks a tenant's rules alone.
func askTenant(ctx context.Context, q *query, s Situation) (forbidden, drops []refusal, err error) {
	v, err := q.ask(ctx, s.input())
	if err != nil {
		return nil, nil, err
	}
	object, ok := v.(ast.Object)
	if !ok {
		return nil, nil, fmt.Errorf("the rules are no object")
	}
	if forbidden, err = readRefusals(object, tenantForbid); err != nil {
		return nil, nil, err
	}
	drops, err = readRefusals(object, tenantDrop)
	return forbidden, drops, err
}

// takeAway combines the base policy's row with what a tenant's rules say, by AND.
func (e *Engine) takeAway(row *Row, forbidden, drops []refusal) (*Row, error) {
	out := *row
	switch {
	case len(forbidden) > 0:
		ids := make([]string, len(forbidden))
		for i := range forbidden {
			ids[i] = forbidden[i].reason
		}
		slices.Sort(ids)
		out.Reasons = e.shared.ids(slices.Compact(ids))
		out.refuse(e.shared)
	case len(drops) > 0:
		fields := *row.Fields
		for _, d := range drops {
			for t := range tagCount {
				rule := &fields[Class{Category: d.category, Tag: t, Bound: true}.Index()]
				if rule.Verdict != Drop {
					*rule = FieldRule{Reason: d.reason}
				}
			}
		}
		out.Fields = e.shared.fields(&fields)
	default:
		return row, nil
	}
	return &out, e.known(&out)
}

// refusal is one element of forbid or drop.
type refusal struct {
	category Category
	reason   string
}

// readRefusals reads a set of refusals, in the set's own order, which is fixed.
func readRefusals(object ast.Object, rule string) ([]refusal, error) {
	t := object.Get(term(rule))
	if t == nil {
		return nil, nil
	}
	set, ok := t.Value.(ast.Set)
	if !ok {
		return nil, fmt.Errorf("%s is not a set", rule)
	}
	var out []refusal
	err := set.Iter(func(t *ast.Term) error {
		o, ok := t.Value.(ast.Object)
		if !ok {
			return fmt.Errorf("%s holds something that is not an object", rule)
		}
		a := answer{object: o}
		r := refusal{reason: a.text("reason")}
		keys := 1
		if rule == tenantDrop {
			keys = 2
			category, err := ParseCategory(a.text("category"))
			if err != nil && a.err == nil {
				return fmt.Errorf("%s: %w", rule, err)
			}
			r.category = category
		}
		if a.err != nil {
			return fmt.Errorf("%s: %w", rule, a.err)
		}
		if o.Len() != keys {
			return fmt.Errorf("%s holds an object with more than it may have", rule)
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// tryOut asks a tenant's rules about a spread of situations, so that a rule that fails is refused when it is loaded and not
// when a visitor comes. Every value of every part of a situation is met.
func tryOut(ctx context.Context, q *query) error {
	const step = 2003 // a prime that divides no radix of the key
	for key := uint32(0); key < SituationCount; key += step {
		s, err := SituationOf(key)
		if err != nil {
			return err
		}
		if _, _, err := askTenant(ctx, q, s); err != nil {
			return fmt.Errorf("situation %d: %w", key, err)
		}
	}
	return nil
}
