package notice

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// Language is a language that notices and records are written in.
type Language string

// The languages.
const (
	German  Language = "de"
	English Language = "en"
)

// ParseLanguage reads a language.
func ParseLanguage(s string) (Language, error) {
	switch l := Language(s); l {
	case German, English:
		return l, nil
	}
	return "", errors.New("it is one of de, en")
}

// words is a text in each language.
type words struct {
	English string `json:"en"`
	German  string `json:"de"`
}

// speaker writes in one language.
type speaker struct {
	language Language
	fallback string // the first language of the tenant's own texts
	facts    *Facts
	about    bool // it speaks about visitors, not to them
}

func (s *speaker) say(english, german string) string {
	if s.language == German {
		return german
	}
	return english
}

func (s *speaker) sayf(english, german string, args ...any) string {
	return fmt.Sprintf(s.say(english, german), args...)
}

// person speaks to a visitor, or about one.
func (s *speaker) person(to, about words) string {
	if s.about {
		return s.pick(about)
	}
	return s.pick(to)
}

func (s *speaker) pick(w words) string { return s.say(w.English, w.German) }

// own gives a text of the tenant's, in its first language where it is not there in ours.
func (s *speaker) own(t tenant.Text) string {
	return strings.Join(strings.Fields(t.In(string(s.language), s.fallback)), " ")
}

// law is the name of the law that the articles are of.
func (s *speaker) law() string {
	if s.facts.Regime == "uk" {
		return "UK GDPR"
	}
	return s.say("GDPR", "DSGVO")
}

var articleForm = regexp.MustCompile(`^(\d+)(?:\((\d+(?:-\d+)?)\))?(?:\(([a-z](?:-[a-z])?)\))?$`)

// article writes articles such as 6(1)(a) the way that lawyers of the language do.
func (s *speaker) article(list ...string) string {
	out := make([]string, len(list))
	for i, a := range list {
		m := articleForm.FindStringSubmatch(a)
		if m == nil {
			panic("BUG: an article of another form: " + a)
		}
		if s.language == English {
			out[i] = a
			continue
		}
		out[i] = "Art. " + m[1]
		if m[2] != "" {
			out[i] += " Abs. " + m[2]
		}
		if m[3] != "" {
			out[i] += " Buchst. " + m[3]
		}
	}
	if s.language == English {
		return "Article " + strings.Join(out, ", ") + " " + s.law()
	}
	return strings.Join(out, ", ") + " " + s.law()
}

// missing marks what is to be completed.
func (s *speaker) missing(w words) string {
	return s.say("[TO BE COMPLETED: "+w.English+"]", "[ZU ERGÄNZEN: "+w.German+"]")
}

// or gives the text, or the mark that it is missing.
func (s *speaker) or(text string, w words) string {
	if text != "" {
		return text
	}
	return s.missing(w)
}

// duration says a number of days as people do, exactly.
func (s *speaker) duration(days int) string {
	count := func(n int, one, many string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, many)
	}
	switch {
	case days%365 == 0:
		return count(days/365, s.say("year", "Jahr"), s.say("years", "Jahre"))
	case days%7 == 0 && days <= 12*7:
		return count(days/7, s.say("week", "Woche"), s.say("weeks", "Wochen"))
	}
	return count(days, s.say("day", "Tag"), s.say("days", "Tage"))
}

// list joins a few things.
func (s *speaker) list(things []string) string {
	if n := len(things); n > 1 {
		return strings.Join(things[:n-1], ", ") + s.say(" and ", " und ") + things[n-1]
	}
	return strings.Join(things, "")
}

// titles lists purposes by what visitors know them as.
func (s *speaker) titles(purposes []*Purpose) string {
	out := make([]string, len(purposes))
	for i, p := range purposes {
		out[i] = s.say("“", "„") + s.own(p.declared.Title) + s.say("”", "“")
	}
	return s.list(out)
}

var basisWords = map[string]struct {
	to, about words
	article   string
}{
	"consent": {words{"your consent", "Ihre Einwilligung"}, words{"consent of the person", "Einwilligung der Person"}, "6(1)(a)"},
	"contract": {
		words{"a contract with you, or steps before one that you asked for", "ein Vertrag mit Ihnen oder Schritte davor, die Sie verlangt haben"},
		words{"a contract with the person, or steps before one that the person asked for", "ein Vertrag mit der Person oder Schritte davor, die sie verlangt hat"},
		"6(1)(b)",
	},
	"legal_obligation":    {words{"a legal obligation", "eine rechtliche Verpflichtung"}, words{"a legal obligation", "eine rechtliche Verpflichtung"}, "6(1)(c)"},
	"legitimate_interest": {words{"our legitimate interest", "unser berechtigtes Interesse"}, words{"legitimate interest", "berechtigtes Interesse"}, "6(1)(f)"},
}

func (s *speaker) basis(p *Purpose) string {
	b := basisWords[p.Basis]
	return s.person(b.to, b.about) + " (" + s.article(b.article) + ")"
}

var categoryWords = map[string]words{
	"identifier":    {"identifiers", "Kennungen"},
	"contact":       {"contact details", "Kontaktdaten"},
	"demographic":   {"details of the person", "Angaben zur Person"},
	"firmographic":  {"details of the company", "Angaben zur Firma"},
	"psychographic": {"likes and wishes", "Vorlieben und Wünsche"},
	"behavioural":   {"behaviour", "Verhalten"},
	"special":       {"special categories of data", "besondere Kategorien von Daten"},
}

var methodWords = map[string]words{
	"network":      {"the network only, not the address", "nur das Netz, nicht die Adresse"},
	"birth_decade": {"the decade only", "nur das Jahrzehnt"},
	"birth_year":   {"the year only", "nur das Jahr"},
	"region":       {"the region only (the first two characters)", "nur die Region (die ersten zwei Zeichen)"},
	"path":         {"the page only, without what is passed along with its address", "nur die Seite, ohne das, was mit ihrer Adresse übergeben wird"},
	"host":         {"of other websites the name only", "von anderen Websites nur der Name"},
}

func (s *speaker) form(d *Datum) string {
	if !d.Coarser {
		return s.say("as it is", "unverändert")
	}
	return s.pick(methodWords[d.Method])
}

func (s *speaker) label(d *Datum) string {
	if d.label == nil {
		return d.Name
	}
	return s.own(d.label)
}

var destinationWords = map[string]words{
	"eea":        {"they stay in the European Economic Area", "sie bleiben im Europäischen Wirtschaftsraum"},
	"adequate":   {"to a country whose protection the European Commission has found adequate", "in ein Land, dessen Schutz die Europäische Kommission für angemessen befunden hat"},
	"safeguards": {"to a country outside the European Economic Area, under suitable safeguards", "in ein Land außerhalb des Europäischen Wirtschaftsraums, unter geeigneten Garantien"},
}

var destinationArticle = map[string]string{"adequate": "45(1)", "safeguards": "46(1)"}

// destination says where data goes, and on which ground.
func (s *speaker) destination(p *Purpose) string {
	if !p.Transfer {
		return s.say("they are not passed on", "sie werden nicht weitergegeben")
	}
	out := s.pick(destinationWords[p.Destination])
	if a := destinationArticle[p.Destination]; a != "" {
		out += " (" + s.article(a) + ")"
	}
	return out
}
