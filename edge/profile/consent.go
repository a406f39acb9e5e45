package profile

import (
	"math/bits"
	"slices"

	"github.com/lotse-edge/lotse/policies"
)

// Consent is one record of what a visitor answered to a purpose: evidence (Article 7(1)).
type Consent struct {
	Purpose     uint8 // the purpose's bit
	Status      policies.Status
	Proof       policies.Proof
	Objected    bool // the record is of an objection (Article 21)
	Method      string
	Language    string
	TextVersion string // hex digest of what was shown
	At          Millis
	ValidUntil  Millis // zero: until withdrawn
}

// Consent finds the current record of a purpose; nil where there is none.
func (p *Profile) Consent(purpose uint8) *Consent {
	if i, ok := p.findConsent(purpose); ok {
		return &p.Consents[i]
	}
	return nil
}

func (p *Profile) findConsent(purpose uint8) (int, bool) {
	return slices.BinarySearchFunc(p.Consents, purpose, func(c Consent, b uint8) int { return int(c.Purpose) - int(b) })
}

// Record makes a record the current one of its purpose. The next commit also appends it to the history, which is only ever
// erased with the whole profile.
func (p *Profile) Record(c Consent) {
	i, ok := p.findConsent(c.Purpose)
	if ok {
		p.Consents[i] = c
	} else {
		p.Consents = slices.Insert(p.Consents, i, c)
	}
	p.recorded = append(p.recorded, c)
}

// Object notes an objection to a purpose, or takes it back. Record it as well: this is the flag, not the evidence.
func (p *Profile) Object(purpose uint8, objected bool) {
	if objected {
		p.Objected |= 1 << purpose
	} else {
		p.Objected &^= 1 << purpose
	}
}

// HasObjected tells whether the visitor objects to a purpose.
func (p *Profile) HasObjected(purpose uint8) bool { return p.Objected&(1<<purpose) != 0 }

// nothingToProve tells whether the profile holds nothing but withdrawals. For a visitor of whom nothing was stored they
// prove nothing: there was no consent that ended.
func (p *Profile) nothingToProve() bool {
	if len(p.Values) != 0 || len(p.Events) != 0 || p.Restricted || bits.OnesCount32(p.Objected) != 0 {
		return false
	}
	for i := range p.Consents {
		if p.Consents[i].Status != policies.StatusWithdrawn {
			return false
		}
	}
	return true
}

// appendConsent appends the body of a row of consent history.
func appendConsent(b []byte, c *Consent) ([]byte, error) {
	if c.Purpose > 31 {
		return nil, errInvalid
	}
	b = append(b, c.Purpose, byte(c.Status), byte(c.Proof), 0)
	if c.Objected {
		b[len(b)-1] = 1
	}
	for _, s := range [...]string{c.Method, c.Language, c.TextVersion} {
		b = appendText(b, s)
	}
	return appendInt(appendInt(b, int64(c.At)), int64(c.ValidUntil)), nil
}

func decodeConsent(key, value []byte) (c Consent, ok bool, err error) {
	body, err := openRow(key, value)
	if err != nil || body == nil {
		return c, false, err
	}
	r := newReader(body)
	c.Purpose, c.Status, c.Proof = r.byte(), policies.Status(r.byte()), policies.Proof(r.byte())
	c.Objected = r.byte() != 0
	c.Method, c.Language, c.TextVersion = r.text(), r.text(), r.text()
	c.At, c.ValidUntil = Millis(r.int()), Millis(r.int())
	err = r.end()
	return c, err == nil, err
}
