package runtime

import (
	"context"
	"sync"
)

// pool bounds the instances of a module. An instance is made by whoever finds none idle, so that a module which faults
// costs the time of its own callers, and one that is hardly used keeps one instance. The last one given back is the
// first one taken: its memory is still in the processor's caches.
type pool struct {
	places chan struct{} // one token for each call in flight
	mu     sync.Mutex
	idle   []*instance
}

func newPool(n int, first *instance) *pool {
	p := &pool{places: make(chan struct{}, n), idle: make([]*instance, 0, n)}
	p.idle = append(p.idle, first)
	return p
}

// take waits for a place and gives an idle instance, or nil if there is none.
func (p *pool) take(ctx context.Context) (*instance, error) {
	select {
	case p.places <- struct{}{}:
	default:
		select {
		case p.places <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil, nil
	}
	in := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return in, nil
}

// put gives a place back; the instance is nil if it was discarded.
func (p *pool) put(in *instance) {
	if in != nil {
		p.mu.Lock()
		p.idle = append(p.idle, in)
		p.mu.Unlock()
	}
	<-p.places
}
