package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/policies"
)

// partFlags are the flags for the parts of a situation: each names one value, or several with commas between them.
type partFlags struct {
	parts  []policies.Part
	texts  []string
	lists  bool
	values [][]uint8 // by part; nil: not named
}

func newPartFlags(c *policyCall, lists bool) *partFlags {
	f := &partFlags{parts: policies.Parts(), lists: lists}
	f.texts = make([]string, len(f.parts))
	language := languageOf(c.env)
	for i, p := range f.parts {
		options := make([]string, len(p.Names))
		for v, name := range p.Names {
			options[v] = shownName(p, v)
			if words := p.Words[v][language]; words != name && !isBoolean(p) {
				options[v] += " (" + words + ")"
			}
		}
		usage := p.Title[language] + "; `" + strings.ToUpper(p.Key) + "`:"
		for v, option := range options {
			sep := " "
			if v%2 == 0 {
				sep = "\n"
			}
			usage += sep + option
			if v < len(options)-1 {
				usage += ","
			}
		}
		c.StringVar(&f.texts[i], p.Key, "", usage)
	}
	return f
}

func isBoolean(p policies.Part) bool { return slices.Equal(p.Names, []string{"false", "true"}) }

// shownName is what a person writes for a value.
func shownName(p policies.Part, v int) string {
	if isBoolean(p) {
		return []string{"no", "yes"}[v]
	}
	return p.Names[v]
}

// read checks what was written.
func (f *partFlags) read() error {
	f.values = make([][]uint8, len(f.parts))
	for i, p := range f.parts {
		if f.texts[i] == "" {
			continue
		}
		list := []string{f.texts[i]}
		if f.lists {
			list = strings.Split(f.texts[i], ",")
		}
		for _, text := range list {
			v, err := valueOf(p, strings.TrimSpace(text))
			if err != nil {
				return err
			}
			f.values[i] = append(f.values[i], uint8(v))
		}
	}
	return nil
}

// valueOf finds a value by its name.
func valueOf(p policies.Part, text string) (int, error) {
	names := make([]string, len(p.Names))
	for v := range p.Names {
		names[v] = shownName(p, v)
	}
	for v := range names {
		if text == names[v] || text == p.Names[v] || isBoolean(p) && text == []string{"nein", "ja"}[v] {
			return v, nil
		}
	}
	return 0, fmt.Errorf("--%s: there is no %q%s: it is one of %s", p.Key, text, meant(text, names), strings.Join(names, ", "))
}

// holds tells whether a situation has the named values.
func (f *partFlags) holds(s policies.Situation) bool {
	for i, v := range s.Values() {
		if f.values[i] != nil && !slices.Contains(f.values[i], v) {
			return false
		}
	}
	return true
}

// situation fills in what was named. A consent of which nothing else is said is one of a recorded click.
func (f *partFlags) situation(from policies.Situation) (policies.Situation, error) {
	document := map[string]string{}
	for i, v := range from.Values() {
		if f.values[i] != nil {
			v = f.values[i][0]
		}
		document[f.parts[i].Key] = f.parts[i].Names[v]
	}
	status := document["status"]
	if f.named("proof") == nil && (status == "given" || status == "explicit") {
		document["proof"] = "single"
	}
	return policies.SituationFrom(document)
}

func (f *partFlags) named(key string) []uint8 {
	return f.values[slices.IndexFunc(f.parts, func(p policies.Part) bool { return p.Key == key })]
}

// situationLines writes a situation, one question a line.
func (p *page) situationLines(indent string, s policies.Situation) {
	all := policies.Parts()
	for i, v := range s.Values() {
		p.line(indent, all[i].Title[p.call.language]+": "+all[i].Words[v][p.call.language])
	}
}
