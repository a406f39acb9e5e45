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

// Evaluate gives the record to the module and appends its entries to dst. The context bounds the waiting for other calls to
// end only: the call itself ends when its fuel does. What the module does wrong is a *Fault; a closed module, ErrBusy and a
// record that is too large are other errors. With any error dst comes back as it was. It allocates nothing where dst has
// room and the module is warm, and writes to nothing that calls on other processors use.
func (m *Module) Evaluate(ctx context.Context, record []byte, dst []abi.Entry) ([]abi.Entry, error) {
	entries, _, err := m.Measure(ctx, record, dst)
	return entries, err
}

// Measure is Evaluate that tells what the evaluation cost.
func (m *Module) Measure(ctx context.Context, record []byte, dst []abi.Entry) ([]abi.Entry, Usage, error) {
	if len(record) > abi.MaxRecord {
		return dst, Usage{}, fmt.Errorf("evaluate module %s: %w", m.name, errRecord)
	}
	for {
		n, err := m.host.lanes.take(ctx, m.host.config.Patience)
		if err != nil {
			return dst, Usage{}, fmt.Errorf("wait to evaluate module %s: %w", m.name, err)
		}
		if m.closed.Load() {
			err = ErrClosed
		} else if m.unsafe.Load() {
			err = ErrUnsafe
		} else if w := m.warm.Load(); w != nil {
			if in := w.on(n); in != nil {
				return m.run(n, w, in, record, dst)
			}
		}
		m.host.lanes.release(n)
		if err == nil {
			err = m.wake(ctx)
		}
		if err != nil {
			return dst, Usage{}, fmt.Errorf("evaluate module %s: %w", m.name, err)
		}
	}
}

// run makes one call with the lane's instance, and gives the lane back.
func (m *Module) run(n *lane, w *warm, in *instance, record []byte, dst []abi.Entry) ([]abi.Entry, Usage, error) {
	back := false
	defer func() {
		if !back { // a panic of ours on the way: nobody knows what is in its memory
			w.instances[n.index] = nil
			m.host.instances.Add(-1)
		}
		m.host.lanes.release(n)
	}()
	if !w.called.Load() { // seldom, so that it stays in every processor's cache
		w.called.Store(true)
	}
	entries, used, fault := m.call(in, w.image, record, dst)
	back = true
	if fault != nil {
		return dst, used, fault
	}
	if in.calls++; in.calls%sample == 0 && !same(in.memory, w.image) {
		m.unsafe.Store(true)
		return dst, used, fmt.Errorf("evaluate module %s: %w", m.name, ErrUnsafe)
	}
	return entries, used, nil
}

// sample is how many calls of an instance there are to one after which the whole memory is compared with the image: it
// guards what guards the visitors.
const sample = 1024

// call runs the module once. The instance is as it was before the call, whatever happened.
func (m *Module) call(in *instance, image, record []byte, dst []abi.Entry) ([]abi.Entry, Usage, *Fault) {
	copy(in.memory[m.head.Input:], record)
	in.stack = [3]uint64{uint64(m.fuel), uint64(len(record))}
	if err := in.evaluate.CallWithStack(context.Background(), in.stack[:]); err != nil {
		used := Usage{Fuel: m.fuel - max(0, int64(in.fuel.Get())), Restored: len(image)}
		fault := &Fault{m.name, Trapped, firstLine(err)}
		// After a trap the metering tells why: what it counts down has passed zero.
		if int64(in.fuel.Get()) < 0 {
			fault.Kind, fault.Err = OutOfFuel, ErrFuel
		} else if int64(in.height.Get()) < 0 {
			fault.Kind, fault.Err = StackTooDeep, ErrStack
		}
		put(in.memory, image)
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
		put(in.memory, image)
		used.Restored = len(image)
		return dst, used, &Fault{m.name, BadAnswer, err}
	}
	used.Restored = m.restore(in.memory, image, mask, len(record))
	return entries, used, nil
}

// restore puts back what the record and the module's stores have changed. The wrapper sets the globals before each call,
// and no admitted instruction writes to a table, so there is nothing else.
func (m *Module) restore(memory, image []byte, mask uint64, record int) (restored int) {
	input := m.head.Input
	restored = put(memory[input:int(input)+record], image[input:])
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
			restored += putRange(memory, image, circle+from, circle)
		}
		if to > circle {
			restored += putRange(memory, image, 0, to-circle)
		}
		restored += putRange(memory, image, max(0, from), to)
	}
	return restored
}

// piece is how many bytes are copied or compared in one go: Go cannot interrupt it, as little as it can a module.
const piece = 256 << 10

// put is copy in pieces.
func put(dst, src []byte) (n int) {
	for len(dst) > piece && len(src) > piece {
		n += copy(dst[:piece], src)
		dst, src = dst[piece:], src[piece:]
	}
	return n + copy(dst, src)
}

// same is bytes.Equal in pieces.
func same(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for len(a) > piece {
		if !bytes.Equal(a[:piece], b[:piece]) {
			return false
		}
		a, b = a[piece:], b[piece:]
	}
	return bytes.Equal(a, b)
}

// putRange puts back what of [from, to) lies in the memory.
func putRange(memory, image []byte, from, to int) int {
	size := len(image)
	from, to = min(from, size), min(to, size)
	return put(memory[from:to], image[from:])
}
