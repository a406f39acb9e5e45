package notice

import (
	"fmt"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/policies"
)

// Record writes the record of processing activities (Article 30(1)), one activity for each purpose. With counts it also says what
// was really done, and where that differs from what is declared.
func (f *Facts) Record(language Language) Document {
	s := f.speaker(language)
	s.about = true
	d := Document{Kind: KindRecord, Language: language, Title: s.sayf("Record of processing activities of %s", "Verzeichnis der Verarbeitungstätigkeiten von %s", f.Name)}
	responsible := s.responsible()
	responsible.Article = s.article("30(1)(a)")
	d.Sections = append(d.Sections, responsible)
	for i := range f.Purposes {
		d.Sections = append(d.Sections, s.activity(&f.Purposes[i]))
	}
	d.Sections = append(d.Sections, s.measures())
	if f.Use != nil {
		d.Sections = append(d.Sections, s.use())
	}
	d.Sections = append(d.Sections, s.origin())
	return d
}

// activity is what Article 30(1)(b) to (f) asks of one purpose.
func (s *speaker) activity(p *Purpose) Section {
	out := Section{Title: s.say("Activity: ", "Tätigkeit: ") + s.own(p.declared.Title), Article: s.article("30(1)(b-f)")}
	if !p.Permitted {
		out.text(s.say("The catalogue declares this purpose, and the policy permits it in no situation: nothing is kept or done for it.",
			"Der Katalog nennt diesen Zweck, und die Richtlinie erlaubt ihn in keiner Situation: für ihn wird nichts gespeichert und nichts getan."))
		return out
	}
	rows := [][]string{
		{s.say("Purpose", "Zweck"), s.own(p.declared.Text)},
		{s.say("Legal basis", "Rechtsgrundlage"), s.basis(p)},
		{s.say("Persons concerned", "Betroffene Personen"), s.persons(p)},
		{s.say("Categories of recipients", "Kategorien von Empfängern"), s.or(s.own(p.declared.Recipients), missingRecipient)},
		{s.say("Transfers", "Übermittlungen"), capital(s.destination(p))},
		{s.say("Profiling", "Profilbildung"), s.pick(recordProfiling[p.Profiling])},
		{s.say("Stored on the device", "Auf dem Gerät gespeichert"), s.yesNo(p.Device)},
		{s.say("Ended by an objection", "Endet durch Widerspruch"), s.yesNo(p.EndedByObjection)},
	}
	if p.DPV != "" {
		rows = append(rows, []string{"DPV", p.DPV})
	}
	out.table([]string{s.say("Question", "Frage"), s.say("Answer", "Antwort")}, rows)
	out.table([]string{
		s.say("Categories of data", "Kategorien von Daten"), s.say("In which form", "In welcher Form"), s.say("Time limit for erasure", "Löschfrist"),
	}, s.rows(p))
	return out
}

var recordProfiling = map[string]words{
	"none":   {"none", "keine"},
	"score":  {"scores and segments", "Punkte und Gruppen"},
	"decide": {"decisions by machine, with review by a person", "Entscheidungen durch eine Maschine, mit Prüfung durch einen Menschen"},
}

func (s *speaker) yesNo(b bool) string {
	if b {
		return s.say("yes", "ja")
	}
	return s.say("no", "nein")
}

// persons says whose data a purpose is about.
func (s *speaker) persons(p *Purpose) string {
	out := s.say("Visitors of the websites ", "Besucherinnen und Besucher der Websites ") + strings.Join(s.facts.config.Origins, ", ")
	switch p.Basis {
	case "contract":
		out += s.say(" who ask for something", ", die etwas verlangen")
	case "consent":
		out += s.say(" who agreed", ", die eingewilligt haben")
	}
	if len(s.facts.Systems) > 0 {
		out += s.say("; persons known to: ", "; Personen, die bekannt sind in: ") + s.list(s.facts.Systems)
	}
	return out
}

