package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/rules"
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
	Type    abi.Type
	Native  string // type of the language
	Getter  string // function of the kit
	Meaning string // in words, on one line

	// The feature's functions; empty where the language has another way.
	Value string // gives it, as what may be absent
	Or    string // gives it, or what stands in its place
	Has   string // tells whether it is there
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
		n := l.natives[f.Type]
		x := featureView{Index: i, Name: f.Name, Type: f.Type, Native: n.name, Getter: n.getter, Meaning: rules.Reading(f)}
		for form := range strings.FieldsSeq(n.functions) {
			where := fmt.Sprintf("reads[%d].name", i)
			switch form {
			case "value":
				x.Value = record.function(where, f.Name)
			case "or":
				x.Or = record.function(where, f.Name, "or")
			case "has":
				x.Has = record.function(where, "has", f.Name)
			}
		}
		v.Features = append(v.Features, x)
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
	told     map[[2]string]bool
	problems []error
}

func (l *language) scope(prefix string) *scope {
	return &scope{language: l, prefix: prefix, reserved: strings.Fields(l.reserved), taken: map[string]string{}, told: map[[2]string]bool{}}
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
	// Once for two places, though they may have several functions.
	if other, is := s.taken[name]; is && !s.told[[2]string{other, where}] {
		s.told[[2]string{other, where}] = true
		s.problems = append(s.problems, fmt.Errorf("%s and %s would both be the function %s: rename one of them", other, where, name))
	}
	s.taken[name] = where
	return name
}
