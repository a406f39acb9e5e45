package profile_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const benchWriters = 256

// BenchmarkDurable compares durable updates of profiles: the group committer, and Badger with a transaction for each.
func BenchmarkDurable(b *testing.B) {
	b.Run("lotse", func(b *testing.B) {
		s := open(b, profile.Config{Dir: b.TempDir()})
		next := new(atomic.Uint64)
		b.SetParallelism(benchWriters / 2)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				n := next.Add(1)
				u, err := s.Begin(context.Background(), "winery", visitor(int(n%20000)))
				if err != nil {
					b.Error(err)
					return
				}
				u.Profile().AddEvent(uint16(1+n%3), profile.Event{
					At: profile.Millis(n), Hash: n, Grants: kept,
					Properties: []profile.Property{{Field: 20, Value: profile.TextValue("/weine/riesling"), Grants: kept}},
				})
				if err := u.Commit(context.Background()); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	})
	b.Run("badger", func(b *testing.B) {
		db, err := badger.Open(badger.DefaultOptions(b.TempDir()).WithSyncWrites(true).WithLogger(nil))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { db.Close() }) //nolint:errcheck // a benchmark's
		next := new(atomic.Uint64)
		row := make([]byte, 400)
		b.SetParallelism(benchWriters / 2)
		b.ReportAllocs()
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				key := binary.BigEndian.AppendUint64(nil, next.Add(1)%20000)
				for {
					err := db.Update(func(txn *badger.Txn) error {
						if _, err := txn.Get(key); err != nil && err != badger.ErrKeyNotFound {
							return err
						}
						return txn.Set(key, row)
					})
					if err == nil {
						break
					}
					if err != badger.ErrConflict {
						b.Error(err)
						return
					}
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	})
}

// BenchmarkUnchanged is a request that stores nothing.
func BenchmarkUnchanged(b *testing.B) {
	for _, events := range []int{0, 20, 200} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			s := open(b, profile.Config{Dir: b.TempDir(), Shards: 1, Now: func() time.Time { return start.AddDate(0, 0, 81) }})
			u := begin(b, s, "winery", 1)
			*u.Profile() = *history(events)
			commit(b, u)
			b.ReportAllocs()
			for b.Loop() {
				u, err := s.Begin(context.Background(), "winery", visitor(1))
				if err != nil {
					b.Fatal(err)
				}
				if err := u.Commit(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, events := range []int{0, 20, 200} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			p := history(events)
			dst := make([]byte, 0, 64<<10)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := profile.AppendEncoded(dst, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, events := range []int{0, 20, 200} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			row, err := profile.Encode(history(events))
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(row)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := profile.Decode(row, visitor(1)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// tenFeatures is what a module of the sample tenant reads.
var tenFeatures = &rules.Plan{Features: []rules.PlannedFeature{
	{Type: abi.String, Field: 1},
	{Type: abi.String, Field: 2},
	{Type: abi.String, Field: 40},
	{Type: abi.Number, Aggregate: abi.Count, Event: 1, WindowMillis: 90 * 24 * hour},
	{Type: abi.Number, Aggregate: abi.Count, Event: 2, WindowMillis: 30 * 24 * hour},
	{Type: abi.Number, Aggregate: abi.Count, Event: 3, Where: []rules.PlannedCondition{{Property: 20, Prefix: "/weine/1"}}},
	{Type: abi.Number, Aggregate: abi.Sum, Event: 4, Property: 21, WindowMillis: 90 * 24 * hour},
	{Type: abi.Number, Aggregate: abi.Decayed, Event: 1, HalfLifeMillis: float64(14 * 24 * hour)},
	{Type: abi.Number, Aggregate: abi.DaysSinceFirst, Event: 2},
	{Type: abi.Number, Aggregate: abi.DaysSinceLast, Event: 3},
}}

func BenchmarkAppendValues(b *testing.B) {
	for _, events := range []int{20, 200} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			p, now := history(events), start.AddDate(0, 0, 81)
			dst := make([]abi.Value, 0, 16)
			b.ReportAllocs()
			for b.Loop() {
				dst = p.AppendValues(dst[:0], tenFeatures, 2, now, cut)
			}
		})
	}
}

func BenchmarkShrink(b *testing.B) {
	p := history(200)
	b.ReportAllocs()
	for b.Loop() {
		p.Shrink(func(profile.Target) []policies.Grant { return kept }, cut)
	}
}
