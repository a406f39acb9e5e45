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
// tenant's languages, or the text alone where there is only one.

// title reads a title; nil where there is none.
func (f *file) title(n *yaml.Node) abi.Title {
	languages := f.catalogue.Languages
	switch {
	case n == nil:
		return nil
	case n.Kind == yaml.ScalarNode && len(languages) < 2:
		if s := f.titleText(n); s != "" {
			return abi.Title{"": s}
		}
		return nil
	case n.Kind != yaml.MappingNode || len(n.Content) == 0:
		f.report.problem(placeOf(n), "such as title: {de: Anfrage, en: Request}", "here belongs a text for each language of the tenant")
		return nil
	}
	t := abi.Title{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, text := n.Content[i], n.Content[i+1]
		_, twice := t[key.Value]
		switch {
		case len(languages) > 0 && !slices.Contains(languages, key.Value):
			f.report.problem(placeOf(key), cmp.Or(didYouMean(key.Value, languages), "the tenant has "+strings.Join(languages, ", ")), "%s is not a language of the tenant", shown(key.Value))
		case !abi.ValidLanguage(key.Value):
			f.report.problem(placeOf(key), "such as de or en-GB", "%s is not a language", shown(key.Value))
		case twice:
			f.report.problem(placeOf(key), "remove one of the two", "the language %s stands twice", key.Value)
		default:
			t[key.Value] = f.titleText(text)
		}
	}
	for _, language := range languages {
		if _, ok := t[language]; !ok {
			f.report.problem(placeOf(n), "add "+language+": ...", "the language %s is missing", language)
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
