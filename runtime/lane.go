package runtime

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// lanes bound how many calls run at one moment, over all modules: compiled code cannot be interrupted, so it must never have
// every processor. Whoever holds a lane is the only one to use it, and with it the instance that each module keeps for it:
// taking a lane is all the locking that a call needs, and nothing else that it writes is shared with other processors.
type lanes struct {
	all  []lane
	near sync.Pool // of *lane: the one that this processor had last, whose instances are in its caches; a hint only

	waiting atomic.Int32 // how many are in the queue

	mu          sync.Mutex
	first, last *waiter // the queue
	spare       *waiter
}

// lane is alone on its cache lines.
type lane struct {
	turn  atomic.Uint32 // odd while it is held; it never stays the same from one holder to the next
	index int
	_     [128 - 16]byte
}

func newLanes(n int) *lanes {
	l := &lanes{all: make([]lane, n)}
	for i := range l.all {
		l.all[i].index = i
	}
	return l
}

func (n *lane) take() bool {
	t := n.turn.Load()
	return t&1 == 0 && n.turn.CompareAndSwap(t, t+1)
}

// try takes the lane that this processor had last, or another one.
func (l *lanes) try() *lane {
	if len(l.all) == 1 { // as on two processors: nothing to choose
		if n := &l.all[0]; n.take() {
			return n
		}
		return nil
	}
	var from uint32
	if near, ok := l.near.Get().(*lane); ok {
		if near.take() {
			return near
		}
		from = uint32(near.index) + 1
	} else {
		from = rand.Uint32()
	}
	for i := range uint32(len(l.all)) {
		if n := &l.all[(from+i)%uint32(len(l.all))]; n.take() {
			return n
		}
	}
	return nil
}

// take waits for a lane, but not longer than patience.
func (l *lanes) take(ctx context.Context, patience time.Duration) (*lane, error) {
	if n := l.try(); n != nil {
		return n, nil
	}
	return l.wait(ctx, patience)
}

// release gives a lane back, or to one who waits for it.
func (l *lanes) release(n *lane) {
	if len(l.all) > 1 {
		l.near.Put(n)
	}
	if l.waiting.Load() == 0 {
		n.turn.Add(1)
		if l.waiting.Load() == 0 { // as before: nobody joined the queue who did not see the lane free
			return
		}
		l.call()
		return
	}
	l.pass(n)
}

// grace waits until every call has ended that ran when it began, so that nobody uses what was taken out of sight before.
func (l *lanes) grace() {
	for i := range l.all {
		n := &l.all[i]
		held := n.turn.Load()
		for pause := 10 * time.Microsecond; held&1 == 1 && n.turn.Load() == held; pause = min(2*pause, time.Millisecond) {
			time.Sleep(pause)
		}
	}
}

// waiter is a caller in the queue. It is used again, so that waiting allocates nothing either.
type waiter struct {
	next, prev *waiter
	since      time.Time
	called     bool       // to try again, and has not yet
	signal     chan *lane // its own, or nil to try again; room for one; sent to under the lock
	patience   *time.Timer
}

// turnAfter is how long a caller competes with those who come later; from then on it gets the next lane that is given back.
// A lane that is handed over stands still until its new holder runs, so calls of a microsecond are better off competing. It is
// as long as a call may take that uses the default budget: behind one of these the order counts.
const turnAfter = 200 * time.Microsecond

func (l *lanes) wait(ctx context.Context, patience time.Duration) (*lane, error) {
	w := l.join(patience)
	for {
		if n := l.try(); n != nil {
			if other := l.leave(w); other != nil {
				l.release(other)
			}
			return n, nil
		}
		var err error
		select {
		case n := <-w.signal:
			if n == nil {
				l.tries(w)
				continue
			}
			l.keep(w)
			return n, nil
		case <-w.patience.C:
			err = ErrBusy
		case <-ctx.Done():
			err = ctx.Err()
		}
		if n := l.leave(w); n != nil {
			return n, nil
		}
		return nil, err
	}
}

func (l *lanes) join(patience time.Duration) *waiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.spare
	if w == nil {
		w = &waiter{signal: make(chan *lane, 1), patience: time.NewTimer(patience)}
	} else {
		l.spare = w.next
		w.patience.Reset(patience)
	}
	w.since, w.called, w.next, w.prev = time.Now(), false, nil, l.last
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
	l.waiting.Add(1)
	return w
}

// remove takes a waiter out of the queue. The caller holds the lock.
func (l *lanes) remove(w *waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	l.waiting.Add(-1)
}

// leave ends a wait from the waiter's side. A lane that was handed over at the same moment comes back.
func (l *lanes) leave(w *waiter) (handed *lane) {
	l.mu.Lock()
	select {
	case handed = <-w.signal:
	default:
	}
	if handed == nil {
		l.remove(w)
		if w.called { // for a lane that this one may not need any more
			l.callNext()
		}
	}
	l.mu.Unlock()
	l.keep(w)
	return handed
}

// tries notes that a waiter follows its call.
func (l *lanes) tries(w *waiter) {
	l.mu.Lock()
	w.called = false
	l.mu.Unlock()
}

func (l *lanes) keep(w *waiter) {
	w.patience.Stop()
	l.mu.Lock()
	w.next, w.prev, l.spare = l.spare, nil, w
	l.mu.Unlock()
}

// call has the first waiter try again that does not do so already.
func (l *lanes) call() {
	l.mu.Lock()
	l.callNext()
	l.mu.Unlock()
}

func (l *lanes) callNext() {
	for w := l.first; w != nil; w = w.next {
		if !w.called {
			w.called = true
			w.signal <- nil
			return
		}
	}
}

// pass frees a lane and calls the first waiter, or gives it the lane if it has waited for long.
func (l *lanes) pass(n *lane) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.first
	if w == nil || time.Since(w.since) < turnAfter {
		n.turn.Add(1)
		l.callNext()
		return
	}
	l.remove(w)
	if w.called {
		select {
		case <-w.signal: // the call to try again, which it need not follow
		default:
		}
	}
	n.turn.Add(2)
	w.signal <- n
}
