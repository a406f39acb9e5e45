# METADATA
# title: Signals of the browser
# description: What a browser says by itself. A signal can only speak against a purpose, never for it.
package privacy.signals

import rego.v2

# METADATA
# title: The browser asked not to be tracked (Global Privacy Control), and nobody agreed explicitly all the same
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: signal.gpc
#   title_de: Der Browser bittet, nicht verfolgt zu werden (Global Privacy Control), und niemand hat trotzdem ausdrücklich eingewilligt
#   article: "21(5)"
refusals contains "signal.gpc" if {
	input.gpc
	input.basis in {"consent", "legitimate_interest"}
	input.status != "explicit"
}
