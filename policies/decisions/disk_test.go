package decisions_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// A full disk costs places, never counts, and what was lost is told by the log itself.
func TestFullDisk(t *testing.T) {
	m := newMemory()
	c := manual(t, m)
	var reports []error
	c.Report = func(err error) { reports = append(reports, err) }
	l := open(t, c)
	a, b := l.Table(digest(1)), l.Table(digest(2))
	l.Append(a, []uint32{1, 2})
	must(t, l.Flush())
	m.setRoom(10) // the next block is cut off
	for range 3 {
		l.Append(a, []uint32{3, 4})
		l.Append(b, []uint32{3})
		if err := l.Flush(); !errors.Is(err, errFull) {
			t.Fatalf("Flush on a full disk: %v", err)
		}
	}
	if s := l.Stats(); !s.Failing || s.Lost != 9 || s.Sequence != 11 {
		t.Errorf("on a full disk: %+v", s)
	}
	if names := m.segments(); len(names) != 1 {
		t.Errorf("what could not be begun is left: %q", names)
	}
	crashed := m.clone()
	m.setRoom(-1)
	l.Append(b, []uint32{5})
	must(t, l.Flush())
	if s := l.Stats(); s.Failing || s.Lost != 9 {
		t.Errorf("when there is room again: %+v", s)
	}
	if len(reports) != 2 || !errors.Is(reports[0], errFull) || !strings.Contains(reports[1].Error(), "again") {
		t.Errorf("reported: %v", reports)
	}
	live := l.Counts()
	must(t, l.Close())

	tally := func(sequence, count uint64, table byte, key uint32) decisions.Entry {
		e := entry(sequence, table, key)
		e.Count, e.Tally = count, true
		return e
	}
	want := []decisions.Entry{entry(1, 1, 1), entry(2, 1, 2), tally(3, 3, 1, 3), tally(6, 3, 1, 4), tally(9, 3, 2, 3), entry(12, 2, 5)}
	got, damages, _ := readAll(t, m, 0)
	if diff := cmp.Diff(want, got); diff != "" || damages != nil {
		t.Errorf("damages %v, entries (-want +got):\n%s", damages, diff)
	}
	if e, err := decisions.Find(m, 8); err != nil || e != want[3] {
		t.Errorf("Find(8) = %v, %v, want the tally that it is in", e, err)
	}
	saved, err := decisions.ReadCounts(m, c.Report)
	must(t, err)
	if diff := cmp.Diff(live, saved); diff != "" || live.Sequence != 12 || live.Missing != 0 {
		t.Errorf("counts up to %d, %d missing (-live +saved):\n%s", live.Sequence, live.Missing, diff)
	}
	// A crash while the disk is full loses what is not written, and nothing else.
	if got, err := decisions.ReadCounts(crashed, func(error) {}); err != nil || got.Sequence != 2 {
		t.Errorf("after a crash on the full disk: %+v, %v", got, err)
	}
}

// The disk fills in the middle of a flush: what is written stays as it is, the rest is tallied.
func TestDiskFillsBetweenBlocks(t *testing.T) {
	m := newMemory()
	c := manual(t, m)
	c.Report = func(error) {}
	l := open(t, c)
	keys := make([]uint32, 50_000)
	for i := range keys {
		keys[i] = uint32(i)
	}
	l.Append(l.Table(digest(1)), keys)
	m.setRoom(100_000)
	if err := l.Flush(); !errors.Is(err, errFull) {
		t.Fatalf("Flush: %v", err)
	}
	m.setRoom(-1)
	must(t, l.Close())
	entries, damages, _ := readAll(t, m, 0)
	if damages != nil || len(entries) != len(keys) {
		t.Fatalf("damages %v, %d entries, want %d", damages, len(entries), len(keys))
	}
	for i, e := range entries {
		if written := i < 21_835; e.Key != uint32(i) || e.Count != 1 || e.Tally == written { // a block's worth
			t.Fatalf("entry %d is %+v", i, e)
		}
	}
	if s := l.Stats(); s.Lost != 50_000-21_835 {
		t.Errorf("%d decisions are lost", s.Lost)
	}
}

// noCounts has no room for the counts.
type noCounts struct{ *memory }

func (noCounts) Replace(string, []byte) error { return errFull }

