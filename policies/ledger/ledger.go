// Package ledger proves which policy was in force when, and that officers approved it before it was.
//
// An officer signs a Statement with a key of their own (Sign, Officers.Verify). Check is the rule of release: one approval, or two
// by two persons where the policy permits more than the one that it replaces. Log is an append-only transparency log (RFC 6962,
// section 2) of officers, approvals and changes of force, under a tree head that the server signs; Verify recomputes all of it
// from the three files alone, and proofs of single entries and of growth need not even those.
//
// It does not prove a policy, compare policies or put one to work: digests and counts come from its user. It reads no clock and
// opens no file. The server's clock dates the entries; who holds both the server's log key and its files can write a new history,
// which only a head kept elsewhere reveals (VerifyGrowth).
//
// The log holds the names of officers, because who approved is what it proves, and no other personal data: a remark is no place
// for a visitor.
//
// A Log is safe for concurrent use. Everything else is a value that does not change, or a pure function.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// Digest is a SHA-256. Its zero value stands for no policy at all.
type Digest [sha256.Size]byte

const noDigest = "none"

// ParseDigest reads what String writes: 64 lower-case hexadecimal digits, or "none".
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if s == noDigest {
		return d, nil
	}
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != len(d) || hex.EncodeToString(raw) != s {
		return d, errors.New("a digest is 64 hexadecimal digits, lower case")
	}
	if d = Digest(raw); d == (Digest{}) {
		return d, errors.New("a digest of zeros is written " + noDigest)
	}
	return d, nil
}

func (d Digest) String() string {
	if d == (Digest{}) {
		return noDigest
	}
	return hex.EncodeToString(d[:])
}

// Short is the beginning of a digest, for people to read.
func (d Digest) Short() string { return d.String()[:min(12, len(d.String()))] }

// MarshalText makes a digest a string in JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// second is how times are written: RFC 3339, UTC, whole seconds.
const second = "2006-01-02T15:04:05Z"

// checkTime refuses what does not come back from its text as it went in.
func checkTime(t time.Time) error {
	if t.Year() < 1970 || t.Year() > 9999 || t.Location() != time.UTC || !t.Equal(t.Truncate(time.Second)) {
		return errors.New("the time has to be in UTC and whole seconds")
	}
	return nil
}
