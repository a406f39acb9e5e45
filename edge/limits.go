package edge

import (
	"hash/maphash"
	"time"

	"golang.org/x/time/rate"
)

// Bounds on what a stranger can send. Each has its own answer that says which bound was met.
const (
	maxBody       = 256 << 10
	maxEvents     = 100
	maxProperties = 64
	maxTraits     = 128
	maxSlots      = 32
	maxWants      = 8
	maxConsents   = 32
	maxString     = 4096
	maxName       = 64
	maxEventID    = 128
	maxExternalID = 256
	maxCount      = 1e6
	maxPointer    = 256 // of a place in a body, in an answer
)

// addressLimits bounds what one network address may send, so that a stranger with a copied write key cannot use up a tenant's
// rate. Addresses share a fixed number of limiters by a salted hash: the memory is bounded, and nothing of an address is kept.
type addressLimits struct {
	seed     maphash.Seed
	limiters [4096]*rate.Limiter
}

func newAddressLimits(perSecond float64) *addressLimits {
	a := &addressLimits{seed: maphash.MakeSeed()}
	for i := range a.limiters {
		a.limiters[i] = newLimiter(perSecond)
	}
	return a
}

func (a *addressLimits) of(address string) *rate.Limiter {
	return a.limiters[maphash.String(a.seed, address)%uint64(len(a.limiters))]
}

// newLimiter allows so many requests a second, and a burst of as many.
func newLimiter(perSecond float64) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond)))
}

// take takes one request from the limiter, and tells how many seconds to wait when there is none.
func take(l *rate.Limiter, now time.Time) (ok bool, wait int) {
	r := l.ReserveN(now, 1)
	delay := r.DelayFrom(now)
	if delay == 0 {
		return true, 0
	}
	r.CancelAt(now)
	return false, int(delay.Seconds()) + 1
}
