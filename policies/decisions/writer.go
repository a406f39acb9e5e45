package decisions

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"time"
)

// row is a row of a table of this Log.
type row struct {
	table TableID
	key   uint32
}

// writer is the part of a Log that its work lock guards.
type writer struct {
	encoder  encoder
	spare    []uint32 // the other buffer
	segments []segment
	number   uint64         // of the last segment that was tried
	file     io.WriteCloser // the last segment; nil: the next write begins one
	size     int64
	written  uint64         // the first sequence that is not written
	owed     map[row]uint64 // what could not be written, before all that comes
	saved    uint64         // the sequence up to which the counts on the disk go
}

// batch is what one flush writes, in the order of the sequences.
type batch struct {
	owed, lost map[row]uint64
	words      []uint32
	digests    []Digest
}

// take empties the buffer. The batch is valid until the next take.
func (l *Log) take() batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := batch{owed: l.owed, words: l.words, digests: l.digests}
	l.words, l.spare = l.spare[:0], l.words
	l.current, l.woken = 0, false
	if len(l.lost) > 0 {
		b.lost, l.lost = l.lost, make(map[row]uint64)
	}
	return b
}

// entries gives the batch's entries. The first has that sequence. The entry is valid for one step.
func (b *batch) entries(first uint64) iter.Seq2[row, *Entry] {
	return func(yield func(row, *Entry) bool) {
		e := Entry{Sequence: first}
		var r row
		if !b.tallies(&e, b.owed, yield) {
			return
		}
		e.Count, e.Tally = 1, false
		for _, w := range b.words {
			if w >= tableWord {
				r.table = TableID(w &^ tableWord)
				e.Digest = b.digests[r.table]
				continue
			}
			r.key, e.Key = w, w
			if !yield(r, &e) {
				return
			}
			e.Sequence++
		}
		b.tallies(&e, b.lost, yield)
	}
}

func (b *batch) tallies(e *Entry, rows map[row]uint64, yield func(row, *Entry) bool) bool {
	if len(rows) == 0 {
		return true
	}
	e.Tally = true
	for _, r := range slices.SortedFunc(maps.Keys(rows), compareRows) {
		e.Digest, e.Key, e.Count = b.digests[r.table], r.key, rows[r]
		if !yield(r, e) {
			return false
		}
		e.Sequence += e.Count
	}
	return true
}

func compareRows(a, b row) int {
	return cmp.Or(cmp.Compare(a.table, b.table), cmp.Compare(a.key, b.key))
}

// flush counts what was appended and writes it. While writing fails, only a flush that shall retry tries it.
func (l *Log) flush(retry bool) error {
	b := l.take()
	now := l.config.Now()
	counted := batch{lost: b.lost, words: b.words, digests: b.digests} // what is owed was counted when it came
	minute := now.UTC().Truncate(time.Minute)
	for _, e := range counted.entries(l.totals.sequence + 1) {
		l.totals.add(e, minute)
	}
	start := l.written
	if l.failing.Load() && !retry {
		l.owe(&b, start)
		return nil
	}
	err := l.write(&b, now)
	switch {
	case err != nil:
		l.owe(&b, start)
		if !l.failing.Swap(true) {
			l.config.Report(fmt.Errorf("%w; decisions are counted, and lose their places until it can be written again", err))
		}
		return err
	case l.failing.Swap(false):
		l.config.Report(errors.New("decision log: it can be written again"))
	}
	clear(l.owed)
	if l.file != nil && (l.size >= l.config.SegmentSize || now.Sub(l.segments[len(l.segments)-1].begun) >= l.config.SegmentAge) {
		l.rotate()
	}
	return nil
}

// write writes the batch in blocks. l.written says how far it came.
func (l *Log) write(b *batch, now time.Time) error {
	l.encoder.begin(l.written)
	for _, e := range b.entries(l.written) {
		if l.encoder.full() {
			if err := l.writeBlock(now); err != nil {
				return err
			}
		}
		l.encoder.add(e)
	}
	if l.encoder.empty() {
		return nil
	}
	return l.writeBlock(now)
}

// writeBlock writes the encoder's block and begins the next.
func (l *Log) writeBlock(now time.Time) error {
	if l.file == nil {
		if err := l.beginSegment(now); err != nil {
			return err
		}
	}
	block := l.encoder.finish()
	n, err := l.file.Write(block)
	if n < len(block) {
		// What is there of the block is behind the last one that a reader takes: the segment ends here.
		name := l.segments[len(l.segments)-1].name
		return fmt.Errorf("write %s: %w", name, errors.Join(cmp.Or(err, errShort), l.endSegment()))
	}
	l.size += int64(n)
	l.written = l.encoder.next
	l.encoder.begin(l.written)
	return nil
}

var errShort = errors.New("not all was written, without an error")

// owe folds what of a batch is not written into tallies. Start is the batch's first sequence.
func (l *Log) owe(b *batch, start uint64) {
	owed, folded := make(map[row]uint64, len(b.owed)), uint64(0)
	for r, e := range b.entries(start) {
		if e.Sequence < l.written {
			continue
		}
		owed[r] += e.Count
		if !e.Tally {
			folded++
		}
	}
	l.owed = owed
	l.mu.Lock()
	l.places += folded
	l.mu.Unlock()
}
