package privacy.profiling_test

import rego.v2

import data.privacy.profiling

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

test_no_profile_unless_asked if {
	profiling.level == {"level": "none", "review": false, "reasons": {"profiling.not_asked"}} with input as situation({})
}

test_consent_carries_a_score if {
	profiling.level == {"level": "score", "review": false, "reasons": {"profiling.score"}} with input as situation({"asked": "score"})
}

test_a_click_carries_no_decision_by_machine if {
	profiling.level == {"level": "score", "review": false, "reasons": {"profiling.score", "profiling.no_ground"}} with input as situation({"asked": "decide"})
}

test_explicit_consent_carries_a_decision_with_review if {
	profiling.level == {"level": "decide", "review": true, "reasons": {"profiling.explicit"}} with input as situation({"asked": "decide", "status": "explicit"})
}

test_a_contract_carries_a_decision_with_review if {
	profiling.level == {"level": "decide", "review": true, "reasons": {"profiling.contract"}} with input as situation({"asked": "decide", "basis": "contract", "requested": true})
}

test_an_interest_carries_no_decision if {
	profiling.level.level == "score" with input as situation({"asked": "decide", "basis": "legitimate_interest"})
}

test_no_machine_decides_about_children if {
	profiling.level == {"level": "score", "review": false, "reasons": {"profiling.score", "profiling.child"}} with input as situation({"asked": "decide", "status": "explicit", "age": "minor_guardian"})
}

test_a_duty_to_keep_is_no_permit_to_judge if {
	profiling.level == {"level": "none", "review": false, "reasons": {"profiling.duty"}} with input as situation({"asked": "score", "basis": "legal_obligation"})
}

test_restricted_data_is_not_used if {
	profiling.level == {"level": "none", "review": false, "reasons": {"rights.restricted"}} with input as situation({"asked": "score", "restricted": true})
}
