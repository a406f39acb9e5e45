package privacy.decision_test

import rego.v2

import data.privacy.decision

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

test_consent_permits if decision.verdict.permit with input as situation({})

test_one_refusal_outweighs if {
	decision.verdict == {"permit": false, "reasons": {"signal.gpc"}} with input as situation({"gpc": true})
}

test_all_refusals_are_named if {
	decision.verdict.reasons == {"consent.withdrawn", "signal.gpc", "objection.marketing", "objection.consent"} with input as situation({"status": "withdrawn", "gpc": true, "objected": true, "marketing": true})
}

test_a_restriction_refuses_no_purpose if {
	decision.verdict.permit with input as situation({"restricted": true, "asked": "score"})
}

test_a_contract_is_permitted_once_it_is_asked_for if {
	decision.verdict.permit with input as situation({"basis": "contract", "requested": true, "status": "none", "proof": "none"})
	decision.verdict == {"permit": false, "reasons": {"contract.not_requested"}} with input as situation({"basis": "contract"})
}

test_no_input_permits_nothing if {
	decision.verdict == {"permit": false, "reasons": {"decision.verdict"}} with input as {}
}

test_an_unknown_status_permits_nothing if {
	decision.verdict == {"permit": false, "reasons": {"decision.verdict"}} with input as situation({"status": "perhaps"})
}

test_an_unknown_basis_permits_nothing if {
	decision.verdict == {"permit": false, "reasons": {"decision.verdict"}} with input as situation({"basis": "because"})
}
