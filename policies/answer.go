package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// answer reads what a document of the policy says. Everything that is missing, unknown or of another type is an error: an
// answer that is not whole is refused, never guessed.
type answer struct {
	object ast.Object
	err    error
}

func readAnswer(v ast.Value) *answer {
	object, ok := v.(ast.Object)
	if !ok {
		return &answer{err: fmt.Errorf("the answer is no object")}
	}
	return &answer{object: object}
}

func (a *answer) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

func (a *answer) get(key string) ast.Value {
	if a.err != nil {
		return ast.NullValue
	}
	t := a.object.Get(term(key))
	if t == nil {
		a.fail("the answer lacks %q", key)
		return ast.NullValue
	}
	return t.Value
}

func (a *answer) boolean(key string) bool {
	v, ok := a.get(key).(ast.Boolean)
	if !ok {
		a.fail("%q is not true or false", key)
	}
	return bool(v)
}

func (a *answer) text(key string) string {
	v, ok := a.get(key).(ast.String)
	if !ok || v == "" {
		a.fail("%q is not a text", key)
	}
	return string(v)
}

// only refuses an answer that says more than its keys: what is not read must not look as if it counted.
func (a *answer) only(keys ...string) {
	if a.err != nil {
		return
	}
	a.object.Foreach(func(k, _ *ast.Term) {
		if s, ok := k.Value.(ast.String); !ok || !slices.Contains(keys, string(s)) {
			a.fail("the answer has %s, which nobody reads: it has %s", k, strings.Join(keys, ", "))
		}
	})
}

// part reads an object within the answer.
func (a *answer) part(key string) *answer {
	v, ok := a.get(key).(ast.Object)
	if !ok {
		a.fail("%q is not an object", key)
		return &answer{err: a.err}
	}
	return &answer{object: v}
}

// texts reads a set, or a list, of texts: sorted, each once.
func (a *answer) texts(key string) []string {
	var out []string
	collect := func(t *ast.Term) {
		s, ok := t.Value.(ast.String)
		if !ok || s == "" {
			a.fail("%q holds something that is no text", key)
		}
		out = append(out, string(s))
	}
	switch v := a.get(key).(type) {
	case ast.Set:
		v.Foreach(collect)
	case *ast.Array:
		v.Foreach(collect)
	default:
		a.fail("%q is not a set", key)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ids reads a set of rule ids, at least one.
func (a *answer) ids(key string) []string {
	out := a.texts(key)
	if len(out) == 0 {
		a.fail("%q names no rule", key)
	}
	return out
}

// byName reads an object whose keys are the names of an enum and whose values are rule ids.
func (a *answer) byName(key string, names []string) []string {
	out := make([]string, len(names))
	part := a.part(key)
	if part.object == nil {
		return out
	}
	part.object.Foreach(func(k, v *ast.Term) {
		name, _ := k.Value.(ast.String)
		id, ok := v.Value.(ast.String)
		i := slices.Index(names, string(name))
		if i < 0 || !ok || id == "" {
			a.fail("%q does not give a rule's id for one of %s", key, strings.Join(names, ", "))
			return
		}
		out[i] = string(id)
	})
	return out
}

// The answers of the aspects of a decision, see aspects.
type (
	permission struct {
		permit  bool
		reasons []string
	}
	minimisation struct{ kept, dropped, exact, generalised []string } // by category, category, tag, tag: rule ids
	retention    struct {
		days   [categoryCount]uint16
		reason string
	}
	profiling struct {
		level   Profiling
		review  bool
		reasons []string
	}
	portability struct {
		of      [provenanceCount]bool
		reasons []string
	}
)

func readPermission(a *answer) permission {
	a.only("permit", "reasons")
	return permission{permit: a.boolean("permit"), reasons: a.ids("reasons")}
}

func readMinimisation(a *answer) minimisation {
	a.only("kept", "dropped", "exact", "generalised")
	m := minimisation{
		kept: a.byName("kept", categoryNames), dropped: a.byName("dropped", categoryNames),
		exact: a.byName("exact", tagNames), generalised: a.byName("generalised", tagNames),
	}
	for c := range categoryCount {
		if m.kept[c] == "" && m.dropped[c] == "" {
			a.fail("the policy says nothing about the category %s", c)
		}
	}
	for t := range tagCount {
		if m.exact[t] == "" && m.generalised[t] == "" {
			a.fail("the policy says nothing about the tag %s", t)
		}
		if m.generalised[t] != "" && len(methods[t]) == 0 {
			a.fail("a value of the tag %s has no coarser form", t)
		}
	}
	return m
}

// readRetention reads the longest life of each category.
func readRetention(a *answer) retention {
	a.only("days", "reason")
	r := retention{reason: a.text("reason")}
	days := a.part("days")
	days.only(categoryNames...)
	for i, name := range categoryNames {
		n, ok := days.get(name).(ast.Number)
		if !ok {
			days.fail("there are no days for %s", name)
			continue
		}
		d, ok := n.Int()
		if !ok || d < 1 || d > 1<<16-1 {
			days.fail("the days for %s are out of range: 1 to 65535", name)
			continue
		}
		r.days[i] = uint16(d)
	}
	if a.err == nil {
		a.err = days.err
	}
	return r
}

func readProfiling(a *answer) profiling {
	a.only("level", "review", "reasons")
	level, err := ParseProfiling(a.text("level"))
	if err != nil {
		a.fail("%w", err)
	}
	return profiling{level: level, review: a.boolean("review"), reasons: a.ids("reasons")}
}

func readPortability(a *answer) portability {
	a.only("provenances", "reasons")
	p := portability{reasons: a.ids("reasons")}
	for _, name := range a.texts("provenances") {
		i := slices.Index(provenanceNames, name)
		if i < 0 {
			a.fail("there is no provenance %q: it is one of %s", name, strings.Join(provenanceNames, ", "))
			continue
		}
		p.of[i] = true
	}
	return p
}
