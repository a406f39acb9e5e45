package privacy.retention_test

import rego.v2

import data.privacy.retention

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

test_behaviour_lives_thirteen_months if retention.answer.days.behavioural == 395 with input as situation({})

test_identifiers_live_weeks if retention.answer.days.identifier == 30 with input as situation({})

test_a_contract_outlives_consent if {
	wanted := retention.answer.days with input as situation({})
	contract := retention.answer.days with input as situation({"basis": "contract", "requested": true})
	every category, days in wanted {
		days < contract[category]
	}
}

test_every_basis_has_every_category if {
	every base in {"consent", "contract", "legal_obligation", "legitimate_interest"} {
		count(retention.answer.days) == 7 with input as situation({"basis": base})
	}
}
