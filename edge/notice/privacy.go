package notice

import (
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
)

// Notice writes the privacy notice: what a visitor is to be told when data is collected (Article 13), or when it comes from
// elsewhere (Article 14).
func (f *Facts) Notice(language Language) Document {
	s := f.speaker(language)
	d := Document{Kind: KindNotice, Language: language, Title: s.sayf("Privacy notice of %s", "Datenschutzhinweise von %s", f.Name)}
	d.Sections = append(d.Sections, s.responsible())
	for _, p := range f.permitted(nil) {
		d.Sections = append(d.Sections, s.purpose(p))
	}
	d.Sections = append(d.Sections, s.retention(), s.sources(), s.device())
	d.Sections = append(d.Sections, s.profiling()...)
	if objectable := f.permitted(func(p *Purpose) bool { return p.EndedByObjection && p.Basis != "consent" || p.declared.Marketing }); len(objectable) > 0 {
		d.Sections = append(d.Sections, s.objection(objectable))
	}
	d.Sections = append(d.Sections, s.rights(), s.origin())
	return d
}

func (f *Facts) speaker(language Language) *speaker {
	return &speaker{language: language, fallback: f.config.Languages[0], facts: f}
}

// responsible says who answers for the processing. Notices and records begin with it.
func (s *speaker) responsible() Section {
	c := &s.facts.controller
	out := Section{Title: s.say("Who answers for the processing", "Wer verantwortlich ist"), Article: s.article("13(1)(a-b)")}
	lines := []string{
		s.say("Controller: ", "Verantwortlich: ") + s.or(c.Name, missingName),
		s.say("Address: ", "Anschrift: ") + s.or(c.Address, missingAddress),
		s.say("Contact: ", "Kontakt: ") + s.or(c.Contact, missingContact),
	}
	if s.facts.needsRepresentative() || c.Representative != "" {
		lines = append(lines, s.say("Representative in the European Union: ", "Vertretung in der Europäischen Union: ")+s.or(c.Representative, missingAgent))
	}
	officer := s.or(c.Officer, missingOfficer)
	if c.Officer == tenant.NoOfficer {
		officer = s.say("none has been named, since the law asks for none", "nicht benannt, weil das Gesetz es nicht verlangt")
	}
	out.list(append(lines, s.say("Data protection officer: ", "Datenschutzbeauftragte Person: ")+officer))
	return out
}

// purpose says all of one purpose.
func (s *speaker) purpose(p *Purpose) Section {
	out := Section{
		Title:   s.say("Purpose: ", "Zweck: ") + s.own(p.declared.Title),
		Article: s.article("13(1)(c-f)", "13(2)(a)", "13(2)(e)"),
	}
	out.text(s.own(p.declared.Text))
	lines := []string{s.say("Legal basis: ", "Rechtsgrundlage: ") + s.basis(p)}
	if p.Basis == "legitimate_interest" {
		lines = append(lines, s.say("Our interest: ", "Unser Interesse: ")+s.or(s.own(p.declared.Interest), missingInterest))
	}
	lines = append(lines, s.say("Do you have to? ", "Müssen Sie? ")+s.required(p))
	if p.Basis == "consent" {
		lines = append(lines, s.say("Your consent stands ", "Ihre Einwilligung gilt ")+s.validity(p))
	}
	lines = append(lines,
		s.say("Who gets the data: ", "Wer die Daten bekommt: ")+s.or(s.own(p.declared.Recipients), missingRecipient),
		s.say("Where they go: ", "Wohin sie gehen: ")+s.destination(p),
		s.say("Profile: ", "Profil: ")+s.pick(profilingWords[p.Profiling]),
	)
	if p.Transfer && p.Destination == "safeguards" && p.declared.Recipients == nil {
		lines = append(lines, s.say("Safeguards: ", "Garantien: ")+s.missing(missingSafeguard))
	}
	out.list(lines)
	if len(p.Data) == 0 {
		out.text(s.say("Nothing is kept for this purpose.", "Für diesen Zweck wird nichts gespeichert."))
		return out
	}
	out.table([]string{s.say("What is kept", "Was gespeichert wird"), s.say("In which form", "In welcher Form"), s.say("How long at most", "Wie lange höchstens")}, s.rows(p))
	return out
}

