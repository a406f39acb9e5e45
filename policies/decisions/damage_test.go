package decisions_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// threeBlocks is a log of two segments: two blocks of two decisions, and one of one.
func threeBlocks(t *testing.T) (m *memory, all []decisions.Entry) {
	m = newMemory()
	c := manual(t, m)
	now := newClock()
	c.Now = now.Now
	l := open(t, c)
	a, b := l.Table(digest(1)), l.Table(digest(2))
	l.Append(a, []uint32{1})
	l.Append(b, []uint32{2})
	must(t, l.Flush())
	l.Append(b, []uint32{3, 4})
	must(t, l.Flush())
	now.move(24 * time.Hour)
	must(t, l.Flush())
	l.Append(a, []uint32{5})
	must(t, l.Close())
	all, damages, torn := readAll(t, m, 0)
	if len(all) != 5 || damages != nil || torn != nil || len(m.segments()) != 2 {
		t.Fatalf("%v, %v, %v, %q", all, damages, torn, m.segments())
	}
	return m, all
}

// Each byte of a segment is changed once. What is read then is never wrong, and what is not read is told, with its place.
func TestEveryByteChanged(t *testing.T) {
	m, all := threeBlocks(t)
	for _, name := range m.segments() {
		whole := m.files[name]
		for i := range whole {
			m.files[name] = slices.Concat(whole[:i], []byte{whole[i] ^ 0x21}, whole[i+1:])
			got, damages, torn := readAll(t, m, 0)
			var missing []uint64
			for _, d := range damages {
				if d.File != name || d.Offset > int64(i) || d.Offset < int64(i)-200 {
					t.Errorf("%s, byte %d: found as %v", name, i, d)
				}
				for s := d.First; s <= d.Last; s++ {
					missing = append(missing, s)
				}
			}
			want := slices.DeleteFunc(slices.Clone(all), func(e decisions.Entry) bool { return slices.Contains(missing, e.Sequence) })
			if torn != nil {
				want = want[:4] // the last block
			}
			if i < 32 { // the segment's header; its time is that of the one before, or none
				before := time.Time{}
				if name != m.segments()[0] {
					before = all[0].Minute
				}
				for j := range want {
					if want[j].Minute.Equal(minuteOf(name, m, all)) {
						want[j].Minute = before
					}
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s, byte %d: damages %v, torn %v, entries (-want +got):\n%s", name, i, damages, torn, diff)
			}
			if i >= 32 && len(got) == len(all) {
				t.Errorf("%s: byte %d does not matter", name, i)
			}
		}
		m.files[name] = whole
	}
}

// minuteOf is when a segment of threeBlocks was begun.
func minuteOf(name string, m *memory, all []decisions.Entry) time.Time {
	if name == m.segments()[0] {
		return all[0].Minute
	}
	return all[4].Minute
}

// A segment is cut off at each byte: what is read is what is whole, and a restart goes on behind it.
func TestEveryByteCutOff(t *testing.T) {
	m, all := threeBlocks(t)
	name := m.segments()[1]
	whole := m.files[name]
	for i := range whole {
		m.files[name] = whole[:i]
		got, damages, torn := readAll(t, m, 0)
		if diff := cmp.Diff(all[:4], got); diff != "" || damages != nil {
			t.Fatalf("cut off at %d: damages %v, entries (-want +got):\n%s", i, damages, diff)
		}
		if atEnd := i == 32; (torn == nil) != atEnd && i != 0 {
			t.Errorf("cut off at %d: torn %v", i, torn)
		}
		crashed := m.clone()
		delete(crashed.files, "counts")
		c := manual(t, crashed)
		c.Report = func(error) {}
		l := open(t, c)
		if first := l.Append(l.Table(digest(3)), []uint32{6}); first != 5 {
			t.Fatalf("cut off at %d: the sequence goes on with %d, want 5", i, first)
		}
		must(t, l.Close())
		got, damages, torn = readAll(t, crashed, 0)
		want := append(slices.Clone(all[:4]), decisions.Entry{Sequence: 5, Count: 1, Digest: digest(3), Key: 6, Minute: newClock().Now().Truncate(time.Minute)})
		if diff := cmp.Diff(want, got); diff != "" || damages != nil || torn != nil {
			t.Fatalf("cut off at %d and gone on: damages %v, torn %v, entries (-want +got):\n%s", i, damages, torn, diff)
		}
	}
}

func TestASegmentIsGone(t *testing.T) {
	m, all := threeBlocks(t)
	delete(m.files, "counts")
	first := m.segments()[0]
	content := m.files[first]
	delete(m.files, first)
	got, damages, _ := readAll(t, m, 0)
	if diff := cmp.Diff(all[4:], got); diff != "" || damages != nil {
		t.Errorf("without the first segment: damages %v (-want +got):\n%s", damages, diff)
	}
	counts, err := decisions.ReadCounts(m, func(err error) { t.Errorf("reported: %v", err) })
	if err != nil || counts.Missing != 4 || counts.Sequence != 5 {
		t.Errorf("counts without the first segment: %+v, %v", counts, err)
	}
	// The same segment twice is not counted twice.
	m.files[first] = content
	m.files["decisions-00000009.log"] = content
	got, _, torn := readAll(t, m, 0)
	if diff := cmp.Diff(all, got); diff != "" || torn == nil || !strings.Contains(torn.Error(), "comes again") {
		t.Errorf("with a segment twice: torn %v (-want +got):\n%s", torn, diff)
	}
}

// Damage in what is counted already is for those who read, not for a start.
func TestDamageInWhatIsCounted(t *testing.T) {
	m, _ := threeBlocks(t)
	delete(m.files, m.segments()[1])
	m.files[m.segments()[0]][40] ^= 1
	if _, damages, _ := readAll(t, m, 0); len(damages) != 1 {
		t.Fatalf("damages %v, want one", damages)
	}
	l := open(t, manual(t, m))
	if got := l.Counts(); got.Sequence != 5 || got.Missing != 0 {
		t.Errorf("counts are %+v", got)
	}
	must(t, l.Close())
}

// Records that nobody wrote, behind checksums that fit, are not read.
func TestForgedRecords(t *testing.T) {
	d := digest(1)
	table := append([]byte{0x80}, d[:]...)
	f := func(count uint64, records []byte, want string) {
		t.Helper()
		m := newMemory()
		m.files["decisions-00000001.log"] = append(decisions.SegmentHeader(1), decisions.SealRecords(1, count, records)...)
		got, damages, torn := readAll(t, m, 0)
		if len(got) > 0 || damages != nil || torn == nil || !strings.Contains(torn.Error(), want) {
			t.Errorf("%x: entries %v, damages %v, torn %v, want %q", records, got, damages, torn, want)
		}
	}
	f(2, append(table, 0, 0, 1), "up to 1, the header says 2")
	f(1, append(table, 0, 0, 1, 0, 0, 2), "more decisions than the header says")
	f(1, append(table, 0x82, 0, 0, 1, 2), "more decisions than the header says")
	f(1, append(table, 0x82, 0, 0, 1, 0, 0, 0, 2), "a tally of none")
	f(1, append(table, 0x82, 0, 0, 1), "cut off")
	f(1, append(table, 0x82, 0x80, 0, 1, 1), "too large")
	f(1, append(table, 0, 0), "cut off")
	f(1, append(table, 0x81, 1, 0, 0, 1), "none of the block's 1")
	f(1, append(table, 0x83, 0, 0, 1), "kind 0x83")
	f(1, table[:20], "cut off")
	f(1, []byte{0, 0, 1}, "before its table")
}

// So are counts.
func TestForgedCounts(t *testing.T) {
	d := digest(1)
	f := func(ok bool, body ...byte) {
		t.Helper()
		m := newMemory()
		m.files["counts"] = decisions.SealCounts(body)
		if _, err := decisions.ReadCounts(m, nil); (err == nil) != ok {
			t.Errorf("%x: %v", body, err)
		}
	}
	table := func(head []byte, tail ...byte) []byte { return slices.Concat(head, d[:], tail) }
	one := []byte{5, 2, 1} // up to 5, 2 missing, 1 table
	f(true, table(one, 1, 1, 1, 7, 3)...)
	f(false, table(one, 1, 1, 1, 7, 2)...)                      // the sum
	f(false, table(one, 1, 1, 2, 7, 3, 1, 0)...)                // a row that never answered
	f(false, table(one, 1, 1, 1, 0x80, 0x80, 0x80, 0x04, 3)...) // a key too large
	f(false, table(one, 1, 1, 2, 1, 2, 0xff, 0xff, 0xff, 0x03, 1)...)
	f(false, table(one, 1, 1, 2, 7, 1, 0, 2)...)                                             // a row twice
	f(false, append(table([]byte{5, 2, 2}, 1, 1, 1, 7, 1), table(nil, 1, 1, 1, 7, 2)...)...) // a table twice
	f(false, table(one, 1, 1, 1, 7, 3, 0)...)                                                // more behind it
	f(false, table(one, 1, 1, 1, 7)...)                                                      // less
	f(false, one...)
	f(false)
}

func TestAnotherFormatIsRefused(t *testing.T) {
	m, _ := threeBlocks(t)
	name := m.segments()[0]
	content := bytes.Clone(m.files[name])
	decisions.SetVersion(content, 2)
	m.files[name] = content
	for what, f := range map[string]func() error{
		"Open": func() error { _, err := decisions.Open(manual(t, m)); return err },
		"Read": func() error { _, err := decisions.Read(m, 0); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "format 2") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Files that are not the log's do not matter.
func TestOtherFiles(t *testing.T) {
	m, all := threeBlocks(t)
	for _, name := range []string{"decisions-9.log", "decisions-.log", "decisions-00000007.log.gz", ".lotse-123", "notes"} {
		m.files[name] = []byte("not ours")
	}
	got, damages, torn := readAll(t, m, 0)
	if diff := cmp.Diff(all, got); diff != "" || damages != nil || torn != nil {
		t.Errorf("damages %v, torn %v, entries (-want +got):\n%s", damages, torn, diff)
	}
}
