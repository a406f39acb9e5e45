package rules

import (
	"errors"
	"fmt"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Names is the catalogue that a manifest's names are looked up in.
type Names interface {
	Field(name string) (id uint16, t abi.Type, ok bool)
	Event(name string) (id uint16, ok bool)
	EventProperty(event, property string) (id uint16, t abi.Type, ok bool)
}

// Lister is what Names may have as well: with it, a problem says which name was likely meant.
type Lister interface {
	FieldNames() []string
	EventNames() []string
	PropertyNames(event string) []string
}

// Plan is a manifest's reads, resolved against a catalogue: what is needed to compute the features of a profile without
// looking up a name.
type Plan struct {
	Features []PlannedFeature // in the order of Manifest.Reads
}

// PlannedFeature is one feature with its names as ids and its durations as numbers.
type PlannedFeature struct {
	Type           abi.Type
	Aggregate      abi.Aggregate
	Field          uint16 // for a field
	Event          uint16 // for all others
	Property       uint16 // for abi.Sum
	Where          []PlannedCondition
	WindowMillis   int64   // 0: no window
	HalfLifeMillis float64 // for abi.Decayed
}

// PlannedCondition is a condition with its property as an id: just one of In and Prefix is there.
type PlannedCondition struct {
	Property uint16
	In       []string
	Prefix   string
}

// NewPlan resolves a manifest. It gives every problem that it meets; with a problem there is no plan.
func NewPlan(m *abi.Manifest, names Names) (*Plan, []Problem) {
	var wrong *abi.ManifestError
	if errors.As(m.Validate(), &wrong) {
		problems := make([]Problem, len(wrong.Faults))
		for i, f := range wrong.Faults {
			problems[i] = Problem{Path: f.Path, Message: f.Message}
		}
		return nil, problems
	}
	p := planner{names: names}
	p.lister, _ = names.(Lister)
	plan := &Plan{Features: make([]PlannedFeature, len(m.Reads))}
	for i := range m.Reads {
		plan.Features[i] = p.feature(fmt.Sprintf("reads[%d]", i), &m.Reads[i])
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return plan, nil
}

type planner struct {
	names    Names
	lister   Lister // may be nil
	problems []Problem
}

func (p *planner) add(path, suggestion, format string, args ...any) {
	p.problems = append(p.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
}

func (p *planner) feature(path string, f *abi.Feature) PlannedFeature {
	out := PlannedFeature{Type: f.Type, Aggregate: f.Aggregate}
	if f.Aggregate == abi.FieldValue {
		out.Field = p.field(path, f)
		return out
	}
	id, ok := p.names.Event(f.Event)
	if !ok {
		var known []string
		if p.lister != nil {
			known = p.lister.EventNames()
		}
		p.add(path+".event", didYouMean(f.Event, known), "the catalogue has no event %s", f.Event)
		return out // of an event that is not there, no property can be looked up
	}
	out.Event = id
	if f.Aggregate == abi.Sum {
		out.Property = p.property(path+".property", f.Event, f.Property, abi.Number)
	}
	for i, c := range f.Where {
		property := p.property(fmt.Sprintf("%s.where[%d].property", path, i), f.Event, c.Property, abi.String)
		out.Where = append(out.Where, PlannedCondition{Property: property, In: slices.Clone(c.In), Prefix: c.Prefix})
	}
	// The manifest is valid, so what is not empty is a duration.
	if window, err := abi.ParseDuration(f.Window); err == nil {
		out.WindowMillis = window.Milliseconds()
	}
	if halfLife, err := abi.ParseDuration(f.HalfLife); err == nil {
		out.HalfLifeMillis = float64(halfLife.Milliseconds())
	}
	return out
}

func (p *planner) field(path string, f *abi.Feature) uint16 {
	name, at := f.Field, path+".field"
	if name == "" {
		name, at = f.Name, path+".name"
	}
	id, t, ok := p.names.Field(name)
	switch {
	case !ok:
		var known []string
		if p.lister != nil {
			known = p.lister.FieldNames()
		}
		p.add(at, didYouMean(name, known), "the catalogue has no field %s", name)
	case t != f.Type:
		p.add(path+".type", "make the type "+string(t), "the field %s is a %s, not a %s", name, t, f.Type)
	}
	return id
}

func (p *planner) property(path, event, name string, want abi.Type) uint16 {
	id, t, ok := p.names.EventProperty(event, name)
	switch {
	case !ok:
		var known []string
		if p.lister != nil {
			known = p.lister.PropertyNames(event)
		}
		p.add(path, didYouMean(name, known), "the event %s has no property %s", event, name)
	case t != want:
		p.add(path, "", "the property %s of %s is a %s, and a %s is needed here", name, event, t, want)
	}
	return id
}
