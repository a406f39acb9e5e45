package notice

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// profiling says how data are used to judge a person, with meaningful information about the logic (Article 13(2)(f)).
func (s *speaker) profiling() []Section {
	out := []Section{{Title: s.say("Profiles and decisions by machine", "Profile und Entscheidungen durch eine Maschine"), Article: s.article("13(2)(f)", "22")}}
	if len(s.facts.Models) == 0 && !s.facts.decides() {
		out[0].text(s.say("There are none.", "Es gibt keine."))
		return out
	}
	if s.facts.decides() {
		out[0].text(s.say("For the purposes marked so, a machine decides. It does so only by your explicit consent or for a contract that you asked for, never about children, and a person can review each decision.",
			"Für die so bezeichneten Zwecke entscheidet eine Maschine. Sie tut es nur mit Ihrer ausdrücklichen Einwilligung oder für einen Vertrag, den Sie verlangt haben, nie über Kinder, und ein Mensch kann jede Entscheidung prüfen."))
	} else {
		out[0].text(s.say("No machine decides about you alone. The rules below compute points and groups. They are computed anew each time from what may be used at that moment, and are not collected over time.",
			"Keine Maschine entscheidet allein über Sie. Die folgenden Regeln berechnen Punkte und Gruppen. Sie werden jedes Mal neu aus dem berechnet, was gerade genutzt werden darf, und nicht über die Zeit gesammelt."))
	}
	if effects := s.effects(); len(effects) > 0 {
		out[0].text(s.say("What follows from them:", "Was daraus folgt:"))
		out[0].list(effects)
	}
	for i := range s.facts.Models {
		out = append(out, s.model(&s.facts.Models[i]))
	}
	return out
}

// effects says what the edge itself does with scores, groups and stages.
func (s *speaker) effects() []string {
	var out, stages []string
	if len(s.facts.config.Slots) > 0 {
		out = append(out, s.say("You may see other content than others do.", "Sie sehen unter Umständen andere Inhalte als andere."))
	}
	for _, stage := range s.facts.config.Rating.Stages.List {
		stages = append(stages, stage.Name)
	}
	if len(stages) > 1 {
		out = append(out, s.say("You are seen at one of these steps: ", "Sie gelten als auf einer dieser Stufen: ")+strings.Join(stages, ", ")+".")
	}
	if q := s.facts.config.Rating.Quadrants; q.Fit != "" {
		out = append(out, s.say("You are counted among one of these: ", "Sie werden einer von diesen Gruppen zugerechnet: ")+strings.Join(q.Names[:], ", ")+".")
	}
	return out
}

// model says what one rule module reads and what it may say.
func (s *speaker) model(m *Model) Section {
	manifest := &m.module.Manifest
	out := Section{Title: s.sayf("The rule “%s”, version %s", "Die Regel „%s“, Version %s", m.Name, m.Version), Article: s.article("13(2)(f)")}
	if p, ok := s.facts.config.PurposeByName(m.Purpose); ok {
		out.text(s.say("It belongs to the purpose: ", "Sie gehört zum Zweck: ") + s.own(p.Title))
	}
	var says []string
	for _, score := range manifest.Emits.Scores {
		says = append(says, s.sayf("points “%s”, each for one of these reasons: %s", "Punkte „%s“, jeder aus einem dieser Gründe: %s", s.called(score.Name, score.Title), s.calledAll(score.Reasons, score.Titles))+s.bands(score.Name))
	}
	if len(manifest.Emits.Segments) > 0 {
		says = append(says, s.say("membership of the groups: ", "Zugehörigkeit zu den Gruppen: ")+s.calledAll(manifest.Emits.Segments, manifest.Emits.Titles))
	}
	for _, t := range manifest.Emits.Traits {
		says = append(says, s.sayf("the trait “%s”, one of: %s", "das Merkmal „%s“, eines von: %s", s.called(t.Name, t.Title), s.calledAll(t.Values, t.Titles)))
	}
	out.text(s.say("What it may say:", "Was sie sagen kann:"))
	out.list(says)
	var reads []string
	for i := range manifest.Reads {
		reads = append(reads, s.feature(&manifest.Reads[i]))
	}
	out.text(s.say("What it looks at, and nothing else:", "Was sie ansieht, und nichts anderes:"))
	out.list(reads)
	return out
}

