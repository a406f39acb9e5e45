// Package profile is the profile store: what is kept of a visitor, for which purposes, until when, and the features that a
// rule module may read of it. It is the only importer of Badger.
//
// A Store is safe for concurrent use. Begin takes the one writer's place of a profile. Every Profile that the package hands
// out is a copy that belongs to the caller, and to one goroutine; that of an Update is what its Commit stores. Slices of
// Grants are shared between values and are never written to: replace them.
//
// What is acknowledged is on the disk. Other goroutines read an update once it is there; only the next writer of the same
// profile sees it earlier, and then its own commit comes after.
//
// On disk (format 1): DIR/format, the format and the number of shards; DIR/shard-NN, one Badger directory each. Keys and
// rows are described in keys.go and codec.go. The names DIR/slots-NN and DIR/guard-NN are kept for the visitors' keys and
// the guard against a lost tail.
package profile

import (
	"slices"
	"time"

	"github.com/lotse-edge/lotse/policies"
)

// VisitorID names a profile within a tenant: random, or an HMAC of the tenant's own id. Never the tenant's own id itself.
type VisitorID [16]byte

// Millis is a moment in milliseconds since 1970-01-01.
type Millis int64

// At gives the moment of t.
func At(t time.Time) Millis { return Millis(t.UnixMilli()) }

// Time gives the moment as a time in UTC.
func (m Millis) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

const day Millis = 24 * 60 * 60 * 1000

// Profile is all that is kept of one visitor of one tenant. Use the methods to change it: they keep the lists sorted and
// the bounds. The zero Profile is empty.
type Profile struct {
	ID         VisitorID
	Created    Millis // the moment of the first Begin
	Values     []Stored
	Events     []History
	Consents   []Consent // the current record of each purpose, by rising purpose
	Objected   uint32    // purposes objected to (Article 21), one bit each
	Restricted bool      // Article 18
	Asked      []uint16  // fields that a form has asked for, rising
	Derived    Derived

	consents    uint32    // rows of consent history written so far
	transitions uint32    // rows of transitions written so far
	recorded    []Consent // rows of history that the next commit writes
}

// Stored is the value of one field.
type Stored struct {
	Field       uint16
	Value       Value
	Provenance  Provenance
	Generalised bool   // the value is kept in its coarser form
	At          Millis // when it was stored; the grants' times to live run from here
	Grants      []policies.Grant
}

// Derived is what the last evaluation said: for transitions, and for a stage that never falls back.
type Derived struct {
	Stage    string
	Quadrant string
	Segments []string
	Bands    []Band
}

// Band is the band that a score was in.
type Band struct{ Score, Name string }

// Provenance says where a value came from.
type Provenance uint8

// The provenances.
const (
	ProvenanceProvided Provenance = iota // by the visitor
	ProvenanceObserved                   // from what the visitor did
	ProvenanceDerived                    // from other values
	ProvenanceImported                   // by the tenant's own systems
	provenanceCount
)

// String gives the name that answers and exports use.
func (p Provenance) String() string {
	switch p {
	case ProvenanceProvided:
		return "provided"
	case ProvenanceObserved:
		return "observed"
	case ProvenanceDerived:
		return "derived"
	case ProvenanceImported:
		return "imported"
	default:
		return "unknown"
	}
}

// renewAfter is how old a stored value must be before the same value stores it anew. Without it, a website that sends the
// same field with every event would cause a write each time.
const renewAfter = day

// Value finds the stored value of a field; nil where there is none. It does not look at expiry.
func (p *Profile) Value(field uint16) *Stored {
	if i, ok := p.find(field); ok {
		return &p.Values[i]
	}
	return nil
}

// SetValue stores the value of a field in place of an earlier one, and tells whether the profile changed. A value without
// a grant is not stored, and leaves an earlier one alone. The same value under the same grants within a day changes
// nothing. The caller has made the value coarser, and says so in Generalised, where no grant keeps the value as it is.
func (p *Profile) SetValue(v Stored) bool {
	if len(v.Grants) == 0 || v.Value.Kind == 0 {
		return false
	}
	if !v.Generalised && !keeps(v.Grants) {
		panic("BUG: a value that no purpose may keep as it is must be generalised before it is stored")
	}
	i, ok := p.find(v.Field)
	if !ok {
		p.Values = slices.Insert(p.Values, i, v)
		return true
	}
	old := &p.Values[i]
	if old.Value == v.Value && old.Provenance == v.Provenance && old.Generalised == v.Generalised &&
		slices.Equal(old.Grants, v.Grants) && v.At < old.At+renewAfter {
		return false
	}
	*old = v
	return true
}

// RemoveValue removes the value of a field, and tells whether there was one.
func (p *Profile) RemoveValue(field uint16) bool {
	i, ok := p.find(field)
	if ok {
		p.Values = slices.Delete(p.Values, i, i+1)
	}
	return ok
}

func (p *Profile) find(field uint16) (int, bool) {
	return slices.BinarySearchFunc(p.Values, field, func(v Stored, f uint16) int { return int(v.Field) - int(f) })
}

// Ask notes that a form has asked for a field.
func (p *Profile) Ask(field uint16) {
	if i, ok := slices.BinarySearch(p.Asked, field); !ok {
		p.Asked = slices.Insert(p.Asked, i, field)
	}
}

// WasAsked tells whether a form has asked for a field.
func (p *Profile) WasAsked(field uint16) bool {
	_, ok := slices.BinarySearch(p.Asked, field)
	return ok
}

// Empty tells whether nothing is left that is worth keeping: no value, no event, no record of consent, no objection and no
// restriction. What was asked and what was derived do not count: alone they say something about somebody of whom nothing
// may be known. A record of consent, also of a withdrawal, is evidence (Article 7(1)) and counts.
func (p *Profile) Empty() bool {
	return len(p.Values) == 0 && len(p.Events) == 0 && len(p.Consents) == 0 && p.Objected == 0 && !p.Restricted
}
