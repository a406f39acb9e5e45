# METADATA
# title: Legal basis
# description: On what a purpose rests. Nothing is permitted without a positive rule of this package.
package privacy.basis

import rego.v2

# METADATA
# title: You agreed to this purpose
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: consent.given
#   title_de: Sie haben in diesen Zweck eingewilligt
#   article: "6(1)(a)"
permits contains "consent.given" if {
	input.basis == "consent"
	input.status == "given"
}

# METADATA
# title: You agreed to this purpose explicitly
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: consent.explicit
#   title_de: Sie haben in diesen Zweck ausdrücklich eingewilligt
#   article: "6(1)(a)"
permits contains "consent.explicit" if {
	input.basis == "consent"
	input.status == "explicit"
}

# METADATA
# title: What you asked for cannot be done without it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: contract.needed
#   title_de: Was Sie verlangt haben, geht nicht ohne diese Daten
#   article: "6(1)(b)"
permits contains "contract.needed" if {
	input.basis == "contract"
	input.requested
}

# METADATA
# title: A law demands it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: obligation.law
#   title_de: Ein Gesetz verlangt es
#   article: "6(1)(c)"
permits contains "obligation.law" if input.basis == "legal_obligation"

# METADATA
# title: The operator has a legitimate interest that outweighs yours, and you may object
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: interest.legitimate
#   title_de: Der Betreiber hat ein überwiegendes berechtigtes Interesse, und Sie können widersprechen
#   article: "6(1)(f)"
permits contains "interest.legitimate" if input.basis == "legitimate_interest"

# METADATA
# title: You were not asked yet, or did not answer
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: consent.none
#   title_de: Sie wurden noch nicht gefragt oder haben nicht geantwortet
#   article: "6(1)(a)"
refusals contains "consent.none" if {
	input.basis == "consent"
	input.status == "none"
}

# METADATA
# title: You said no
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_4
# custom:
#   id: consent.refused
#   title_de: Sie haben abgelehnt
#   article: "4(11)"
refusals contains "consent.refused" if {
	input.basis == "consent"
	input.status == "refused"
}

# METADATA
# title: You took your consent back
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: consent.withdrawn
#   title_de: Sie haben Ihre Einwilligung widerrufen
#   article: "7(3)"
refusals contains "consent.withdrawn" if {
	input.basis == "consent"
	input.status == "withdrawn"
}

# METADATA
# title: Your consent has run out and you have to be asked again
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: consent.expired
#   title_de: Ihre Einwilligung ist abgelaufen, Sie müssen neu gefragt werden
#   article: "5(1)(e)"
refusals contains "consent.expired" if {
	input.basis == "consent"
	input.status == "expired"
}

# METADATA
# title: There is no proof that you agreed
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: consent.unproved
#   title_de: Es gibt keinen Nachweis, dass Sie eingewilligt haben
#   article: "7(1)"
refusals contains "consent.unproved" if {
	input.basis == "consent"
	input.status in {"given", "explicit"}
	input.proof == "none"
}

# METADATA
# title: You have not asked for anything that needs it
# description: A contract, or steps before one that the visitor asked for. To look at a website is neither.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: contract.not_requested
#   title_de: Sie haben nichts verlangt, wofür das nötig ist
#   article: "6(1)(b)"
refusals contains "contract.not_requested" if {
	input.basis == "contract"
	not input.requested
}

# METADATA
# title: Advertising is never needed for a contract or a legal duty
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: marketing.basis
#   title_de: Werbung ist für einen Vertrag oder eine gesetzliche Pflicht nie erforderlich
#   article: "6(1)(b)"
refusals contains "marketing.basis" if {
	input.marketing
	input.basis in {"contract", "legal_obligation"}
}
