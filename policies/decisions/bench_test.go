package decisions_test

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// nowhere is a disk that keeps up: what the processor pays is left.
type nowhere struct{ *memory }

type nowhereFile struct{ io.Writer }

func (nowhereFile) Close() error { return nil }

func (nowhere) Create(string) (io.WriteCloser, error) { return nowhereFile{io.Discard}, nil }
func (nowhere) Sync(string) error                     { return nil }

// BenchmarkAppend is one request's decisions, of one table or of a tenant's own each time, until they are written and counted:
// who is too far ahead of the writer does its work. ns/key is what one decision costs all processors together.
func BenchmarkAppend(b *testing.B) {
	for _, keys := range []int{1, 5, 32} {
		for _, tables := range []int{1, 64} {
			b.Run(fmt.Sprintf("keys=%d/tables=%d", keys, tables), func(b *testing.B) {
				l := open(b, decisions.Config{Files: nowhere{newMemory()}, Now: time.Now, FlushEvery: time.Second})
				ids := make([]decisions.TableID, tables)
				for i := range ids {
					ids[i] = l.Table(digest(byte(i)))
				}
				b.ReportAllocs()
				b.RunParallel(func(pb *testing.PB) {
					batch := make([]uint32, keys)
					for i := uint32(0); pb.Next(); i++ {
						for j := range batch {
							batch[j] = uint32(j)*288 + i%16
						}
						l.Append(ids[int(i)%tables], batch)
						if i%1024 == 1023 {
							must(b, l.Flush())
						}
					}
				})
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*keys), "ns/key")
				must(b, l.Close())
				if s := l.Stats(); s.Lost > 0 {
					b.Errorf("%d decisions are lost", s.Lost)
				}
			})
		}
	}
}

// BenchmarkRequest is what the request alone pays, on one processor: the writer's time is left out.
func BenchmarkRequest(b *testing.B) {
	for _, keys := range []int{1, 5, 32} {
		b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) {
			l := open(b, decisions.Config{Files: nowhere{newMemory()}, Now: time.Now, FlushEvery: time.Hour})
			table, batch := l.Table(digest(1)), make([]uint32, keys)
			var spent time.Duration
			calls := 0
			for b.Loop() {
				start := time.Now()
				for range 256 {
					l.Append(table, batch)
				}
				spent += time.Since(start)
				calls += 256
				must(b, l.Flush())
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(calls), "ns/call")
			must(b, l.Close())
		})
	}
}

// BenchmarkAtomic is what a counter in each row would cost the requests instead: spread over rows, and at one hot row.
func BenchmarkAtomic(b *testing.B) {
	for _, rows := range []uint32{1, 16} {
		b.Run(fmt.Sprintf("keys=5/rows=%d", rows), func(b *testing.B) {
			counters := make([]atomic.Uint64, 5*288)
			b.RunParallel(func(pb *testing.PB) {
				for i := uint32(0); pb.Next(); i++ {
					for j := range uint32(5) {
						counters[j*288+i%rows].Add(1)
					}
				}
			})
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*5), "ns/key")
		})
	}
}
