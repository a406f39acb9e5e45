package runtime

import (
	"context"
	"sync"
)

// pool bounds the instances of a module. An instance is made by whoever finds none idle, so that one that is hardly used
// keeps one instance. The last one given back is the first one taken: its memory is still in the processor's caches.
type pool struct {
	mu      sync.Mutex
	idle    []*instance
	places  int             // calls that may begin
	waiting []chan struct{} // callers that found no place; each has room for one signal
}

func newPool(n int, first *instance) *pool {
	p := &pool{places: n, idle: make([]*instance, 0, n)}
	p.idle = append(p.idle, first)
	return p
}

// take waits for a place and gives an idle instance, or nil if there is none.
func (p *pool) take(ctx context.Context) (*instance, error) {
	for {
		p.mu.Lock()
		if p.places > 0 {
			p.places--
			var in *instance
			if n := len(p.idle); n > 0 {
				in = p.idle[n-1]
				p.idle[n-1] = nil
				p.idle = p.idle[:n-1]
			}
			p.mu.Unlock()
			return in, nil
		}
		signal := make(chan struct{}, 1)
		p.waiting = append(p.waiting, signal)
		p.mu.Unlock()
		select {
		case <-signal:
		case <-ctx.Done():
			p.giveUp(signal)
			return nil, ctx.Err()
		}
	}
}

// giveUp takes a caller off the list. One that was called at the same moment calls the next.
func (p *pool) giveUp(signal chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.waiting {
		if s == signal {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			return
		}
	}
	p.call()
}

// call wakes the caller that waits longest. It holds no place for it: whoever comes first has it.
func (p *pool) call() {
	if len(p.waiting) > 0 {
		p.waiting[0] <- struct{}{}
		p.waiting = p.waiting[1:]
	}
}

// put gives a place back; the instance is nil if there is none.
func (p *pool) put(in *instance) {
	p.mu.Lock()
	if in != nil {
		p.idle = append(p.idle, in)
	}
	p.places++
	p.call()
	p.mu.Unlock()
}
