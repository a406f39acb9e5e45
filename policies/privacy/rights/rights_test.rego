package privacy.rights_test

import rego.v2

import data.privacy.rights

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

test_objection_to_advertising_always_counts if {
	every base in {"consent", "contract", "legal_obligation", "legitimate_interest"} {
		"objection.marketing" in rights.refusals with input as situation({"basis": base, "marketing": true, "objected": true})
	}
}

test_objection_to_an_interest if {
	rights.refusals == {"objection.interest"} with input as situation({"basis": "legitimate_interest", "objected": true})
}

test_a_no_to_an_interest_is_an_objection if {
	rights.refusals == {"objection.refused"} with input as situation({"basis": "legitimate_interest", "status": "refused"})
}

test_objection_takes_consent_back if {
	rights.refusals == {"objection.consent"} with input as situation({"objected": true})
}

test_there_is_no_objection_to_a_contract if {
	rights.refusals == set() with input as situation({"basis": "contract", "requested": true, "objected": true})
}

test_restriction_limits_use_and_refuses_nothing if {
	rights.limits == {"rights.restricted"} with input as situation({"restricted": true})
	rights.refusals == set() with input as situation({"restricted": true})
}

test_what_was_provided_can_be_taken_along if {
	rights.portability == {"provenances": {"provided", "observed", "imported"}, "reasons": {"portability.due"}} with input as {"basis": "consent"}
	rights.portability.reasons == {"portability.due"} with input as {"basis": "contract"}
}

test_an_interest_gives_no_copy_to_take_along if {
	rights.portability == {"provenances": set(), "reasons": {"portability.none"}} with input as {"basis": "legitimate_interest"}
}
