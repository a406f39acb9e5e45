package rules

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Labels gives what people call a field or an event of the catalogue; it may give the name itself.
type Labels interface {
	FieldLabel(name string) string
	EventLabel(name string) string
}

// Words says in plain words what a feature is, in German where the language is "de" and in English otherwise: "Webinars:
// how often in the last 90 days". Windows are said as the manifest writes them.
func Words(f *abi.Feature, labels Labels, language string) string {
	w := english
	if language == "de" {
		w = german
	}
	if f.Aggregate == abi.FieldValue {
		return labels.FieldLabel(cmp.Or(f.Field, f.Name))
	}
	var b strings.Builder
	b.WriteString(labels.EventLabel(f.Event) + ": ")
	switch f.Aggregate {
	case abi.Count:
		b.WriteString(w.count)
	case abi.Sum:
		fmt.Fprintf(&b, w.sum, labels.FieldLabel(f.Property))
	case abi.Decayed:
		fmt.Fprintf(&b, w.decayed, w.span(f.HalfLife))
	case abi.DaysSinceFirst:
		b.WriteString(w.first)
	case abi.DaysSinceLast:
		b.WriteString(w.last)
	}
	if f.Window != "" {
		fmt.Fprintf(&b, w.within, w.span(f.Window))
	}
	for i, c := range f.Where {
		b.WriteString(w.joints[min(i, 1)])
		if c.Prefix != "" {
			fmt.Fprintf(&b, w.prefix, labels.FieldLabel(c.Property), c.Prefix)
		} else {
			fmt.Fprintf(&b, w.in, labels.FieldLabel(c.Property), strings.Join(c.In, w.or))
		}
	}
	return b.String()
}

// words are those of one language. %s is a label, a span of time or a text of the catalogue's.
type words struct {
	count, sum, decayed, first, last string
	within, prefix, in, or           string
	joints                           [2]string          // before the first condition, and before each other one
	units                            map[byte][2]string // of a span: one, and several
}

var english = &words{
	count: "how often", sum: "sum of %s", decayed: "how often, each counting half after %s", first: "days since the first", last: "days since the last",
	within: " in the last %s", prefix: "%s begins with %s", in: "%s is %s", or: " or ", joints: [2]string{", where ", " and "},
	units: map[byte][2]string{'m': {"minute", "minutes"}, 'h': {"hour", "hours"}, 'd': {"day", "days"}, 'w': {"week", "weeks"}},
}

var german = &words{
	count: "wie oft", sum: "Summe von %s", decayed: "wie oft, nach jeweils %s nur noch halb gezählt", first: "Tage seit dem ersten Mal", last: "Tage seit dem letzten Mal",
	within: " in den letzten %s", prefix: "%s mit %s beginnt", in: "%s gleich %s ist", or: " oder ", joints: [2]string{", wobei ", " und "},
	units: map[byte][2]string{'m': {"Minute", "Minuten"}, 'h': {"Stunde", "Stunden"}, 'd': {"Tag", "Tagen"}, 'w': {"Woche", "Wochen"}},
}

// span says a window or a half-life of a valid manifest.
func (w *words) span(s string) string {
	number := s[:len(s)-1]
	unit := w.units[s[len(s)-1]]
	if number == "1" {
		return number + " " + unit[0]
	}
	return number + " " + unit[1]
}
