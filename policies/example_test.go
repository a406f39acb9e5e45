package policies_test

import (
	"context"
	"fmt"

	"github.com/lotse-edge/lotse/policies"
)

// A visitor clicked "yes" to profiling in a banner, and then took it back.
func Example() {
	ctx := context.Background()
	engine, err := policies.New(ctx, policies.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	situation := policies.Situation{
		Basis: policies.BasisConsent, Asked: policies.ProfilingScore,
		Status: policies.StatusGiven, Proof: policies.ProofSingle,
	}
	field := policies.Target{Category: policies.CategoryIdentifier, Tag: policies.TagIP, Purposes: 1 << 3}

	for _, status := range []policies.Status{policies.StatusGiven, policies.StatusWithdrawn} {
		situation.Status = status
		row, err := engine.Decide(ctx, situation)
		if err != nil {
			fmt.Println(err) // fail closed: store nothing
			return
		}
		ruling := policies.Rule([]policies.PurposeRow{{Bit: 3, Row: row}}, field)
		fmt.Println(status, row.Profiling, ruling.Verdict, ruling.Reasons)
	}
	// Output:
	// given score generalised [consent.given minimise.ip]
	// withdrawn none dropped [consent.withdrawn]
}
