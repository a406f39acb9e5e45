package decisions

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"time"
)

// TableCounts is how often each row of a table answered.
type TableCounts struct {
	Digest Digest
	Rows   map[uint32]uint64 // by key; no row has 0
	Total  uint64            // the sum of the rows
	// First and Last are when the table was first and last used, in whole minutes. What was counted from the log after a
	// crash counts as used when its segment was begun.
	First, Last time.Time
}

// Counts is how often each row answered, exactly: Sequence is Missing plus the sum of all totals.
type Counts struct {
	Sequence uint64        // up to which decision is counted
	Missing  uint64        // decisions that damage, or a lost file of counts, took before they were counted
	Tables   []TableCounts // sorted by digest
}

// totals is what is being counted.
type totals struct {
	sequence uint64
	missing  uint64
	tables   map[Digest]*TableCounts
	last     *TableCounts // the table of the last entry
}

// add counts an entry, which lies behind all that is counted. What lies between is missing.
func (t *totals) add(e *Entry, minute time.Time) {
	t.missing += e.Sequence - t.sequence - 1
	t.sequence = e.last()
	if t.last == nil || t.last.Digest != e.Digest {
		if t.last = t.tables[e.Digest]; t.last == nil {
			t.last = &TableCounts{Digest: e.Digest, Rows: make(map[uint32]uint64), First: minute}
			t.tables[e.Digest] = t.last
		}
	}
	t.last.Rows[e.Key] += e.Count
	t.last.Total += e.Count
	if minute.After(t.last.Last) {
		t.last.Last = minute
	}
}

// clone gives what others may keep.
func (t *TableCounts) clone() TableCounts {
	c := *t
	c.Rows = maps.Clone(t.Rows)
	return c
}

func (t *totals) counts() *Counts {
	c := &Counts{Sequence: t.sequence, Missing: t.missing, Tables: make([]TableCounts, 0, len(t.tables))}
	for _, d := range slices.SortedFunc(maps.Keys(t.tables), Digest.compare) {
		c.Tables = append(c.Tables, t.tables[d].clone())
	}
	return c
}

// Counts gives how often each row of each table answered, with all that was appended before.
func (l *Log) Counts() *Counts {
	l.work.Lock()
	defer l.work.Unlock()
	l.flush(true) // what cannot be written is counted all the same
	return l.totals.counts()
}

// TableCounts gives how often each row of one table answered. A table that decided nothing has no rows.
func (l *Log) TableCounts(d Digest) TableCounts {
	l.work.Lock()
	defer l.work.Unlock()
	l.flush(true)
	if t, ok := l.totals.tables[d]; ok {
		return t.clone()
	}
	return TableCounts{Digest: d}
}

// ReadCounts counts what the files say, beside a Log or without one. Damage is reported; report may be nil.
func ReadCounts(files Files, report func(error)) (*Counts, error) {
	if report == nil {
		report = func(error) {}
	}
	t, _, err := readTotals(files, report)
	if err != nil {
		return nil, err
	}
	return t.counts(), nil
}

// readTotals reads the saved counts and adds what the log holds since. Saved is up to which sequence they went.
func readTotals(files Files, report func(error)) (t *totals, saved uint64, err error) {
	t, err = readSaved(files)
	if err != nil {
		return nil, 0, fmt.Errorf("%w; put a copy back, or remove the file to count anew what the log still holds", err)
	}
	return t.goOn(files, report)
}

// recoverTotals is readTotals for a start, which a damaged file of counts does not keep from starting: the file is put aside, and
// what the log still holds is counted anew. What it does not hold any more is then missing.
func recoverTotals(files Files, report func(error)) (t *totals, saved uint64, err error) {
	t, err = readSaved(files)
	if errors.Is(err, errCounts) {
		report(fmt.Errorf("%w; it is now %q, and what the log still holds is counted anew", err, damagedName))
		if err := putAside(files); err != nil {
			return nil, 0, err
		}
		t, err = &totals{tables: make(map[Digest]*TableCounts)}, nil
	}
	if err != nil {
		return nil, 0, err
	}
	return t.goOn(files, report)
}

func putAside(files Files) error {
	content, err := readCounts(files)
	if err == nil {
		err = files.Replace(damagedName, content)
	}
	if err == nil {
		err = files.Remove(countsName)
	}
	if err != nil {
		return fmt.Errorf("put the damaged counts aside: %w", err)
	}
	return nil
}

// goOn adds what the log holds behind what is counted.
func (t *totals) goOn(files Files, report func(error)) (_ *totals, saved uint64, err error) {
	saved = t.sequence
	r, err := Read(files, saved+1)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	var damage *DamageError
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			if err := r.Torn(); err != nil {
				report(err)
			}
			return t, saved, nil
		case errors.As(err, &damage):
			// The reader begins in the middle of a segment, and may find damage in what is counted already.
			if damage.Last > saved {
				report(err)
			}
		case err != nil:
			return nil, 0, err
		default:
			t.add(&e, e.Minute)
		}
	}
}

func readCounts(files Files) ([]byte, error) {
	f, err := files.Open(countsName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func readSaved(files Files) (*totals, error) {
	content, err := readCounts(files)
	if errors.Is(err, fs.ErrNotExist) {
		return &totals{tables: make(map[Digest]*TableCounts)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the counts of decisions: %w", err)
	}
	t, err := parseTotals(content)
	if err != nil {
		return nil, fmt.Errorf("read the counts of decisions from %q: %w", countsName, err)
	}
	return t, nil
}
