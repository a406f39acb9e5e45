package tenant

import (
	"cmp"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

var (
	_ rules.Names  = (*Config)(nil)
	_ rules.Lister = (*Config)(nil)
)

// index finds things by name and by number without a search. Load and Bind build it; a Config made by hand, as in tests,
// has none and is searched.
type index struct {
	fields, events, purposes, slots, forms map[string]int
	fieldIDs, eventIDs                     []int32 // by id: position + 1
	bits                                   [MaxPurposes]int8
}

func newIndex(c *Config) *index {
	x := &index{
		fields: make(map[string]int, len(c.Fields)), events: make(map[string]int, len(c.Events)),
		purposes: make(map[string]int, len(c.Purposes)), slots: make(map[string]int, len(c.Slots)), forms: make(map[string]int, len(c.Forms)),
	}
	for i := range c.Fields {
		x.fields[c.Fields[i].Name] = i
		x.fieldIDs = place(x.fieldIDs, c.Fields[i].ID, i)
	}
	for i := range c.Events {
		x.events[c.Events[i].Name] = i
		x.eventIDs = place(x.eventIDs, c.Events[i].ID, i)
	}
	for i := range c.Purposes {
		x.purposes[c.Purposes[i].Name] = i
		x.bits[c.Purposes[i].Bit] = int8(i + 1)
	}
	for i := range c.Slots {
		x.slots[c.Slots[i].Name] = i
	}
	for i := range c.Forms {
		x.forms[c.Forms[i].Name] = i
	}
	return x
}

func place(ids []int32, id uint16, position int) []int32 {
	for len(ids) <= int(id) {
		ids = append(ids, 0)
	}
	ids[id] = int32(position + 1)
	return ids
}

func find[T any](list []T, by map[string]int, name string, is func(*T) bool) (*T, bool) {
	if by != nil {
		if i, ok := by[name]; ok {
			return &list[i], true
		}
		return nil, false
	}
	for i := range list {
		if is(&list[i]) {
			return &list[i], true
		}
	}
	return nil, false
}

// maps gives the index, or one that knows nothing.
func (c *Config) maps() *index {
	if c.index != nil {
		return c.index
	}
	return &index{}
}

// FieldByName gives the field with this name. The pointers that this and the other look-ups give are into the Config and
// must not be written through.
func (c *Config) FieldByName(name string) (*Field, bool) {
	return find(c.Fields, c.maps().fields, name, func(f *Field) bool { return f.Name == name })
}

// EventByName gives the event type with this name.
func (c *Config) EventByName(name string) (*EventType, bool) {
	return find(c.Events, c.maps().events, name, func(e *EventType) bool { return e.Name == name })
}

// PurposeByName gives the purpose with this name.
func (c *Config) PurposeByName(name string) (*Purpose, bool) {
	return find(c.Purposes, c.maps().purposes, name, func(p *Purpose) bool { return p.Name == name })
}

// SlotByName gives the slot with this name.
func (c *Config) SlotByName(name string) (*Slot, bool) {
	return find(c.Slots, c.maps().slots, name, func(s *Slot) bool { return s.Name == name })
}

// FormByName gives the form with this name.
func (c *Config) FormByName(name string) (*Form, bool) {
	return find(c.Forms, c.maps().forms, name, func(f *Form) bool { return f.Name == name })
}

// FieldByID gives the field with this id. A store may hold ids of fields that are no longer in the catalogue.
func (c *Config) FieldByID(id uint16) (*Field, bool) {
	if x := c.index; x != nil {
		if int(id) < len(x.fieldIDs) && x.fieldIDs[id] > 0 {
			return &c.Fields[x.fieldIDs[id]-1], true
		}
		return nil, false
	}
	return find(c.Fields, nil, "", func(f *Field) bool { return f.ID == id })
}

// EventByID gives the event type with this id.
func (c *Config) EventByID(id uint16) (*EventType, bool) {
	if x := c.index; x != nil {
		if int(id) < len(x.eventIDs) && x.eventIDs[id] > 0 {
			return &c.Events[x.eventIDs[id]-1], true
		}
		return nil, false
	}
	return find(c.Events, nil, "", func(e *EventType) bool { return e.ID == id })
}

// PurposeByBit gives the purpose with this bit.
func (c *Config) PurposeByBit(bit uint8) (*Purpose, bool) {
	if x := c.index; x != nil {
		if int(bit) < len(x.bits) && x.bits[bit] > 0 {
			return &c.Purposes[x.bits[bit]-1], true
		}
		return nil, false
	}
	return find(c.Purposes, nil, "", func(p *Purpose) bool { return p.Bit == bit })
}

// Property gives the field that an event type carries under this name.
func (c *Config) Property(e *EventType, name string) (*Field, bool) {
	for _, i := range e.Properties {
		if c.Fields[i].Name == name {
			return &c.Fields[i], true
		}
	}
	return nil, false
}

// Field implements rules.Names.
func (c *Config) Field(name string) (id uint16, t abi.Type, ok bool) {
	f, ok := c.FieldByName(name)
	if !ok {
		return 0, "", false
	}
	return f.ID, f.Type.Feature(), true
}

// Event implements rules.Names.
func (c *Config) Event(name string) (id uint16, ok bool) {
	e, ok := c.EventByName(name)
	if !ok {
		return 0, false
	}
	return e.ID, true
}

// EventProperty implements rules.Names.
func (c *Config) EventProperty(event, property string) (id uint16, t abi.Type, ok bool) {
	e, ok := c.EventByName(event)
	if !ok {
		return 0, "", false
	}
	f, ok := c.Property(e, property)
	if !ok {
		return 0, "", false
	}
	return f.ID, f.Type.Feature(), true
}

// Feature is the type under which a module reads a field of this type; a date is its number of days since 1970-01-01.
func (t FieldType) Feature() abi.Type {
	switch t {
	case FieldNumber, FieldDate:
		return abi.Number
	case FieldBoolean:
		return abi.Boolean
	}
	return abi.String
}

// FieldNames, EventNames and PropertyNames implement rules.Lister, for 'did you mean'.
func (c *Config) FieldNames() []string {
	names := make([]string, len(c.Fields))
	for i := range c.Fields {
		names[i] = c.Fields[i].Name
	}
	return names
}

// EventNames gives the names of all event types.
func (c *Config) EventNames() []string {
	names := make([]string, len(c.Events))
	for i := range c.Events {
		names[i] = c.Events[i].Name
	}
	return names
}

// PropertyNames gives the names of the fields that an event type carries.
func (c *Config) PropertyNames(event string) []string {
	var names []string
	if e, ok := c.EventByName(event); ok {
		for _, i := range e.Properties {
			names = append(names, c.Fields[i].Name)
		}
	}
	return names
}

// Labels gives the words of a language for fields and events, as rules.Words asks for them.
func (c *Config) Labels(language string) rules.Labels { return labels{c, language} }

type labels struct {
	config   *Config
	language string
}

// FieldLabel implements rules.Labels.
func (l labels) FieldLabel(name string) string {
	if f, ok := l.config.FieldByName(name); ok {
		return cmp.Or(f.Label.In(l.language, l.config.Languages[0]), name)
	}
	return name
}

// EventLabel implements rules.Labels.
func (l labels) EventLabel(name string) string {
	if e, ok := l.config.EventByName(name); ok {
		return cmp.Or(e.Label.In(l.language, l.config.Languages[0]), name)
	}
	return name
}
