package policies

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Reason explains an id that a row, a ruling or the edge gives as its reason.
type Reason struct {
	ID      string
	Title   map[string]string // plain words by language; de and en are always there
	Article string            // of the GDPR unless it says otherwise; may be empty
	Link    string            // to the law; may be empty
}

// catalogue is every reason of a policy by id.
type catalogue map[string]Reason

// annotated reads the reasons from the annotations of a policy's rules. Each rule must have its own.
func annotated(modules map[string]*ast.Module, set *ast.AnnotationSet, known catalogue, f *faults) catalogue {
	out := maps.Clone(known)
	documents := map[string]string{} // path of a document with one annotation for all its rules: the annotation's id
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		for _, rule := range modules[file].Rules {
			path := strings.TrimPrefix(rule.Ref().GroundPrefix().String(), "data.")
			a := annotationOf(rule, set)
			if a == nil {
				f.add(rule.Loc(), "the rule %s has no # METADATA with a title, custom.id, custom.title_de and custom.article", path)
				continue
			}
			reason, fault := reasonOf(a)
			if fault != "" {
				f.add(a.Loc(), "the annotation of %s %s", path, fault)
				continue
			}
			if a.Scope == "document" {
				if documents[path] == reason.ID {
					continue
				}
				documents[path] = reason.ID
			}
			if _, taken := out[reason.ID]; taken {
				f.add(a.Loc(), "the id %s is taken", reason.ID)
				continue
			}
			out[reason.ID] = reason
		}
	}
	return out
}

func annotationOf(rule *ast.Rule, set *ast.AnnotationSet) *ast.Annotations {
	if own := set.GetRuleScope(rule); len(own) > 0 {
		return own[0]
	}
	return set.GetDocumentScope(rule.Ref().GroundPrefix())
}

// reasonOf reads an annotation, or says what it lacks.
func reasonOf(a *ast.Annotations) (Reason, string) {
	text := func(key string) string {
		s, _ := a.Custom[key].(string)
		return strings.TrimSpace(s)
	}
	r := Reason{ID: text("id"), Title: map[string]string{"en": strings.TrimSpace(a.Title)}, Article: text("article")}
	for key := range a.Custom {
		if language, ok := strings.CutPrefix(key, "title_"); ok {
			r.Title[language] = text(key)
		}
	}
	if len(a.RelatedResources) > 0 {
		r.Link = a.RelatedResources[0].Ref.String()
	}
	switch {
	case !validID(r.ID):
		return r, "needs a custom.id of lower case words with a dot between, such as consent.none"
	case r.Title["en"] == "":
		return r, "needs a title in plain English words"
	case r.Title["de"] == "":
		return r, "needs custom.title_de in plain German words"
	case r.Article == "":
		return r, "needs custom.article, such as \"7(3)\""
	}
	return r, ""
}

// validID tells whether an id is of the form word.word, where a word is lower case letters, digits and underscores.
func validID(id string) bool {
	words := strings.Split(id, ".")
	if len(words) < 2 {
		return false
	}
	for _, w := range words {
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return false
		}
	}
	return true
}

// Reason explains an id.
func (t *Table) Reason(id string) (Reason, bool) {
	r, ok := t.reasons[id]
	return r, ok
}

// Reasons lists every reason by id. The titles are shared and must not be changed.
func (t *Table) Reasons() []Reason {
	out := make([]Reason, 0, len(t.reasons))
	for _, id := range slices.Sorted(maps.Keys(t.reasons)) {
		out = append(out, t.reasons[id])
	}
	return out
}
