// Package decisions is the memory of what the policies decided: a log of (table, row, sequence), and how often each row
// answered, exactly. An entry holds no personal data, no visitor and no time of its own. The package knows no policy: a
// table is its digest, a row its key. It opens no file itself, and it is no store: what a crash finds unflushed, about a
// second, is lost, and a full or slow disk costs entries their places but never their counts, and never a request its time.
//
// A Log is safe for concurrent use. A Reader is not; any number of them may read beside the Log, in other processes too.
package decisions

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Config says where the log lives and how much of it is kept. Files is needed; a zero means the default.
type Config struct {
	Files  Files
	Now    func() time.Time // default time.Now; only whole minutes of it are kept
	Report func(error)      // told what the log goes on in spite of, by one goroutine at a time; default: nobody

	FlushEvery   time.Duration // what a crash may lose; default 1 s
	SegmentSize  int64         // a segment ends with the flush that reaches it; bytes, default 64 MiB
	SegmentAge   time.Duration // and at that age; default 24 h. It is also how coarse the time of an entry is
	KeepFor      time.Duration // a segment is removed when all of it is older; default 30 days
	KeepSegments int           // and the oldest beyond that many; default 1000
}

func (c Config) withDefaults() (Config, error) {
	if c.Files == nil {
		return c, errors.New("decision log: Config.Files is needed")
	}
	if c.FlushEvery < 0 || c.SegmentSize < 0 || c.SegmentAge < 0 || c.KeepFor < 0 || c.KeepSegments < 0 {
		return c, errors.New("decision log: a negative interval, size or number")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	if c.FlushEvery == 0 {
		c.FlushEvery = time.Second
	}
	if c.SegmentSize == 0 {
		c.SegmentSize = 64 << 20
	}
	if c.SegmentAge == 0 {
		c.SegmentAge = 24 * time.Hour
	}
	if c.KeepFor == 0 {
		c.KeepFor = 30 * 24 * time.Hour
	}
	if c.KeepSegments == 0 {
		c.KeepSegments = 1000
	}
	return c, nil
}

// TableID stands for a digest in one Log. Zero stands for none.
type TableID uint32

// A buffer holds words: a key, or with the highest bit a table, which is that of the keys behind it.
const (
	tableWord = 1 << 31
	// wakeWords wakes the writer, bufferWords is what it may lag behind: at a million decisions a second a quarter of one.
	wakeWords   = blockSize / 4
	bufferWords = 1 << 18
)

// Log takes decisions and writes them in the background.
type Log struct {
	config Config

	mu      sync.Mutex // held for nanoseconds: by Append, and to take the buffer from it
	words   []uint32
	current TableID // of the last word
	next    uint64  // the sequence of the next decision
	ids     map[Digest]TableID
	digests []Digest       // by TableID; only ever appended to
	lost    map[row]uint64 // since the last take; once there is one, all go there
	places  uint64         // how many decisions lost their places since Open
	woken   bool
	closed  bool

	wake, stop, stopped chan struct{}

	work sync.Mutex // held by one flush at a time
	writer
	totals totals

	missing uint64 // since Open it does not change
	failing atomic.Bool
}

// Open counts what the log holds since it was last closed, and begins to write behind it. It starts a goroutine, which Close
// ends. Damage is reported, not returned: what is missing is known by its number. An error means that the files cannot be
// read or synced, or are of another program's format.
func Open(c Config) (*Log, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	totals, saved, err := recoverTotals(c.Files, c.Report)
	if err != nil {
		return nil, err
	}
	segments, err := listSegments(c.Files)
	if err != nil {
		return nil, err
	}
	l := &Log{
		config: c, totals: *totals, missing: totals.missing, next: totals.sequence + 1,
		words: make([]uint32, 0, bufferWords),
		ids:   make(map[Digest]TableID), digests: make([]Digest, 1), lost: make(map[row]uint64),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
		writer: writer{
			segments: segments, saved: saved, written: totals.sequence + 1,
			spare: make([]uint32, 0, bufferWords), owed: make(map[row]uint64),
		},
	}
	if len(segments) > 0 {
		l.number = segments[len(segments)-1].number
	}
	if err := l.secure(); err != nil {
		return nil, err
	}
	l.retain()
	go l.run()
	return l, nil
}

// Table gives the number by which Append knows a table. It is the same for the same digest as long as the Log is open.
func (l *Log) Table(d Digest) TableID {
	l.mu.Lock()
	defer l.mu.Unlock()
	id, ok := l.ids[d]
	if !ok {
		id = TableID(len(l.digests))
		l.ids[d] = id
		l.digests = append(l.digests, d)
	}
	return id
}

// Append logs and counts the decisions of one request, and gives the sequence of the first; the others follow it. It waits
// for no disk and allocates nothing as long as the disk keeps up. A number that was given less than FlushEvery before a crash
// may be given again after it. After Close nothing is logged and the sequence is 0. Keys are below KeyLimit.
func (l *Log) Append(table TableID, keys []uint32) (first uint64) {
	var all uint32
	for _, k := range keys {
		all |= k
	}
	if all >= KeyLimit {
		panic("BUG: a key of no row in the decision log")
	}
	l.mu.Lock()
	if table == 0 || int(table) >= len(l.digests) {
		l.mu.Unlock()
		panic("BUG: a table that the decision log does not know")
	}
	if l.closed {
		l.places += uint64(len(keys))
		l.mu.Unlock()
		return 0
	}
	first = l.next
	l.next += uint64(len(keys))
	if len(l.words)+1+len(keys) > cap(l.words) || len(l.lost) > 0 {
		l.lose(table, keys)
	} else {
		if l.current != table {
			l.current = table
			l.words = append(l.words, tableWord|uint32(table))
		}
		l.words = append(l.words, keys...)
	}
	wake := len(l.words) >= wakeWords && !l.woken
	l.woken = l.woken || wake
	l.mu.Unlock()
	if wake {
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
	return first
}

// lose counts what the buffer has no room for. That needs no room for each decision, only for each row.
func (l *Log) lose(table TableID, keys []uint32) {
	for _, k := range keys {
		l.lost[row{table, k}]++
	}
	l.places += uint64(len(keys))
}

// Stats is how the log does.
type Stats struct {
	Sequence uint64 // of the last decision
	Lost     uint64 // decisions since Open that lost their place in the log; they are counted, except after Close
	Missing  uint64 // see Counts
	Failing  bool   // the last write failed; it is tried again each FlushEvery
}

// Stats waits for no disk.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Stats{Sequence: l.next - 1, Lost: l.places, Missing: l.missing, Failing: l.failing.Load()}
}

// Flush writes what was appended before. It is durable against a crash of the process, not of the machine.
func (l *Log) Flush() error {
	l.work.Lock()
	defer l.work.Unlock()
	return l.flush(true)
}

// Close writes what is left and saves the counts, durably.
func (l *Log) Close() error {
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed {
		return nil
	}
	close(l.stop)
	<-l.stopped
	l.work.Lock()
	defer l.work.Unlock()
	err := errors.Join(l.flush(true), l.endSegment())
	return errors.Join(err, l.save())
}

// run flushes at intervals, and when Append says that there is a block's worth.
func (l *Log) run() {
	defer close(l.stopped)
	ticker := time.NewTicker(l.config.FlushEvery)
	defer ticker.Stop()
	for {
		retry := false
		select {
		case <-l.stop:
			return
		case <-l.wake:
		case <-ticker.C:
			retry = true
		}
		l.work.Lock()
		l.flush(retry) // reports itself
		l.work.Unlock()
	}
}
