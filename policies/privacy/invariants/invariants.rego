# METADATA
# title: Invariants
# description: |
#   What no policy may ever answer, and no step against a purpose may ever bring about. A rule of violations looks at one situation
#   and its row, a rule of enlargements at the rows before and after a step. They are held against every situation and every step
#   when a policy is loaded; one case in which one of them holds, and the policy is refused. See steps.go for the steps.
package privacy.invariants

import rego.v2

# METADATA
# title: A purpose that rests on consent is permitted only while a proved consent is there
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: law.consent
#   title_de: Ein Zweck, der auf Einwilligung beruht, ist nur erlaubt, solange es eine nachgewiesene Einwilligung gibt
#   article: "6(1)(a), 7(1)"
violations contains "law.consent" if {
	input.row.permit
	input.situation.basis == "consent"
	not consented
}

# METADATA
# title: A purpose that rests on a contract is permitted only to whoever asked for the contract
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_6
# custom:
#   id: law.contract
#   title_de: Ein Zweck, der auf einem Vertrag beruht, ist nur erlaubt, wenn der Vertrag verlangt wurde
#   article: "6(1)(b)"
violations contains "law.contract" if {
	input.row.permit
	input.situation.basis == "contract"
	not input.situation.requested
}

# METADATA
# title: No child consents alone
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_8
# custom:
#   id: law.child_consent
#   title_de: Kein Kind willigt allein ein
#   article: "8(1)"
violations contains "law.child_consent" if {
	input.row.permit
	input.situation.basis == "consent"
	input.situation.age == "minor"
}

# METADATA
# title: An objection to a purpose of the operator's interest ends it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: law.objection
#   title_de: Ein Widerspruch gegen einen Zweck im Interesse des Betreibers beendet ihn
#   article: "21(1)"
violations contains "law.objection" if {
	input.row.permit
	input.situation.basis == "legitimate_interest"
	input.situation.objected
}

# METADATA
# title: There is no direct marketing after an objection, on whatever ground
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: law.marketing_objection
#   title_de: Nach einem Widerspruch gibt es keine Direktwerbung, auf welcher Grundlage auch immer
#   article: "21(2-3)"
violations contains "law.marketing_objection" if {
	input.row.permit
	input.situation.marketing
	input.situation.objected
}

# METADATA
# title: A browser that asks not to be tracked is heard, unless somebody agreed explicitly
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_21
# custom:
#   id: law.gpc
#   title_de: Ein Browser, der bittet, nicht zu verfolgen, wird gehört, wenn nicht jemand ausdrücklich eingewilligt hat
#   article: "21(5)"
violations contains "law.gpc" if {
	input.row.permit
	input.situation.gpc
	input.situation.basis in {"consent", "legitimate_interest"}
	input.situation.status != "explicit"
}

# METADATA
# title: "Restricted data is stored and not used: no profile, no transfer, no device"
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_18
# custom:
#   id: law.restricted
#   title_de: "Eingeschränkte Daten werden gespeichert und nicht genutzt: kein Profil, keine Weitergabe, kein Gerät"
#   article: "18(2)"
violations contains "law.restricted" if {
	input.situation.restricted
	used
}

# METADATA
# title: A machine decides only by a contract or an explicit consent
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.decision_ground
#   title_de: Eine Maschine entscheidet nur aufgrund eines Vertrags oder einer ausdrücklichen Einwilligung
#   article: "22(2)"
violations contains "law.decision_ground" if {
	input.row.profiling == "decide"
	not decidable
}

# METADATA
# title: Whatever a machine decides, a person can review
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.decision_review
#   title_de: Was eine Maschine entscheidet, kann ein Mensch prüfen
#   article: "22(3)"
violations contains "law.decision_review" if {
	input.row.profiling == "decide"
	not input.row.review
}

# METADATA
# title: No machine decides about a child
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.decision_child
#   title_de: Über ein Kind entscheidet keine Maschine
#   article: "22(1), recital 71"
violations contains "law.decision_child" if {
	input.row.profiling == "decide"
	input.situation.age in {"minor", "minor_guardian"}
}

# METADATA
# title: Nobody is profiled further than the purpose asks for
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.profiling_asked
#   title_de: Niemand wird weiter bewertet, als der Zweck verlangt
#   article: "5(1)(b)"
violations contains "law.profiling_asked" if {
	profiling_rank[input.row.profiling] > profiling_rank[input.situation.asked]
}

