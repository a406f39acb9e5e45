# METADATA
# title: Data minimisation
# description: |
#   What a permitted purpose needs, by the kind of the purpose and the category of the data. A category is kept only if a
#   rule of kept names it and none of dropped does; a tag is kept whole only if exact names it. Each names its rule. A value that no purpose of
#   the catalogue is bound to never reaches these rules: the engine drops it.
package privacy.minimise

import rego.v2

# METADATA
# scope: document
# title: What kind of purpose this is, for the question of how much it needs
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.kind
#   title_de: Welche Art von Zweck das ist, für die Frage, wie viel er braucht
#   article: "5(1)(b)"
kind := "duty" if input.basis in {"contract", "legal_obligation"}

kind := "marketing" if {
	input.basis in {"consent", "legitimate_interest"}
	input.marketing
}

kind := "profiling" if {
	input.basis in {"consent", "legitimate_interest"}
	not input.marketing
	input.asked != "none"
}

kind := "statistics" if {
	input.basis in {"consent", "legitimate_interest"}
	not input.marketing
	input.asked == "none"
}

# METADATA
# title: What the purpose needs is kept
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.needed
#   title_de: Was der Zweck braucht, wird gespeichert
#   article: "5(1)(c)"
kept[category] := "minimise.needed" if some category in {
	"identifier",
	"demographic",
	"firmographic",
	"psychographic",
	"behavioural",
}

# METADATA
# title: Contact details are kept where somebody is to be reached or known again
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.reachable
#   title_de: Kontaktdaten werden gespeichert, wo jemand erreicht oder wiedererkannt werden soll
#   article: "5(1)(c)"
kept["contact"] := "minimise.reachable" if kind != "statistics"

# METADATA
# title: Statistics need no contact details
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.contact
#   title_de: Statistik braucht keine Kontaktdaten
#   article: "5(1)(c)"
dropped["contact"] := "minimise.contact" if kind == "statistics"

# METADATA
# title: Sensitive data is kept because you agreed to that explicitly
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_9
# custom:
#   id: special.explicit
#   title_de: Besondere Daten werden gespeichert, weil Sie ausdrücklich eingewilligt haben
#   article: "9(2)(a)"
kept["special"] := "special.explicit" if {
	input.status == "explicit"
	input.proof in {"single", "double"}
	input.age != "minor"
}

# METADATA
# title: Sensitive data needs your explicit consent
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_9
# custom:
#   id: special.needs_explicit
#   title_de: Besondere Daten brauchen Ihre ausdrückliche Einwilligung
#   article: "9(1)"
dropped["special"] := "special.needs_explicit" if not kept.special

# METADATA
# title: A value that is of no delicate kind is kept as it is
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.plain
#   title_de: Ein Wert ohne heikle Art bleibt, wie er ist
#   article: "5(1)(c)"
exact["plain"] := "minimise.plain"

# METADATA
# title: A contract or a legal duty needs the values as they are
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.duty
#   title_de: Ein Vertrag oder eine gesetzliche Pflicht braucht die Werte, wie sie sind
#   article: "5(1)(c)"
exact[tag] := "minimise.duty" if {
	kind == "duty"
	some tag in {"ip", "birth_date", "location", "url"}
}

# METADATA
# title: Content that suits a person needs the place as it is
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.suited
#   title_de: Passende Inhalte brauchen den Ort, wie er ist
#   article: "5(1)(c)"
exact["location"] := "minimise.suited" if kind in {"profiling", "marketing"}

# METADATA
# title: The IP address is cut down to its network
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: minimise.ip
#   title_de: Die IP-Adresse wird auf ihr Netz gekürzt
#   article: "25(2)"
generalised["ip"] := "minimise.ip" if kind != "duty"

# METADATA
# title: The birth date becomes an age group
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: minimise.birth_date
#   title_de: Aus dem Geburtsdatum wird eine Altersgruppe
#   article: "25(2)"
generalised["birth_date"] := "minimise.birth_date" if kind != "duty"

# METADATA
# title: Statistics need the region, not the place
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: minimise.location
#   title_de: Statistik braucht die Region, nicht den Ort
#   article: "25(2)"
generalised["location"] := "minimise.location" if kind == "statistics"

# METADATA
# title: The page is kept, not what was passed along with its address
# description: |
#   What somebody typed into a search, a name or a token often stands in the query of an address, and nobody who writes a
#   catalogue foresees it. The page itself says what a visitor looked at, whatever the purpose.
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_25
# custom:
#   id: minimise.url
#   title_de: Gespeichert wird die Seite, nicht was mit ihrer Adresse übergeben wurde
#   article: "25(2)"
generalised["url"] := "minimise.url" if kind != "duty"

# METADATA
# scope: document
# entrypoint: true
# title: What of each category is kept, and which kinds of values are made coarser; each with its rule
# related_resources:
#   - ref: https://eur-lex.europa.eu/eli/reg/2016/679/oj/eng#art_5
# custom:
#   id: minimise.answer
#   title_de: Was von jeder Kategorie gespeichert wird, und welche Werte vergröbert werden; jeweils mit der Regel
#   article: "5(1)(c)"
answer := {"kept": kept, "dropped": dropped, "exact": exact, "generalised": generalised}
