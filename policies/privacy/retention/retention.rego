# METADATA
# title: Storage limitation
# description: The longest that a value lives, in days by category. A tenant may set less, never more.
package privacy.retention

import rego.v2

# METADATA
# title: Data under consent or a legitimate interest is kept for months, and identifiers for weeks
# description: |
#   395 days are 13 months, as the French authority takes them for audience measurement: a year can be compared with the
#   last one. Sensitive data lives for half a year, identifiers for 30 days, contact details for three years without a sign
#   of life.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: retention.wanted
#   title_de: Daten aus Einwilligung oder berechtigtem Interesse bleiben Monate, Kennungen nur Wochen
#   article: "5(1)(e)"
answer := {
	"days": {
		"identifier": 30,
		"contact": 1095,
		"demographic": 1095,
		"firmographic": 1095,
		"psychographic": 730,
		"behavioural": 395,
		"special": 180,
	},
	"reason": "retention.wanted",
} if {
	input.basis in {"consent", "legitimate_interest"}
}

# METADATA
# title: Data of a contract is kept until claims lapse
# description: Three years are the regular limitation period (section 195 BGB); it starts at the end of the year, hence four.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: retention.contract
#   title_de: Daten eines Vertrags bleiben, bis Ansprüche verjährt sind
#   article: "5(1)(e)"
answer := {
	"days": {
		"identifier": 90,
		"contact": 1460,
		"demographic": 1460,
		"firmographic": 1460,
		"psychographic": 1460,
		"behavioural": 1460,
		"special": 1460,
	},
	"reason": "retention.contract",
} if {
	input.basis == "contract"
}

# METADATA
# title: Data that a law demands is kept as long as the law says, at most ten years
# description: Ten years for books, eight for vouchers (section 147 AO, section 257 HGB).
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: retention.law
#   title_de: Daten, die ein Gesetz verlangt, bleiben so lange, wie das Gesetz sagt, höchstens zehn Jahre
#   article: "6(1)(c)"
answer := {
	"days": {
		"identifier": 3650,
		"contact": 3650,
		"demographic": 3650,
		"firmographic": 3650,
		"psychographic": 3650,
		"behavioural": 3650,
		"special": 3650,
	},
	"reason": "retention.law",
} if {
	input.basis == "legal_obligation"
}
