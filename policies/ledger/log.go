package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Log is a log that may grow. One process at a time may have it open; any number may Verify it meanwhile.
type Log struct {
	storage Storage
	signer  note.Signer

	mu     sync.Mutex
	state  state
	tree   tree
	head   string
	broken error // an append came to no end: only opening the log again tells how far it got
}

// Open opens a log with the log's private key, or begins one where the storage is empty. An entry that a crash left whole is
// completed, a part of one is cut off; an entry that was acknowledged is never lost. Whatever else is not as it was signed is an
// error, and nothing is changed.
func Open(s Storage, privateKey string) (*Log, error) {
	signer, public, err := readLogKey(privateKey)
	if err != nil {
		return nil, err
	}
	verifier, err := logVerifier(public)
	if err != nil {
		return nil, err
	}
	if err := begin(s, signer); err != nil {
		return nil, fmt.Errorf("begin the log: %w", err)
	}
	h, err := read(s, verifier)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	if err := h.recover(s); err != nil {
		return nil, fmt.Errorf("recover the log: %w", err)
	}
	return &Log{storage: s, signer: signer, state: h.state, tree: h.tree, head: h.headText}, nil
}

// begin writes the head of an empty log, so that from then on a missing head is a loss.
func begin(s Storage, signer note.Signer) error {
	for _, name := range []string{headFile, entriesFile, hashesFile} {
		switch b, err := s.Read(name); {
		case err == nil && (name == headFile || len(b) > 0):
			return nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	head, err := (&tree{}).head(0)
	if err != nil {
		return err
	}
	text, err := head.sign(signer)
	if err != nil {
		return err
	}
	return s.Replace(headFile, []byte(text))
}

// recover ends what a crash cut short. It signs nothing: what it completes was signed when it was written.
func (h *history) recover(s Storage) error {
	switch {
	case h.tail != "":
		n := h.head.Size
		if err := h.take(n, h.tail); err != nil {
			return err
		}
		if _, err := h.tree.grow(n, h.tail); err != nil {
			return err
		}
		if err := s.Replace(hashesFile, bytesOf(h.tree.hashes)); err != nil {
			return err
		}
		h.headText = h.tailHead
		return s.Replace(headFile, []byte(h.headText))
	case h.residue:
		// The hashes first: hashes without their entry would be a loss.
		if err := s.Replace(hashesFile, bytesOf(h.tree.hashes)); err != nil {
			return err
		}
		entries, err := s.Read(entriesFile)
		if err != nil {
			return err
		}
		return s.Replace(entriesFile, entries[:h.signed])
	}
	return nil
}

// AddOfficer makes a public key that of an officer, and returns the entry's number. The name may not have another key, nor the
// key another name.
func (l *Log) AddOfficer(publicKey string, at time.Time) (int64, error) {
	return l.append(at, func(e *Entry) error {
		e.Kind, e.Officer = OfficerAdded, strings.TrimSpace(publicKey)
		return nil
	})
}

// RemoveOfficer takes an officer's key out of use. What it approved and is not in force yet no longer counts.
func (l *Log) RemoveOfficer(name string, at time.Time) (int64, error) {
	return l.append(at, func(e *Entry) error {
		key, ok := l.state.officers.Key(name)
		if !ok {
			return fmt.Errorf("there is no officer %q", name)
		}
		e.Kind, e.Officer = OfficerRemoved, key
		return nil
	})
}

// Approve writes an approval down, a text from Sign.
func (l *Log) Approve(signed string, at time.Time) (int64, error) {
	return l.append(at, func(e *Entry) error {
		e.Kind, e.Approval.Note = Approved, signed
		return nil
	})
}

// ApproveModule writes the approval of a tenant's rule module down, a text from SignModule.
func (l *Log) ApproveModule(signed string, at time.Time) (int64, error) {
	return l.append(at, func(e *Entry) error {
		e.Kind, e.Module.Note = ModuleApproved, signed
		return nil
	})
}

// ModuleApprovals gives the approvals of one version of a tenant's module, by officers who still are officers.
func (l *Log) ModuleApprovals(tenant, module string, digest Digest) (list []ModuleApproval) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.state.modules {
		if m.Tenant == tenant && m.Module == module && m.Digest == digest {
			list = append(list, m)
		}
	}
	return list
}

// PutInForce writes down that a release comes into force, with all approvals that count. The error is a *NotApproved where they are
// too few. It comes before the release is put to work: a policy that decides is in the log.
func (l *Log) PutInForce(r Release, at time.Time) (int64, error) {
	return l.append(at, func(e *Entry) error {
		if err := l.state.check(r); err != nil {
			return err
		}
		e.Kind, e.Release, e.Approvals = InForce, r, l.state.approvalsOf(r)
		return nil
	})
}

// Check tells whether PutInForce would find the approvals that it needs.
func (l *Log) Check(r Release) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.check(r)
}

// Waiting gives the approvals that count towards a release that is not in force yet.
func (l *Log) Waiting() []Approval {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.waiting()
}

// Officers gives those of now.
func (l *Log) Officers() Officers {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.officers
}

// Governed tells whether there ever was an officer: from then on, a release needs approvals.
func (l *Log) Governed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.governed
}

// InForce gives the entry of the release in force, which its caller must not change; ok is false where none ever was put in force.
func (l *Log) InForce() (e Entry, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.force == nil {
		return Entry{}, false
	}
	return *l.state.force, true
}

// Head gives the signed tree head, for an officer to keep.
func (l *Log) Head() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head
}

// ErrRefused is in the error where an entry is against the rules of the log. Nothing was written, and the log is as it was. After
// any other error of a method that appends, only opening the log again tells whether the entry counts.
var ErrRefused = errors.New("the log does not take it")

// append adds the entry that fill completes. The time is cut to whole seconds of UTC.
func (l *Log) append(at time.Time, fill func(*Entry) error) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		return 0, fmt.Errorf("the log has to be opened again: %w", l.broken)
	}
	e := &Entry{Number: l.state.size, At: at.UTC().Truncate(time.Second)}
	if err := fill(e); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	commit, err := l.state.admit(e)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := l.write(e.Number, e.text()); err != nil {
		l.broken = err
		return 0, err
	}
	commit()
	return e.Number, nil
}

// write makes a text part of the log. The head comes last: an entry is in the log when a head on the disk covers it.
func (l *Log) write(n int64, text string) error {
	present, err := l.storage.Read(headFile)
	if err != nil {
		return fmt.Errorf("read the head of the log: %w", err)
	}
	if !bytes.Equal(present, []byte(l.head)) {
		return errors.New("somebody else has written to the log since it was opened: one process at a time may")
	}
	hashes, err := l.tree.grow(n, text)
	if err != nil {
		return err
	}
	head, err := l.tree.head(n + 1)
	if err != nil {
		return err
	}
	signed, err := head.sign(l.signer)
	if err != nil {
		return err
	}
	if err := l.storage.Append(entriesFile, []byte(frame(n, text, signed))); err != nil {
		return fmt.Errorf("write an entry of the log: %w", err)
	}
	if err := l.storage.Append(hashesFile, bytesOf(hashes)); err != nil {
		return fmt.Errorf("write the hashes of the log: %w", err)
	}
	if err := l.storage.Replace(headFile, []byte(signed)); err != nil {
		return fmt.Errorf("write the head of the log: %w", err)
	}
	l.head = signed
	return nil
}
