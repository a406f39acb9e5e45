package runtime

import (
	"context"
	"fmt"

	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
	"github.com/tetratelabs/wazero/api"
)

// instance is one running copy of a module; one call at a time.
type instance struct {
	module   api.Module
	evaluate api.Function // resolved once: resolving allocates a stack
	globals  []api.MutableGlobal
	memory   []byte // a view of the whole memory, good until it grows
	stack    [1]uint64
	guard    guard
}

// Evaluate gives the record to the module and appends its entries to dst. The context bounds the waiting for an instance
// only: the call itself has the module's own deadline, so that a visitor who hangs up does not cost an instance. What the
// module does wrong is a *Fault; a closed module, no instance in time and a record that is too large are other errors.
// With any error dst comes back as it was.
func (m *Module) Evaluate(ctx context.Context, record []byte, dst []abi.Entry) ([]abi.Entry, error) {
	if !m.Acquire() {
		return dst, fmt.Errorf("evaluate module %s: %w", m.name, ErrClosed)
	}
	defer m.Release()
	if len(record) > abi.MaxRecord {
		return dst, fmt.Errorf("evaluate module %s: %w", m.name, errRecord)
	}
	in, err := m.pool.take(ctx)
	if err != nil {
		return dst, fmt.Errorf("wait for an instance of module %s: %w", m.name, err)
	}
	healthy := false
	defer func() {
		if !healthy {
			in = m.discard(in)
		}
		m.pool.put(in)
	}()
	if in == nil {
		if in, err = m.fresh(); err != nil {
			return dst, &Fault{m.name, NoInstance, err}
		}
	}
	entries, fault := m.call(in, record, dst)
	if fault != nil {
		return dst, fault
	}
	healthy = true
	return entries, nil
}

// call runs the module once. The instance is as it was before the call, if there is no fault.
func (m *Module) call(in *instance, record []byte, dst []abi.Entry) ([]abi.Entry, *Fault) {
	copy(in.memory[m.input:], record)
	in.stack[0] = uint64(len(record))
	in.guard.start(m.timeout)
	err := in.evaluate.CallWithStack(&in.guard, in.stack[:])
	if !in.guard.stop() {
		return dst, &Fault{m.name, OutOfFuel, context.DeadlineExceeded}
	}
	if err != nil {
		return dst, &Fault{m.name, Trapped, firstLine(err)}
	}
	// A grown memory has moved: the view is of the old one, and the instance can never be what it was.
	if uint64(in.module.Memory().Size()) != uint64(len(m.image)) {
		return dst, &Fault{m.name, Trapped, errGrown}
	}
	n := int32(uint32(in.stack[0]))
	if n < 0 {
		return dst, &Fault{m.name, BadAnswer, errRefused}
	}
	if n > abi.MaxEntries {
		return dst, &Fault{m.name, BadAnswer, errAnswer}
	}
	// The guest is not running any more, so what is checked is what is taken.
	raw := in.memory[m.output:][:int(n)*abi.EntrySize]
	entries, err := abi.DecodeEntries(m.manifest, raw, dst)
	if err != nil {
		return dst, &Fault{m.name, BadAnswer, err}
	}
	m.restore(in)
	return entries, nil
}

// restore makes the instance what it was after initialisation: the whole memory and every mutable global. Nothing else
// of a module can change, because no instruction that writes to a table is admitted.
func (m *Module) restore(in *instance) {
	copy(in.memory, m.image)
	for i, g := range in.globals {
		g.Set(m.values[i])
	}
}

// fresh makes an instance that is as the first one was after its initialisation, without running it again.
func (m *Module) fresh() (*instance, error) {
	in, err := m.instantiate(context.Background(), uint32(len(m.image)/wasm.PageSize))
	if err != nil {
		return nil, err
	}
	m.restore(in)
	return in, nil
}

// discard closes an instance and gives the empty place.
func (m *Module) discard(in *instance) *instance {
	if in != nil {
		_ = in.module.Close(context.Background())
	}
	return nil
}
