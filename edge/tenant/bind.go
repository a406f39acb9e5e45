package tenant

import (
	"fmt"
	"slices"
)

// Dictionary gives names their numbers in the store. The same name always has the same number, and a number is never
// given to another name, even after its own has left the catalogue.
type Dictionary interface {
	ID(kind, name string) (uint16, error)
}

// The kinds of a dictionary that Bind asks for.
const (
	KindField   = "field"
	KindEvent   = "event"
	KindPurpose = "purpose" // below MaxPurposes
)

// Bind gives purposes, fields and events their numbers in the store, in place of those that Load gave. It comes before the
// Config is shared. After an error the Config is as it was.
func (c *Config) Bind(d Dictionary) error {
	next := *c
	next.Purposes, next.Fields, next.Events = slices.Clone(c.Purposes), slices.Clone(c.Fields), slices.Clone(c.Events)

	var taken PurposeSet
	var moved [MaxPurposes]uint8 // from the present bit to the next
	for i := range next.Purposes {
		p := &next.Purposes[i]
		id, err := d.ID(KindPurpose, p.Name)
		if err != nil {
			return fmt.Errorf("number purpose %s: %w", p.Name, err)
		}
		if id >= MaxPurposes || taken.Has(uint8(id)) {
			return fmt.Errorf("number purpose %s: %d is not a free number below %d; purposes that once were keep theirs", p.Name, id, MaxPurposes)
		}
		taken |= 1 << id
		moved[p.Bit] = uint8(id)
		p.Bit = uint8(id)
	}
	move := func(s PurposeSet) (to PurposeSet) {
		for bit := range uint8(MaxPurposes) {
			if s.Has(bit) {
				to |= 1 << moved[bit]
			}
		}
		return to
	}
	used := map[uint16]string{}
	for i := range next.Fields {
		f := &next.Fields[i]
		id, err := number(d, KindField, f.Name, used)
		if err != nil {
			return err
		}
		f.ID, f.Purposes = id, move(f.Purposes)
	}
	clear(used)
	for i := range next.Events {
		e := &next.Events[i]
		id, err := number(d, KindEvent, e.Name, used)
		if err != nil {
			return err
		}
		e.ID, e.Purposes, e.Opens = id, move(e.Purposes), move(e.Opens)
	}
	next.index = newIndex(&next)
	*c = next
	return nil
}

func number(d Dictionary, kind, name string, used map[uint16]string) (uint16, error) {
	id, err := d.ID(kind, name)
	if err != nil {
		return 0, fmt.Errorf("number %s %s: %w", kind, name, err)
	}
	if other, ok := used[id]; ok {
		return 0, fmt.Errorf("number %s %s: %d belongs to %s", kind, name, id, other)
	}
	used[id] = name
	return id, nil
}
