package decisions_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/decisions"
)

func entry(sequence uint64, table byte, key uint32) decisions.Entry {
	return decisions.Entry{Sequence: sequence, Count: 1, Digest: digest(table), Key: key, Minute: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func TestWhatIsAppendedIsRead(t *testing.T) {
	m := newMemory()
	l := open(t, manual(t, m))
	a, b := l.Table(digest(1)), l.Table(digest(2))
	if again := l.Table(digest(1)); again != a || a == b {
		t.Errorf("tables have the numbers %d, %d and %d", a, b, again)
	}
	for _, c := range []struct {
		table decisions.TableID
		keys  []uint32
		want  uint64
	}{{a, []uint32{7, 691199}, 1}, {b, []uint32{7}, 3}, {a, []uint32{decisions.KeyLimit - 1, 0}, 4}} {
		if first := l.Append(c.table, c.keys); first != c.want {
			t.Errorf("Append gives %d, want %d", first, c.want)
		}
	}
	must(t, l.Close())
	if first := l.Append(a, []uint32{1}); first != 0 {
		t.Errorf("after Close the sequence is %d", first)
	}

	// A restart goes on where the log ended, in a segment of its own.
	l = open(t, manual(t, m))
	if first := l.Append(l.Table(digest(2)), []uint32{9}); first != 6 {
		t.Errorf("after a restart the sequence is %d, want 6", first)
	}
	must(t, l.Close())

	want := []decisions.Entry{entry(1, 1, 7), entry(2, 1, 691199), entry(3, 2, 7), entry(4, 1, decisions.KeyLimit-1), entry(5, 1, 0), entry(6, 2, 9)}
	got, damages, torn := readAll(t, m, 0)
	if diff := cmp.Diff(want, got); diff != "" || damages != nil || torn != nil {
		t.Errorf("damages %v, torn %v, entries (-want +got):\n%s", damages, torn, diff)
	}
	got, _, _ = readAll(t, m, 5)
	if diff := cmp.Diff(want[4:], got); diff != "" {
		t.Errorf("from 5 (-want +got):\n%s", diff)
	}
	for _, w := range want {
		if e, err := decisions.Find(m, w.Sequence); err != nil || e != w {
			t.Errorf("Find(%d) = %v, %v", w.Sequence, e, err)
		}
	}
	if _, err := decisions.Find(m, 7); err == nil || !strings.Contains(err.Error(), "ends before") {
		t.Errorf("Find(7): %v", err)
	}
	if names := m.segments(); len(names) != 2 || names[0] != "decisions-00000001.log" {
		t.Errorf("segments are %q", names)
	}
}

func TestCountsOutliveTheProcess(t *testing.T) {
	m := newMemory()
	now := newClock()
	c := manual(t, m)
	c.Now = now.Now
	l := open(t, c)
	table := l.Table(digest(1))
	l.Append(table, []uint32{5, 5, 6})
	start := now.Now().Truncate(time.Minute)
	if diff := cmp.Diff(decisions.TableCounts{Digest: digest(1), Rows: map[uint32]uint64{5: 2, 6: 1}, Total: 3, First: start, Last: start}, l.TableCounts(digest(1))); diff != "" {
		t.Errorf("live counts (-want +got):\n%s", diff)
	}
	if none := l.TableCounts(digest(9)); none.Total != 0 || none.Rows != nil {
		t.Errorf("a table that was not used has %v", none)
	}
	now.move(3 * time.Hour)
	l.Append(table, []uint32{6})
	must(t, l.Close())
	want := &decisions.Counts{Sequence: 4, Tables: []decisions.TableCounts{
		{Digest: digest(1), Rows: map[uint32]uint64{5: 2, 6: 2}, Total: 4, First: start, Last: start.Add(3 * time.Hour)},
	}}
	got, err := decisions.ReadCounts(m, c.Report)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts after Close (-want +got):\n%s", diff)
	}

	// Without Close they are counted from the log, from its segment's minute.
	l = open(t, c)
	table = l.Table(digest(2))
	begun := now.Now().Truncate(time.Minute)
	l.Append(table, []uint32{1})
	must(t, l.Flush())
	now.move(time.Hour)
	l.Append(table, []uint32{1})
	must(t, l.Flush())
	l.Append(table, []uint32{1}) // not flushed: what a crash loses
	crashed := m.clone()
	must(t, l.Close())
	want.Sequence = 6
	want.Tables = append(want.Tables, decisions.TableCounts{Digest: digest(2), Rows: map[uint32]uint64{1: 2}, Total: 2, First: begun, Last: begun})
	got, err = decisions.ReadCounts(crashed, c.Report)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts after a crash (-want +got):\n%s", diff)
	}
}

