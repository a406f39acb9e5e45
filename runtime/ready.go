package runtime

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// A module that is called is warm: it has an instance for each lane that called it. One that nobody calls for a while is
// cold: it has its compiled code, and of its memory only what is not zero. Beyond what all modules may keep together, one
// that rests is closed: it has nothing, and is opened from what the workshop keeps.

// cold is a module's compiled code and what its instances are made of.
type cold struct {
	engine   *engine
	compiled wazero.CompiledModule
	image    []byte // the memory at the beginning of a call, in blocks
	weight   int64  // bytes that this keeps, by estimate
}

// engineWeight is what an engine keeps beside the module's own code: measured, 30 KiB of the heap and some pages of code.
const engineWeight = 96 << 10

// warm is what calls use. It is replaced as a whole.
type warm struct {
	cold      *cold
	image     []byte      // the memory at the beginning of a call
	instances []*instance // one for each lane, which only the lane's holder touches; nil: not needed so far
	called    atomic.Bool // since the last look
}

// instance is one running copy of a module; one call at a time.
type instance struct {
	module   api.Module
	evaluate api.Function // resolved once: resolving allocates a stack
	fuel     api.Global   // as the call left them
	height   api.Global
	memory   []byte // a view of the whole memory, which never moves: its size is fixed
	stack    [3]uint64
	calls    uint32
}

// wake makes the module warm, and opens it if it was closed.
func (m *Module) wake(ctx context.Context) error {
	waiting, cancel := context.WithTimeoutCause(ctx, m.host.config.Patience, ErrBusy)
	defer cancel()
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	case <-m.freed:
		return ErrClosed
	case <-waiting.Done():
		return context.Cause(waiting)
	}
	if m.closed.Load() {
		return ErrClosed
	}
	if m.warm.Load() != nil {
		return nil
	}
	if m.cold == nil {
		if err := m.reopen(waiting); err != nil {
			return err
		}
	}
	w := &warm{cold: m.cold, image: make([]byte, m.head.Memory), instances: make([]*instance, len(m.host.lanes.all))}
	if !fillBlocks(w.image, m.cold.image) {
		panic("BUG: an image of blocks that the host wrote cannot be read")
	}
	w.called.Store(true)
	m.used.Store(time.Now().UnixNano())
	m.warm.Store(w)
	m.host.watch()
	return nil
}

// reopen gets what a module is made of from the workshop once more. The caller has the module's turn.
func (m *Module) reopen(ctx context.Context) error {
	h := m.host
	select { // not all at once: what is opened takes processors from the visitors
	case h.opening <- struct{}{}:
		defer func() { <-h.opening }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	// What began is finished whoever waits for it: the next call needs it too.
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.config.AdmitTimeout)
	defer cancel()
	if err := m.open(limited); err != nil {
		return &Fault{m.name, NoInstance, fmt.Errorf("open it again: %v", err)} // it was admitted once: its tenant is not to blame
	}
	h.relieve(m)
	return nil
}

// instantiate makes an instance as each call must find it.
func (w *warm) instantiate(ctx context.Context) (*instance, error) {
	guest, err := w.cold.engine.runtime.InstantiateModule(ctx, w.cold.compiled, noStart)
	if err != nil {
		return nil, err
	}
	in := &instance{
		module: guest,
		fuel:   guest.ExportedGlobal(wasm.FuelExport),
		height: guest.ExportedGlobal(wasm.HeightExport),
	}
	in.resolve()
	if in.memory, _ = guest.Memory().Read(0, guest.Memory().Size()); len(in.memory) != len(w.image) {
		return nil, errors.New("the memory is not as large as its image")
	}
	copy(in.memory, w.image)
	return in, nil
}

var noStart = wazero.NewModuleConfig().WithName("").WithStartFunctions()

// resolve gets a fresh stack for the calls.
func (in *instance) resolve() {
	in.evaluate = in.module.ExportedFunction(wasm.CallName(abi.ExportEvaluate))
}

// rest takes the instances away from a module that was not called since the last look. They are still to be closed, after a
// grace. It does nothing where somebody has the module's turn.
func (m *Module) rest(now time.Time) *warm {
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	default:
		return nil
	}
	w := m.warm.Load()
	if w == nil {
		return nil
	}
	if w.called.Swap(false) {
		m.used.Store(now.UnixNano())
		return nil
	}
	m.warm.Store(nil)
	return w
}

func (w *warm) close(ctx context.Context) {
	for _, in := range w.instances {
		if in != nil {
			_ = in.module.Close(ctx) // frees memory only
		}
	}
}

// dropCold frees the compiled code. The caller has the module's turn, and no call uses it any more.
func (m *Module) dropCold() {
	if c := m.cold; c != nil {
		m.cold = nil
		c.engine.close(context.Background())
		m.host.weight.Add(-c.weight)
	}
}
