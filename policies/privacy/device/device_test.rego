package privacy.device_test

import rego.v2

import data.privacy.device

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

test_a_purpose_without_storage_writes_nothing if {
	device.answer == {"permit": false, "reasons": {"device.none"}} with input as situation({})
}

test_a_basket_needs_its_cookie if {
	device.answer == {"permit": true, "reasons": {"device.necessary"}} with input as situation({"basis": "contract", "requested": true, "device": "necessary"})
}

test_a_contract_is_no_consent_to_other_cookies if {
	device.answer == {"permit": false, "reasons": {"device.needs_consent"}} with input as situation({"basis": "contract", "requested": true, "device": "consented"})
}

test_consent_permits_the_cookie if {
	device.answer == {"permit": true, "reasons": {"device.consented"}} with input as situation({"device": "consented"})
}

test_an_interest_permits_no_cookie_in_germany if {
	device.answer.permit == false with input as situation({"basis": "legitimate_interest", "device": "consented"})
}

test_an_interest_permits_a_cookie_in_switzerland if {
	device.answer == {"permit": true, "reasons": {"device.informed"}} with input as situation({"basis": "legitimate_interest", "device": "consented", "regime": "ch"})
}

test_restricted_writes_nothing if {
	device.answer == {"permit": false, "reasons": {"rights.restricted"}} with input as situation({"device": "consented", "restricted": true})
}