// What is not in saved counts is not removed, however many segments that takes.
func TestUncountedSegmentsStay(t *testing.T) {
	m := newMemory()
	c := manual(t, m)
	reported := 0
	c.Files, c.SegmentSize, c.KeepSegments, c.Report = noCounts{m}, 1, 2, func(err error) {
		if reported++; !errors.Is(err, errFull) {
			t.Errorf("reported: %v", err)
		}
	}
	l := open(t, c)
	for range 5 {
		l.Append(l.Table(digest(1)), []uint32{1})
		must(t, l.Flush())
	}
	if n := len(m.segments()); n != 5 || reported != 5 {
		t.Errorf("%d segments, %d reports, want 5 and 5", n, reported)
	}
	if err := l.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close: %v", err)
	}
	c.Files = m
	l = open(t, c)
	l.Append(l.Table(digest(1)), []uint32{1})
	must(t, l.Flush())
	if n, got := len(m.segments()), l.TableCounts(digest(1)); n != 2 || got.Total != 6 {
		t.Errorf("once the counts are saved: %d segments, %d decisions, want 2 and 6", n, got.Total)
	}
	must(t, l.Close())
}

// Where nothing can be written until the end, the counts still hold all; the log tells what is missing.
func TestFullDiskAtTheEnd(t *testing.T) {
	m := newMemory()
	c := manual(t, m)
	c.Report = func(error) {}
	l := open(t, c)
	table := l.Table(digest(1))
	l.Append(table, []uint32{1})
	must(t, l.Flush())
	must(t, l.Close())

	c.Files = noSegments{m}
	l = open(t, c)
	l.Append(l.Table(digest(1)), []uint32{2, 2})
	if err := l.Close(); !errors.Is(err, errFull) {
		t.Fatalf("Close: %v", err)
	}
	c.Files = m
	l = open(t, c)
	if first := l.Append(l.Table(digest(1)), []uint32{3}); first != 4 {
		t.Errorf("the sequence goes on with %d, want 4", first)
	}
	if got := l.TableCounts(digest(1)); got.Total != 4 || got.Rows[2] != 2 {
		t.Errorf("counts are %v", got)
	}
	must(t, l.Close())
	got, damages, _ := readAll(t, m, 0)
	if diff := cmp.Diff([]decisions.Entry{entry(1, 1, 1), entry(4, 1, 3)}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if len(damages) != 1 || damages[0].First != 2 || damages[0].Last != 3 {
		t.Errorf("damages %v, want that 2 to 3 are missing", damages)
	}
}

// noSegments has room for the counts only.
type noSegments struct{ *memory }

func (noSegments) Create(string) (io.WriteCloser, error) { return nil, errFull }

// A disk that does not answer costs no request its time: the buffer fills, and what has no room is tallied.
func TestSlowDisk(t *testing.T) {
	m := newMemory()
	hold := make(chan struct{})
	m.hold = hold
	l := open(t, manual(t, m))
	table := l.Table(digest(1))
	l.Append(table, []uint32{9})
	flushed := make(chan error)
	go func() { flushed <- l.Flush() }()
	keys := make([]uint32, 1000)
	const calls = 1000 // a million decisions: more than the buffer takes
	for i := range calls {
		keys[0] = uint32(i)
		l.Append(table, keys)
	}
	if s := l.Stats(); s.Lost == 0 || s.Sequence != 1+calls*1000 {
		t.Errorf("with a disk that hangs: %+v", s)
	}
	l.Append(table, []uint32{77}) // which the buffer has room for, but its place is behind those that are lost
	lost := l.Stats().Lost
	m.mu.Lock()
	m.hold = nil
	m.mu.Unlock()
	close(hold)
	must(t, <-flushed)
	want := map[uint32]uint64{0: calls*999 + 1, 9: 2}
	for i := range uint32(calls) {
		if i != 0 && i != 9 {
			want[i] = 1
		}
	}
	want[77]++
	if diff := cmp.Diff(want, l.TableCounts(digest(1)).Rows); diff != "" {
		t.Errorf("live counts (-want +got):\n%s", diff)
	}
	must(t, l.Close())
	entries, damages, torn := readAll(t, m, 0)
	if damages != nil || torn != nil {
		t.Errorf("damages %v, torn %v", damages, torn)
	}
	next, tallied, rows := uint64(1), uint64(0), make(map[uint32]uint64)
	for _, e := range entries {
		if e.Sequence != next {
			t.Fatalf("decision %d comes behind %d", e.Sequence, next-1)
		}
		if call, i := (e.Sequence-2)/1000, (e.Sequence-2)%1000; !e.Tally && e.Sequence > 1 {
			want := uint32(0)
			if i == 0 {
				want = uint32(call)
			}
			if call == calls {
				want = 77 // where the writer had the buffer before it came
			}
			if e.Key != want {
				t.Fatalf("decision %d is of row %d, want %d", e.Sequence, e.Key, want)
			}
		}
		next += e.Count
		rows[e.Key] += e.Count
		if e.Tally {
			tallied += e.Count
		}
	}
	if diff := cmp.Diff(want, rows); diff != "" || tallied != lost {
		t.Errorf("%d decisions are in tallies, %d were lost; rows (-want +got):\n%s", tallied, lost, diff)
	}
}
