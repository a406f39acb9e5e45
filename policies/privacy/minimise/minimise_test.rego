package privacy.minimise_test

import rego.v2

import data.privacy.minimise

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

# complete holds when each category is kept or dropped and each tag exact or generalised, and none is both.
complete if {
	categories := object.keys(minimise.kept) | object.keys(minimise.dropped)
	count(categories) == 7
	object.keys(minimise.kept) & object.keys(minimise.dropped) == set()
	tags := object.keys(minimise.exact) | object.keys(minimise.generalised)
	count(tags) == 5
	object.keys(minimise.exact) & object.keys(minimise.generalised) == set()
}

test_statistics_keep_no_contact_details if {
	minimise.dropped.contact == "minimise.contact" with input as situation({})
	not minimise.kept.contact with input as situation({})
}

test_statistics_see_coarse_forms_only if {
	minimise.generalised == {
		"ip": "minimise.ip",
		"birth_date": "minimise.birth_date",
		"location": "minimise.location",
		"url": "minimise.url",
	} with input as situation({})
	minimise.exact == {"plain": "minimise.plain"} with input as situation({})
}

test_profiling_and_advertising_need_the_place_but_no_query if {
	every changes in [{"asked": "score"}, {"asked": "decide"}, {"marketing": true}, {"asked": "score", "basis": "legitimate_interest"}] {
		minimise.generalised == {
			"ip": "minimise.ip",
			"birth_date": "minimise.birth_date",
			"url": "minimise.url",
		} with input as situation(changes)
		minimise.exact == {"plain": "minimise.plain", "location": "minimise.suited"} with input as situation(changes)
	}
}

test_a_contract_keeps_values_whole if {
	minimise.generalised == {} with input as situation({"basis": "contract"})
	count(minimise.exact) == 5 with input as situation({"basis": "contract"})
}

test_health_data_needs_explicit_consent if {
	minimise.dropped.special == "special.needs_explicit" with input as situation({"asked": "score"})
	not minimise.kept.special with input as situation({"asked": "score"})
}

test_health_data_with_explicit_consent if {
	minimise.kept.special == "special.explicit" with input as situation({"status": "explicit"})
	not minimise.dropped.special with input as situation({"status": "explicit"})
}

test_a_contract_alone_carries_no_health_data if {
	minimise.dropped.special == "special.needs_explicit" with input as situation({"basis": "contract", "status": "given"})
}

test_explicit_consent_without_proof_carries_no_health_data if {
	minimise.dropped.special == "special.needs_explicit" with input as situation({"basis": "contract", "status": "explicit", "proof": "none"})
}

test_a_child_cannot_agree_to_health_data if {
	minimise.dropped.special == "special.needs_explicit" with input as situation({"basis": "contract", "status": "explicit", "age": "minor"})
}

test_every_category_and_tag_has_an_answer if {
	every base in {"consent", "contract", "legal_obligation", "legitimate_interest"} {
		every asked in {"none", "score", "decide"} {
			every marketing in {true, false} {
				complete with input as situation({"basis": base, "asked": asked, "marketing": marketing})
			}
		}
	}
}