// A damaged file of counts is refused to who reads it. A start puts it aside, says so, and counts anew what the log holds.
func TestDamagedCounts(t *testing.T) {
	m := newMemory()
	l := open(t, manual(t, m))
	l.Append(l.Table(digest(1)), []uint32{5, 6})
	must(t, l.Close())
	whole := m.files["counts"]
	f := func(what string, damaged []byte) {
		t.Helper()
		m := m.clone()
		m.files["counts"] = damaged
		if _, err := decisions.ReadCounts(m, nil); err == nil || !strings.Contains(err.Error(), `from "counts"`) {
			t.Errorf("%s: read as if it were whole: %v", what, err)
		}
		c := manual(t, m)
		var reported []error
		c.Report = func(err error) { reported = append(reported, err) }
		l := open(t, c)
		if got := l.Counts(); got.Sequence != 2 || got.Missing != 0 || got.Tables[0].Rows[6] != 1 {
			t.Errorf("%s: counted anew: %+v", what, got)
		}
		must(t, l.Close())
		if len(reported) != 1 || !strings.Contains(reported[0].Error(), `"counts.damaged"`) || !bytes.Equal(m.files["counts.damaged"], damaged) {
			t.Errorf("%s: reported %v", what, reported)
		}
		must(t, open(t, manual(t, m)).Close()) // which reports nothing
	}
	for i := range whole {
		f(fmt.Sprintf("byte %d changed", i), append(append(append([]byte{}, whole[:i]...), whole[i]^0x10), whole[i+1:]...))
		f(fmt.Sprintf("cut off at byte %d", i), whole[:i])
	}
	// Without the file all is counted anew.
	delete(m.files, "counts")
	if got, err := decisions.ReadCounts(m, nil); err != nil || got.Sequence != 2 || got.Tables[0].Rows[6] != 1 {
		t.Errorf("counted anew: %v, %v", got, err)
	}
}

// The writer wakes by itself: at an interval, and at a block's worth.
func TestItFlushesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		c := manual(t, m)
		c.Now, c.FlushEvery = time.Now, time.Minute
		l := open(t, c)
		table := l.Table(digest(1))
		written := func() int {
			entries, _, _ := readAll(t, m, 0)
			return len(entries)
		}
		l.Append(table, []uint32{1, 2})
		synctest.Wait()
		if n := written(); n != 0 {
			t.Errorf("%d decisions are written at once", n)
		}
		time.Sleep(61 * time.Second)
		if n := written(); n != 2 {
			t.Errorf("%d decisions are written after the interval, want 2", n)
		}
		l.Append(table, make([]uint32, 20_000))
		synctest.Wait()
		if n := written(); n != 20_002 {
			t.Errorf("%d decisions are written at a block's worth, want 20002", n)
		}
		l.Append(table, make([]uint32, 20_000))
		synctest.Wait()
		if n := written(); n != 40_002 {
			t.Errorf("%d decisions are written at another block's worth, want 40002", n)
		}
		must(t, l.Close())
	})
}

