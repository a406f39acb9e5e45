package runtime_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
	"github.com/lotse-edge/lotse/sdk/abi"
)

func newHost(t testing.TB, c runtime.Config) *runtime.Host {
	t.Helper()
	if c.AdmitTimeout == 0 {
		c.AdmitTimeout = slow * runtime.DefaultAdmitTimeout
	}
	h, err := runtime.New(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("close the host: %v", err)
		}
	})
	return h
}

func load(t testing.TB, h *runtime.Host, wasm []byte) *runtime.Module {
	t.Helper()
	m, err := h.Load(context.Background(), "test", wasm)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// refused loads a module that must not be admitted and gives the findings.
func refused(t testing.TB, h *runtime.Host, wasm []byte) []runtime.Finding {
	t.Helper()
	start := time.Now()
	_, err := h.Load(context.Background(), "test", wasm)
	took := time.Since(start)
	var a *runtime.AdmissionError
	if !errors.As(err, &a) {
		t.Fatalf("got %v, not an AdmissionError", err)
	}
	if took > slow*time.Second {
		t.Errorf("took %v to refuse", took)
	}
	for _, f := range a.Findings {
		if f.Where == "" || f.Message == "" || f.Remedy == "" {
			t.Errorf("a finding says too little: %+v", f)
		}
	}
	return a.Findings
}

func mentions(findings []runtime.Finding, words string) bool {
	for _, f := range findings {
		if strings.Contains(f.Where+": "+f.Message, words) {
			return true
		}
	}
	return false
}

// points evaluates a record and gives the number of the only entry.
func points(t testing.TB, m *runtime.Module, record []byte) float64 {
	t.Helper()
	entries, err := m.Evaluate(context.Background(), record, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Kind != abi.ScoreEntry {
		t.Fatalf("answer %+v", entries)
	}
	return entries[0].Number
}

// turncoat is a module that answers 7 unless the record's first byte is 1; then it runs the bad code first.
func turncoat(m *w.Module, locals []byte, bad ...[]byte) []byte {
	return m.Evaluate(locals,
		w.ConstI32(w.Input), w.Op(0x2d, 0, 0), w.ConstI32(1), w.Op(0x46, 0x04, 0x40),
		w.Cat(bad...),
		w.Op(0x0b),
		w.Entry(0, 1, 0, 0, w.ConstF64(7)),
		w.ConstI32(1),
	).Bytes()
}

func rule() *w.Module { return w.Rule(w.Manifest).Contract(w.Input, w.Output) }

var (
	good = []byte{0}
	evil = []byte{1}
)
