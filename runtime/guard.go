package runtime

import (
	"context"
	"time"
)

// guard ends a call that takes too long. It is a context made for one instance and used again for each call, because a
// context.WithTimeout costs five allocations; once it has fired, its instance is discarded and it with it. It goes when
// modules are metered.
type guard struct {
	timer *time.Timer
	done  chan struct{}
}

func (g *guard) init() { g.done = make(chan struct{}) }

func (g *guard) start(d time.Duration) {
	if g.timer == nil {
		g.timer = time.AfterFunc(d, func() { close(g.done) })
		return
	}
	g.timer.Reset(d)
}

// stop tells whether the call was in time.
func (g *guard) stop() bool { return g.timer.Stop() }

func (g *guard) Deadline() (time.Time, bool) { return time.Time{}, false }
func (g *guard) Done() <-chan struct{}       { return g.done }
func (g *guard) Value(any) any               { return nil }

func (g *guard) Err() error {
	select {
	case <-g.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
