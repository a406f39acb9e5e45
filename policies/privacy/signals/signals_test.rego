package privacy.signals_test

import rego.v2

import data.privacy.signals

# situation is a purpose on consent, given with one click, with what a test changes.
situation(changes) := object.union(
	{
		"basis": "consent", "asked": "none", "marketing": false, "requested": false,
		"status": "given", "proof": "single",
		"objected": false, "restricted": false, "gpc": false,
		"age": "adult", "regime": "de", "destination": "eea", "device": "none",
	},
	changes,
)

test_gpc_speaks_against_a_click if signals.refusals == {"signal.gpc"} with input as situation({"gpc": true})

test_gpc_speaks_against_a_legitimate_interest if {
	signals.refusals == {"signal.gpc"} with input as situation({"gpc": true, "basis": "legitimate_interest", "status": "none"})
}

test_explicit_consent_outweighs_gpc if {
	signals.refusals == set() with input as situation({"gpc": true, "status": "explicit"})
}

test_gpc_does_not_end_a_contract if {
	signals.refusals == set() with input as situation({"gpc": true, "basis": "contract", "requested": true})
}

test_no_signal_says_nothing if signals.refusals == set() with input as situation({})
