package decisions_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// decided is one decision as the model keeps it.
type decided struct {
	table byte
	key   uint32
}

// model is the log as a slice: decision n is at n-1.
type model struct {
	t       *testing.T
	random  *rand.Rand
	m       *memory
	clock   *clock
	l       *decisions.Log
	all     []decided
	flushed int // as many are in the files, whatever happens to the process
	full    bool
	holes   bool // the log was closed on a full disk: what was counted then may not be in it
}

// Random appends, flushes, rotations, restarts, full disks, crashes and power losses that tear the last segment at any byte,
// with retention at work: the log is what was appended, up to somewhere behind the last flush, and the counts are its.
func TestAgainstAModel(t *testing.T) {
	for seed := range uint64(60) {
		w := &model{t: t, random: rand.New(rand.NewPCG(seed, 1)), m: newMemory(), clock: newClock()}
		w.open()
		for range 80 {
			w.step()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		w.disk(false)
		w.restart(false)
		must(t, w.l.Close())
	}
}

func (w *model) open() {
	w.t.Helper()
	l, err := decisions.Open(decisions.Config{
		Files: w.m, Now: w.clock.Now, FlushEvery: time.Hour, SegmentSize: 3000, SegmentAge: 10 * time.Hour, KeepFor: 50 * time.Hour, KeepSegments: 6,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.l = l
}

func (w *model) step() {
	switch n := w.random.IntN(40); {
	case n < 22:
		w.append()
	case n < 30:
		w.flush()
	case n < 33:
		w.clock.move(time.Duration(w.random.IntN(9)) * time.Hour)
	case n < 35:
		w.disk(!w.full)
	case n < 36:
		w.counts()
	case n < 37:
		w.restart(false)
	default:
		w.restart(true)
	}
}

func (w *model) append() {
	table := byte(w.random.IntN(4))
	keys := make([]uint32, 1+w.random.IntN(32))
	if w.random.IntN(20) == 0 {
		keys = make([]uint32, 5000)
	}
	for i := range keys {
		keys[i] = uint32(w.random.ExpFloat64() * 100)
		w.all = append(w.all, decided{table, keys[i]})
	}
	if first := w.l.Append(w.l.Table(digest(table)), keys); first != uint64(len(w.all)-len(keys)+1) {
		w.t.Errorf("the sequence is %d behind %d decisions", first, len(w.all)-len(keys))
	}
}

func (w *model) flush() {
	if err := w.l.Flush(); (err != nil) && !w.full {
		w.t.Errorf("Flush with room on the disk: %v", err)
	} else if err == nil {
		w.flushed = len(w.all)
	}
}

// disk lets the disk be full, soon or at once.
func (w *model) disk(full bool) {
	w.full = full
	if full {
		w.m.setRoom(w.random.IntN(2000))
	} else {
		w.m.setRoom(-1)
	}
}

// counts are those of all decisions, written or not.
func (w *model) counts() {
	w.t.Helper()
	want := make(map[decisions.Digest]map[uint32]uint64)
	for _, d := range w.all {
		if want[digest(d.table)] == nil {
			want[digest(d.table)] = make(map[uint32]uint64)
		}
		want[digest(d.table)][d.key]++
	}
	counts := w.l.Counts()
	got := make(map[decisions.Digest]map[uint32]uint64)
	for _, table := range counts.Tables {
		got[table.Digest] = table.Rows
	}
	if diff := cmp.Diff(want, got); diff != "" || counts.Missing > 0 {
		w.t.Errorf("%d missing, counts (-want +got):\n%s", counts.Missing, diff)
	}
}

// restart ends the process, well or not, and begins another one.
func (w *model) restart(crash bool) {
	before, cut := w.m, false
	if crash {
		w.m = before.clone()
		before.setRoom(0)
		cut = w.random.IntN(2) == 0 && w.m.cut(w.random.IntN)
	}
	switch err := w.l.Close(); {
	case crash:
	case err == nil:
		w.flushed = len(w.all)
	case w.full:
		w.holes = true
	default:
		w.t.Errorf("Close with room on the disk: %v", err)
	}
	w.disk(false)
	w.open()
	n := int(w.l.Stats().Sequence)
	if n > len(w.all) || n < w.flushed && !cut {
		w.t.Errorf("%d decisions after a restart (crash %v, cut %v), want %d to %d", n, crash, cut, w.flushed, len(w.all))
		return
	}
	w.all, w.flushed = w.all[:n], n
	w.counts()
	w.read()
}

// read compares what the log holds with the decisions. Those of neighbouring tallies have no order.
func (w *model) read() {
	w.t.Helper()
	entries, damages, _ := readAll(w.t, w.m, 0)
	found := len(damages)
	next, counted := uint64(1), make(map[decided]int)
	if len(entries) > 0 {
		next = entries[0].Sequence
	}
	level := func() {
		for d, n := range counted {
			if n != 0 {
				w.t.Errorf("before %d the tallies have %d more than there were of %v", next, n, d)
			}
		}
		clear(counted)
	}
	for _, e := range entries {
		if len(damages) > 0 && e.Sequence == damages[0].Last+1 && next == damages[0].First {
			next, damages = e.Sequence, damages[1:]
		}
		if e.Sequence != next {
			w.t.Fatalf("decision %d comes behind %d", e.Sequence, next-1)
		}
		if !e.Tally {
			level()
		}
		counted[decided{e.Digest[0], e.Key}] += int(e.Count)
		for range e.Count {
			counted[w.all[next-1]]--
			next++
		}
		if !e.Tally {
			level()
		}
	}
	level()
	whole := found == 0 && (len(entries) == 0 || next == uint64(len(w.all))+1)
	if len(damages) > 0 || !whole && !w.holes {
		w.t.Errorf("damages %v; the log ends with %d of %d", damages, next-1, len(w.all))
	}
}
