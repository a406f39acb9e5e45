package profile

import "time"

// The group committer. A commit costs a flush of the disk, whatever is in it, so the applier takes all that waits into one
// transaction. While it flushes, the next batch gathers by itself. When a batch is done its writers come back within
// microseconds; an applier that took the first of them alone would make the others wait for a flush with one update in it.
// So it waits for about as many as there were last time, as long as they keep coming, and never longer than maxGather.
const (
	maxBatch  = 256
	maxGather = 2 * time.Millisecond
	maxPause  = 200 * time.Microsecond // between two arrivals
)

// run is the applier: the only one that writes to the engine, but for a purge.
func (s *shard) run() {
	defer close(s.ended)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	maxRows, maxSize := s.engine.bounds()
	var (
		batch   []*op
		rows    []row
		carried *op // did not fit into the last batch
	)
	for {
		batch, rows = batch[:0], rows[:0]
		first := carried
		if carried = nil; first == nil {
			var open bool
			if first, open = <-s.queue; !open {
				return
			}
		}
		size := first.size
		batch, rows = append(batch, first), append(rows, first.rows...)
		begun := time.Now()
		for len(batch) < maxBatch {
			o := s.next(timer, begun, len(batch))
			if o == nil {
				break
			}
			if len(rows)+len(o.rows) > maxRows || size+o.size > maxSize {
				carried = o
				break
			}
			size += o.size
			batch, rows = append(batch, o), append(rows, o.rows...)
		}
		s.commit(batch, rows)
		clear(batch)
		clear(rows)
	}
}

// next gives the next op for a batch; nil when the batch should go.
func (s *shard) next(timer *time.Timer, begun time.Time, have int) *op {
	select {
	case o := <-s.queue: // nil when it is closed and empty
		return o
	default:
	}
	if have >= s.lastBatch {
		return nil
	}
	pause := min(maxPause, s.lastFlush/4, maxGather-time.Since(begun))
	if pause <= 0 {
		return nil
	}
	timer.Reset(pause)
	select {
	case o := <-s.queue:
		return o
	case <-timer.C:
		return nil
	}
}

// commit brings a batch to the disk and tells those who wait. After the first error nothing is committed any more: whether
// the failed batch is on the disk is unknown, and what the engine shows of it must not be read.
func (s *shard) commit(batch []*op, rows []row) {
	var err error
	if s.failed.Load() {
		err = s.failure()
	} else {
		begun := time.Now()
		if err = s.engine.apply(rows); err != nil {
			s.fail(err)
			err = s.failure()
		}
		s.lastFlush, s.lastBatch = time.Since(begun), len(batch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range batch {
		if e := o.entry; e != nil {
			s.settle(e, o, err == nil)
		}
		for _, w := range o.watchers {
			w <- err
		}
	}
}

// settle is called under mu when an op has come to its end.
func (s *shard) settle(e *entry, o *op, stored bool) {
	if e.latest == o {
		e.latest = nil
	}
	if stored {
		if o.forget {
			delete(s.lives, e.subject)
		} else if o.after.life > 0 {
			s.lives[e.subject] = o.after.life
		}
		e.committed, e.known = o.after, true
	} else {
		e.known = false
	}
	s.rest(e)
}
