package runtime_test

import (
	"context"
	"testing"

	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

func benchmark(b *testing.B, wasm []byte) {
	m := load(b, newHost(b, runtime.Config{}), wasm)
	record := make([]byte, 400) // 24 features
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Evaluate(context.Background(), record, entries); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluateSmall(b *testing.B) { benchmark(b, turncoat(rule(), nil)) }

func BenchmarkEvaluateGoGuest(b *testing.B) { benchmark(b, goGuest(b, "turncoat")) }

// What a fault costs: a new instance.
func BenchmarkFaultSmall(b *testing.B) {
	m := load(b, newHost(b, runtime.Config{}), turncoat(rule(), nil, []byte{0x00}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Evaluate(context.Background(), evil, nil); err == nil {
			b.Fatal("no fault")
		}
	}
}

func BenchmarkFaultGoGuest(b *testing.B) {
	m := load(b, newHost(b, runtime.Config{}), goGuest(b, "turncoat"))
	record := []byte{1}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Evaluate(context.Background(), record, nil); err == nil {
			b.Fatal("no fault")
		}
	}
}

func BenchmarkLoadSmall(b *testing.B) {
	h := newHost(b, runtime.Config{})
	wasm := turncoat(rule(), nil)
	for b.Loop() {
		if err := load(b, h, wasm).Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoadGoGuest(b *testing.B) {
	h := newHost(b, runtime.Config{})
	wasm := goGuest(b, "turncoat")
	for b.Loop() {
		if err := load(b, h, wasm).Close(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
