// Package forms picks the next questions of a progressive form: a few at a time, never one whose answer is known and
// never one that was asked before. It stores nothing; what is known and what was asked its caller tells.
//
// It is safe for concurrent use.
package forms

import "github.com/lotse-edge/lotse/edge/tenant"

// Question is one question as a visitor sees it, in one language.
type Question struct {
	Field    string   `json:"field"`
	Label    string   `json:"label"`
	Input    string   `json:"input"`
	Required bool     `json:"required"`
	Options  []Option `json:"options,omitempty"`
}

// Option is one answer of a select.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// Next gives the questions to ask now, at most form.AtOnce, in the form's order, and how many may follow after them. Known
// tells whether the profile holds a field; asked tells whether the visitor was asked for it before and answered or passed
// it over. With no questions the form is done for now.
//
// A question waits until every field of its After is known. It counts among those that may follow while that can still
// happen in this form, so that nobody is told of questions that will never come.
func Next(cfg *tenant.Config, form *tenant.Form, known, asked func(field string) bool, language string) (next []Question, remaining int) {
	if len(cfg.Languages) == 0 {
		panic("BUG: a tenant without a language")
	}
	reach := reachable(form, known, asked)
	for i := range form.Questions {
		q := &form.Questions[i]
		if !reach[i] {
			continue
		}
		if len(next) < form.AtOnce && met(q, known) {
			next = append(next, say(q, language, cfg.Languages[0]))
		} else {
			remaining++
		}
	}
	return next, remaining
}

// reachable marks the questions that are open and whose conditions hold or may come to hold by answers to other open
// questions of the form. It repeats until nothing new is found, so the order does not matter and a cycle of conditions is
// never entered.
func reachable(form *tenant.Form, known, asked func(string) bool) []bool {
	reach := make([]bool, len(form.Questions))
	for changed := true; changed; {
		changed = false
		for i := range form.Questions {
			q := &form.Questions[i]
			if reach[i] || known(q.Field) || asked(q.Field) {
				continue
			}
			may := true
			for _, field := range q.After {
				may = may && (known(field) || comes(form, reach, field))
			}
			if may {
				reach[i], changed = true, true
			}
		}
	}
	return reach
}

func comes(form *tenant.Form, reach []bool, field string) bool {
	for i := range form.Questions {
		if reach[i] && form.Questions[i].Field == field {
			return true
		}
	}
	return false
}

func met(q *tenant.Question, known func(string) bool) bool {
	for _, field := range q.After {
		if !known(field) {
			return false
		}
	}
	return true
}

func say(q *tenant.Question, language, fallback string) Question {
	s := Question{Field: q.Field, Label: q.Label.In(language, fallback), Input: q.Input, Required: q.Required}
	for _, o := range q.Options {
		s.Options = append(s.Options, Option{Value: o.Value, Label: o.Label.In(language, fallback)})
	}
	return s
}
