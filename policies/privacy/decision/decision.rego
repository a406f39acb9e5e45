# METADATA
# title: The decision
# description: |
#   Whether a purpose is permitted at all. What is not permitted by a rule is refused, and a single refusal outweighs every
#   permit. What may then be done is answered by the documents of the other packages, which are asked for every purpose and
#   count only for a permitted one.
package privacy.decision

import rego.v2

import data.privacy.age
import data.privacy.basis
import data.privacy.rights
import data.privacy.signals

# METADATA
# title: Everything that speaks against the purpose
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: decision.refusals
#   title_de: Alles, was gegen den Zweck spricht
#   article: "5(1)(a)"
refusals := ((basis.refusals | age.refusals) | rights.refusals) | signals.refusals

# METADATA
# scope: document
# entrypoint: true
# title: A purpose is permitted when a legal basis carries it and nothing speaks against it; nothing is permitted otherwise
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: decision.verdict
#   title_de: Ein Zweck ist erlaubt, wenn eine Rechtsgrundlage ihn trägt und nichts dagegen spricht; sonst ist nichts erlaubt
#   article: "25(2)"
default verdict := {"permit": false, "reasons": {"decision.verdict"}}

verdict := {"permit": false, "reasons": refusals} if count(refusals) > 0

verdict := {"permit": true, "reasons": basis.permits} if {
	count(basis.permits) > 0
	count(refusals) == 0
}
