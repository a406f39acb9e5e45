package policies

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// A law is an invariant: a rule of privacy.invariants that must hold in no case. There are two kinds. One of violations looks at a
// situation and its row; one of enlargements at a step and the rows before and after it.
type law struct {
	id     string
	reason Reason
	file   string
	line   int
	query  *query
	ofStep bool
	// What the law can read. Cases that look alike to it are judged once.
	situation partMask
	row       []string // keys of the row's document; nil: none
	before    []string
	after     []string
	step      bool
}

// The documents of privacy.invariants, and what their input has.
const (
	lawViolations   = "violations"
	lawEnlargements = "enlargements"
)

// laws reads the invariants of a policy.
func (p *compiledPolicy) laws(ctx context.Context) ([]*law, error) {
	var all []*law
	var f faults
	for _, rule := range p.lawRules() {
		document := rule.Head.Ref()[0].String()
		if document != lawViolations && document != lawEnlargements {
			continue // what the laws are made of
		}
		key, ok := ast.Value(nil), false
		if rule.Head.Key != nil {
			key = rule.Head.Key.Value
			_, ok = key.(ast.String)
		}
		if !ok {
			f.add(rule.Loc(), "a law is named by a text: %s contains \"law.example\" if ...", document)
			continue
		}
		l := &law{id: string(key.(ast.String)), ofStep: document == lawEnlargements, file: rule.Loc().File, line: rule.Loc().Row}
		if l.reason, ok = p.reasons[l.id]; !ok {
			f.add(rule.Loc(), "the law %q has no # METADATA with its id, its words and its article", l.id)
			continue
		}
		if slices.ContainsFunc(all, func(o *law) bool { return o.id == l.id }) {
			f.add(rule.Loc(), "the law %q is there twice; give each its own id", l.id)
			continue
		}
		l.reads(p.compiler, rule, &f)
		var err error
		if l.query, err = p.prepare(ctx, fmt.Sprintf("data.privacy.invariants.%s[%q]", document, l.id)); err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	if len(all) == 0 {
		f.add(&ast.Location{File: "privacy/invariants"}, "the policy has no invariants; without them nothing says what it may never do")
	}
	slices.SortFunc(all, func(a, b *law) int { return strings.Compare(a.id, b.id) })
	return all, f.err()
}

// lawRules gives the rules of the invariants.
func (p *compiledPolicy) lawRules() []*ast.Rule {
	var out []*ast.Rule
	for _, m := range p.compiler.Modules {
		if m.Package.Path.Equal(lawPackage) {
			out = append(out, m.Rules...)
		}
	}
	return out
}

// rowKeys is the closed world of a row's document.
var rowKeys = func() []string {
	var keys []string
	for key := range refusal([]string{""}).Document() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}()

// reads finds what a law can see of its input.
func (l *law) reads(c *ast.Compiler, rule *ast.Rule, f *faults) {
	for _, ref := range inputRefs(c, 2, rule) {
		if len(ref) == 1 {
			f.add(rule.Loc(), "a law names what it reads, such as input.row.permit: it may not use input as a whole")
			return
		}
		head, key := string(ref[1].Value.(ast.String)), ""
		if len(ref) > 2 {
			key = string(ref[2].Value.(ast.String))
		}
		keys := []string{key}
		if key == "" {
			keys = rowKeys
		} else if head != "situation" && !slices.Contains(rowKeys, key) {
			f.add(rule.Loc(), "input.%s.%s does not exist: a row has %s", head, key, strings.Join(rowKeys, ", "))
		}
		switch {
		case head == "situation" && !l.ofStep:
			if i := partByKey(key); i >= 0 {
				l.situation |= 1 << i
			} else if key == "" {
				l.situation = allParts
			} else {
				f.add(rule.Loc(), "input.situation.%s does not exist: a situation has %s", key, strings.Join(allParts.names(), ", "))
			}
		case head == "row" && !l.ofStep:
			l.row = union(l.row, keys)
		case head == "before" && l.ofStep:
			l.before = union(l.before, keys)
		case head == "after" && l.ofStep:
			l.after = union(l.after, keys)
		case head == "step" && l.ofStep:
			l.step = true
		case l.ofStep:
			f.add(rule.Loc(), "input.%s does not exist: a law of enlargements reads input.step, input.before and input.after", head)
		default:
			f.add(rule.Loc(), "input.%s does not exist: a law of violations reads input.situation and input.row", head)
		}
	}
}

func union(a, b []string) []string {
	out := append(slices.Clone(a), b...)
	slices.Sort(out)
	return slices.Compact(out)
}

// holds tells whether the law is broken by an input.
func (l *law) broken(ctx context.Context, input ast.Value) (bool, error) {
	_, err := l.query.ask(ctx, input)
	switch {
	case err == nil:
		return true, nil
	case isUndefined(err):
		return false, nil
	}
	return false, fmt.Errorf("judge by the law %s: %w", l.id, err)
}
