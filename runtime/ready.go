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

// What a module keeps that rests, as measured: an engine and its trampolines for any module; and for each byte of the
// instrumented binary the native code and what the engine knows about its functions.
const (
	engineWeight = 48 << 10
	codeWeight   = 6
)

// warm is what calls use. It is replaced as a whole.
type warm struct {
	cold      *cold
	image     []byte                   // the memory at the beginning of a call
	instances []*instance              // one for each lane, which only the lane's holder touches; nil: not needed so far
	spare     atomic.Pointer[instance] // for the next lane that has none
	called    atomic.Bool              // since the last look
}

// warm makes what calls use of what is kept while none come.
func (c *cold) warm(m *Module) *warm {
	w := &warm{cold: c, image: make([]byte, m.head.Memory), instances: make([]*instance, len(m.host.lanes.all))}
	if !fillBlocks(w.image, c.image) {
		panic("BUG: an image of blocks that the host wrote cannot be read")
	}
	return w
}

// on gives the lane's instance, nil if it has none and there is no spare one. The caller holds the lane.
func (w *warm) on(n *lane) *instance {
	if w.instances[n.index] == nil {
		w.instances[n.index] = w.spare.Swap(nil)
	}
	return w.instances[n.index]
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

// wake makes the module warm, opens it if it was closed, and makes an instance, which takes milliseconds where the memory is
// large. The caller holds no lane.
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
	w := m.warm.Load()
	if w == nil {
		if m.cold.Load() == nil {
			if err := m.reopen(waiting); err != nil {
				return err
			}
		}
		w = m.cold.Load().warm(m)
	}
	if w.spare.Load() == nil {
		in, err := w.instantiate(context.WithoutCancel(ctx))
		if err != nil {
			return &Fault{m.name, NoInstance, err}
		}
		w.spare.Store(in)
		m.host.instances.Add(1)
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
	put(in.memory, w.image)
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

// putOut closes the instances of what no call uses any more.
func (h *Host) putOut(w *warm) {
	for _, in := range append(w.instances, w.spare.Swap(nil)) {
		if in != nil {
			_ = in.module.Close(context.Background()) // frees memory only
			h.instances.Add(-1)
		}
	}
}

// dropCold frees the compiled code. The caller has the module's turn, and no call uses it any more.
func (m *Module) dropCold() {
	if c := m.cold.Swap(nil); c != nil {
		c.engine.close(context.Background())
		m.host.open.Add(-1)
		m.host.weight.Add(-c.weight)
	}
}
