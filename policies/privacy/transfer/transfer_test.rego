package privacy.transfer_test

import rego.v2

import data.privacy.transfer

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

test_inside_the_eea if {
	transfer.answer == {"permit": true, "reasons": {"transfer.eea"}} with input as situation({})
}

test_to_an_adequate_country if {
	transfer.answer == {"permit": true, "reasons": {"transfer.adequate"}} with input as situation({"destination": "adequate"})
}

test_under_safeguards if {
	transfer.answer == {"permit": true, "reasons": {"transfer.safeguards"}} with input as situation({"destination": "safeguards"})
}

test_never_without_a_ground if {
	transfer.answer == {"permit": false, "reasons": {"transfer.no_ground"}} with input as situation({"destination": "none"})
}

test_restricted_data_stays if {
	transfer.answer == {"permit": false, "reasons": {"rights.restricted"}} with input as situation({"restricted": true})
}

test_german_newsletters_need_double_opt_in if {
	transfer.answer == {"permit": false, "reasons": {"marketing.double_opt_in"}} with input as situation({"marketing": true})
	transfer.answer.permit with input as situation({"marketing": true, "proof": "double"})
}

test_elsewhere_one_click_is_enough if {
	transfer.answer.permit with input as situation({"marketing": true, "regime": "eu"})
}

test_an_interest_sends_no_newsletter if {
	transfer.answer == {"permit": false, "reasons": {"marketing.needs_consent"}} with input as situation({"marketing": true, "basis": "legitimate_interest", "regime": "uk"})
}
