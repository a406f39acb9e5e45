package profile

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

// Stored is the value of one field, as some purposes were told it. A field has several where its purposes were told at
// different times: what was told for an order is not thereby told to a newsletter (Article 5(1)(b)), and the time for which
// one may keep it does not begin anew when the other is told. No purpose is granted two values of a field.
type Stored struct {
	Field       uint16
	Value       Value
	Provenance  Provenance
	Generalised bool   // the value is kept in its coarser form
	At          Millis // when it was stored; the grants' times to live run from here
	Grants      []policies.Grant
}

// renewAfter is how old a stored value must be before the same value stores it anew. Without it, a website that sends the
// same field with every event would cause a write each time.
const renewAfter = day

// Value finds the newest stored value of a field, whatever it is for; nil where there is none. It does not look at expiry.
func (p *Profile) Value(field uint16) (newest *Stored) {
	from, to := p.find(field)
	for i := from; i < to; i++ {
		if v := &p.Values[i]; newest == nil || v.At > newest.At {
			newest = v
		}
	}
	return newest
}

// ValueFor finds the stored value of a field that one of the purposes was granted, a set with one bit each: the first, by
// the lowest purpose of each value. It does not look at expiry, nor at the form in which a purpose may have the value.
func (p *Profile) ValueFor(field uint16, purposes uint32) *Stored {
	from, to := p.find(field)
	for i := from; i < to; i++ {
		if v := &p.Values[i]; purposesOf(v.Grants)&purposes != 0 {
			return v
		}
	}
	return nil
}

// SetValue stores the value of a field for the purposes of its grants, in place of what they had, and tells whether the
// profile changed. Other purposes keep what they have, until when they had it; where that leaves a value that no purpose may
// have as it is, the store's Coarsen makes it coarser, and without one it goes.
//
// A value without a grant is not stored, and leaves an earlier one alone. Where all the purposes have the same value by the
// same grants already, and for less than a day, nothing changes. The caller has made the value coarser, and says so in
// Generalised, where no grant keeps the value as it is.
func (p *Profile) SetValue(v Stored) bool {
	if len(v.Grants) == 0 || v.Value.Kind == 0 {
		return false
	}
	if !v.Generalised && !keeps(v.Grants) {
		panic("BUG: a value that no purpose may keep as it is must be generalised before it is stored")
	}
	from, to := p.find(v.Field)
	if holds(p.Values[from:to], &v) {
		return false
	}
	s, told := shrinker{coarsen: p.coarsen}, purposesOf(v.Grants)
	left := from
	for i := from; i < to; i++ {
		old := p.Values[i]
		if old.Grants = without(old.Grants, told); s.settle(old.Field, &old.Value, &old.Generalised, old.Grants) {
			p.Values[left] = old
			left++
		}
	}
	p.Values = slices.Replace(p.Values, left, to, v)
	slices.SortFunc(p.Values[from:left+1], compareStored)
	return true
}

// holds tells whether each grant of v is on an equal value that v is too early to renew.
func holds(list []Stored, v *Stored) bool {
	for _, g := range v.Grants {
		if !slices.ContainsFunc(list, func(old Stored) bool {
			return old.Value == v.Value && old.Provenance == v.Provenance && old.Generalised == v.Generalised &&
				v.At < old.At+renewAfter && slices.Contains(old.Grants, g)
		}) {
			return false
		}
	}
	return true
}

// RemoveValue removes the values of a field, whatever they are for, and tells whether there was one.
func (p *Profile) RemoveValue(field uint16) bool {
	from, to := p.find(field)
	p.Values = slices.Delete(p.Values, from, to)
	return from < to
}

// find gives the range of the values of a field; where there is none, the place for one.
func (p *Profile) find(field uint16) (from, to int) {
	from, _ = slices.BinarySearchFunc(p.Values, field, func(v Stored, f uint16) int { return int(v.Field) - int(f) })
	for to = from; to < len(p.Values) && p.Values[to].Field == field; {
		to++
	}
	return from, to
}

// compareStored is the order of Values: the one in which a profile is written, whatever came first.
func compareStored(a, b Stored) int {
	if a.Field != b.Field {
		return cmp.Compare(a.Field, b.Field)
	}
	return cmp.Compare(lowest(purposesOf(a.Grants)), lowest(purposesOf(b.Grants)))
}

// valueOrder checks the order of Values one by one, and that no purpose has two values of a field.
type valueOrder struct {
	seen  uint32 // the purposes of the field's values so far
	first int    // the lowest of the last one's
}

// next tells whether a value may follow; another says that it is of the same field as the one before it.
func (o *valueOrder) next(another bool, grants []policies.Grant) bool {
	set := purposesOf(grants)
	ok := !another || o.seen&set == 0 && o.first < lowest(set)
	if !another {
		o.seen = 0
	}
	o.seen, o.first = o.seen|set, lowest(set)
	return ok
}

// purposesOf gives the set of the purposes that grants are for.
func purposesOf(grants []policies.Grant) (set uint32) {
	for i := range grants {
		set |= 1 << grants[i].Purpose
	}
	return set
}

func lowest(purposes uint32) int { return bits.TrailingZeros32(purposes) }

// without gives the grants that are for none of the purposes: the same slice where no grant is. It never writes to the old
// ones, which are shared.
func without(grants []policies.Grant, purposes uint32) []policies.Grant {
	if purposesOf(grants)&purposes == 0 {
		return grants
	}
	var out []policies.Grant
	for _, g := range grants {
		if purposes&(1<<g.Purpose) == 0 {
			out = append(out, g)
		}
	}
	return out
}
