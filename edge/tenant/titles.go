package tenant

import (
	"fmt"
	"maps"
	"slices"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// titles warns of titles of a module that are not in each of the tenant's languages, as every text of the folder is. It does
// not refuse them: languages come and go, and a module of before must still serve. A rule file's are looked at where they stand.
func (l *loader) titles(at moduleFile, e *abi.Emits) {
	if l.languages.open {
		return
	}
	warn := func(path, suggestion, format string, args ...any) {
		l.report.warning(Warning{File: at.file, Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion})
	}
	check := func(path string, t abi.Title) {
		if _, alone := t[""]; alone {
			if len(l.languages.list) > 1 {
				warn(path, "write it in each in manifest.json", "the title is the same in all languages of the tenant")
			}
			return
		}
		for _, language := range slices.Sorted(maps.Keys(t)) {
			if !l.languages.has(language) {
				warn(path, "leave it out, or add it to languages in "+fileTenant, "%s is not a language of the tenant", language)
			}
		}
		for _, language := range l.languages.list {
			if _, ok := t[language]; !ok && t != nil {
				warn(path, "add "+language+" in manifest.json", "the title lacks the language %s", language)
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
