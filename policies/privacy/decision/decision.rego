# METADATA
# title: The decision
# description: |
#   Puts the answers of the other packages together. What is not permitted by a rule is refused, and a single refusal
#   outweighs every permit.
package privacy.decision

import rego.v2

import data.privacy.age
import data.privacy.basis
import data.privacy.device
import data.privacy.minimise
import data.privacy.profiling
import data.privacy.retention
import data.privacy.rights
import data.privacy.signals
import data.privacy.transfer

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
# title: A purpose is permitted when a legal basis carries it and nothing speaks against it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: decision.permit
#   title_de: Ein Zweck ist erlaubt, wenn eine Rechtsgrundlage ihn trägt und nichts dagegen spricht
#   article: "6(1)"
permit if {
	count(basis.permits) > 0
	count(refusals) == 0
}

# METADATA
# scope: document
# entrypoint: true
# title: What may be done for one purpose in one situation; nothing, unless the rules say otherwise
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: decision.purpose
#   title_de: Was für einen Zweck in einer Lage getan werden darf; nichts, wenn die Regeln nichts anderes sagen
#   article: "25(2)"
default purpose := {"permit": false, "reasons": {"decision.purpose"}}

purpose := {"permit": false, "reasons": refusals} if count(refusals) > 0

purpose := {
	"permit": true,
	"reasons": basis.permits,
	"kept": minimise.kept,
	"dropped": minimise.dropped,
	"exact": minimise.exact,
	"generalised": minimise.generalised,
	"retention": retention.answer,
	"profiling": profiling.level,
	"transfer": transfer.answer,
	"device": device.answer,
} if {
	permit
}
