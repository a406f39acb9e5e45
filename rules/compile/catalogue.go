package compile

import "cel.dev/cel-go/common/types"

// Catalogue is what a tenant's rules may speak of.
type Catalogue struct {
	Languages []string // of the tenant, for titles; none: they are not checked
	Purposes  []string // that permit profiling
	Fields    []Field
	Events    []Event
}

// Field is a field of the profile, or a property of events.
type Field struct {
	Name   string
	Type   Type
	Values []string // where not empty, all that a text may be
}

// Event is a type of event with the names of its properties, which are fields of the catalogue.
type Event struct {
	Name       string
	Properties []string
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