// measures are the technical and organisational measures that Lotse itself takes, and what the operator has to add.
func (s *speaker) measures() Section {
	out := Section{Title: s.say("Technical and organisational measures", "Technische und organisatorische Maßnahmen"), Article: s.article("30(1)(g)", "32(1)")}
	out.list([]string{
		s.sayf("Before anything is stored, a policy decides what may be kept. It was proved for all %d situations with two different programs before it came into use.",
			"Bevor etwas gespeichert wird, entscheidet eine Richtlinie, was gespeichert werden darf. Sie wurde vor der Nutzung für alle %d Situationen mit zwei verschiedenen Programmen geprüft.", policies.SituationCount),
		s.say("Each stored value carries the purposes that allow it and an end. A purpose sees only its own values. Without a purpose, or after the end, the value is removed.",
			"Jeder gespeicherte Wert trägt die Zwecke, die ihn erlauben, und ein Ende. Ein Zweck sieht nur seine eigenen Werte. Ohne Zweck oder nach dem Ende wird der Wert entfernt."),
		s.say("Values of delicate kinds (network address, date of birth, place, page) are made coarser where the purpose does not need them as they are.",
			"Werte heikler Art (Netzadresse, Geburtsdatum, Ort, Seite) werden vergröbert, wo der Zweck sie nicht unverändert braucht."),
		s.say("Profiles are stored under a random number or a keyed hash, never under the name that other systems know.",
			"Profile werden unter einer Zufallszahl oder einem Hash mit Schlüssel gespeichert, nie unter dem Namen, den andere Systeme kennen."),
		s.say("Rules that judge run in a sandbox. They see only declared and permitted values and remember nothing.",
			"Regeln, die bewerten, laufen abgeschottet. Sie sehen nur angemeldete und erlaubte Werte und merken sich nichts."),
		s.say("Logs, metrics and error messages hold no values of visitors. The log of decisions holds no personal data.",
			"Protokolle, Messwerte und Fehlermeldungen enthalten keine Werte von Besuchern. Das Protokoll der Entscheidungen enthält keine personenbezogenen Daten."),
		s.say("Who approved which policy, and when it was in force, stands in a log that shows any change made to it later. From the first named officer on, a policy that permits more needs two persons.",
			"Wer welche Richtlinie freigegeben hat und wann sie galt, steht in einem Protokoll, dem man jede spätere Änderung ansieht. Sobald jemand für Freigaben benannt ist, braucht eine Richtlinie, die mehr erlaubt, zwei Personen."),
		s.say("Administration has a listener and tokens of its own. Of the keys of websites and systems only hashes are stored.",
			"Die Verwaltung hat einen eigenen Zugang mit eigenen Schlüsseln. Von den Schlüsseln der Websites und Systeme werden nur Hashes gespeichert."),
		s.missing(missingOperation),
	})
	return out
}

// use says what was really done.
func (s *speaker) use() Section {
	u := s.facts.Use
	out := Section{Title: s.say("What was really done", "Was wirklich geschah"), Article: s.article("5(2)")}
	if u.Decided == 0 {
		out.text(s.say("This policy has decided nothing yet.", "Diese Richtlinie hat noch nichts entschieden."))
	} else {
		out.text(s.sayf("This policy decided %d times, from %s to %s. Decisions are counted for each purpose of each request, for all tenants under this policy together.",
			"Diese Richtlinie entschied %d Mal, von %s bis %s. Gezählt wird jeder Zweck jeder Anfrage, für alle Mandanten unter dieser Richtlinie zusammen.",
			u.Decided, s.moment(u.First), s.moment(u.Last)))
	}
	if u.Elsewhere+u.Missing > 0 {
		out.text(s.sayf("Not looked at: %d decisions under other policies. Lost by the log: %d.", "Nicht betrachtet: %d Entscheidungen unter anderen Richtlinien. Dem Protokoll fehlen: %d.", u.Elsewhere, u.Missing))
	}
	var rows [][]string
	for i := range s.facts.Purposes {
		p := &s.facts.Purposes[i]
		title := s.own(p.declared.Title)
		if len(p.Use.Shared) > 0 {
			title += s.say(" (counted together with: ", " (zusammen gezählt mit: ") + strings.Join(p.Use.Shared, ", ") + ")"
		}
		rows = append(rows, []string{title, fmt.Sprint(p.Use.Decided), fmt.Sprint(p.Use.Permitted), fmt.Sprint(p.Use.Refused)})
	}
	out.table([]string{s.say("Purpose", "Zweck"), s.say("decided", "entschieden"), s.say("permitted", "erlaubt"), s.say("refused", "abgelehnt")}, rows)
	if len(u.Alarms) == 0 {
		out.text(s.say("What was done is what is declared.", "Was geschah, ist das, was angegeben ist."))
		return out
	}
	out.text(s.say("To be looked into:", "Zu klären:"))
	var alarms []string
	for _, a := range u.Alarms {
		alarms = append(alarms, s.alarm(a))
	}
	out.list(alarms)
	return out
}

func (s *speaker) moment(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}

// alarm says what differs, and what it may mean.
func (s *speaker) alarm(a Alarm) string {
	if a.Alarm == AlarmUndeclared {
		return s.say("Used but not declared here: a purpose of this kind was decided. It belongs to another tenant under the same policy, or to an earlier state of this folder: ",
			"Genutzt, aber hier nicht angegeben: Über einen Zweck dieser Art wurde entschieden. Er gehört einem anderen Mandanten unter derselben Richtlinie oder einem früheren Stand dieses Ordners: ") + s.kind(*a.kind)
	}
	p, ok := s.facts.config.PurposeByName(a.Purpose)
	if !ok {
		panic("BUG: an alarm of a purpose that is not there")
	}
	if a.Alarm == AlarmUnused {
		return s.say("Declared but never used: ", "Angegeben, aber nie genutzt: ") + s.own(p.Title) + s.say(". Is it needed?", ". Wird er gebraucht?")
	}
	return s.say("Asked for but never permitted: ", "Verlangt, aber nie erlaubt: ") + s.own(p.Title) + s.say(". Nobody agreed, or something stands against it.", ". Niemand hat zugestimmt, oder etwas steht dagegen.")
}

// kind says in words what kind of purpose a situation is of.
func (s *speaker) kind(of policies.Situation) string {
	var out []string
	values := of.Values()
	for i, p := range policies.Parts() {
		if p.OfPurpose {
			out = append(out, p.Title[string(s.language)]+": "+p.Words[values[i]][string(s.language)])
		}
	}
	return strings.Join(out, "; ")
}
