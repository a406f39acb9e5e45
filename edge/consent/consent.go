// Package consent is what visitors answered to a tenant's purposes, and what their browsers signal: it checks a new answer
// into a record, and turns records and signals into one situation for each purpose, which is all that a policy gets to
// know. It decides nothing itself and stores nothing.
//
// All of it is pure: the time comes in as an argument. It is safe for concurrent use.
package consent

import (
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// Record is the evidence of one answer to one purpose (Article 7(1) GDPR): who was asked is the profile that holds it, what
// was shown is the text version in the language.
type Record struct {
	Purpose     string
	Status      policies.Status // never expired: that is derived from ValidUntil
	Proof       policies.Proof
	Language    string // of the text that was shown
	TextVersion string // Purpose.TextVersion at the time of the answer
	Method      string // banner, form, api or import
	At          time.Time
	ValidUntil  time.Time // zero: until withdrawn
}

// StatusAt is the status that a record has at a moment: a consent past its validity is expired. A status outside the
// enumeration counts as no answer, so that a damaged record permits nothing.
func (r Record) StatusAt(now time.Time) policies.Status {
	switch r.Status {
	case policies.StatusGiven, policies.StatusExplicit:
		if !r.ValidUntil.IsZero() && !now.Before(r.ValidUntil) {
			return policies.StatusExpired
		}
		return r.Status
	case policies.StatusRefused, policies.StatusWithdrawn, policies.StatusExpired:
		return r.Status
	}
	return policies.StatusNone
}

// Latest finds the record that counts for a purpose: the one with the latest time, the later in the list among equals. A
// history does as well as a list with one record for each purpose.
func Latest(records []Record, purpose string) (Record, bool) {
	found := -1
	for i := range records {
		if records[i].Purpose == purpose && (found < 0 || !records[i].At.Before(records[found].At)) {
			found = i
		}
	}
	if found < 0 {
		return Record{}, false
	}
	return records[found], true
}

// Answerable tells whether a visitor has a say in a purpose beforehand. One that rests on a contract or a legal obligation
// is not a matter of agreement, and a record that says so would be a lie.
func Answerable(p *tenant.Purpose) bool {
	return p.Basis == policies.BasisConsent || p.Basis == policies.BasisLegitimateInterest
}

// NeedsAnswer tells whether a visitor should be asked: the purpose rests on consent, and nothing valid is on record.
// Someone who refused or withdrew is not asked again.
func NeedsAnswer(p *tenant.Purpose, s policies.Status) bool {
	return p.Basis == policies.BasisConsent && (s == policies.StatusNone || s == policies.StatusExpired)
}
