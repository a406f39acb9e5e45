package privacy.age_test

import rego.v2

import data.privacy.age

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

test_a_child_cannot_consent_alone if age.refusals == {"age.minor"} with input as situation({"age": "minor"})

test_a_guardian_consents_for_a_child if {
	age.refusals == set() with input as situation({"age": "minor_guardian"})
}

test_an_unknown_age_counts_as_adult if age.refusals == set() with input as situation({"age": "unknown"})

test_a_child_buys_a_bus_ticket if {
	age.refusals == set() with input as situation({"age": "minor", "basis": "contract", "requested": true})
}

test_a_child_outweighs_an_interest if {
	age.refusals == {"age.interest"} with input as situation({"age": "minor", "basis": "legitimate_interest"})
}

test_no_profile_of_a_child_on_an_interest if {
	age.refusals == {"age.protected"} with input as situation({"age": "minor_guardian", "basis": "legitimate_interest", "asked": "score"})
	age.refusals == set() with input as situation({"age": "minor_guardian", "basis": "legitimate_interest"})
}

test_sixteen_in_germany_fourteen_in_austria if {
	age.table.DE.alone[15] == "minor"
	age.table.DE.alone[16] == "adult"
	age.table.AT.alone[13] == "minor"
	age.table.AT.alone[14] == "adult"
}

test_a_guardian_changes_the_band_below_the_threshold_only if {
	age.table.DE.guardian[15] == "minor_guardian"
	age.table.DE.guardian[16] == "adult"
}

test_every_country_is_within_article_8 if {
	every country, entry in data.privacy.age.countries {
		entry.years >= 13
		entry.years <= 16
		entry.source != ""
		age.table[country]
	}
}

test_unknown_countries_get_the_highest_threshold if age.table["*"] == age.table.DE