# METADATA
# title: Nothing leaves for a country without a ground
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_44
# custom:
#   id: law.transfer_ground
#   title_de: Nichts geht ohne Grundlage in ein anderes Land
#   article: "44"
violations contains "law.transfer_ground" if {
	input.row.transfer
	input.situation.destination == "none"
}

# METADATA
# title: In Germany, advertising by consent is sent to confirmed addresses only
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: law.double_opt_in
#   title_de: In Deutschland geht Werbung mit Einwilligung nur an bestätigte Adressen
#   article: "7(1)"
violations contains "law.double_opt_in" if {
	input.row.transfer
	input.situation.marketing
	input.situation.basis == "consent"
	input.situation.regime == "de"
	input.situation.proof != "double"
}

# METADATA
# title: Nothing is written to a device for a purpose that needs nothing there
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: law.device_wanted
#   title_de: Auf ein Gerät wird nichts für einen Zweck geschrieben, der dort nichts braucht
#   article: ePrivacy 5(3)
violations contains "law.device_wanted" if {
	input.row.device
	input.situation.device == "none"
}

# METADATA
# title: What is not necessary is written to a device with consent only, where the law asks for it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: law.device_consent
#   title_de: Was nicht notwendig ist, wird nur mit Einwilligung auf ein Gerät geschrieben, wo das Recht sie verlangt
#   article: ePrivacy 5(3)
violations contains "law.device_consent" if {
	input.row.device
	input.situation.device == "consented"
	not input.situation.regime in {"ch", "us"}
	not consented
}

# METADATA
# title: Sensitive data is kept by explicit consent only, and never a child's alone
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_9
# custom:
#   id: law.special
#   title_de: Besondere Daten werden nur mit ausdrücklicher Einwilligung gespeichert, nie mit der eines Kindes allein
#   article: "9(2)(a)"
violations contains "law.special" if {
	some rule in input.row.fields.special
	rule.verdict != "dropped"
	not explicit
}

# METADATA
# title: A refused purpose keeps and does nothing
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.purpose
#   title_de: Ein abgelehnter Zweck speichert und tut nichts
#   article: "5(1)(b)"
violations contains "law.purpose" if {
	not input.row.permit
	something
}

# METADATA
# title: Whatever is kept has an end
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.limited
#   title_de: Alles Gespeicherte hat ein Ende
#   article: "5(1)(e)"
violations contains "law.limited" if {
	some category in input.row.fields
	some rule in category
	rule.verdict != "dropped"
	rule.days < 1
}

# METADATA
# title: The query of an address is kept only for a contract or a legal duty
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.query
#   title_de: Die Abfrage einer Adresse wird nur für einen Vertrag oder eine rechtliche Pflicht gespeichert
#   article: "5(1)(c)"
violations contains "law.query" if {
	some category in input.row.fields
	category.url.verdict == "kept"
	not input.situation.basis in {"contract", "legal_obligation"}
}

# METADATA
# title: What was derived from a person's data is never in a copy to take along
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_20
# custom:
#   id: law.derived
#   title_de: Was aus den Daten einer Person abgeleitet wurde, ist nie in einer Kopie zum Mitnehmen
#   article: "20(1)"
violations contains "law.derived" if {
	input.row.portable.derived
}

# METADATA
# title: A copy to take along is due where data rests on consent or a contract, and only there
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_20
# custom:
#   id: law.portable_basis
#   title_de: Eine Kopie zum Mitnehmen gibt es, wo Daten auf Einwilligung oder Vertrag beruhen, und nur dort
#   article: "20(1)"
violations contains "law.portable_basis" if {
	some portable in input.row.portable
	portable
	not input.situation.basis in {"consent", "contract"}
}

# METADATA
# title: Every answer names its reasons
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_12
# custom:
#   id: law.reasons
#   title_de: Jede Antwort nennt ihre Gründe
#   article: "5(1)(a), 12(1)"
violations contains "law.reasons" if {
	some key in ["reasons", "profiling_reasons", "transfer_reasons", "device_reasons", "portable_reasons"]
	count(input.row[key]) == 0
}

