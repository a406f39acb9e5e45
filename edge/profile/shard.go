package profile

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// shard is one engine with its applier, the writers' places of its profiles, and the hot profiles.
type shard struct {
	engine engine
	queue  chan *op
	ended  chan struct{} // closed when the applier has ended
	failed atomic.Bool   // a commit failed: nothing is answered any more
	cause  error         // why; written before failed

	mu      sync.Mutex
	entries map[subject]*entry // in use, queued or hot
	lives   map[subject]uint32 // the current life of those who were erased before; the others are in life 0
	hot     hotList
	maxHot  int64

	lastBatch int           // of the applier alone
	lastFlush time.Duration // of the applier alone
}

// entry is one profile while it is in use, in the queue or hot. All but turn is guarded by shard.mu; what belongs to the
// writer is changed by the one who has the turn, under shard.mu as well.
type entry struct {
	subject
	turn      chan struct{} // holds one token while somebody writes
	users     int           // who has the turn or waits for it
	life      uint32        // the life that the next update belongs to
	known     bool          // committed is what is on the disk
	committed version
	latest    *op // the last update in the queue; nil: all are on the disk

	newer, older *entry // in the hot list
	cost         int64  // what it counts for there; 0: not in the list
}

// version is a profile's row and the life that it belongs to; no row: no profile.
type version struct {
	row  []byte
	life uint32
}

// op is one update in the queue: its rows are committed together or not at all.
type op struct {
	rows     []row
	size     int
	entry    *entry // nil: rows that are no profile's
	after    version
	forget   bool         // the visitor has no lives any more: the next is life 0
	watchers []chan error // told once, each has room for it; guarded by shard.mu
}

// expect gives a channel that tells the end of an op.
func (o *op) expect() <-chan error {
	c := make(chan error, 1)
	o.watchers = append(o.watchers, c)
	return c
}

func newShard(e engine, queue int, hot int64) (*shard, error) {
	s := &shard{
		engine:  e,
		queue:   make(chan *op, queue),
		ended:   make(chan struct{}),
		entries: make(map[subject]*entry),
		lives:   make(map[subject]uint32),
		maxHot:  hot,
	}
	if err := s.erasures(func(e erasure) { s.lives[e.subject] = e.life + 1 }); err != nil {
		return nil, err
	}
	go s.run()
	return s, nil
}

// take takes the turn of a profile. It waits until the context ends, or as long as patience.
func (s *shard) take(ctx context.Context, sub subject, patience time.Duration) (*entry, error) {
	s.mu.Lock()
	e := s.entries[sub]
	if e == nil {
		e = &entry{subject: sub, turn: make(chan struct{}, 1), life: s.lives[sub]}
		s.entries[sub] = e
	}
	e.users++
	s.hot.remove(e)
	s.mu.Unlock()

	select {
	case e.turn <- struct{}{}:
		return e, nil
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var err error
	select {
	case e.turn <- struct{}{}:
		return e, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = ErrBusy
	}
	s.mu.Lock()
	s.leave(e)
	s.mu.Unlock()
	return nil, err
}

// give gives the turn back.
func (s *shard) give(e *entry) {
	<-e.turn
	s.mu.Lock()
	s.leave(e)
	s.mu.Unlock()
}

// leave is called under mu by everyone who is done with an entry.
func (s *shard) leave(e *entry) {
	e.users--
	s.rest(e)
}

// rest is called under mu when an entry may have become idle: it is then hot, or forgotten.
func (s *shard) rest(e *entry) {
	if e.users > 0 || e.latest != nil {
		return
	}
	if !e.known || e.committed.row == nil || s.failed.Load() { // of whom nothing is stored is no hot profile
		delete(s.entries, e.subject)
		return
	}
	s.hot.add(e)
	for s.hot.size > s.maxHot {
		old := s.hot.oldest()
		s.hot.remove(old)
		delete(s.entries, old.subject)
	}
}

// load gives the newest version of a profile to the one who has its turn, and the op that is still to bring it to the disk.
func (s *shard) load(e *entry) (version, *op, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.latest != nil {
		return e.latest.after, e.latest, nil
	}
	if e.known {
		return e.committed, nil, nil
	}
	life := e.life
	s.mu.Unlock()
	v, err := s.read(e.subject, life)
	s.mu.Lock()
	if err != nil {
		return version{}, nil, err
	}
	// Nobody else can have queued an update: what was read is still what is on the disk.
	e.committed, e.known = v, true
	return v, nil, nil
}

func (s *shard) read(sub subject, life uint32) (version, error) {
	row, found, err := s.engine.get(nil, sub.profileKey(life))
	if err != nil || !found || len(row) == 1 && row[0] == rowTombstone {
		return version{life: life}, err
	}
	return version{row: row, life: life}, nil
}

// peek gives the version of a profile that is on the disk, without taking its turn.
func (s *shard) peek(sub subject) (version, error) {
	s.mu.Lock()
	if e := s.entries[sub]; e != nil && e.known {
		v := e.committed
		s.mu.Unlock()
		return v, nil
	}
	life := s.lives[sub]
	s.mu.Unlock()
	return s.read(sub, life)
}

// enqueue puts an op into the queue, and makes it the latest of its entry.
func (s *shard) enqueue(o *op) error {
	for _, r := range o.rows {
		o.size += len(r.key) + len(r.value) + rowOverhead
	}
	if rows, size := s.engine.bounds(); len(o.rows) > rows || o.size > size {
		return fmt.Errorf("%w: an update of %d bytes", ErrFull, o.size)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed.Load() {
		return s.failure()
	}
	select {
	case s.queue <- o:
	default:
		return ErrBusy
	}
	if e := o.entry; e != nil {
		e.latest, e.life = o, o.after.life
	}
	return nil
}

// fail ends the shard's service.
func (s *shard) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.failed.Load() {
		s.cause = err
		s.failed.Store(true)
	}
}

func (s *shard) failure() error { return fmt.Errorf("%w: %w", ErrFailed, s.cause) }
