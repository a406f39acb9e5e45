package notice

import (
	"iter"
	"slices"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// situation is what the folder fixes for a purpose: the situation of a visitor of whom nothing is known.
func situation(config *tenant.Config, p *tenant.Purpose) policies.Situation {
	return policies.Situation{
		Basis: p.Basis, Asked: p.Profiling, Marketing: p.Marketing, Regime: config.Regime,
		Destination: p.Destination, Device: p.Device,
	}
}

// keys gives the key of every situation that a purpose can meet. Those of one kind of purpose lie side by side; a contract is of two
// kinds, asked for and not.
func keys(config *tenant.Config, p *tenant.Purpose) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		s := situation(config, p)
		kinds := []uint32{s.Key()}
		if s.Basis == policies.BasisContract {
			s.Requested = true
			kinds = append(kinds, s.Key())
		}
		for _, first := range kinds {
			for key := first; key < first+policies.VisitorCount; key++ {
				if !yield(key) {
					return
				}
			}
		}
	}
}

// reach asks the table about every situation that a purpose can meet, and gathers the most that any of them permits.
func reach(config *tenant.Config, p *tenant.Purpose, table *policies.Table) (Purpose, error) {
	out := Purpose{
		Name: p.Name, Basis: p.Basis.String(), DPV: p.DPV, ValidDays: p.ValidDays, Destination: p.Destination.String(), declared: p,
	}
	kept := newKeeping(config, p)
	var profiling policies.Profiling
	for key := range keys(config, p) {
		s, err := policies.SituationOf(key)
		if err != nil {
			return out, err
		}
		d, err := table.Decide(s)
		if err != nil {
			return out, err
		}
		row := d.Row
		if !row.Permit {
			continue
		}
		out.Permitted = true
		out.Grounds = append(out.Grounds, row.Reasons...)
		profiling = max(profiling, row.Profiling)
		out.Review = out.Review || row.Review
		out.Device = out.Device || row.Device
		if row.Transfer {
			out.Transfer = true
			out.TransferGrounds = append(out.TransferGrounds, row.TransferReasons...)
		}
		for i, portable := range row.Portable {
			if portable {
				out.Portable = append(out.Portable, policies.Provenance(i).String())
			}
		}
		if !out.EndedByObjection && !s.Objected {
			s.Objected = true
			objected, err := table.Decide(s)
			if err != nil {
				return out, err
			}
			out.EndedByObjection = !objected.Row.Permit
			s.Objected = false
		}
		kept.add(s, d)
	}
	out.Profiling = profiling.String()
	out.Grounds, out.TransferGrounds, out.Portable = set(out.Grounds), set(out.TransferGrounds), set(out.Portable)
	out.Data = kept.data()
	return out, nil
}

// keeping gathers what is kept for one purpose.
type keeping struct {
	purpose *tenant.Purpose
	found   []kept
	rows    map[*policies.Row]bool // rows seen with an answer that is explicit, and with another
	others  map[*policies.Row]bool
}

type kept struct {
	Datum
	target   policies.Target
	explicit bool // so far it was kept under an explicit answer only
}

// newKeeping lists all that the catalogue binds to a purpose.
func newKeeping(config *tenant.Config, p *tenant.Purpose) *keeping {
	k := &keeping{purpose: p, rows: map[*policies.Row]bool{}, others: map[*policies.Row]bool{}}
	for i := range config.Fields {
		if f := &config.Fields[i]; f.Purposes.Has(p.Bit) {
			k.found = append(k.found, kept{
				Datum:    Datum{Name: f.Name, Category: f.Category.String(), Coarser: true, Method: method(f), label: f.Label},
				target:   policies.Target{Category: f.Category, Tag: f.Tag, Purposes: uint32(f.Purposes), TTLDays: f.TTLDays},
				explicit: true,
			})
		}
	}
	for i := range config.Events {
		if e := &config.Events[i]; e.Purposes.Has(p.Bit) {
			k.found = append(k.found, kept{
				Datum:    Datum{Name: e.Name, Event: true, Category: e.Category.String(), Coarser: true, label: e.Label},
				target:   policies.Target{Category: e.Category, Purposes: uint32(e.Purposes), TTLDays: e.TTLDays},
				explicit: true,
			})
		}
	}
	return k
}

func method(f *tenant.Field) string {
	if f.Generalise != "" {
		return f.Generalise
	}
	if all := tenant.Methods(f.Tag); len(all) > 0 {
		return all[0]
	}
	return ""
}

// add takes in what one situation keeps. A row is shared by many situations, and says the same in each.
func (k *keeping) add(s policies.Situation, d policies.Decision) {
	seen := k.others
	if s.Status == policies.StatusExplicit {
		seen = k.rows
	}
	if seen[d.Row] {
		return
	}
	seen[d.Row] = true
	rows := []policies.PurposeRow{{Bit: k.purpose.Bit, Row: d.Row, Key: d.Key, TTLDays: k.purpose.TTLDays}}
	for i := range k.found {
		f := &k.found[i]
		ruling := policies.Rule(rows, f.target)
		if ruling.Verdict == policies.Drop {
			continue
		}
		f.Days = max(f.Days, int(ruling.Grants[0].TTLDays))
		f.Coarser = f.Coarser && ruling.Verdict == policies.Generalise
		f.explicit = f.explicit && s.Status == policies.StatusExplicit
		f.Grounds = append(f.Grounds, ruling.Reasons...)
	}
}

// data gives what was kept in a situation at least.
func (k *keeping) data() []Datum {
	var out []Datum
	for _, f := range k.found {
		if f.Days == 0 {
			continue
		}
		f.Grounds = set(f.Grounds)
		if f.OnlyExplicit = f.explicit; !f.Coarser {
			f.Method = ""
		}
		out = append(out, f.Datum)
	}
	return out
}

// set sorts texts and leaves each once.
func set(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