# METADATA
# title: Saying no, saying less or being a child never makes a refused purpose a permitted one
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: law.permit_grows
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, macht aus einem abgelehnten Zweck nie einen erlaubten
#   article: "7(3)"
enlargements contains "law.permit_grows" if {
	input.after.permit
	not input.before.permit
}

# METADATA
# title: Saying no, saying less or being a child never lets more be kept
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: law.kept_grows
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, lässt nie mehr speichern
#   article: "7(3), 25(2)"
enlargements contains "law.kept_grows" if {
	some category, tags in input.after.fields
	some tag, rule in tags
	verdict_rank[rule.verdict] > verdict_rank[input.before.fields[category][tag].verdict]
}

# METADATA
# title: Saying no, saying less or being a child never lets anything be kept longer
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.life_grows
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, lässt nie länger speichern
#   article: "5(1)(e)"
enlargements contains "law.life_grows" if {
	some category, tags in input.after.fields
	some tag, rule in tags
	rule.days > input.before.fields[category][tag].days
}

# METADATA
# title: Saying no, saying less or being a child never lets more profiling happen
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.profiling_grows
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, lässt nie mehr Profilbildung zu
#   article: "21, 22"
enlargements contains "law.profiling_grows" if {
	profiling_rank[input.after.profiling] > profiling_rank[input.before.profiling]
}

# METADATA
# title: Saying no, saying less or being a child never takes the review by a person away
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.review_lost
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, nimmt nie die Prüfung durch einen Menschen
#   article: "22(3)"
enlargements contains "law.review_lost" if {
	input.after.profiling == "decide"
	input.before.review
	not input.after.review
}

# METADATA
# title: Saying no, saying less or being a child never lets data be passed on
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_44
# custom:
#   id: law.transfer_grows
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, lässt nie Daten weitergeben
#   article: "21, 44"
enlargements contains "law.transfer_grows" if {
	input.after.transfer
	not input.before.transfer
}

# METADATA
# title: Saying no, saying less or being a child never opens the device
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/dir/2002/58/oj/eng
# custom:
#   id: law.device_grows
#   title_de: Nein zu sagen, weniger zu sagen oder ein Kind zu sein, öffnet nie das Gerät
#   article: ePrivacy 5(3)
enlargements contains "law.device_grows" if {
	input.after.device
	not input.before.device
}

# METADATA
# scope: document
# title: There is a proved consent
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_7
# custom:
#   id: law.consented
#   title_de: Es gibt eine nachgewiesene Einwilligung
#   article: "7(1)"
consented if {
	input.situation.status in {"given", "explicit"}
	input.situation.proof != "none"
}

# METADATA
# scope: document
# title: There is an explicit consent that counts
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_9
# custom:
#   id: law.explicit
#   title_de: Es gibt eine ausdrückliche Einwilligung, die zählt
#   article: "9(2)(a)"
explicit if {
	consented
	input.situation.status == "explicit"
	input.situation.age != "minor"
}

# METADATA
# scope: document
# title: There is a ground for decisions by machine
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.decidable
#   title_de: Es gibt eine Grundlage für Entscheidungen durch eine Maschine
#   article: "22(2)"
decidable if {
	input.situation.basis == "contract"
	input.situation.requested
}

decidable if {
	input.situation.basis == "consent"
	explicit
}

# METADATA
# scope: document
# title: The data is used
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_18
# custom:
#   id: law.used
#   title_de: Die Daten werden genutzt
#   article: "18(2)"
used if input.row.profiling != "none"

used if input.row.transfer

used if input.row.device

# METADATA
# scope: document
# title: Something is kept or done
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.something
#   title_de: Etwas wird gespeichert oder getan
#   article: "5(1)(b)"
something if used

something if input.row.review

something if {
	some portable in input.row.portable
	portable
}

something if {
	some category in input.row.fields
	some rule in category
	rule.verdict != "dropped"
}

# METADATA
# scope: document
# title: A greater rank keeps more
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: law.verdict_rank
#   title_de: Ein höherer Rang behält mehr
#   article: "5(1)(c)"
verdict_rank := {"dropped": 0, "generalised": 1, "kept": 2}

# METADATA
# scope: document
# title: A greater rank judges further
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: law.profiling_rank
#   title_de: Ein höherer Rang bewertet weiter
#   article: "22(1)"
profiling_rank := {"none": 0, "score": 1, "decide": 2}
