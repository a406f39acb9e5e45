package policies

import (
	"context"
	"testing"
)

var (
	sinkDecision Decision
	sinkBand     AgeBand
	sinkGrant    []Grant
)

// A decision of the table, beside the same decision by OPA's interpreter and by the compiled policy: what a request would cost
// without the proof.
func BenchmarkDecide(b *testing.B) {
	e := testTable(b)
	ctx := context.Background()
	s := Situation{Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle, Device: DeviceConsented}
	b.Run("table", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			sinkDecision, _ = e.Decide(s)
		}
	})
	b.Run("table, one purpose, all its situations", func(b *testing.B) {
		var all [VisitorCount]Situation
		for i := range all {
			all[i], _ = SituationOf(s.Key()/VisitorCount*VisitorCount + uint32(i))
		}
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			sinkDecision, _ = e.Decide(all[i])
			if i++; i == len(all) {
				i = 0
			}
		}
	})
	b.Run("table, in parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if d, err := e.Decide(s); err != nil || d.Row == nil {
					b.Error(err)
				}
			}
		})
	})
	in := testInterrogation(b)
	b.Run("interpreter", func(b *testing.B) {
		var queries []*query
		for _, a := range aspects {
			q, err := in.policy.prepare(ctx, refOf(a.document).String())
			if err != nil {
				b.Fatal(err)
			}
			queries = append(queries, q)
		}
		b.ReportAllocs()
		for b.Loop() {
			for _, q := range queries {
				if _, err := q.ask(ctx, s.input(allParts)); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("compiled policy", func(b *testing.B) {
		input := s.appendInput(nil, allParts)
		entries := in.engine.Entrypoints()
		b.ReportAllocs()
		for b.Loop() {
			for i := range aspects {
				if _, err := in.engine.Evaluate(ctx, entries[aspects[i].document], input); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkAge(b *testing.B) {
	e := testTable(b)
	b.ReportAllocs()
	for b.Loop() {
		sinkBand = e.Age("AT", 13, false)
	}
}

func BenchmarkAppendRuling(b *testing.B) {
	e := testTable(b)
	d, err := e.Decide(Situation{Status: StatusGiven, Proof: ProofSingle, Asked: ProfilingScore})
	if err != nil {
		b.Fatal(err)
	}
	rows := []PurposeRow{{Bit: 0, Row: d.Row}, {Bit: 1, Row: d.Row}, {Bit: 2, Row: d.Row}, {Bit: 3, Row: d.Row}}
	grants, reasons := make([]Grant, 0, 8), make([]string, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		sinkGrant, _ = AppendRuling(grants, reasons, rows, Target{Category: CategoryBehavioural, Purposes: 15})
	}
}

func BenchmarkProve(b *testing.B) {
	for b.Loop() {
		_, c, err := Prove(context.Background(), Config{Host: wasmHost{}})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(c.Situations), "situations")
		b.ReportMetric(float64(c.Questions), "questions")
	}
}

// testInterrogation opens the base policy in both engines.
func testInterrogation(t testing.TB) *interrogation {
	t.Helper()
	ctx := context.Background()
	base, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	policy, err := loadPolicy(base)
	if err != nil {
		t.Fatal(err)
	}
	documents := []string{agesDocument}
	for i := range aspects {
		documents = append(documents, aspects[i].document)
	}
	in, err := newInterrogation(ctx, policy, wasmHost{}, documents)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.engine.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return in
}
