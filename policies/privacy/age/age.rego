# METADATA
# title: Age
# description: |
#   Article 8 lets each country choose from 13 to 16 years as the age from which a child consents alone. The thresholds and
#   their sources are in data.json beside this file. A visitor of unknown age counts as old enough: to ask everybody for a
#   birth date would collect more than it protects. A tenant that speaks to children refuses unknown ages in its own rules:
#   forbid contains {"reason": "age.unknown"} if input.age in {"unknown", "minor_guardian", "minor"}, since to turn out to be a
#   child must not open what was closed.
package privacy.age

import rego.v2

# METADATA
# title: You are too young to agree alone, and no guardian has agreed
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_8
# custom:
#   id: age.minor
#   title_de: Sie sind zu jung, um allein einzuwilligen, und kein Sorgeberechtigter hat zugestimmt
#   article: "8(1)"
refusals contains "age.minor" if {
	input.basis == "consent"
	input.age == "minor"
}

# METADATA
# title: The interests of a child outweigh the operator's
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: age.interest
#   title_de: Die Interessen eines Kindes wiegen schwerer als die des Betreibers
#   article: "6(1)(f)"
refusals contains "age.interest" if {
	input.basis == "legitimate_interest"
	input.age == "minor"
}

# METADATA
# title: Advertising and profiles of children need a guardian's consent, an interest is not enough
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: age.protected
#   title_de: Werbung an Kinder und Profile von Kindern brauchen die Einwilligung Sorgeberechtigter, ein Interesse genügt nicht
#   article: "6(1)(f), recital 38"
refusals contains "age.protected" if {
	input.basis == "legitimate_interest"
	input.age == "minor_guardian"
	shielded
}

# METADATA
# scope: document
# title: The purpose is one that children are protected from
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#rct_38
# custom:
#   id: age.shielded
#   title_de: Der Zweck ist einer, vor dem Kinder geschützt werden
#   article: recital 38
shielded if input.marketing

shielded if input.asked != "none"

# METADATA
# title: For each country, the band of each age in years, first without and then with a guardian's consent
# description: |
#   Evaluated once, when the policy is loaded. The last entry of a list also holds for all higher ages. The country "*" is
#   every country that the table does not know: it gets the highest threshold.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_8
# custom:
#   id: age.table
#   title_de: Für jedes Land die Altersgruppe zu jedem Alter in Jahren, ohne und mit Zustimmung Sorgeberechtigter
#   article: "8(1)"
table[country] := {"alone": bands[years].alone, "guardian": bands[years].guardian} if {
	some country, entry in data.privacy.age.countries
	years := entry.years
}

# METADATA
# title: For each threshold that Article 8 allows, the band of each age in years
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_8
# custom:
#   id: age.bands
#   title_de: Für jede Schwelle, die Artikel 8 erlaubt, die Altersgruppe zu jedem Alter in Jahren
#   article: "8(1)"
bands[threshold] := {"alone": alone, "guardian": guardian} if {
	some threshold in {13, 14, 15, 16}
	alone := array.concat([band | some _ in numbers.range(1, threshold); band := "minor"], ["adult"])
	guardian := array.concat([band | some _ in numbers.range(1, threshold); band := "minor_guardian"], ["adult"])
}
