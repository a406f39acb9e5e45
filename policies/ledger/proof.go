package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	entryProofHeading  = "lotse policy log proof of an entry 1"
	growthProofHeading = "lotse policy log proof of growth 1"
)

// maxProof is the longest proof, in bytes; the path of a proof has at most 64 hashes.
const maxProof = 2 * maxEntry

// ProveEntry writes a text that proves, by the log's public key alone, that an entry is in the log: the entry, the hashes from it
// up to the head (RFC 6962, section 2.1.1), the signed head.
func (r *Report) ProveEntry(n int64) (string, error) {
	if n < 0 || n >= r.Head.Size {
		return "", fmt.Errorf("the log has no entry %d; they are numbered from 0 and it has %d", n, r.Head.Size)
	}
	path, err := tlog.ProveRecord(r.Head.Size, n, &r.tree)
	if err != nil {
		return "", fmt.Errorf("prove entry %d: %w", n, err)
	}
	text := r.texts[n]
	return fmt.Sprintf("%s\nentry %d\nbytes %d\n%s%s%s", entryProofHeading, n, len(text), text, pathText(path), r.Signed), nil
}

// VerifyProof checks a text from ProveEntry. That an entry is in the log does not say that the log as a whole is in order, which
// Verify does. The signature in an approval was checked when the log took it; the entry here has no Approval.Key, because a proof
// does not tell who was an officer.
func VerifyProof(text, logKey string) (Entry, Head, error) {
	fail := func(err error) (Entry, Head, error) { return Entry{}, Head{}, fmt.Errorf("check the proof: %w", err) }
	if len(text) > maxProof {
		return fail(fmt.Errorf("it is longer than %d bytes", maxProof))
	}
	l := &lines{rest: text}
	l.heading(entryProofHeading)
	n := l.number("entry")
	entry := l.take(int(min(l.number("bytes"), maxEntry)))
	path, signed := l.path()
	if l.err != nil {
		return fail(l.err)
	}
	head, err := OpenHead(signed, logKey)
	if err != nil {
		return fail(err)
	}
	if err := tlog.CheckRecord(path, head.Size, tlog.Hash(head.Hash), n, tlog.RecordHash([]byte(entry))); err != nil {
		return fail(errors.New("the entry is not in the log that the head was signed for"))
	}
	e, err := parseEntry(n, entry)
	if err != nil {
		return fail(fmt.Errorf("entry %d: %w", n, err))
	}
	return e, head, nil
}

// ProveGrowth writes a text that proves that the log of an older signed head, which somebody kept, is the beginning of this one
// (RFC 6962, section 2.1.2).
func (r *Report) ProveGrowth(kept, logKey string) (string, error) {
	old, err := OpenHead(kept, logKey)
	if err != nil {
		return "", err
	}
	if old.Size > r.Head.Size {
		return "", fmt.Errorf("the kept head covers %d entries and this log has %d: entries were lost or taken away", old.Size, r.Head.Size)
	}
	var path tlog.TreeProof
	if old.Size > 0 {
		if path, err = tlog.ProveTree(r.Head.Size, old.Size, &r.tree); err != nil {
			return "", fmt.Errorf("prove the growth: %w", err)
		}
	}
	return growthProofHeading + "\n" + pathText(path) + r.Signed, nil
}

// VerifyGrowth checks a text from ProveGrowth against the head that its reader kept. Where it fails although both heads are signed,
// the two heads are the proof that history was rewritten.
func VerifyGrowth(kept, proof, logKey string) (from, to Head, err error) {
	fail := func(err error) (Head, Head, error) { return Head{}, Head{}, fmt.Errorf("check the growth: %w", err) }
	if len(proof) > maxProof {
		return fail(fmt.Errorf("the proof is longer than %d bytes", maxProof))
	}
	if from, err = OpenHead(kept, logKey); err != nil {
		return fail(err)
	}
	l := &lines{rest: proof}
	l.heading(growthProofHeading)
	path, signed := l.path()
	if l.err != nil {
		return fail(l.err)
	}
	if to, err = OpenHead(signed, logKey); err != nil {
		return fail(err)
	}
	if from.Size == 0 {
		// Everything begins with nothing; but the hash of nothing is a fixed one.
		if empty, err := (&tree{}).head(0); err != nil || from != empty || len(path) > 0 {
			return fail(errRewritten)
		}
		return from, to, nil
	}
	if err := tlog.CheckTree(path, to.Size, tlog.Hash(to.Hash), from.Size, tlog.Hash(from.Hash)); err != nil {
		return fail(errRewritten)
	}
	return from, to, nil
}

var errRewritten = errors.New("the log of the kept head is not the beginning of this one: history was rewritten, or the proof is of another head")

func pathText(path []tlog.Hash) string {
	var b strings.Builder
	fmt.Fprintf(&b, "path %d\n", len(path))
	for _, h := range path {
		fmt.Fprintf(&b, "hash %s\n", base64.StdEncoding.EncodeToString(h[:]))
	}
	return b.String() + "head\n"
}

// path reads what pathText writes; what follows is the signed head.
func (l *lines) path() (path []tlog.Hash, head string) {
	n := l.number("path")
	if n > 64 {
		l.fault("a path has at most 64 hashes")
	}
	for range n {
		raw, err := base64.StdEncoding.Strict().DecodeString(l.value("hash"))
		if err != nil || len(raw) != tlog.HashSize {
			l.fault("this is no hash")
			return nil, ""
		}
		path = append(path, tlog.Hash(raw))
	}
	l.heading("head")
	return path, l.rest
}
