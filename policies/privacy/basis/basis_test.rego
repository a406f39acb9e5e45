package privacy.basis_test

import rego.v2

import data.privacy.basis

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

test_a_click_in_a_banner_is_consent if {
	basis.permits == {"consent.given"} with input as situation({})
	basis.refusals == set() with input as situation({})
}

test_explicit_consent_is_told_apart if {
	basis.permits == {"consent.explicit"} with input as situation({"status": "explicit"})
}

test_silence_is_no_consent if {
	basis.permits == set() with input as situation({"status": "none"})
	basis.refusals == {"consent.none"} with input as situation({"status": "none"})
}

test_no_means_no if basis.refusals == {"consent.refused"} with input as situation({"status": "refused"})

test_withdrawal_ends_consent if {
	basis.refusals == {"consent.withdrawn"} with input as situation({"status": "withdrawn"})
}

test_expired_consent_is_asked_for_again if {
	basis.refusals == {"consent.expired"} with input as situation({"status": "expired"})
}

test_consent_without_proof_does_not_count if {
	basis.refusals == {"consent.unproved"} with input as situation({"proof": "none"})
}

test_a_contract_needs_no_consent if {
	basis.permits == {"contract.needed"} with input as situation({"basis": "contract", "requested": true, "status": "none", "proof": "none"})
	basis.refusals == set() with input as situation({"basis": "contract", "requested": true, "status": "none", "proof": "none"})
}

test_a_visit_is_no_contract if {
	basis.permits == set() with input as situation({"basis": "contract"})
	basis.refusals == {"contract.not_requested"} with input as situation({"basis": "contract"})
}

test_a_contract_without_a_word_on_the_request_is_not_requested if {
	basis.permits == set() with input as {"basis": "contract"}
	basis.refusals == {"contract.not_requested"} with input as {"basis": "contract"}
}

test_a_request_carries_no_other_basis if {
	basis.permits == set() with input as situation({"requested": true, "status": "none"})
	not "contract.not_requested" in basis.refusals with input as situation({"basis": "legal_obligation"})
}

test_a_legal_duty_needs_no_consent if {
	basis.permits == {"obligation.law"} with input as situation({"basis": "legal_obligation", "status": "refused"})
	basis.refusals == set() with input as situation({"basis": "legal_obligation", "status": "refused"})
}

test_a_legitimate_interest_carries if {
	basis.permits == {"interest.legitimate"} with input as situation({"basis": "legitimate_interest", "status": "none"})
}

test_advertising_is_no_part_of_a_contract if {
	basis.refusals == {"marketing.basis"} with input as situation({"basis": "contract", "requested": true, "marketing": true})
}