var profilingWords = map[string]words{
	"none":   {"none", "keines"},
	"score":  {"scores and segments, see below", "Punkte und Gruppen, siehe unten"},
	"decide": {"a machine decides, see below", "eine Maschine entscheidet, siehe unten"},
}

// required answers whether somebody has to give data, and what happens otherwise.
func (s *speaker) required(p *Purpose) string {
	switch p.Basis {
	case "contract":
		return s.say("No. But without these data we cannot do what you ask us for.", "Nein. Ohne diese Daten können wir aber nicht tun, was Sie von uns verlangen.")
	case "legal_obligation":
		return s.say("Yes, the law obliges us to keep these data.", "Ja, das Gesetz verpflichtet uns, diese Daten zu speichern.")
	case "consent":
		return s.say("No. It is up to you, and a no has no disadvantage for you.", "Nein. Es steht Ihnen frei, und ein Nein hat für Sie keinen Nachteil.")
	}
	return s.say("No. You may object at any time.", "Nein. Sie können jederzeit widersprechen.")
}

func (s *speaker) validity(p *Purpose) string {
	if p.ValidDays == 0 {
		return s.say("until you withdraw it.", "bis Sie sie widerrufen.")
	}
	return s.sayf("for %s, unless you withdraw it before.", "%s, wenn Sie sie nicht vorher widerrufen.", s.duration(p.ValidDays))
}

// rows puts what is kept in the same form for the same time into one row.
func (s *speaker) rows(p *Purpose) [][]string {
	var rows [][]string
	at := map[[3]string]int{}
	for i := range p.Data {
		d := &p.Data[i]
		category := s.pick(categoryWords[d.Category])
		if d.OnlyExplicit {
			category += s.person(words{" (only with your explicit consent, ", " (nur mit Ihrer ausdrücklichen Einwilligung, "},
				words{" (only with explicit consent, ", " (nur mit ausdrücklicher Einwilligung, "}) + s.article("9(2)(a)") + ")"
		}
		key := [3]string{category, s.form(d), s.duration(d.Days)}
		n, ok := at[key]
		if !ok {
			n = len(rows)
			at[key] = n
			rows = append(rows, []string{capital(category) + ": " + s.label(d), key[1], key[2]})
			continue
		}
		rows[n][0] += separator + s.label(d)
	}
	return rows
}

// separator stands between the labels of a row.
const separator = "; "

func (s *speaker) retention() Section {
	out := Section{Title: s.say("How long we keep data", "Wie lange wir Daten speichern"), Article: s.article("13(2)(a)")}
	out.text(s.say(
		"The times above are the longest. A time begins when the value was stored last, and after it the value is deleted without anybody's doing. Where you take a consent back or object, what was kept for that purpose alone goes at once.",
		"Die genannten Zeiten sind die längsten. Eine Zeit beginnt, wenn der Wert zuletzt gespeichert wurde; danach wird er von selbst gelöscht. Widerrufen Sie eine Einwilligung oder widersprechen Sie, wird sofort gelöscht, was nur für diesen Zweck gespeichert war."))
	out.text(s.sayf(
		"What you answered to a purpose, when, how and to which text, is kept as evidence until your profile is erased (%s).",
		"Was Sie zu einem Zweck geantwortet haben, wann, wie und auf welchen Text, bleibt als Nachweis gespeichert, bis Ihr Profil gelöscht wird (%s).", s.article("7(1)")))
	return out
}

func (s *speaker) sources() Section {
	out := Section{Title: s.say("Where the data come from", "Woher die Daten stammen"), Article: s.article("14(2)(f)")}
	lines := []string{s.say("From you: what you tell us in forms and with your orders and answers.", "Von Ihnen: was Sie uns in Formularen, mit Bestellungen und Antworten sagen.")}
	if s.facts.Observed {
		lines = append(lines, s.say("From what you do on our websites and with our messages.", "Aus dem, was Sie auf unseren Websites und mit unseren Nachrichten tun."))
	}
	if len(s.facts.Systems) > 0 {
		lines = append(lines, s.say("From other systems of ours that you deal with: ", "Aus anderen Systemen von uns, mit denen Sie zu tun haben: ")+s.list(s.facts.Systems)+".")
	}
	if len(s.facts.Models) > 0 {
		lines = append(lines, s.say("Scores and segments are computed from the above, see below.", "Punkte und Gruppen werden aus alledem berechnet, siehe unten."))
	}
	out.list(lines)
	return out
}

