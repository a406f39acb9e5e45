package policies

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/open-policy-agent/opa/v1/ast"
)

// called is how a message names a rule: by its name and its id.
func called(rule *ast.Rule, a *ast.Annotations) string {
	if id, _ := a.Custom["id"].(string); validID(id) {
		return ruleName(rule) + " (" + id + ")"
	}
	return ruleName(rule)
}

// explained visits the annotation of every rule, each once.
func (p *parsedSource) explained(visit func(rule *ast.Rule, a *ast.Annotations)) {
	seen := map[*ast.Annotations]bool{}
	p.each(func(_ *ast.Module, rule *ast.Rule) {
		if a := annotationOf(rule, p.annotations); a != nil && !seen[a] {
			seen[a] = true
			visit(rule, a)
		}
	})
}

// lintTitles checks that titles are words for people, and that no two rules say the same.
func lintTitles(p *parsedSource, f *faults) {
	taken := map[string]string{} // language and title: the rule
	p.explained(func(rule *ast.Rule, a *ast.Annotations) {
		german, _ := a.Custom["title_de"].(string)
		titles := [][2]string{{"title", strings.TrimSpace(a.Title)}, {"title_de", strings.TrimSpace(german)}}
		if titles[0][1] != "" && titles[0][1] == titles[1][1] {
			f.add(a.Loc(), "the title of %s is the same in English and in German: translate it", called(rule, a))
		}
		for _, t := range titles {
			if t[1] == "" {
				continue // the catalogue of reasons says so
			}
			if why := notPlain(t[1]); why != "" {
				f.add(a.Loc(), "the %s of %s %s: it is read by visitors and authorities", t[0], called(rule, a), why)
			}
			if other, is := taken[t[0]+t[1]]; is {
				f.add(a.Loc(), "the %s of %s is also that of %s: nobody could tell the two apart", t[0], called(rule, a), other)
			}
			taken[t[0]+t[1]] = called(rule, a)
		}
	})
}

// notPlain says what makes a title no plain sentence; empty: it is one.
func notPlain(title string) string {
	switch {
	case strings.ContainsAny(title, "{}[]_=\n") || strings.Contains(title, "input.") || strings.Contains(title, "data."):
		return "is not in plain words"
	case len(strings.Fields(title)) < 3:
		return "is too short to be understood"
	case len([]rune(title)) > 160:
		return "is longer than 160 characters: put what is more into the description"
	case strings.HasSuffix(title, "."):
		return "ends with a full stop: it is a title"
	case unicode.IsLower([]rune(title)[0]):
		return "begins with a small letter"
	}
	return ""
}

// The forms of an article: of the GDPR without a name, of other laws with one.
var articleForm = regexp.MustCompile(`^(?:(?:(ePrivacy|TDDDG|UK GDPR|DSG|Charter) )?([1-9][0-9]?)((?:\([0-9]+(?:-[0-9]+)?\))?(?:\([a-z]\))?)|recital ([1-9][0-9]{0,2}))$`)

// lintArticles checks that a rule names its article in a form that a reader and a program find again.
func lintArticles(p *parsedSource, f *faults) {
	p.explained(func(rule *ast.Rule, a *ast.Annotations) {
		article, _ := a.Custom["article"].(string)
		if article == "" {
			return // the catalogue of reasons says so
		}
		for _, one := range strings.Split(article, ", ") {
			if !articleForm.MatchString(one) {
				f.add(a.Loc(), "the article %q of %s is of no known form: write \"7(3)\", \"6(1)(a)\", \"21(2-3)\", \"recital 38\" or \"ePrivacy 5(3)\"", one, called(rule, a))
			}
		}
	})
}

// lintLinks checks that the text of the law is one click away.
func lintLinks(p *parsedSource, f *faults) {
	p.explained(func(rule *ast.Rule, a *ast.Annotations) {
		if len(a.RelatedResources) == 0 {
			f.add(a.Loc(), "the rule %s has no link to the law: add related_resources with a ref to EUR-Lex", called(rule, a))
		}
		for _, r := range a.RelatedResources {
			if r.Ref.Scheme != "https" || r.Ref.Host == "" {
				f.add(a.Loc(), "the link of %s is no https address", called(rule, a))
			}
		}
	})
}
