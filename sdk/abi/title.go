package abi

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Title is what people read in place of a name: a text by language, such as {"de": "Interesse", "en": "Interest"}, or one
// text alone, which stands under no language (""). In JSON the latter is just the text. A title says nothing that a module
// computes with, and no answer depends on it.
type Title map[string]string

// MaxTitle is the longest text of a title, in bytes.
const MaxTitle = 120

// maxLanguages bounds the languages of a title.
const maxLanguages = 24

// In gives the text in a language, or in the fallback, or the one that stands alone; empty where there is none.
func (t Title) In(language, fallback string) string {
	for _, l := range [...]string{language, fallback, ""} {
		if s, ok := t[l]; ok {
			return s
		}
	}
	return ""
}

// MarshalJSON writes a text alone as a text.
func (t Title) MarshalJSON() ([]byte, error) {
	var v any = map[string]string(t)
	if s, alone := t[""]; alone && len(t) == 1 {
		v = s
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads both forms, as laxly as encoding/json reads the rest. ParseManifest is strict.
func (t *Title) UnmarshalJSON(raw []byte) error {
	var s string
	if err := json.Unmarshal(raw, &s); err == nil {
		*t = Title{"": s}
		return nil
	}
	return json.Unmarshal(raw, (*map[string]string)(t))
}

// title reads a title: a text, or an object with one for each language.
func (f *faults) title(path string, raw []byte) Title {
	if raw[0] == '"' {
		return Title{"": f.text(path, raw)}
	}
	if raw[0] != '{' {
		f.add(path, `must be a text, or texts by language such as {"de": "Anfrage", "en": "Request"}`)
		return nil
	}
	t := Title{}
	f.object(path, raw, func(language, path string, v []byte) bool {
		if language == "" {
			f.add(path, "is not a language: a text alone stands without braces")
		}
		t[language] = f.text(path, v)
		return true
	})
	if len(t) == 0 {
		f.add(path, "has no text")
	}
	return t
}

// titles reads the titles of names.
func (f *faults) titles(path string, raw []byte) map[string]Title {
	var titles map[string]Title
	f.object(path, raw, func(name, path string, v []byte) bool {
		if titles == nil {
			titles = map[string]Title{}
		}
		titles[name] = f.title(path, v)
		return true
	})
	return titles
}

// checkTitle checks a title; none at all is fine.
func (f *faults) checkTitle(path string, t Title) {
	if len(t) > maxLanguages {
		f.add(path, "has %d languages, more than %d", len(t), maxLanguages)
		return
	}
	for _, language := range slices.Sorted(maps.Keys(t)) {
		at := path
		if language != "" {
			at = quotePath(path + "." + language)
		}
		switch s := t[language]; {
		case language == "" && len(t) > 1:
			f.add(at, "has a text without a language beside others")
		case language != "" && !ValidLanguage(language):
			f.add(at, "is not a language, such as de or en-GB")
		case !ValidTitle(s):
			f.add(at, "must be a text of 1 to %d bytes on one line, without control characters and spaces around it", MaxTitle)
		}
	}
}

// checkTitles checks that each title is one of the names that are declared.
func (f *faults) checkTitles(path, what string, titles map[string]Title, names []string) {
	for _, name := range slices.Sorted(maps.Keys(titles)) {
		at := quotePath(path + "." + name)
		if !slices.Contains(names, name) {
			f.add(at, "is the title of no %s", what)
			continue
		}
		if len(titles[name]) == 0 {
			f.add(at, "has no text")
		}
		f.checkTitle(at, titles[name])
	}
}

// ValidLanguage tells whether s is a language as tenants name theirs: two or three small letters, then perhaps a country.
func ValidLanguage(s string) bool {
	primary, country, regional := strings.Cut(s, "-")
	outside := func(from, to rune) func(rune) bool { return func(r rune) bool { return r < from || r > to } }
	if len(primary) < 2 || len(primary) > 3 || strings.ContainsFunc(primary, outside('a', 'z')) {
		return false
	}
	return !regional || len(country) == 2 && !strings.ContainsFunc(country, outside('A', 'Z'))
}

// ValidTitle tells whether s is fit to be one text of a title: a line that shows all that it holds. Marks that turn the
// direction of writing are refused, since they make a text read as another.
func ValidTitle(s string) bool {
	turns := func(r rune) bool { return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' }
	return s != "" && len(s) <= MaxTitle && s == strings.TrimSpace(s) && onOneLine(s) && !strings.ContainsFunc(s, turns)
}

// onOneLine tells whether a text is UTF-8 without control characters and line breaks.
func onOneLine(s string) bool {
	strange := func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }
	return utf8.ValidString(s) && !strings.ContainsFunc(s, strange)
}