// CookieDays is how long the edge's cookie lives; see edge.
const CookieDays = 395

func (s *speaker) device() Section {
	out := Section{Title: s.say("What is stored on your device", "Was auf Ihrem Gerät gespeichert wird")}
	writing := s.facts.permitted(func(p *Purpose) bool { return p.Device })
	if len(writing) == 0 {
		out.text(s.say("Nothing.", "Nichts."))
		return out
	}
	out.text(s.sayf(
		"One cookie called lotse_%[1]s (over an encrypted connection __Host-lotse_%[1]s) with a random number, for %[2]s after your last visit. It is set only when one of these purposes is permitted: %[3]s.",
		"Ein Cookie namens lotse_%[1]s (über eine verschlüsselte Verbindung __Host-lotse_%[1]s) mit einer zufälligen Nummer, für %[2]s nach Ihrem letzten Besuch. Es wird nur gesetzt, wenn einer dieser Zwecke erlaubt ist: %[3]s.",
		s.facts.Tenant, s.duration(CookieDays), s.titles(writing)))
	return out
}

func (s *speaker) objection(objectable []*Purpose) Section {
	out := Section{Title: s.say("Your right to object", "Ihr Widerspruchsrecht"), Article: s.article("21(4)")}
	out.text(s.sayf("You may object at any time to these purposes, without giving a reason: %s. We then end them at once.",
		"Sie können diesen Zwecken jederzeit und ohne Begründung widersprechen: %s. Wir beenden sie dann sofort.", s.titles(objectable)))
	return out
}

// rights lists the rights that the visitor has here.
func (s *speaker) rights() Section {
	out := Section{Title: s.say("Your rights", "Ihre Rechte"), Article: s.article("13(2)(b-d)")}
	right := func(article, english, german string) string {
		return s.say(english, german) + " (" + s.article(article) + ")"
	}
	lines := []string{
		right("15", "to learn what we hold of you, and why", "zu erfahren, was wir über Sie gespeichert haben und warum"),
		right("16", "to have it corrected", "es berichtigen zu lassen"),
		right("17", "to have it erased", "es löschen zu lassen"),
		right("18", "to have its use restricted", "seine Nutzung einschränken zu lassen"),
	}
	if portable := s.facts.permitted(func(p *Purpose) bool { return len(p.Portable) > 0 }); len(portable) > 0 {
		lines = append(lines, right("20", "to take along what you told us and what we observed", "mitzunehmen, was Sie angegeben haben und was wir beobachtet haben")+": "+s.titles(portable))
	}
	if consented := s.facts.permitted(func(p *Purpose) bool { return p.Basis == "consent" }); len(consented) > 0 {
		lines = append(lines, right("7(3)", "to take your consent back at any time, as easily as you gave it; what was done until then stays lawful",
			"Ihre Einwilligung jederzeit so leicht zu widerrufen, wie Sie sie gegeben haben; was bis dahin geschah, bleibt rechtmäßig")+": "+s.titles(consented))
	}
	if s.facts.decides() {
		lines = append(lines, right("22(3)", "to have a decision of a machine reviewed by a person, and to say what you think of it", "die Entscheidung einer Maschine von einem Menschen prüfen zu lassen und Ihren Standpunkt darzulegen"))
	}
	lines = append(lines, right("77", "to complain to a supervisory authority", "sich bei einer Aufsichtsbehörde zu beschweren")+": "+s.or(s.facts.controller.Authority, missingAuthority))
	out.text(s.sayf("You have these rights. To use one, write to: %s.", "Sie haben diese Rechte. Um eines auszuüben, schreiben Sie an: %s.", s.or(s.facts.controller.Contact, missingContact)))
	out.list(lines)
	return out
}

// origin says of what the document was made, so that anybody can make it again.
func (s *speaker) origin() Section {
	out := Section{Title: s.say("How this text came about", "Wie dieser Text entstanden ist")}
	out.text(s.sayf("It was generated from the folder %s and the proved policy %s (%d situations). It lists what they permit, and nothing else.",
		"Er wurde aus dem Ordner %s und der geprüften Richtlinie %s (%d Situationen) erzeugt. Er nennt, was sie erlauben, und nichts anderes.",
		s.facts.Folder[:12], s.facts.Policy[:12], policies.SituationCount))
	return out
}
