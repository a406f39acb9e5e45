package edge_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash/maphash"
	"sync"
	"testing"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// keptResults are answers by the record that they were given for, as a server could keep them: an answer is used again only
// where the record is the same to the byte, since two visitors must never share a score by a collision of hashes.
type keptResults struct {
	mu   sync.RWMutex
	seed maphash.Seed
	by   map[uint64]keptResult
}

type keptResult struct {
	record  []byte
	entries []abi.Entry
}

func (k *keptResults) find(record []byte, dst []abi.Entry) ([]abi.Entry, bool) {
	key := maphash.Bytes(k.seed, record)
	k.mu.RLock()
	r, ok := k.by[key]
	k.mu.RUnlock()
	if !ok || !bytes.Equal(r.record, record) {
		return dst, false
	}
	return append(dst, r.entries...), true
}

// BenchmarkKeptResults answers whether it pays to keep what a module said of a record. "evaluate" runs the module; "kept"
// finds the answer, the best case, in a store of so many visitors; "digest" is no more than SHA-256 over the record.
//
// The best case does not come up: a record holds the moment of the evaluation, which no two calls share.
func BenchmarkKeptResults(b *testing.B) {
	ctx := context.Background()
	host, err := runtime.New(ctx, runtime.Config{Instances: 1})
	if err != nil {
		b.Fatal(err)
	}
	defer host.Close(ctx)
	for _, form := range []struct{ name, sample string }{{"rule-file", "software"}, {"go-guest", "winery"}} {
		config, _, err := tenant.LoadWith(sample(b, form.sample, ""), edge.RuleFiles{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range config.Modules {
			if m := &config.Modules[i]; m.Name == "interest" {
				loaded, err := host.Load(ctx, form.name, m.Wasm)
				if err != nil {
					b.Fatal(err)
				}
				benchmarkKept(b, form.name, loaded)
			}
		}
	}
}

func benchmarkKept(b *testing.B, name string, m *runtime.Module) {
	ctx := context.Background()
	reads := m.Manifest().Reads
	record := func(visitor int) []byte {
		values := make([]abi.Value, len(reads))
		for i := range values {
			values[i] = abi.Value{Type: reads[i].Type, Present: true, Number: float64(visitor%97 + i), Text: "decision_maker"}
			if reads[i].Type != abi.String {
				values[i].Text = ""
			}
		}
		raw, err := abi.AppendRecord(nil, int64(visitor), values)
		if err != nil {
			b.Fatal(err)
		}
		return raw
	}
	const visitors = 100_000
	kept := &keptResults{seed: maphash.MakeSeed(), by: make(map[uint64]keptResult, visitors)}
	records := make([][]byte, visitors)
	for v := range records {
		records[v] = record(v)
		entries, err := m.Evaluate(ctx, records[v], nil)
		if err != nil || len(entries) == 0 {
			b.Fatal(err, entries)
		}
		kept.by[maphash.Bytes(kept.seed, records[v])] = keptResult{records[v], entries}
	}
	entries := make([]abi.Entry, 0, abi.MaxEntries)
	next := func(i int) []byte { return records[i*7919%visitors] }
	b.Run(name+"/evaluate", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, err := m.Evaluate(ctx, next(i), entries[:0]); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run(name+"/kept", func(b *testing.B) {
		b.ReportAllocs()
		fresh := make([]byte, 0, abi.MaxRecord) // a request writes its own record
		for i := 0; b.Loop(); i++ {
			if _, ok := kept.find(append(fresh[:0], next(i)...), entries[:0]); !ok {
				b.Fatal("not kept")
			}
		}
		b.ReportMetric(float64(len(records[0])), "record-bytes")
	})
	b.Run(name+"/digest", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			sum := sha256.Sum256(next(i))
			if sum == [32]byte{} {
				b.Fatal("no digest")
			}
		}
	})
}
