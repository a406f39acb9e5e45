package decisions_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// Whatever a segment holds: what is read of it is in order, and encoded again it reads the same.
func FuzzSegment(f *testing.F) {
	entries := []decisions.Entry{{Count: 1, Digest: digest(1), Key: 7}, {Count: 3, Digest: digest(2), Key: 9, Tally: true}, {Count: 1, Digest: digest(1), Key: 1 << 20}}
	block := decisions.EncodeBlock(1, entries)
	f.Add(append(decisions.SegmentHeader(1), block...))
	f.Add(append(append(decisions.SegmentHeader(1), block[:20]...), decisions.EncodeBlock(6, entries)...))
	f.Add(decisions.SegmentHeader(1)[:9])
	f.Fuzz(func(t *testing.T, content []byte) { readsAgain(t, content) })
}

// The same for records behind a header that fits them, which chance does not find.
func FuzzRecords(f *testing.F) {
	f.Add(decisions.EncodeBlock(1, []decisions.Entry{{Count: 1, Digest: digest(1), Key: 7}, {Count: 1, Digest: digest(2)}, {Count: 1, Digest: digest(1)}})[32:], uint64(3))
	f.Add(decisions.EncodeBlock(1, []decisions.Entry{{Count: 1 << 63, Digest: digest(1), Key: 7, Tally: true}})[32:], uint64(1<<63))
	f.Add([]byte{0x82, 0, 0, 1, 0}, uint64(1))
	f.Fuzz(func(t *testing.T, records []byte, count uint64) {
		readsAgain(t, append(decisions.SegmentHeader(1), decisions.SealRecords(1, count, records)...))
	})
}

func readsAgain(t *testing.T, content []byte) {
	m := newMemory()
	m.files["decisions-00000001.log"] = content
	r, err := decisions.Read(m, 0)
	if err != nil {
		return // another format
	}
	var runs [][]decisions.Entry // without a gap between
	next := uint64(0)
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if _, ok := errors.AsType[*decisions.DamageError](err); ok {
			continue
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if e.Sequence < next || e.Count == 0 || e.Sequence+e.Count < e.Sequence || e.Key >= decisions.KeyLimit || !e.Tally && e.Count != 1 {
			t.Fatalf("behind %d comes %+v", next, e)
		}
		if e.Sequence != next || runs == nil {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], e)
		next = e.Sequence + e.Count
	}
	for _, run := range runs {
		block := decisions.EncodeBlock(run[0].Sequence, run)
		if len(block) > 64<<10 {
			continue // more than a block takes
		}
		again := newMemory()
		again.files["decisions-00000001.log"] = bytes.Join([][]byte{decisions.SegmentHeader(run[0].Sequence), block}, nil)
		got, damages, torn := readAll(t, again, 0)
		for i := range run {
			run[i].Minute = got[min(i, len(got)-1)].Minute
		}
		if diff := cmp.Diff(run, got); diff != "" || damages != nil || torn != nil {
			t.Fatalf("damages %v, torn %v, read again (-first +second):\n%s", damages, torn, diff)
		}
	}
}
