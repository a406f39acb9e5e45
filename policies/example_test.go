package policies_test

import (
	"context"
	"fmt"

	"github.com/lotse-edge/lotse/policies"
)

// A visitor clicked "yes" to profiling in a banner, and then took it back.
func Example() {
	table, _, err := policies.Prove(context.Background(), policies.Config{Host: policies.TestHost})
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
		if status == policies.StatusWithdrawn {
			situation.Proof = policies.ProofNone // there is no consent left to prove
		}
		decision, err := table.Decide(situation)
		if err != nil {
			fmt.Println(err) // fail closed: store nothing
			return
		}
		ruling := policies.Rule([]policies.PurposeRow{{Bit: 3, Row: decision.Row, Key: decision.Key}}, field)
		fmt.Println(status, decision.Row.Profiling, ruling.Verdict, ruling.Reasons)
	}
	// Output:
	// given score generalised [consent.given minimise.ip]
	// withdrawn none dropped [consent.withdrawn]
}
