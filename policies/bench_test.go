package policies

import (
	"context"
	"testing"
)

var (
	sinkRow   *Row
	sinkBand  AgeBand
	sinkGrant []Grant
)

// A decision that is remembered, beside the same decision by OPA's interpreter.
func BenchmarkDecide(b *testing.B) {
	e := testEngine(b)
	ctx := context.Background()
	s := Situation{Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle, Device: DeviceConsented}
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sinkRow, _ = e.Decide(ctx, s)
		}
	})
	b.Run("remembered, one page of situations", func(b *testing.B) {
		var all [VisitorCount]Situation
		for i := range all {
			all[i], _ = SituationOf(s.Key()/VisitorCount*VisitorCount + uint32(i))
			if _, err := e.Decide(ctx, all[i]); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			sinkRow, _ = e.Decide(ctx, all[i])
			if i++; i == len(all) {
				i = 0
			}
		}
	})
	b.Run("remembered, in parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if row, err := e.Decide(ctx, s); err != nil || row == nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("evaluated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			row, err := e.answer(ctx, s)
			if err != nil {
				b.Fatal(err)
			}
			sinkRow = row
		}
	})
	b.Run("evaluated, a refusal", func(b *testing.B) {
		b.ReportAllocs()
		refused := s
		refused.Status = StatusRefused
		for b.Loop() {
			sinkRow, _ = e.answer(ctx, refused)
		}
	})
}

func BenchmarkAge(b *testing.B) {
	e := testEngine(b)
	b.ReportAllocs()
	for b.Loop() {
		sinkBand = e.Age("AT", 13, false)
	}
}

func BenchmarkAppendRuling(b *testing.B) {
	e := testEngine(b)
	row, err := e.Decide(context.Background(), Situation{Status: StatusGiven, Proof: ProofSingle, Asked: ProfilingScore})
	if err != nil {
		b.Fatal(err)
	}
	rows := []PurposeRow{{Bit: 0, Row: row}, {Bit: 1, Row: row}, {Bit: 2, Row: row}, {Bit: 3, Row: row}}
	grants, reasons := make([]Grant, 0, 8), make([]string, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		sinkGrant, _ = AppendRuling(grants, reasons, rows, Target{Category: CategoryBehavioural, Purposes: 15})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(context.Background(), Config{}); err != nil {
			b.Fatal(err)
		}
	}
}
