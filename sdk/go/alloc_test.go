//go:build !race

package lotse_test

import (
	"testing"

	lotse "github.com/lotse-edge/lotse/sdk/go"
)

func TestAnEvaluationAllocatesNothing(t *testing.T) {
	raw := record(t, number(3), text("AT"), boolean(1))
	var out lotse.Result
	rules := func(r lotse.Record, out *lotse.Result) {
		n, _ := r.Number(0)
		country, _ := r.Text(1)
		if yes, _ := r.Bool(2); yes && lotse.Same(country, "at") {
			out.Points(0, 0, n)
			out.Segment(0)
			out.Trait(0, 0)
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		if lotse.Evaluate(rules, raw, &out) != 3 {
			t.Fatal("not three entries")
		}
	}); n != 0 {
		t.Errorf("an evaluation allocates %v times", n)
	}
}
