# METADATA
# title: Rights of the person
# description: |
#   Objections (Article 21) refuse a purpose; a restriction (Article 18) leaves data stored and unused. A copy that can be taken
#   elsewhere (Article 20) holds what the visitor provided, never what was derived.
package privacy.rights

import rego.v2

# METADATA
# title: You objected to advertising, which always counts
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: objection.marketing
#   title_de: Sie haben der Werbung widersprochen, und das gilt immer
#   article: "21(2-3)"
refusals contains "objection.marketing" if {
	input.marketing
	input.objected
}

# METADATA
# title: You objected to a purpose that rests on the operator's interest
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: objection.interest
#   title_de: Sie haben einem Zweck widersprochen, der auf dem Interesse des Betreibers beruht
#   article: "21(1)"
refusals contains "objection.interest" if {
	input.basis == "legitimate_interest"
	input.objected
}

# METADATA
# title: You said no to this purpose, and a no counts as an objection
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: objection.refused
#   title_de: Sie haben zu diesem Zweck nein gesagt, und ein Nein gilt als Widerspruch
#   article: "21(1)"
refusals contains "objection.refused" if {
	input.basis == "legitimate_interest"
	input.status in {"refused", "withdrawn"}
}

# METADATA
# title: You objected to a purpose that rests on your consent, which takes the consent back
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: objection.consent
#   title_de: Sie haben einem Zweck widersprochen, der auf Ihrer Einwilligung beruht; das widerruft sie
#   article: "7(3)"
refusals contains "objection.consent" if {
	input.basis == "consent"
	input.objected
}

# METADATA
# title: You had the use of your data restricted; it stays stored and is not used
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_18
# custom:
#   id: rights.restricted
#   title_de: Sie haben die Verarbeitung einschränken lassen; die Daten bleiben gespeichert und werden nicht genutzt
#   article: "18"
limits contains "rights.restricted" if input.restricted

# METADATA
# title: You may take along what you gave us and what we observed, because it rests on your consent or a contract
# description: |
#   What the tenant's own systems brought in counts as provided: it can only come from the visitor's dealings with the tenant.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_20
# custom:
#   id: portability.due
#   title_de: Sie können mitnehmen, was Sie angegeben haben und was wir beobachtet haben, weil es auf Einwilligung oder Vertrag beruht
#   article: "20(1)"
portable contains "portability.due" if input.basis in {"consent", "contract"}

# METADATA
# scope: document
# entrypoint: true
# title: What an export to take along holds; nothing where the law gives no right to one
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_20
# custom:
#   id: portability.none
#   title_de: Was eine Kopie zum Mitnehmen enthält; nichts, wo das Gesetz kein Recht darauf gibt
#   article: "20(1)"
default portability := {"provenances": set(), "reasons": {"portability.none"}}

portability := {"provenances": {"provided", "observed", "imported"}, "reasons": portable} if count(portable) > 0
