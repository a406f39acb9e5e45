package policies

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync/atomic"
)

// Table is a proved policy: a row for every situation, by its key. It never changes. Tables are made by Prove and Table.Tenant only. A table is safe for concurrent use.
type Table struct {
	digest  string
	source  string // digest of the sources
	reasons catalogue
	ages    ageTable
	config  Config // of the proof, for tenants' rules
	laws    func(ctx context.Context) ([]*law, error)
	row     func(key uint32) *Row // composes: cheap, cannot fail, gives equal keys the same row
	pages   [PurposeCount]atomic.Pointer[page]
}

// page is the rows of one kind of purpose. It is made when the kind is first met: a table has pages for the purposes that its
// tenants have, not for all that there could be.
type page [VisitorCount]*Row

// Decide answers a situation. The row is shared: it must not be changed. An error means that the situation is
// impossible, and then nothing may be stored or used. It takes no lock, allocates nothing and calls no engine.
func (t *Table) Decide(s Situation) (Decision, error) {
	key := s.Key()
	if key >= SituationCount {
		return Decision{}, s.Validate()
	}
	p := t.pages[key/VisitorCount].Load()
	if p == nil {
		p = t.open(key / VisitorCount)
	}
	return Decision{Row: p[key%VisitorCount], Key: key}, nil
}

// open makes a page. Two callers may do so at once: one page is kept for both.
func (t *Table) open(purpose uint32) *page {
	p := new(page)
	for i := range p {
		p[i] = t.row(purpose*VisitorCount + uint32(i))
	}
	slot := &t.pages[purpose]
	slot.CompareAndSwap(nil, p)
	return slot.Load()
}

// Digest is a hex SHA-256 over all rows, in the order of their keys: two policies that answer every situation alike, in the same
// words, have the same digest, however they are written.
func (t *Table) Digest() string { return t.digest }

// Source is a hex SHA-256 over the texts of the policy that the table was proved from.
func (t *Table) Source() string { return t.source }

// digestRows computes the digest: the table of ages, the different rows as JSON in the order in which they first come, then for each situation the
// number of its row (little-endian, four bytes).
func digestRows(ages string, row func(key uint32) *Row) (string, error) {
	h := sha256.New()
	h.Write([]byte(ages))
	numbers := map[*Row]uint32{}
	index := make([]byte, 0, 4*SituationCount)
	for key := range uint32(SituationCount) {
		r := row(key)
		n, ok := numbers[r]
		if !ok {
			n = uint32(len(numbers))
			numbers[r] = n
			text, err := json.Marshal(r.Document())
			if err != nil {
				return "", fmt.Errorf("write row %d: %w", key, err)
			}
			h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(text))))
			h.Write(text)
		}
		index = binary.LittleEndian.AppendUint32(index, n)
	}
	h.Write(index)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Age places a visitor against the age of consent in a country (ISO 3166-1 alpha-2, upper case). Negative years are an
// unknown age. A guardian's consent counts only below the threshold.
func (t *Table) Age(country string, years int, guardian bool) AgeBand {
	return t.ages.band(country, years, guardian)
}
