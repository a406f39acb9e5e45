package tenant

import (
	"fmt"
	"maps"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// titles checks that the titles of a module are in each of the tenant's languages, as every text of the folder is. A rule
// file's are checked where they stand.
func (l *loader) titles(at moduleFile, e *abi.Emits, written bool) {
	if written || l.languages.open {
		return
	}
	check := func(path string, t abi.Title) {
		if t == nil {
			return
		}
		if _, alone := t[""]; alone {
			if len(l.languages.list) > 1 {
				at.problem(path, "write a text for each language, such as {\"de\": \"Anfrage\", \"en\": \"Request\"}", "the tenant has several languages, and the title has none")
			}
			return
		}
		for _, language := range slices.Sorted(maps.Keys(t)) {
			if !l.languages.has(language) {
				at.problem(path+"."+language, "leave it out, or add it to languages in "+fileTenant, "%s is not a language of the tenant", quoted(language))
			}
		}
		for _, language := range l.languages.list {
			if _, ok := t[language]; !ok {
				at.problem(path, "add "+language, "the language %s is missing", language)
			}
		}
	}
	all := func(path string, titles map[string]abi.Title) {
		for _, name := range slices.Sorted(maps.Keys(titles)) {
			check(path+"."+name, titles[name])
		}
	}
	for i, s := range e.Scores {
		path := fmt.Sprintf("emits.scores[%d]", i)
		check(path+".title", s.Title)
		all(path+".titles", s.Titles)
	}
	all("emits.titles", e.Titles)
	for i, t := range e.Traits {
		path := fmt.Sprintf("emits.traits[%d]", i)
		check(path+".title", t.Title)
		all(path+".titles", t.Titles)
	}
}