// called gives what a rule calls something, or its name where it has no word for it.
func (s *speaker) called(name string, t abi.Title) string {
	return cmp.Or(t.In(string(s.language), s.fallback), name)
}

// calledAll is called for a list of names.
func (s *speaker) calledAll(names []string, titles map[string]abi.Title) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = s.called(name, titles[name])
	}
	return strings.Join(out, ", ")
}

// bands says from how many points a score is called what.
func (s *speaker) bands(score string) string {
	var out []string
	for _, b := range s.facts.config.Rating.Bands[score] {
		out = append(out, s.sayf("from %g “%s”", "ab %g „%s“", b.From, b.Name))
	}
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

// feature says in words what a feature is.
func (s *speaker) feature(f *abi.Feature) string {
	if f.Aggregate == abi.FieldValue {
		name := f.Field
		if name == "" {
			name = f.Name
		}
		return s.fieldLabel(name)
	}
	event := f.Event
	if e, ok := s.facts.config.EventByName(f.Event); ok && e.Label != nil {
		event = s.own(e.Label)
	}
	quoted := s.say("“", "„") + event + s.say("”", "“") + s.conditions(f.Where)
	var out string
	switch f.Aggregate {
	case abi.Count:
		out = s.say("how often: ", "wie oft: ") + quoted
	case abi.Sum:
		out = s.say("total of ", "Summe von ") + s.fieldLabel(f.Property) + s.say(" over: ", " über: ") + quoted
	case abi.Decayed:
		out = s.sayf("how often, counting for half after each %s: ", "wie oft, nach je %s nur noch halb gezählt: ", s.window(f.HalfLife)) + quoted
	case abi.DaysSinceFirst:
		out = s.say("days since the first: ", "Tage seit dem ersten Mal: ") + quoted
	case abi.DaysSinceLast:
		out = s.say("days since the last: ", "Tage seit dem letzten Mal: ") + quoted
	default:
		panic("BUG: a feature with the aggregate " + string(f.Aggregate))
	}
	if f.Window != "" {
		out += s.sayf(", in the last %s", ", in den letzten %s", s.window(f.Window))
	}
	return out
}

// window says a length of time of a manifest, such as 90d or 12h.
func (s *speaker) window(length string) string {
	d, err := abi.ParseDuration(length)
	if err != nil {
		panic("BUG: an admitted manifest has the length of time " + length)
	}
	hours := int(d.Hours())
	if hours > 24 && hours%24 == 0 {
		return s.sayf("%d days", "%d Tagen", hours/24)
	}
	if d < time.Hour {
		return s.sayf("%d minutes", "%d Minuten", int(d.Minutes()))
	}
	return s.sayf("%d hours", "%d Stunden", hours)
}

func (s *speaker) fieldLabel(name string) string {
	if f, ok := s.facts.config.FieldByName(name); ok {
		return s.own(f.Label)
	}
	return name
}

// conditions says which events count.
func (s *speaker) conditions(where []abi.Condition) string {
	if len(where) == 0 {
		return ""
	}
	out := make([]string, len(where))
	for i, c := range where {
		if c.Prefix != "" {
			out[i] = s.sayf("%s begins with %s", "%s beginnt mit %s", s.fieldLabel(c.Property), c.Prefix)
		} else {
			out[i] = s.sayf("%s is %s", "%s ist %s", s.fieldLabel(c.Property), strings.Join(c.In, s.say(" or ", " oder ")))
		}
	}
	return fmt.Sprintf(" (%s)", strings.Join(out, "; "))
}

// capital begins a text with a capital letter.
func capital(t string) string {
	r, size := utf8.DecodeRuneInString(t)
	return string(unicode.ToUpper(r)) + t[size:]
}
