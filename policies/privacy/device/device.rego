# METADATA
# title: The visitor's device
# description: |
#   Whether the site may write to the visitor's device (Article 5(3) of Directive 2002/58/EC, section 25 TDDDG). These rules
#   hold for a permitted purpose: the decision package asks them only then.
package privacy.device

import rego.v2

import data.privacy.rights

# METADATA
# title: The service that you asked for cannot work without it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: device.necessary
#   title_de: Der Dienst, den Sie verlangt haben, geht nicht ohne
#   article: ePrivacy 5(3)
grounds contains "device.necessary" if {
	input.device == "necessary"
	input.basis in {"contract", "legal_obligation"}
}

# METADATA
# title: You agreed to storage on your device
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: device.consented
#   title_de: Sie haben in das Speichern auf Ihrem Gerät eingewilligt
#   article: ePrivacy 5(3)
grounds contains "device.consented" if {
	input.device in {"necessary", "consented"}
	input.basis == "consent"
}

# METADATA
# title: The law of your country asks for information and a way to say no, not for consent
# description: Article 45c FMG in Switzerland; the laws of the states in the United States.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: device.informed
#   title_de: Das Recht Ihres Landes verlangt Information und eine Möglichkeit, nein zu sagen, keine Einwilligung
#   article: ePrivacy 5(3)
grounds contains "device.informed" if {
	input.device in {"necessary", "consented"}
	input.regime in {"ch", "us"}
	input.basis == "legitimate_interest"
}

# METADATA
# title: Storage on your device needs your consent
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: device.needs_consent
#   title_de: Das Speichern auf Ihrem Gerät braucht Ihre Einwilligung
#   article: ePrivacy 5(3)
refusals contains "device.needs_consent" if {
	input.device != "none"
	count(grounds) == 0
}

# METADATA
# title: The purpose needs nothing on your device
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: device.none
#   title_de: Der Zweck braucht nichts auf Ihrem Gerät
#   article: "5(1)(c)"
refusals contains "device.none" if input.device == "none"

# METADATA
# scope: document
# title: Nothing is written to a device unless there is a ground and nothing stands against it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: device.answer
#   title_de: Auf ein Gerät wird nur geschrieben, wenn es eine Grundlage gibt und nichts dagegen spricht
#   article: ePrivacy 5(3)
default answer := {"permit": false, "reasons": {"device.answer"}}

answer := {"permit": true, "reasons": grounds} if {
	count(grounds) > 0
	count(blocked) == 0
}

answer := {"permit": false, "reasons": blocked} if count(blocked) > 0

# METADATA
# title: What stands against writing to a device
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: device.blocked
#   title_de: Was gegen das Schreiben auf ein Gerät steht
#   article: ePrivacy 5(3)
blocked := refusals | rights.limits
