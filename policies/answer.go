package policies

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// answer reads what data.privacy.decision.purpose says. Everything that is missing, unknown or of another type is an
// error: the engine then fails closed rather than guess.
type answer struct {
	object ast.Object
	err    error
}

func readAnswer(v ast.Value) *answer {
	object, ok := v.(ast.Object)
	if !ok {
		return &answer{err: fmt.Errorf("the policy answers no object")}
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
		a.fail("the policy's answer lacks %q", key)
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

// part reads an object within the answer.
func (a *answer) part(key string) *answer {
	v, ok := a.get(key).(ast.Object)
	if !ok {
		a.fail("%q is not an object", key)
		return &answer{err: a.err}
	}
	return &answer{object: v}
}

// ids reads a set, or a list, of rule ids: sorted, each once, at least one.
func (a *answer) ids(key string) []string {
	var out []string
	collect := func(t *ast.Term) {
		id, ok := t.Value.(ast.String)
		if !ok || id == "" {
			a.fail("%q holds something that is no rule's id", key)
		}
		out = append(out, string(id))
	}
	switch v := a.get(key).(type) {
	case ast.Set:
		v.Foreach(collect)
	case *ast.Array:
		v.Foreach(collect)
	default:
		a.fail("%q is not a set", key)
	}
	if len(out) == 0 {
		a.fail("%q names no rule", key)
	}
	slices.Sort(out)
	return slices.Compact(out)
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

// days reads the longest life of each category.
func (a *answer) days() [categoryCount]uint16 {
	var out [categoryCount]uint16
	for i, name := range categoryNames {
		n, ok := a.get(name).(ast.Number)
		if !ok {
			a.fail("there are no days for %s", name)
			continue
		}
		days, ok := n.Int()
		if !ok || days < 1 || days > 1<<16-1 {
			a.fail("the days for %s are out of range", name)
			continue
		}
		out[i] = uint16(days)
	}
	return out
}

// row reads the whole answer to a situation.
func (a *answer) row(s Situation, shared *shared) (*Row, error) {
	r := &Row{Key: s.Key(), Basis: s.Basis, Permit: a.boolean("permit"), Reasons: shared.ids(a.ids("reasons"))}
	if a.err != nil {
		return nil, a.err
	}
	if !r.Permit {
		r.refuse(shared)
		return r, nil
	}
	retention := a.part("retention")
	r.Retention = retention.text("reason")
	days := retention.part("days")
	fields := a.fields(days.days())
	profiling, transfer, device := a.part("profiling"), a.part("transfer"), a.part("device")
	level, err := ParseProfiling(profiling.text("level"))
	r.Profiling, r.Review = level, profiling.boolean("review")
	r.Transfer, r.Device = transfer.boolean("permit"), device.boolean("permit")
	r.ProfilingReasons = shared.ids(profiling.ids("reasons"))
	r.TransferReasons = shared.ids(transfer.ids("reasons"))
	r.DeviceReasons = shared.ids(device.ids("reasons"))
	for _, e := range []error{a.err, retention.err, days.err, profiling.err, err, transfer.err, device.err} {
		if e != nil {
			return nil, e
		}
	}
	r.Fields = shared.fields(fields)
	return r, nil
}

// fields spreads what the policy says of categories and tags over all classes. A value keeps the least that its category
// and its tag permit. What the catalogue does not bind to the purpose is dropped here, whatever a policy says: purpose
// limitation (Article 5(1)(b)) is a wall of the house, not a rule that can be changed.
func (a *answer) fields(days [categoryCount]uint16) *Fields {
	kept, dropped := a.byName("kept", categoryNames), a.byName("dropped", categoryNames)
	exact, generalised := a.byName("exact", tagNames), a.byName("generalised", tagNames)
	var f Fields
	for c := range categoryCount {
		for t := range tagCount {
			f[Class{Category: c, Tag: t}.Index()] = FieldRule{Reason: ReasonNotBound}
			rule := &f[Class{Category: c, Tag: t, Bound: true}.Index()]
			switch {
			case dropped[c] != "":
				*rule = FieldRule{Reason: dropped[c]}
			case kept[c] == "":
				a.fail("the policy says nothing about the category %s", c)
			case generalised[t] != "":
				*rule = FieldRule{Verdict: Generalise, TTLDays: days[c], Reason: generalised[t]}
			case exact[t] == "":
				a.fail("the policy says nothing about the tag %s", t)
			default:
				*rule = FieldRule{Verdict: Keep, TTLDays: days[c], Reason: kept[c]}
			}
		}
	}
	return &f
}

// refuse makes a row that permits nothing, for its Reasons.
func (r *Row) refuse(shared *shared) {
	var f Fields
	for c := range categoryCount {
		for t := range tagCount {
			f[Class{Category: c, Tag: t}.Index()] = FieldRule{Reason: ReasonNotBound}
			f[Class{Category: c, Tag: t, Bound: true}.Index()] = FieldRule{Reason: r.Reasons[0]}
		}
	}
	r.Permit, r.Profiling, r.Review, r.Transfer, r.Device = false, ProfilingNone, false, false, false
	r.Fields, r.Retention = shared.fields(&f), ""
	r.ProfilingReasons, r.TransferReasons, r.DeviceReasons = r.Reasons, r.Reasons, r.Reasons
}

// shared holds what rows have in common: a policy has a million situations and a few dozen answers.
type shared struct {
	mu    sync.Mutex
	lists map[string][]string
	all   map[Fields]*Fields
}

func newShared() *shared {
	return &shared{lists: map[string][]string{}, all: map[Fields]*Fields{}}
}

func (s *shared) ids(list []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.Join(list, "\x00")
	if known, ok := s.lists[key]; ok {
		return known
	}
	s.lists[key] = list
	return list
}

func (s *shared) fields(f *Fields) *Fields {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.all[*f]; ok {
		return known
	}
	s.all[*f] = f
	return f
}
