package runtime

import (
	"bytes"
	"context"
	"fmt"
	"math/bits"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Usage is what one evaluation cost.
type Usage struct {
	Fuel     int64 // units used; the same for the same module and record, always
	Granules int   // pieces of memory that the module wrote to
	Restored int   // bytes that were put back afterwards
}

// Evaluate gives the record to the module and appends its entries to dst. The context bounds the waiting for an instance
// only: the call itself ends when its fuel does. What the module does wrong is a *Fault; a closed module, no instance in
// time and a record that is too large are other errors. With any error dst comes back as it was. It allocates nothing
// where dst has room.
func (m *Module) Evaluate(ctx context.Context, record []byte, dst []abi.Entry) ([]abi.Entry, error) {
	entries, _, err := m.Measure(ctx, record, dst)
	return entries, err
}

// Measure is Evaluate that tells what the evaluation cost.
func (m *Module) Measure(ctx context.Context, record []byte, dst []abi.Entry) ([]abi.Entry, Usage, error) {
	if !m.Acquire() {
		return dst, Usage{}, fmt.Errorf("evaluate module %s: %w", m.name, ErrClosed)
	}
	defer m.Release()
	if len(record) > abi.MaxRecord {
		return dst, Usage{}, fmt.Errorf("evaluate module %s: %w", m.name, errRecord)
	}
	if m.unsafe.Load() {
		return dst, Usage{}, fmt.Errorf("evaluate module %s: %w", m.name, ErrUnsafe)
	}
	in, err := m.pool.take(ctx)
	if err != nil {
		return dst, Usage{}, fmt.Errorf("wait for an instance of module %s: %w", m.name, err)
	}
	if in == nil {
		if in, err = m.instantiate(context.Background()); err != nil {
			m.pool.put(nil)
			return dst, Usage{}, &Fault{m.name, NoInstance, err}
		}
	}
	entries, used, fault := m.call(in, record, dst)
	if fault == nil {
		if in.calls++; in.calls%sample == 0 && !bytes.Equal(in.memory, m.image) {
			m.unsafe.Store(true)
			m.pool.put(in)
			return dst, used, fmt.Errorf("evaluate module %s: %w", m.name, ErrUnsafe)
		}
	}
	m.pool.put(in)
	if fault != nil {
		return dst, used, fault
	}
	return entries, used, nil
}

// sample is how many calls of an instance there are to one after which the whole memory is compared with the image: it
// guards what guards the visitors.
const sample = 1024

// call runs the module once. The instance is as it was before the call, whatever happened.
func (m *Module) call(in *instance, record []byte, dst []abi.Entry) ([]abi.Entry, Usage, *Fault) {
	copy(in.memory[m.head.Input:], record)
	in.stack = [3]uint64{uint64(m.fuel), uint64(len(record))}
	if err := in.evaluate.CallWithStack(context.Background(), in.stack[:]); err != nil {
		used := Usage{Fuel: m.fuel - max(0, int64(in.fuel.Get())), Restored: len(m.image)}
		fault := &Fault{m.name, Trapped, firstLine(err)}
		// After a trap the metering tells why: what it counts down has passed zero.
		if int64(in.fuel.Get()) < 0 {
			fault.Kind, fault.Err = OutOfFuel, ErrFuel
		} else if int64(in.height.Get()) < 0 {
			fault.Kind, fault.Err = StackTooDeep, ErrStack
		}
		m.restoreAll(in)
		in.resolve() // the stack may have grown, and it never shrinks
		return dst, used, fault
	}
	n, left, mask := int32(uint32(in.stack[0])), int64(in.stack[1]), in.stack[2]
	used := Usage{Fuel: m.fuel - left, Granules: bits.OnesCount64(mask)}
	var entries []abi.Entry
	err := errRefused
	switch {
	case n > abi.MaxEntries:
		err = errAnswer
	case n >= 0:
		// The guest is not running any more, so what is checked is what is taken.
		raw := in.memory[m.head.Output:][:int(n)*abi.EntrySize]
		entries, err = abi.DecodeEntries(m.manifest, raw, dst)
	}
	if err != nil {
		m.restoreAll(in)
		used.Restored = len(m.image)
		return dst, used, &Fault{m.name, BadAnswer, err}
	}
	used.Restored = m.restore(in, mask, len(record))
	return entries, used, nil
}

// restore puts back what the record and the module's stores have changed. The wrapper sets the globals before each call,
// and no admitted instruction writes to a table, so there is nothing else.
func (m *Module) restore(in *instance, mask uint64, record int) (restored int) {
	input := m.head.Input
	restored = copy(in.memory[input:int(input)+record], m.image[input:])
	circle, slack := 64<<m.head.Shift, int(m.head.Slack)
	for mask != 0 {
		first := bits.TrailingZeros64(mask)
		run := bits.TrailingZeros64(^(mask >> first))
		if run == 64 {
			mask = 0
		} else {
			mask &^= (1<<run - 1) << first
		}
		from, to := first<<m.head.Shift-slack, (first+run)<<m.head.Shift+slack
		if from < 0 {
			restored += m.put(in, circle+from, circle)
		}
		if to > circle {
			restored += m.put(in, 0, to-circle)
		}
		restored += m.put(in, max(0, from), to)
	}
	return restored
}

// put puts back what of [from, to) lies in the memory.
func (m *Module) put(in *instance, from, to int) int {
	size := len(m.image)
	from, to = min(from, size), min(to, size)
	return copy(in.memory[from:to], m.image[from:])
}

func (m *Module) restoreAll(in *instance) { copy(in.memory, m.image) }
