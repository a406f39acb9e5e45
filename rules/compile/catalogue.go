package compile

import (
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
)

// Catalogue is what a tenant's rules may speak of.
//
// What only warnings need may be left out: then they say less.
type Catalogue struct {
	Languages []string       // of the tenant, for titles; none: they are not checked
	Purposes  []string       // that permit profiling
	Lifetimes map[string]int // of the purposes: how many days their data lives at most
	Fields    []Field
	Events    []Event
}

// Field is a field of the profile, or a property of events.
type Field struct {
	Name      string
	Type      Type
	Values    []string // where not empty, all that a text may be
	MaxLength int      // of a text, in bytes; 0: not told
	Coarse    bool     // a text may also be there in a coarser form, which Values and MaxLength do not bind
	Days      int      // that it lives at most, whatever the purpose; 0: as long as the purpose lets it
	Purposes  []string // that may see it; nil: not told
}

// Event is a type of event with the names of its properties, which are fields of the catalogue.
type Event struct {
	Name       string
	Properties []string
	Days       int      // as of a field
	Purposes   []string // that may see it; nil: not told
}

// never says why a field never holds a text, and what to write instead; nothing where it may hold it.
func (f *Field) never(s string) (why, suggestion string) {
	switch {
	case f.Coarse:
		return "", ""
	case s == "":
		return "a text that is known is never empty", "write !has(profile." + f.Name + ") for one that is not known"
	case s != strings.TrimSpace(s):
		return "the field " + f.Name + " never has the value " + shown(s) + ": spaces around a text are not kept", "remove the spaces"
	case f.Values != nil && !slices.Contains(f.Values, s):
		if suggestion = didYouMean(s, f.Values); suggestion == "" {
			suggestion = "the catalogue has " + strings.Join(f.Values[:min(len(f.Values), 16)], ", ")
		}
		return "the field " + f.Name + " never has the value " + shown(s), suggestion
	case f.MaxLength > 0 && len(s) > f.MaxLength:
		return "the field " + f.Name + " never has the value " + shown(s), "it holds at most " + strconv.Itoa(f.MaxLength) + " bytes; see max_length in the catalogue"
	}
	return "", ""
}

// neverBegins is never for the beginning of a text.
func (f *Field) neverBegins(prefix string) (why, suggestion string) {
	begins := func(s string) bool { return strings.HasPrefix(s, prefix) }
	switch {
	case f.Coarse:
	case f.Values != nil && !slices.ContainsFunc(f.Values, begins):
		return "no value of the field " + f.Name + " begins with " + shown(prefix), "the catalogue has " + strings.Join(f.Values[:min(len(f.Values), 16)], ", ")
	case f.MaxLength > 0 && len(prefix) > f.MaxLength:
		return "no value of the field " + f.Name + " begins with " + shown(prefix), "it holds at most " + strconv.Itoa(f.MaxLength) + " bytes; see max_length in the catalogue"
	}
	return "", ""
}

// Type is the type of a field, and with it the type of its expression.
type Type uint8

// The types of a field.
const (
	String  Type = iota // string in CEL
	Number              // double
	Boolean             // bool
	Date                // timestamp: midnight UTC of the day
)

func (t Type) cel() *types.Type {
	switch t {
	case Number:
		return types.DoubleType
	case Boolean:
		return types.BoolType
	case Date:
		return types.TimestampType
	default:
		return types.StringType
	}
}

func (c *Catalogue) field(name string) *Field {
	for i := range c.Fields {
		if c.Fields[i].Name == name {
			return &c.Fields[i]
		}
	}
	return nil
}

func (c *Catalogue) event(name string) *Event {
	for i := range c.Events {
		if c.Events[i].Name == name {
			return &c.Events[i]
		}
	}
	return nil
}

func (c *Catalogue) fieldNames() []string {
	names := make([]string, len(c.Fields))
	for i := range c.Fields {
		names[i] = c.Fields[i].Name
	}
	return names
}

func (c *Catalogue) eventNames() []string {
	names := make([]string, len(c.Events))
	for i := range c.Events {
		names[i] = c.Events[i].Name
	}
	return names
}
