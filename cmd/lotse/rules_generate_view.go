package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// manifestView is a manifest as a template sees it: every name is one of the language.
type manifestView struct {
	Name     string
	Version  string
	Manifest string // canonical JSON
	Features []featureView
	Says     []sayView
	Strings  bool // there is a feature of that type
}

type featureView struct {
	Index   int
	Name    string // of the manifest
	Value   string // function that gives it
	Has     string // function that tells whether it is there
	Type    abi.Type
	Meaning string // in words, on one line
}

// sayView is one thing that a rule may say.
type sayView struct {
	Kind          string // points, segment or trait
	Index, Detail int    // into emits; Detail is a reason or a value
	Function      string // that says it
	Meaning       string // what the function does, on one line
}

func (l *language) view(m *abi.Manifest) (*manifestView, error) {
	canonical, err := abi.EncodeManifest(m)
	if err != nil {
		return nil, err
	}
	v := &manifestView{Name: m.Name, Version: m.Version, Manifest: string(canonical)}
	record := l.scope(l.record)
	for i := range m.Reads {
		f := &m.Reads[i]
		where := fmt.Sprintf("reads[%d].name", i)
		v.Features = append(v.Features, featureView{
			Index: i, Name: f.Name, Type: f.Type, Meaning: meaning(f),
			Value: record.function(where, f.Name), Has: record.function(where, "has", f.Name),
		})
		v.Strings = v.Strings || f.Type == abi.String
	}
	answer := l.scope(l.answer)
	say := func(kind string, index, detail int, function, meaning string) {
		v.Says = append(v.Says, sayView{kind, index, detail, function, meaning})
	}
	for i, s := range m.Emits.Scores {
		for j, r := range s.Reasons {
			where := fmt.Sprintf("emits.scores[%d].reasons[%d]", i, j)
			say("points", i, j, answer.function(where, s.Name, r), fmt.Sprintf("gives points for %s, a reason of the score %s", r, s.Name))
		}
	}
	for i, name := range m.Emits.Segments {
		where := fmt.Sprintf("emits.segments[%d]", i)
		say("segment", i, 0, answer.function(where, "segment", name), "says that the visitor is in the segment "+name)
	}
	for i, t := range m.Emits.Traits {
		for j, name := range t.Values {
			where := fmt.Sprintf("emits.traits[%d].values[%d]", i, j)
			say("trait", i, j, answer.function(where, t.Name, name), fmt.Sprintf("says that the trait %s is %s", t.Name, name))
		}
	}
	return v, errors.Join(append(record.problems, answer.problems...)...)
}

// scope makes names of functions that stand beside each other.
type scope struct {
	language *language
	prefix   string
	reserved []string
	taken    map[string]string // by name, the place in the manifest that has it
	problems []error
}

func (l *language) scope(prefix string) *scope {
	return &scope{language: l, prefix: prefix, reserved: strings.Fields(l.reserved), taken: map[string]string{}}
}

// function makes one name of the parts. Two places of the manifest that would have the same name are a problem: which of the
// two a rule means, nobody could tell.
func (s *scope) function(where string, parts ...string) string {
	words := strings.FieldsFunc(strings.Join(parts, "-"), func(r rune) bool { return r == '-' || r == '_' })
	if s.language.camel {
		for i := range words[1:] {
			words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
		}
	}
	separator := "_"
	if s.language.camel {
		separator = ""
	}
	name := s.prefix + strings.Join(words, separator)
	if slices.Contains(s.reserved, name) {
		name += "_"
	}
	if other, is := s.taken[name]; is {
		s.problems = append(s.problems, fmt.Errorf("%s and %s would both be the function %s: rename one of them", other, where, name))
	}
	s.taken[name] = where
	return name
}

// meaning says in words what a feature is.
func meaning(f *abi.Feature) string {
	var b strings.Builder
	switch f.Aggregate {
	case abi.FieldValue:
		name := f.Field
		if name == "" {
			name = f.Name
		}
		return "the field " + name + " of the profile"
	case abi.Count:
		fmt.Fprintf(&b, "how many events %s there are", f.Event)
	case abi.Sum:
		fmt.Fprintf(&b, "the sum of %s over the events %s", f.Property, f.Event)
	case abi.Decayed:
		fmt.Fprintf(&b, "how many events %s there are, each half as much for every %s of age", f.Event, f.HalfLife)
	case abi.DaysSinceFirst:
		fmt.Fprintf(&b, "the days since the first event %s", f.Event)
	case abi.DaysSinceLast:
		fmt.Fprintf(&b, "the days since the last event %s", f.Event)
	}
	if f.Window != "" {
		fmt.Fprintf(&b, " in the last %s", f.Window)
	}
	for i, c := range f.Where {
		if i == 0 {
			b.WriteString(", where ")
		} else {
			b.WriteString(" and ")
		}
		if c.Prefix != "" {
			fmt.Fprintf(&b, "%s begins with %s", c.Property, strconv.QuoteToASCII(c.Prefix))
			continue
		}
		b.WriteString(c.Property + " is ")
		for j, text := range c.In {
			if j > 0 {
				b.WriteString(" or ")
			}
			b.WriteString(strconv.QuoteToASCII(text))
		}
	}
	return b.String()
}
