// Package runtime is the Wasm host: it admits a tenant's rule module, compiles it, keeps an instance of it for each lane
// and evaluates records with them, so that nothing that a call leaves behind reaches the next one. It reads no files,
// knows no tenants and does not decide who may be evaluated. It is the only importer of wazero; its name shadows the
// standard library's package, which is imported as goruntime.
//
// Host and Module are safe for concurrent use. A record is only read during the call; entries are the caller's own.
package runtime

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of Config. A unit of fuel is worth about a nanosecond at most, so the default budget is a fifth of a
// millisecond: for so long a call may keep a processor, and the garbage collector waiting.
const (
	DefaultFuel         = 200_000
	DefaultMaxFuel      = 1_000_000
	DefaultInitFuel     = 20_000_000
	DefaultAdmitTimeout = 15 * time.Second
	DefaultMemoryPages  = 256
	DefaultPatience     = 500 * time.Millisecond
	DefaultIdle         = time.Minute
	DefaultKept         = 1 << 30
)

// maxPages bounds what a configuration may allow.
const maxPages = 4096

// Config bounds what modules may cost. The zero value means the defaults.
type Config struct {
	Instances    int           // of one module, and calls at one moment over all; default GOMAXPROCS-1, at least 1
	Patience     time.Duration // how long a call waits for others to end
	Fuel         int64         // of one evaluation, for a module whose manifest asks for none
	MaxFuel      int64         // that a manifest may ask for
	InitFuel     int64         // of the initialisation
	AdmitTimeout time.Duration // of one Load: reading, initialising, compiling
	MemoryPages  uint32        // of 64 KiB, that a manifest may ask for; one that asks for none gets its tier's
	Idle         time.Duration // without a call, after which a module gives its instances back
	Kept         int64         // bytes that modules without instances may keep, by estimate; beyond it those that rest are closed
	Workshop     Workshop      // where modules are prepared; nil: in this process, and modules that rest are not closed
}

// Validate refuses what makes no sense.
func (c Config) Validate() error {
	var errs []error
	if c.Instances < 0 || c.Instances > 1024 {
		errs = append(errs, fmt.Errorf("instances: %d is not between 0 and 1024", c.Instances))
	}
	if c.Fuel < 0 || c.MaxFuel < 0 || c.InitFuel < 0 {
		errs = append(errs, errors.New("fuel must not be negative"))
	}
	if c.AdmitTimeout < 0 || c.Patience < 0 || c.Idle < 0 {
		errs = append(errs, errors.New("timeouts must not be negative"))
	}
	if c.Kept < 0 {
		errs = append(errs, errors.New("the bytes that modules may keep must not be negative"))
	}
	if c.MemoryPages > maxPages {
		errs = append(errs, fmt.Errorf("memory pages: %d is more than %d (256 MiB)", c.MemoryPages, maxPages))
	}
	return errors.Join(errs...)
}

// Host admits modules and closes them with itself.
type Host struct {
	config Config
	// admit lets one module in at a time: two uploads must not take every processor from the visitors.
	admit chan struct{}
	// opening is the same for modules that were closed while they rested.
	opening chan struct{}
	lanes   *lanes

	weight    atomic.Int64 // bytes that the compiled code of all modules keeps
	open      atomic.Int64 // modules that have compiled code
	instances atomic.Int64 // of all modules

	mu      sync.Mutex
	closed  bool
	modules map[*Module]struct{}
	looking *time.Timer // to the next look for modules that rest; nil: nothing is warm
}

// New makes a host. It starts nothing.
func New(_ context.Context, c Config) (*Host, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if c.Instances == 0 {
		c.Instances = max(1, goruntime.GOMAXPROCS(0)-1)
	}
	if c.Patience == 0 {
		c.Patience = DefaultPatience
	}
	if c.Idle == 0 {
		c.Idle = DefaultIdle
	}
	if c.Kept == 0 {
		c.Kept = DefaultKept
	}
	if c.MaxFuel == 0 {
		c.MaxFuel = max(DefaultMaxFuel, c.Fuel)
	}
	if c.Fuel == 0 {
		c.Fuel = min(DefaultFuel, c.MaxFuel)
	}
	if c.InitFuel == 0 {
		c.InitFuel = DefaultInitFuel
	}
	if c.AdmitTimeout == 0 {
		c.AdmitTimeout = DefaultAdmitTimeout
	}
	if c.MemoryPages == 0 {
		c.MemoryPages = DefaultMemoryPages
	}
	return &Host{
		config: c, admit: make(chan struct{}, 1), opening: make(chan struct{}, max(1, goruntime.GOMAXPROCS(0)/2)),
		lanes: newLanes(c.Instances), modules: map[*Module]struct{}{},
	}, nil
}

// Load admits, compiles and initialises a module. A module that is not admitted gives an *AdmissionError with every
// finding. The binary must not be changed afterwards: a host with a workshop keeps it, to open the module again when it was
// closed to save memory. The module lives until its Close or the host's.
func (h *Host) Load(ctx context.Context, name string, wasm []byte) (*Module, error) {
	select {
	case h.admit <- struct{}{}:
		defer func() { <-h.admit }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("admit module %s: %w", name, err)
	}
	p, err := inspect(name, wasm, h.config)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, h.config.AdmitTimeout)
	defer cancel()
	m, err := build(limited, h, p)
	if given := ctx.Err(); err != nil && given != nil {
		return nil, fmt.Errorf("admit module %s: %w", name, given) // given up, which is not the module's fault
	}
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	if !h.closed {
		h.modules[m] = struct{}{}
		h.mu.Unlock()
		h.relieve(m)
		return m, nil
	}
	h.mu.Unlock()
	_ = m.Close(ctx)
	return nil, fmt.Errorf("admit module %s: %w", name, ErrClosed)
}

// Close closes every module and waits for the calls in flight, or until the context ends; then the last call of each
// frees it. No module can be loaded afterwards.
func (h *Host) Close(ctx context.Context) error {
	h.mu.Lock()
	h.closed = true
	modules := h.modules
	h.modules = nil
	if h.looking != nil {
		h.looking.Stop()
	}
	h.mu.Unlock()
	var errs []error
	for m := range modules {
		errs = append(errs, m.Close(ctx))
	}
	return errors.Join(errs...)
}

func (h *Host) forget(m *Module) {
	h.mu.Lock()
	delete(h.modules, m)
	h.mu.Unlock()
}
