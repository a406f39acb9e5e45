package runtime

import (
	"bytes"
	"context"
	"errors"
	"testing"

	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// TestTheGuardsGuard: a byte that nothing restored is found by the sampled compare, and closes the module for calls.
func TestTheGuardsGuard(t *testing.T) {
	ctx := context.Background()
	h, err := New(ctx, Config{Instances: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(ctx)
	m, err := h.Load(ctx, "test", w.Simple(nil, w.ConstI32(0)))
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	call := func() error {
		_, err := m.Evaluate(ctx, nil, entries)
		return err
	}
	for range 3 * sample {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	m.warm.Load().instances[0].memory[w.Scratch] ^= 1
	calls := 1
	for ; call() == nil; calls++ {
		if calls > sample {
			t.Fatal("nobody noticed")
		}
	}
	for range 3 {
		if err := call(); !errors.Is(err, ErrUnsafe) {
			t.Errorf("a module that does not forget was called: %v", err)
		}
	}
	t.Logf("found after %d calls", calls)
}

// TestRestoreIsExact: for every mask, what it marks and the slack on both sides comes back, around the circle of granules, and
// nothing else is touched; whether the memory has all granules or only some.
func TestRestoreIsExact(t *testing.T) {
	for _, granules := range []int{64, 40} {
		restoreIsExact(t, granules)
	}
}

func restoreIsExact(t *testing.T, granules int) {
	const shift, slack = 4, 15
	const circle = 64 << shift
	m := &Module{head: productHead{Shift: shift, Slack: slack, Input: 100}}
	image := make([]byte, granules<<shift)
	masks := []uint64{0, 1, 1 << 63, ^uint64(0), 3 << 62, 0xf0f0_0f0f_ffff_0001, 1<<63 | 1}
	for i := range 64 {
		masks = append(masks, 1<<i, ^uint64(1<<i))
	}
	for _, mask := range masks {
		memory := bytes.Repeat([]byte{1}, len(image))
		const record = 7
		restored := m.restore(memory, image, mask, record)
		for i, b := range memory {
			marked := i >= 100 && i < 100+record
			for _, near := range []int{i, i + slack, i + circle - slack} {
				marked = marked || mask>>(near%circle>>shift)&1 == 1
			}
			if marked != (b == 0) {
				t.Fatalf("mask %#x: byte %d: %d", mask, i, b)
			}
		}
		if n := bytes.Count(memory, []byte{0}); restored < n {
			t.Errorf("mask %#x: %d bytes restored, %d are as they were", mask, restored, n)
		}
	}
}

// TestPieces: what is copied and compared in pieces is all of it.
func TestPieces(t *testing.T) {
	for _, size := range []int{0, 1, piece - 1, piece, piece + 1, 3 * piece, 3*piece + 7} {
		src, dst := bytes.Repeat([]byte{7}, size), make([]byte, size)
		if n := put(dst, src); n != size || !bytes.Equal(dst, src) || !same(dst, src) {
			t.Errorf("%d bytes: %d copied", size, n)
		}
		if n := put(dst[:size/2], src); n != size/2 {
			t.Errorf("%d bytes of %d copied", n, size/2)
		}
		for _, at := range []int{0, size / 2, size - 1} {
			if at < 0 || at >= size {
				continue
			}
			if dst[at] = 8; same(dst, src) {
				t.Errorf("%d bytes: byte %d is another one", size, at)
			}
			dst[at] = 7
		}
	}
	if same(make([]byte, 1), nil) {
		t.Error("of different lengths")
	}
}
