package compile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file reads titles: what people are told in place of a name. As in the catalogue that is a text in each of the
// tenant's languages, or the text alone where there is only one. Languages come and go, and a version of before must still
// compile, so one that is missing is a warning.

// title reads a title; nil where there is none.
func (f *file) title(n *yaml.Node) abi.Title {
	languages := f.catalogue.Languages
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.ScalarNode:
		s := f.titleText(n)
		if s == "" {
			return nil
		}
		if len(languages) > 1 {
			f.report.warning(placeOf(n), "write it in each, such as {"+languages[0]+": ..., "+languages[1]+": ...}", "the title is the same in all languages of the tenant")
		}
		return abi.Title{"": s}
	case n.Kind != yaml.MappingNode || len(n.Content) == 0:
		f.report.problem(placeOf(n), "such as title: {de: Anfrage, en: Request}", "here belongs a text, or one for each language of the tenant")
		return nil
	}
	t := abi.Title{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, text := n.Content[i], n.Content[i+1]
		language := key.Value
		if _, twice := t[language]; twice {
			f.report.problem(placeOf(key), "remove one of the two", "the language %s stands twice", language)
			continue
		}
		if !abi.ValidLanguage(language) {
			f.report.problem(placeOf(key), cmp.Or(didYouMean(language, languages), "such as de or en-GB"), "%s is not a language", shown(language))
			continue
		}
		if len(languages) > 0 && !slices.Contains(languages, language) {
			f.report.warning(placeOf(key), cmp.Or(didYouMean(language, languages), "the tenant has "+strings.Join(languages, ", ")), "%s is not a language of the tenant", language)
		}
		t[language] = f.titleText(text)
	}
	for _, language := range languages {
		if _, ok := t[language]; !ok {
			f.report.warning(placeOf(n), "add "+language+": ...", "the title lacks the language %s", language)
		}
	}
	return t
}

// titleText reads one text of a title.
func (f *file) titleText(n *yaml.Node) string {
	s := strings.TrimSpace(f.text(n, "a title"))
	if s != "" && !abi.ValidTitle(s) {
		f.report.problem(placeOf(n), "shorten it", "a title is one line of at most %d bytes, without control characters", abi.MaxTitle)
	}
	return s
}

// entitle gives a name its title. A name that stands in several models has one title, which needs to stand there once.
func (f *file) entitle(titles *map[string]abi.Title, name string, n *yaml.Node) {
	t := f.title(n)
	switch have := (*titles)[name]; {
	case t == nil || name == "":
	case have != nil && !maps.Equal(have, t):
		f.report.problem(placeOf(n), "write the same title, or write it once", "%s has another title above", name)
	case *titles == nil:
		*titles = map[string]abi.Title{name: t}
	default:
		(*titles)[name] = t
	}
}
