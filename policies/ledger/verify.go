package ledger

import (
	"fmt"
	"slices"
	"time"
)

// Report is a log that was verified. It does not change when the log grows.
type Report struct {
	Head     Head
	Signed   string // the head as it is signed, for an officer to keep
	Entries  []Entry
	Officers Officers // of the last entry's moment
	Unsigned bool     // a crash left an append unfinished; it is no part of the log and the next Open ends it

	tree  tree
	texts []string
}

// Verify checks a log from its files and the log's public key: every hash and the signature over the head; the signature of each
// approval, by an officer of its moment; and that what came into force had the approvals that the rule of release asks for. The
// files may be a copy. It is only as good as the key, which has to come from elsewhere than the files.
func Verify(r Reader, logKey string) (*Report, error) {
	v, err := logVerifier(logKey)
	if err != nil {
		return nil, err
	}
	h, err := read(r, v)
	if err != nil {
		return nil, fmt.Errorf("verify the log: %w", err)
	}
	return &Report{
		Head: h.head, Signed: h.headText, Entries: h.entries, Officers: h.state.officers, Unsigned: h.tail != "" || h.residue,
		tree: h.tree, texts: h.texts,
	}, nil
}

// InForceAt gives the policy that was in force at a moment, and the entry that says so; ok is false for a moment before the first.
// Of a moment after the last entry it says what holds as far as this log goes.
func (r *Report) InForceAt(t time.Time) (policy Digest, entry int64, ok bool) {
	for _, e := range slices.Backward(r.Entries) {
		if e.Kind == InForce && !e.At.After(t) {
			return e.Release.Policy, e.Number, true
		}
	}
	return Digest{}, 0, false
}