// A full disk is tried at the interval only, however much there is to write.
func TestItTriesAFullDiskAtTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		c := manual(t, m)
		c.Now, c.FlushEvery, c.Report = time.Now, time.Minute, func(error) {}
		l := open(t, c)
		m.setRoom(0)
		for range 10 {
			l.Append(l.Table(digest(1)), make([]uint32, 20_000))
			synctest.Wait()
		}
		m.setRoom(-1)
		time.Sleep(61 * time.Second)
		must(t, l.Close())
		if names := m.segments(); len(names) != 1 || names[0] != "decisions-00000002.log" { // the first was one try
			t.Errorf("segments are %q", names)
		}
		if entries, _, _ := readAll(t, m, 0); len(entries) != 1 || entries[0].Count != 200_000 {
			t.Errorf("entries are %v", entries)
		}
	})
}

func TestRotationAndRetention(t *testing.T) {
	m := newMemory()
	now := newClock()
	c := manual(t, m)
	c.Now, c.SegmentSize, c.SegmentAge, c.KeepFor, c.KeepSegments = now.Now, 4096, 24*time.Hour, 72*time.Hour, 5
	l := open(t, c)
	table := l.Table(digest(1))
	flush := func(n int) {
		t.Helper()
		l.Append(table, make([]uint32, n))
		must(t, l.Flush())
	}
	flush(1)
	flush(1)
	if n := len(m.segments()); n != 1 {
		t.Fatalf("%d segments, want 1", n)
	}
	now.move(24 * time.Hour)
	must(t, l.Flush()) // an idle segment ends too
	flush(2000)        // beyond the size
	flush(1)
	if diff := cmp.Diff([]string{"decisions-00000001.log", "decisions-00000002.log", "decisions-00000003.log"}, m.segments()); diff != "" {
		t.Fatalf("segments (-want +got):\n%s", diff)
	}
	now.move(49 * time.Hour) // 73 hours after the first was begun, but it ended 49 hours ago
	flush(1)
	if n := len(m.segments()); n != 3 {
		t.Errorf("%d segments, want 3", n)
	}
	now.move(24 * time.Hour)
	flush(1)
	now.move(24 * time.Hour)
	flush(1)
	if names := m.segments(); names[0] != "decisions-00000003.log" {
		t.Errorf("after all of the first two was older than three days there are still %q", names)
	}
	for range 10 {
		flush(2000)
	}
	if n := len(m.segments()); n != 5 {
		t.Errorf("%d segments, want at most 5", n)
	}
	entries, damages, _ := readAll(t, m, 0)
	if damages != nil || entries[len(entries)-1].Sequence != l.Stats().Sequence {
		t.Errorf("damages %v, the last entry is %v of %d", damages, entries[len(entries)-1], l.Stats().Sequence)
	}
	if _, err := decisions.Find(m, 1); err == nil || !strings.Contains(err.Error(), "removed") {
		t.Errorf("Find(1): %v", err)
	}
	if got := l.TableCounts(digest(1)); got.Total != 22_006 {
		t.Errorf("%d decisions are counted, want 22006", got.Total)
	}
	must(t, l.Close())
	if got, err := decisions.ReadCounts(m, c.Report); err != nil || got.Tables[0].Total != 22_006 || got.Missing != 0 {
		t.Errorf("%v, %v after Close, want 22006", got, err)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, c := range []decisions.Config{{}, {Files: newMemory(), KeepSegments: -1}} {
		if _, err := decisions.Open(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

func TestABugIsNotLogged(t *testing.T) {
	l := open(t, manual(t, newMemory()))
	for name, f := range map[string]func(){
		"no table":     func() { l.Append(0, []uint32{1}) },
		"table of who": func() { l.Append(7, []uint32{1}) },
		"key too big":  func() { l.Append(l.Table(digest(1)), []uint32{1, decisions.KeyLimit}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
	must(t, l.Close()) // a panic leaves no lock behind
}

// Many goroutines, many tables: each call's sequences are its own and in a row, and every decision is counted once.
func TestHammer(t *testing.T) {
	const goroutines, calls, tables = 8, 2000, 3
	m := newMemory()
	c := manual(t, m)
	c.FlushEvery, c.SegmentSize = time.Millisecond, 32<<10
	l := open(t, c)
	type call struct {
		first uint64
		table byte
		keys  []uint32
	}
	made := make([][]call, goroutines)
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				l.Counts()
				l.Stats()
			}
		}
	})
	for g := range goroutines {
		writers.Go(func() {
			for i := range calls {
				c := call{table: byte((g + i) % tables), keys: []uint32{uint32(i), uint32(g), uint32(i % 7)}[:1+i%3]}
				c.first = l.Append(l.Table(digest(c.table)), c.keys)
				made[g] = append(made[g], c)
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	must(t, l.Close())
	if lost := l.Stats().Lost; lost != 0 {
		t.Fatalf("%d decisions are lost on a disk that keeps up", lost)
	}
	entries, damages, torn := readAll(t, m, 0)
	if damages != nil || torn != nil {
		t.Fatalf("damages %v, torn %v", damages, torn)
	}
	rows := make(map[decisions.Digest]map[uint32]uint64)
	n := 0
	for _, calls := range made {
		for _, c := range calls {
			for i, key := range c.keys {
				n++
				e := entries[c.first-1+uint64(i)]
				if e.Sequence != c.first+uint64(i) || e.Digest != digest(c.table) || e.Key != key {
					t.Fatalf("decision %d is %v, want row %d of table %d", c.first+uint64(i), e, key, c.table)
				}
				if rows[e.Digest] == nil {
					rows[e.Digest] = make(map[uint32]uint64)
				}
				rows[e.Digest][key]++
			}
		}
	}
	if n != len(entries) {
		t.Errorf("%d entries, want %d", len(entries), n)
	}
	counts, err := decisions.ReadCounts(m, c.Report)
	must(t, err)
	for _, table := range counts.Tables {
		if diff := cmp.Diff(rows[table.Digest], table.Rows); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
	}
	if len(counts.Tables) != tables || counts.Sequence != uint64(n) {
		t.Errorf("counts are of %d tables up to %d", len(counts.Tables), counts.Sequence)
	}
}

// The same on a disk that is too slow: what loses its place is still counted once.
func TestHammerOnASlowDisk(t *testing.T) {
	const goroutines, calls = 4, 100
	m := newMemory()
	m.delay = 5 * time.Millisecond
	c := manual(t, m)
	c.FlushEvery = time.Millisecond
	l := open(t, c)
	var writers sync.WaitGroup
	for g := range goroutines {
		writers.Go(func() {
			table, keys := l.Table(digest(byte(g))), make([]uint32, 4000)
			for i := range keys {
				keys[i] = uint32(i % 50)
			}
			for range calls {
				l.Append(table, keys)
			}
		})
	}
	writers.Wait()
	must(t, l.Close())
	if l.Stats().Lost == 0 {
		t.Error("nothing is lost: the disk is not slow enough for this test")
	}
	counts, err := decisions.ReadCounts(m, c.Report)
	must(t, err)
	for _, table := range counts.Tables {
		for key, n := range table.Rows {
			if n != calls*4000/50 {
				t.Errorf("row %d answered %d times, want %d", key, n, calls*4000/50)
			}
		}
	}
	entries, damages, torn := readAll(t, m, 0)
	sum := uint64(0)
	for _, e := range entries {
		sum += e.Count
	}
	if want := uint64(goroutines * calls * 4000); sum != want || counts.Sequence != want || damages != nil || torn != nil {
		t.Errorf("%d decisions in the log, %d counted, want %d; damages %v, torn %v", sum, counts.Sequence, want, damages, torn)
	}
}

func TestParseDigest(t *testing.T) {
	d := digest(7)
	if got, err := decisions.ParseDigest(d.String()); err != nil || got != d {
		t.Errorf("%v, %v", got, err)
	}
	for _, s := range []string{"", "zz", d.String()[1:], d.String() + "0", strings.Repeat("g", 64)} {
		if _, err := decisions.ParseDigest(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
