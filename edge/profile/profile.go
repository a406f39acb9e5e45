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
// rows are described in keys.go, row.go and encode.go. The names DIR/slots-NN and DIR/guard-NN are kept for the visitors' keys and
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
	Created    Millis   // the moment of the first Begin
	Values     []Stored // by rising field, those of one field by their lowest purpose; no purpose has two
	Events     []History
	Consents   []Consent // the current record of each purpose, by rising purpose
	Objected   uint32    // purposes objected to (Article 21), one bit each
	Restricted bool      // Article 18
	Asked      []uint16  // the questions that the visitor passed over, by field, rising; an answered one is not among them
	Derived    Derived

	consents    uint32    // rows of consent history written so far
	transitions uint32    // rows of transitions written so far
	recorded    []Consent // rows of history that the next commit writes
	coarsen     Coarsen   // the store's, for SetValue
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
type Provenance = policies.Provenance

// The provenances.
const (
	ProvenanceProvided = policies.ProvenanceProvided
	ProvenanceObserved = policies.ProvenanceObserved
	ProvenanceDerived  = policies.ProvenanceDerived
	ProvenanceImported = policies.ProvenanceImported

	lastProvenance = ProvenanceImported
)

// Ask notes that the visitor passed over the question for a field.
func (p *Profile) Ask(field uint16) {
	if i, ok := slices.BinarySearch(p.Asked, field); !ok {
		p.Asked = slices.Insert(p.Asked, i, field)
	}
}

// WasAsked tells whether the visitor passed over the question for a field.
func (p *Profile) WasAsked(field uint16) bool {
	_, ok := slices.BinarySearch(p.Asked, field)
	return ok
}

// ClearAsked forgets which questions the visitor passed over.
func (p *Profile) ClearAsked() { p.Asked = nil }

// Empty tells whether nothing is left that is worth keeping: no value, no event, no record of consent, no objection and no
// restriction. What was asked and what was derived do not count: alone they say something about somebody of whom nothing
// may be known. A record of consent, also of a withdrawal, is evidence (Article 7(1)) and counts.
func (p *Profile) Empty() bool {
	return len(p.Values) == 0 && len(p.Events) == 0 && len(p.Consents) == 0 && p.Objected == 0 && !p.Restricted
}
