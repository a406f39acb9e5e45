# METADATA
# title: Profiling and automated decisions
# description: |
#   How far data may be used to judge a person. Scores need a permitted purpose that asks for them; a decision by machine
#   alone also needs a ground of Article 22(2) and a person who can review it. These rules hold for a permitted purpose:
#   the decision package asks them only then.
package privacy.profiling

import rego.v2

import data.privacy.rights

# METADATA
# title: The purpose is to find out what suits you, and it is permitted
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_4
# custom:
#   id: profiling.score
#   title_de: Der Zweck ist, herauszufinden, was zu Ihnen passt, und er ist erlaubt
#   article: "4(4)"
scores contains "profiling.score" if {
	input.asked in {"score", "decide"}
	input.basis in {"consent", "contract", "legitimate_interest"}
}

# METADATA
# title: You agreed explicitly that a machine decides
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: profiling.explicit
#   title_de: Sie haben ausdrücklich eingewilligt, dass eine Maschine entscheidet
#   article: "22(2)(c)"
decides contains "profiling.explicit" if {
	input.asked == "decide"
	input.basis == "consent"
	input.status == "explicit"
}

# METADATA
# title: The contract that you asked for cannot be made without a decision by machine
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: profiling.contract
#   title_de: Der Vertrag, den Sie wollen, geht nicht ohne die Entscheidung einer Maschine
#   article: "22(2)(a)"
decides contains "profiling.contract" if {
	input.asked == "decide"
	input.basis == "contract"
}

# METADATA
# title: A machine may not decide alone without your explicit consent or a contract; it may score
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: profiling.no_ground
#   title_de: Ohne Ihre ausdrückliche Einwilligung oder einen Vertrag darf keine Maschine allein entscheiden, nur bewerten
#   article: "22(1)"
limits contains "profiling.no_ground" if {
	input.asked == "decide"
	not decides["profiling.explicit"]
	not decides["profiling.contract"]
}

# METADATA
# title: A machine does not decide about children
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: profiling.child
#   title_de: Über Kinder entscheidet keine Maschine
#   article: "22(1), recital 71"
limits contains "profiling.child" if {
	input.asked == "decide"
	input.age in {"minor", "minor_guardian"}
}

# METADATA
# title: The purpose asks for no profiling
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: profiling.not_asked
#   title_de: Der Zweck verlangt kein Profil
#   article: "5(1)(b)"
refusals contains "profiling.not_asked" if input.asked == "none"

# METADATA
# title: A legal duty to keep data is no permit to judge you by it
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: profiling.duty
#   title_de: Eine Pflicht, Daten aufzubewahren, erlaubt nicht, Sie danach zu beurteilen
#   article: "5(1)(b)"
refusals contains "profiling.duty" if {
	input.asked != "none"
	input.basis == "legal_obligation"
}

# METADATA
# scope: document
# title: The level of profiling, none unless a rule permits more
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: profiling.level
#   title_de: Die Stufe der Profilbildung, keine, wenn nicht eine Regel mehr erlaubt
#   article: "22(1)"
default level := {"level": "none", "review": false, "reasons": {"profiling.level"}}

level := {"level": "none", "review": false, "reasons": blocked} if {
	count(blocked) > 0
}

level := {"level": "score", "review": false, "reasons": (scores | limits)} if {
	count(blocked) == 0
	count(scores) > 0
	count(limits) > 0
}

level := {"level": "score", "review": false, "reasons": scores} if {
	count(blocked) == 0
	count(scores) > 0
	input.asked == "score"
}

level := {"level": "decide", "review": true, "reasons": decides} if {
	count(blocked) == 0
	count(decides) > 0
	count(limits) == 0
}

# METADATA
# title: What stands against any profiling
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_22
# custom:
#   id: profiling.blocked
#   title_de: Was gegen jede Profilbildung steht
#   article: "22(1)"
blocked := refusals | rights.limits
