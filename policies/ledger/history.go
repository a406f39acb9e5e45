package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The log's three files. An entry is appended to the first, then its hashes to the second; the head that covers it comes last and
// makes it part of the log.
const (
	entriesFile = "entries"
	hashesFile  = "hashes"
	headFile    = "head"
)

// Reader gives a file of the log by its name; fs.ErrNotExist where there is none.
type Reader interface {
	Read(name string) ([]byte, error)
}

// Storage keeps the log's files. What Append and Replace were given is on the disk when they return, and a file that is replaced
// is the old or the new one after a crash, never something between.
type Storage interface {
	Reader
	Append(name string, data []byte) error
	Replace(name string, data []byte) error
}

// history is a log as its files tell it, checked.
type history struct {
	head     Head
	headText string
	entries  []Entry
	texts    []string
	tree     tree
	state    state
	signed   int    // bytes of entriesFile that the head covers
	tail     string // an entry that the server wrote whole and that headFile does not cover yet
	tailHead string // the head that covers it
	residue  bool   // something else is left of an append that a crash cut short
}

// read reads and checks everything. Beyond what the head covers there may be what one append leaves when a crash cuts it short,
// and nothing more.
func read(r Reader, v note.Verifier) (*history, error) {
	headText, entries, hashes, err := readFiles(r)
	if err != nil {
		return nil, err
	}
	h := &history{headText: headText, state: state{signed: map[string]bool{}}}
	if h.head, err = openHead(headText, v); err != nil {
		return nil, err
	}
	rest, err := h.readEntries(entries, v)
	if err != nil {
		return nil, err
	}
	want := bytesOf(h.tree.hashes)
	if !bytes.HasPrefix(hashes, want) {
		return nil, errors.New("the stored hashes are not those of the entries: the file of hashes is damaged; the entries are as they were signed")
	}
	if err := h.replay(); err != nil {
		return nil, err
	}
	if err := h.readTail(rest, hashes[len(want):], v); err != nil {
		return nil, err
	}
	return h, nil
}

// readFiles reads the three files as they were at one moment: a server may append meanwhile.
func readFiles(r Reader) (head, entries string, hashes []byte, err error) {
	before, err := r.Read(headFile)
	if err != nil {
		return "", "", nil, fmt.Errorf("read the head of the log: %w", err)
	}
	for range 3 {
		rawEntries, err := readOrEmpty(r, entriesFile)
		if err != nil {
			return "", "", nil, err
		}
		if hashes, err = readOrEmpty(r, hashesFile); err != nil {
			return "", "", nil, err
		}
		after, err := r.Read(headFile)
		if err != nil {
			return "", "", nil, fmt.Errorf("read the head of the log: %w", err)
		}
		if bytes.Equal(before, after) {
			return string(after), string(rawEntries), hashes, nil
		}
		before = after
	}
	return "", "", nil, errors.New("read the log: it keeps changing; try again")
}

func readOrEmpty(r Reader, name string) ([]byte, error) {
	b, err := r.Read(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the %s of the log: %w", name, err)
	}
	return b, nil
}

// readEntries reads what the head covers, and compares the hashes that were signed, after each entry and after all.
func (h *history) readEntries(entries string, v note.Verifier) (rest string, err error) {
	rest = entries
	for n := range h.head.Size {
		text, signed, after, ok := cutFrame(rest, n)
		if !ok {
			return "", fmt.Errorf("the head covers %d entries, but entry %d is missing or damaged: put the files back from a copy", h.head.Size, n)
		}
		if _, err := h.tree.grow(n, text); err != nil {
			return "", err
		}
		if err := h.tree.signedBy(signed, n+1, v); err != nil {
			return "", fmt.Errorf("entry %d: %w", n, err)
		}
		h.texts = append(h.texts, text)
		rest = after
	}
	h.signed = len(entries) - len(rest)
	return rest, h.tree.signedBy(h.headText, h.head.Size, v)
}

// signedBy tells whether this is the signed head of the tree.
func (t *tree) signedBy(head string, size int64, v note.Verifier) error {
	want, err := openHead(head, v)
	if err != nil {
		return err
	}
	got, err := t.head(size)
	if err != nil {
		return err
	}
	if got != want {
		return errors.New("the entries are not those that the head was signed for: an entry was rewritten or damaged")
	}
	return nil
}

// replay holds every entry against the rules that it had to meet when it was appended.
func (h *history) replay() error {
	for i, text := range h.texts {
		if err := h.take(int64(i), text); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) take(n int64, text string) error {
	e, err := parseEntry(n, text)
	if err != nil {
		return fmt.Errorf("entry %d: %w", n, err)
	}
	commit, err := h.state.admit(&e)
	if err != nil {
		return fmt.Errorf("entry %d should not be in the log: %w", n, err)
	}
	commit()
	h.entries = append(h.entries, e)
	return nil
}

// readTail judges what the head does not cover. It was never acknowledged. A crash leaves at most a part of one entry, or one
// whole entry and a part of its hashes; more than that means that the head or the entries were put back.
func (h *history) readTail(entries string, hashes []byte, v note.Verifier) error {
	n := h.head.Size
	room := int(tlog.StoredHashCount(n+1)-tlog.StoredHashCount(n)) * tlog.HashSize
	text, head, after, whole := cutFrame(entries, n)
	switch {
	case whole && after != "" || len(entries) > len(frame(n, "", ""))+maxEntry+maxHead || len(hashes) > room:
		return fmt.Errorf("there is more than one entry beyond the %d that the head covers: the head is an old one; put the newest back", n)
	case !whole && len(hashes) > 0:
		return fmt.Errorf("there are hashes of entry %d but not the entry: the entries are old ones; put the newest back", n)
	case !whole:
		h.residue = entries != ""
		return nil
	}
	t := tree{slices.Clip(h.tree.hashes)}
	if _, err := t.grow(n, text); err != nil {
		return err
	}
	if t.signedBy(head, n+1, v) == nil {
		h.tail, h.tailHead = text, head
	} else {
		h.residue = true
	}
	return nil
}
