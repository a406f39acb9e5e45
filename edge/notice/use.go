package notice

import (
	"time"

	"github.com/lotse-edge/lotse/policies"
)

// Counts is how often each row of the tenant's table answered, as the log of decisions has it.
type Counts struct {
	Rows        map[uint32]uint64 // by key of the situation
	First, Last time.Time
	Elsewhere   uint64 // decisions by other tables, which are not looked at
	Missing     uint64 // decisions that the log lost
}

// Use is what was really done, beside what is declared. The counts know no tenant: where several tenants are decided by one
// table, they are of all of them.
type Use struct {
	Decided    uint64       `json:"decided"`
	Elsewhere  uint64       `json:"elsewhere"`
	Missing    uint64       `json:"missing"`
	First      time.Time    `json:"first,omitzero"`
	Last       time.Time    `json:"last,omitzero"`
	Undeclared []Undeclared `json:"undeclared,omitempty"`
	Alarms     []Alarm      `json:"alarms,omitempty"`
}

// PurposeUse is how often a purpose was decided.
type PurposeUse struct {
	Decided   uint64   `json:"decided"`
	Permitted uint64   `json:"permitted"`
	Refused   uint64   `json:"refused"`
	Shared    []string `json:"shared,omitempty"` // purposes of the same kind: the counts are of all of them together
}

// Undeclared is a kind of purpose that was decided and that the folder does not declare.
type Undeclared struct {
	Kind    map[string]string `json:"kind"` // what makes the kind, as a situation has it
	Decided uint64            `json:"decided"`
	kind    policies.Situation
}

// Alarm is a difference between the folder and what was done.
type Alarm struct {
	Alarm   string `json:"alarm"`             // see the constants
	Purpose string `json:"purpose,omitempty"` // empty: one that the folder does not know
	kind    *policies.Situation
}

// The alarms.
const (
	AlarmUndeclared     = "used_not_declared"
	AlarmUnused         = "declared_not_used"
	AlarmNeverPermitted = "never_permitted"
)

// Count adds what was really done to the facts.
func (f *Facts) Count(table *policies.Table, counts Counts) error {
	use := &Use{Elsewhere: counts.Elsewhere, Missing: counts.Missing, First: counts.First, Last: counts.Last}
	declared := map[policies.Situation][]*Purpose{}
	for i := range f.Purposes {
		p := &f.Purposes[i]
		p.Use = &PurposeUse{}
		kind := situation(f.config, p.declared)
		declared[kind] = append(declared[kind], p)
	}
	undeclared := map[policies.Situation]uint64{}
	for key, n := range counts.Rows {
		s, err := policies.SituationOf(key)
		if err != nil {
			return err
		}
		d, err := table.Decide(s)
		if err != nil {
			return err
		}
		use.Decided += n
		kind := kindOf(s)
		purposes, ok := declared[kind]
		if !ok {
			undeclared[kind] += n
		}
		for _, p := range purposes {
			p.Use.Decided += n
			if d.Row.Permit {
				p.Use.Permitted += n
			} else {
				p.Use.Refused += n
			}
		}
	}
	for key := uint32(0); key < policies.SituationCount && len(undeclared) > 0; key += policies.VisitorCount {
		s, err := policies.SituationOf(key) // in the order of the keys, so that a record is the same each time
		if err != nil {
			return err
		}
		kind := kindOf(s)
		if n, ok := undeclared[kind]; ok {
			delete(undeclared, kind)
			use.Undeclared = append(use.Undeclared, Undeclared{kindNames(kind), n, kind})
			use.Alarms = append(use.Alarms, Alarm{Alarm: AlarmUndeclared, kind: &kind})
		}
	}
	for i := range f.Purposes {
		p := &f.Purposes[i]
		for _, other := range declared[situation(f.config, p.declared)] {
			if other != p {
				p.Use.Shared = append(p.Use.Shared, other.Name)
			}
		}
		switch {
		case p.Use.Decided == 0:
			use.Alarms = append(use.Alarms, Alarm{Alarm: AlarmUnused, Purpose: p.Name})
		case p.Use.Permitted == 0:
			use.Alarms = append(use.Alarms, Alarm{Alarm: AlarmNeverPermitted, Purpose: p.Name})
		}
	}
	f.Use = use
	return nil
}

// kindOf leaves of a situation what a catalogue fixes for a purpose.
func kindOf(s policies.Situation) policies.Situation {
	return policies.Situation{
		Basis: s.Basis, Asked: s.Asked, Marketing: s.Marketing, Regime: s.Regime, Destination: s.Destination, Device: s.Device,
	}
}

func kindNames(s policies.Situation) map[string]string {
	out, values := map[string]string{}, s.Values()
	for i, p := range policies.Parts() {
		if p.OfPurpose {
			out[p.Key] = p.Names[values[i]]
		}
	}
	return out
}
