package policies

import (
	"regexp"
	"strconv"
	"strings"
)

// The officer's words for what an answer speaks of; those for what a situation asks are in part.go.
var (
	categoryWords = [categoryCount]Words{
		CategoryIdentifier:    words("identifiers", "Kennungen"),
		CategoryContact:       words("contact details", "Kontaktdaten"),
		CategoryDemographic:   words("facts about the person", "Angaben zur Person"),
		CategoryFirmographic:  words("facts about the company", "Angaben zur Firma"),
		CategoryPsychographic: words("tastes and wishes", "Vorlieben und Wünsche"),
		CategoryBehavioural:   words("what somebody does", "was jemand tut"),
		CategorySpecial:       words("sensitive data", "besondere (sensible) Daten"),
	}
	tagWords = [tagCount]Words{
		TagPlain:     words("other values", "andere Werte"),
		TagIP:        words("network addresses (IP)", "Netzadressen (IP)"),
		TagBirthDate: words("dates of birth", "Geburtsdaten"),
		TagLocation:  words("places", "Orte"),
		TagURL:       words("addresses of pages", "Adressen von Seiten"),
	}
	provenanceWords = [provenanceCount]Words{
		ProvenanceProvided: words("what the visitor gave", "was der Besucher angab"),
		ProvenanceObserved: words("what was observed", "was beobachtet wurde"),
		ProvenanceDerived:  words("what was derived", "was daraus abgeleitet wurde"),
		ProvenanceImported: words("what the operator brought from elsewhere", "was der Betreiber von anderswo mitbrachte"),
	}
	profilingWords = [...]Words{
		ProfilingNone:   words("no profile is made", "kein Profil wird gebildet"),
		ProfilingScore:  words("scores are computed, nothing is decided by machine", "Bewertungen werden berechnet, nichts entscheidet eine Maschine"),
		ProfilingDecide: words("a machine decides, and a person can review it", "eine Maschine entscheidet, und ein Mensch kann es prüfen"),
	}
	methodWords = map[string]Words{
		"network":      words("only the network", "nur das Netz"),
		"birth_decade": words("only the decade of birth", "nur das Geburtsjahrzehnt"),
		"birth_year":   words("only the year of birth", "nur das Geburtsjahr"),
		"region":       words("only the region", "nur die Region"),
		"path":         words("only the page, without what follows ?", "nur die Seite, ohne was hinter ? steht"),
		"host":         words("only the website", "nur die Website"),
	}
)

// MethodWords says what is left of a value that was made coarser by one of Methods.
func MethodWords(method string) (Words, bool) {
	w, ok := methodWords[method]
	return w, ok
}

// Words says what kind of data a category is.
func (c Category) Words() Words { return categoryWords[c] }

// articlePattern is an article as annotations write it, such as 6(1)(a) or 21(2-3).
var articlePattern = regexp.MustCompile(`^(\d+)(?:\(([\d-]+)\))?(?:\(([a-z])\))?$`)

// articleOfDefinitions is the one article that German law numbers, and does not divide into paragraphs.
const articleOfDefinitions = "4"

// ArticleWords writes an article of a Reason as people cite it: "Article 6(1)(a) GDPR", "Art. 6 Abs. 1 lit. a DSGVO".
func ArticleWords(article, language string) string {
	var out []string
	for one := range strings.SplitSeq(article, ",") {
		out = append(out, articleWords(strings.TrimSpace(one), language))
	}
	return strings.Join(out, ", ")
}

func articleWords(one, language string) string {
	law, rest := words("GDPR", "DSGVO")[language], one
	if after, ok := strings.CutPrefix(one, "ePrivacy "); ok {
		law, rest = words("ePrivacy Directive", "ePrivacy-Richtlinie")[language], after
	}
	if n, ok := strings.CutPrefix(one, "recital "); ok {
		return words("recital ", "Erwägungsgrund ")[language] + n + " " + law
	}
	m := articlePattern.FindStringSubmatch(rest)
	if m == nil {
		return one // of another law, which its author names
	}
	if language != "de" {
		return "Article " + rest + " " + law
	}
	text := "Art. " + m[1]
	if m[2] != "" {
		paragraph := " Abs. "
		if m[1] == articleOfDefinitions {
			paragraph = " Nr. "
		}
		text += paragraph + m[2]
	}
	if m[3] != "" {
		text += " lit. " + m[3]
	}
	return text + " " + law
}

// Describe says what a change is, as "subject: before -> after".
func (c Change) Describe(language string) string {
	yesNo := func(v int) string { return noYes[v][language] }
	days := func(v int) string {
		if v == 0 {
			return words("not kept", "nicht gespeichert")[language]
		}
		return strconv.Itoa(v) + words(" days", " Tage")[language]
	}
	arrow := func(what Words, value func(int) string) string {
		return what[language] + ": " + value(c.from) + " → " + value(c.to)
	}
	switch c.Subject {
	case SubjectPermit:
		return arrow(words("the purpose is permitted", "der Zweck ist erlaubt"), yesNo)
	case SubjectKeep:
		return arrow(categoryWords[c.of], days)
	case SubjectExact:
		return arrow(tagWords[c.of], func(v int) string {
			if v == 1 {
				return words("as they are", "genau")[language]
			}
			return words("coarser", "gröber")[language]
		})
	case SubjectProfiling:
		return arrow(words("profiling", "Profilbildung"), func(v int) string { return profilingWords[v][language] })
	case SubjectReview:
		return arrow(words("a person must be able to review", "ein Mensch muss prüfen können"), yesNo)
	case SubjectTransfer:
		return arrow(words("the data may be passed on", "die Daten dürfen weitergegeben werden"), yesNo)
	case SubjectDevice:
		return arrow(words("the visitor's device may be written to", "auf dem Gerät darf gespeichert werden"), yesNo)
	case SubjectPortable:
		return words("the visitor's copy to take along holds ", "die Kopie zum Mitnehmen enthält, ")[language] + arrow(provenanceWords[c.of], yesNo)
	}
	panic("BUG: a change of " + c.Subject)
}
