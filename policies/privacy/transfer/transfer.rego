# METADATA
# title: Transfers
# description: |
#   Whether data may go to where the purpose wants it. These rules hold for a permitted purpose: the decision package asks
#   them only then.
package privacy.transfer

import rego.v2

import data.privacy.rights

# METADATA
# title: The data stays in the European Economic Area
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_44
# custom:
#   id: transfer.eea
#   title_de: Die Daten bleiben im Europäischen Wirtschaftsraum
#   article: "44"
grounds contains "transfer.eea" if input.destination == "eea"

# METADATA
# title: The data goes to a country whose protection the European Commission found adequate
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_45
# custom:
#   id: transfer.adequate
#   title_de: Die Daten gehen in ein Land, dessen Schutz die Europäische Kommission für angemessen hält
#   article: "45(1)"
grounds contains "transfer.adequate" if input.destination == "adequate"

# METADATA
# title: The data goes abroad under safeguards, such as standard contractual clauses
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_46
# custom:
#   id: transfer.safeguards
#   title_de: Die Daten gehen unter Garantien ins Ausland, etwa Standardvertragsklauseln
#   article: "46(1)"
grounds contains "transfer.safeguards" if input.destination == "safeguards"

# METADATA
# title: There is no ground for sending the data to that country
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_44
# custom:
#   id: transfer.no_ground
#   title_de: Für eine Übermittlung in dieses Land gibt es keine Grundlage
#   article: "44"
refusals contains "transfer.no_ground" if input.destination == "none"

# METADATA
# title: Before advertising is sent, you must confirm your address once more (double opt-in)
# description: |
#   German courts take a single click on a form as no proof that the owner of an address agreed (section 7(2) UWG). The
#   address may be stored, or the confirmation could not be sent; it is not handed to whoever sends advertising.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: marketing.double_opt_in
#   title_de: Bevor Werbung verschickt wird, müssen Sie Ihre Adresse noch einmal bestätigen (Double-Opt-in)
#   article: "7(1)"
refusals contains "marketing.double_opt_in" if {
	input.marketing
	input.basis == "consent"
	input.regime == "de"
	input.proof != "double"
}

# METADATA
# title: Advertising by e-mail needs your consent
# description: |
#   Article 13 of Directive 2002/58/EC and the national laws that follow it, regulation 22 PECR, article 3 UWG of
#   Switzerland. A legitimate interest carries advertising on the site itself (recital 47), not messages.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: marketing.needs_consent
#   title_de: Werbung per E-Mail braucht Ihre Einwilligung
#   article: ePrivacy 13(1)
refusals contains "marketing.needs_consent" if {
	input.marketing
	input.basis == "legitimate_interest"
	input.regime in {"de", "eu", "uk", "ch"}
}

# METADATA
# scope: document
# title: No data is passed on unless there is a ground and nothing stands against it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_44
# custom:
#   id: transfer.answer
#   title_de: Daten werden nur weitergegeben, wenn es eine Grundlage gibt und nichts dagegen spricht
#   article: "44"
default answer := {"permit": false, "reasons": {"transfer.answer"}}

answer := {"permit": true, "reasons": grounds} if {
	count(grounds) > 0
	count(blocked) == 0
}

answer := {"permit": false, "reasons": blocked} if count(blocked) > 0

# METADATA
# title: What stands against a transfer
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_44
# custom:
#   id: transfer.blocked
#   title_de: Was gegen eine Weitergabe steht
#   article: "44"
blocked := refusals | rights.limits
