//go:build !race

package policies

import "testing"

// A decision costs no memory, and neither does the combination of purposes into slices that have room.
func TestAllocations(t *testing.T) {
	e := testTable(t)
	s := Situation{Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle}
	d, err := e.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	zero := func(name string, f func()) {
		t.Helper()
		if n := testing.AllocsPerRun(1000, f); n != 0 {
			t.Errorf("%s takes %v allocations", name, n)
		}
	}
	zero("Decide", func() {
		if _, err := e.Decide(s); err != nil {
			t.Fatal(err)
		}
	})
	zero("Age", func() { e.Age("DE", 15, false) })
	zero("Reason", func() { e.Reason("consent.given") })
	rows := []PurposeRow{{Bit: 2, Row: d.Row, Key: d.Key}, {Bit: 1, Row: d.Row, Key: d.Key}, {Bit: 5, Row: d.Row, Key: d.Key}}
	grants, reasons := make([]Grant, 0, 8), make([]string, 0, 8)
	zero("AppendRuling", func() {
		AppendRuling(grants, reasons, rows, Target{Category: CategoryContact, Purposes: 7})
	})
	if n := testing.AllocsPerRun(1000, func() { Rule(rows, Target{Category: CategoryContact, Purposes: 7}) }); n > 6 {
		t.Errorf("Rule takes %v allocations", n)
	}
}
