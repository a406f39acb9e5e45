package runtime

import (
	"bytes"
	"context"
	"testing"

	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// made prepares a module in this process.
func made(t *testing.T, binary []byte) []byte {
	t.Helper()
	c := Config{MemoryPages: DefaultMemoryPages, Fuel: DefaultFuel, MaxFuel: DefaultMaxFuel, InitFuel: DefaultInitFuel}
	p, err := inspect("test", binary, c)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Prepare(context.Background(), p.request.encode(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestPreparationIsPure: the same request gives the same product, byte for byte, so a digest can stand for it.
func TestPreparationIsPure(t *testing.T) {
	m := w.Rule(w.Manifest)
	m.Global(w.F64, 1, w.ConstF64(1.5))
	m.Global(w.I32, 0, w.ConstI32(-3))
	m.Global(w.I64, 1, w.ConstI64(-1<<63))
	m.Contract(w.Input, w.Output)
	m.Export("_initialize", w.KindFunc, m.Func(nil, nil, nil,
		w.ConstI32(w.Scratch), w.ConstI32(77), w.Op(0x36, 0, 0), w.ConstF64(2.5), w.With(0x24, 0)))
	binary := m.Evaluate(nil, w.ConstI32(0)).Bytes()
	first := made(t, binary)
	if !bytes.Equal(first, made(t, binary)) {
		t.Error("two preparations differ")
	}
	p, err := decodeProduct(first)
	if err != nil {
		t.Fatal(err)
	}
	if p.Image[w.Scratch] != 77 || p.Spent <= 0 || p.Input != w.Input || p.Output != w.Output {
		t.Errorf("%+v", p.productHead)
	}
	again, err := p.encode()
	if err != nil || !bytes.Equal(again, first) {
		t.Errorf("encoding what was decoded gives something else: %v", err)
	}
}

// TestDamagedProducts: whatever a child sends, the server refuses it or can use it.
func TestDamagedProducts(t *testing.T) {
	good := made(t, w.Simple(nil, w.ConstI32(0)))
	for n := range good {
		if _, err := decodeProduct(good[:n:n]); err == nil && n < len(good) {
			if p, _ := decodeProduct(good[:n:n]); !p.sound() {
				t.Fatalf("cut at %d", n)
			}
		}
	}
	change := func(name string, f func(p *product)) {
		p, err := decodeProduct(good)
		if err != nil {
			t.Fatal(err)
		}
		f(p)
		b, err := p.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeProduct(b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	change("input outside", func(p *product) { p.Input = 65536 - 100 })
	change("output outside", func(p *product) { p.Output = 1 << 31 })
	change("granules that end too soon", func(p *product) { p.Shift = 9 })
	change("granules beyond all", func(p *product) { p.Shift = 63 })
	change("no pages", func(p *product) { p.Pages = 0 })
	change("pages that are not there", func(p *product) { p.Pages = 2 })
	change("too many pages", func(p *product) { p.Pages = 1 << 20 })
	change("a guest with more", func(p *product) { p.Guest = 2 })
	change("slack", func(p *product) { p.Slack = 1 << 30 })

	for _, b := range [][]byte{nil, {1}, {255, 255, 255, 255}, []byte("\x02\x00\x00\x00{}"), []byte("\x0f\x00\x00\x00{\"unknown\":1}00")} {
		if _, err := Prepare(context.Background(), b, t.TempDir()); err == nil {
			t.Errorf("request %q was taken", b)
		}
	}
}

// TestConstants reads what compilers write for the values of globals.
func TestConstants(t *testing.T) {
	for _, c := range []struct {
		init []byte
		want uint64
	}{
		{w.ConstI32(0), 0},
		{w.ConstI32(-1), 0xffff_ffff},
		{w.ConstI32(63), 63},
		{w.ConstI32(64), 64},
		{w.ConstI32(-64), 0xffff_ffc0},
		{w.ConstI32(-1 << 31), 0x8000_0000},
		{w.ConstI32(1<<31 - 1), 1<<31 - 1},
		{w.ConstI64(-1), 1<<64 - 1},
		{w.ConstI64(-1 << 63), 1 << 63},
		{w.ConstI64(1<<63 - 1), 1<<63 - 1},
		{w.ConstF64(1), 0x3ff0_0000_0000_0000},
		{w.Op(0x43, 0, 0, 0x80, 0x3f), 0x3f80_0000},
	} {
		if got, err := constant(append(bytes.Clone(c.init), 0x0b)); err != nil || got != c.want {
			t.Errorf("%x: %x, %v; want %x", c.init, got, err, c.want)
		}
	}
}
