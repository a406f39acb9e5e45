package edge

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
)

// siteModule is a module of one tenant: the version in force and, where there are any, the one that was in force before it
// and one that runs beside it to be looked at.
type siteModule struct {
	name string
	*version
	previous *version
	shadow   *version
	watched  *shadowCounts // of the shadow; nil without one
}

// version is one version of a module, made ready for the tenant's present configuration.
type version struct {
	module  *sharedModule
	source  source
	plan    *rules.Plan
	purpose *tenant.Purpose
}

// versions lists those that the module holds.
func (m *siteModule) versions() []*version {
	list := make([]*version, 0, 3)
	for _, v := range []*version{m.version, m.previous, m.shadow} {
		if v != nil {
			list = append(list, v)
		}
	}
	return list
}

// running lists those that visitors' data goes to: the version before is one that did run.
func (m *siteModule) running() []*version {
	if m.shadow == nil {
		return []*version{m.version}
	}
	return []*version{m.version, m.shadow}
}

// sharedModule is a module that sites which follow each other share while its bytes are the same. It is closed when the last
// site that uses it has lost its last user, and not when a site without it comes into force: a request that began before
// still calls it.
type sharedModule struct {
	*runtime.Module
	sites   atomic.Int64
	breaker breaker
}

func (m *sharedModule) letGo() {
	if m.sites.Add(-1) == 0 {
		ended, cancel := context.WithCancel(context.Background())
		cancel()           // not to wait here: the last call frees the module
		_ = m.Close(ended) // says only that it did not wait
	}
}

// breaker keeps a version from being called that failed many times in a row. After a while one call may try again; a
// success closes it.
type breaker struct {
	faults atomic.Int32 // in a row
	until  atomic.Int64 // open up to this moment, Unix nanoseconds; 0: closed
}

// Defaults of what opens a breaker, and of how long it stays so.
const (
	defaultBreakerFaults = 5
	defaultBreakerRetry  = 30 * time.Second
)

// allows tells whether the version may be called. While the breaker is open that is one caller after each pause.
func (b *breaker) allows(now time.Time, retry time.Duration) bool {
	until := b.until.Load()
	return until == 0 || now.UnixNano() >= until && b.until.CompareAndSwap(until, now.Add(retry).UnixNano())
}

// note counts what came of a call, and tells whether the breaker is open after it.
func (b *breaker) note(err error, now time.Time, limit int, retry time.Duration) (open bool) {
	var fault *runtime.Fault
	broken := errors.Is(err, runtime.ErrUnsafe)
	switch {
	case err == nil:
		if b.faults.Load() != 0 { // seldom: successes write nothing that other processors read
			b.faults.Store(0)
			b.until.Store(0)
		}
		return false
	case broken, errors.As(err, &fault), errors.Is(err, errAnswer):
		if n := b.faults.Add(1); broken || int(n) >= limit {
			b.until.Store(now.Add(retry).UnixNano())
			return true
		}
	}
	return b.until.Load() != 0
}

// isOpen tells whether callers are turned away.
func (b *breaker) isOpen(now time.Time) bool { return now.UnixNano() < b.until.Load() }
