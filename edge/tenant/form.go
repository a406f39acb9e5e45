package tenant

import (
	"slices"
	"strings"
)

// forms reads forms.yaml: progressive forms, which ask a little at a time and never for what is known.
//
//	forms:
//	  welcome:
//	    title: {de: ..., en: ...}
//	    purposes: [profiling]       what the answers serve; each field must be bound to one of them
//	    at_once: 2                  most questions in one answer, 1 to 10; without it, 1
//	    event: form_submitted       optional: what the website sends with the answers
//	    questions: [...]            in order, see the function question
func (l *loader) forms() {
	root, ok := l.document(fileForms)
	o := root.object("forms")
	if !ok || o.keys == nil {
		return
	}
	forms := o.need("forms", "add your forms; forms: {} for none").members("a mapping from the name of each form to its questions")
	if len(forms) > 32 {
		o.get("forms").problem("merge some", "there are %d forms, at most 32 are allowed", len(forms))
		return
	}
	for _, m := range forms {
		m.named(m.name)
		l.config.Forms = append(l.config.Forms, l.form(m))
	}
}

func (l *loader) form(m member) Form {
	o := m.object("title", "purposes", "at_once", "event", "questions")
	f := Form{Name: m.name, AtOnce: 1}
	f.Title = l.text(o.need("title", "add what stands above the form"))
	purposes := o.need("purposes", "add what the answers serve, such as purposes: [profiling]")
	f.Purposes = l.purposes.referAll(purposes, MaxPurposes)
	if purposes.isEmpty() {
		purposes.problem("name at least one", "there is no purpose")
	}
	if v := o.get("at_once"); v.present() {
		f.AtOnce = v.integer(1, 10)
	}
	f.Event, _ = l.events.refer(o.get("event"))
	var set PurposeSet
	for _, name := range f.Purposes {
		set |= 1 << l.purposes.at[name]
	}
	if purposes.present() && len(f.Purposes) < len(purposes.node.Content) {
		set = 0 // not all are known, so nothing can be said of the fields
	}
	questions := o.need("questions", "add at least one, such as questions: [{field: email}]")
	list := questions.list(64, "questions")
	var afters []value
	for _, e := range list {
		q, after := l.question(e, &f, set)
		f.Questions, afters = append(f.Questions, q), append(afters, after)
	}
	order(f.Questions, afters)
	if questions.isEmpty() {
		questions.problem("add at least one", "the form asks nothing")
	}
	return f
}

// inputs are the inputs that a field's type can have, the default first.
var inputs = map[FieldType][]string{
	FieldString:  {"text", "email", "select"},
	FieldNumber:  {"number", "select"},
	FieldBoolean: {"checkbox"},
	FieldDate:    {"date"},
}

// question reads one question of a form:
//
//	questions:
//	  - field: customer_type
//	    label: {de: ..., en: ...}   without it, the field's label
//	    input: select               text, email, select, number, checkbox, date; without it, what suits the field
//	    required: true
//	    after: [email]              fields that must be known before it is asked
//	    options:                    of a select
//	      - {value: private, label: {de: Privat, en: Private}}
func (l *loader) question(v value, form *Form, set PurposeSet) (q Question, after value) {
	o := v.object("field", "label", "input", "required", "after", "options")
	at := o.need("field", "name the field that the question asks for")
	name, ok := l.fields.refer(at)
	q = Question{Field: name, Required: o.get("required").boolean(), Label: l.text(o.get("label"))}
	var field Field // stays empty when the field is not known
	if ok {
		field = l.config.Fields[l.fields.at[name]]
		if q.Label == nil {
			q.Label = field.Label
		}
		if slices.ContainsFunc(form.Questions, func(other Question) bool { return other.Field == name }) {
			at.problem("remove one of the two", "the form asks for the field %s twice", quoted(name))
		}
		if set != 0 && field.Purposes&set == 0 && !l.report.has(fileCatalogue) {
			at.problem("add one of the field's purposes to the form", "the field %s is not bound to any purpose of the form", quoted(name))
		}
	}
	l.input(o, &q, &field, ok)
	after = o.get("after")
	q.After = l.fields.referAll(after, 16)
	return q, after
}

func (l *loader) input(o object, q *Question, field *Field, known bool) {
	options := o.get("options")
	input := o.get("input")
	if input.present() {
		q.Input, _ = enum(input, func(s string) (string, error) { return s, nil }, "text", "email", "select", "number", "checkbox", "date")
	}
	if known && input.present() && q.Input != "" && !slices.Contains(inputs[field.Type], q.Input) {
		input.problem("write "+strings.Join(inputs[field.Type], " or "), "the input %s does not suit the type %s of the field %s", q.Input, field.Type, quoted(field.Name))
	}
	if !input.present() && known {
		if q.Input = inputs[field.Type][0]; options.present() || len(field.Values) > 0 {
			q.Input = "select"
		}
	}
	if options.present() && known && q.Input != "select" && q.Input != "" {
		options.problem("write input: select, or remove the options", "only a select has options")
		return
	}
	if q.Input == "select" && !options.present() {
		o.problem("add options: [{value: ..., label: ...}]", "a select needs options")
	}
	if known && q.Input != "select" && len(field.Values) > 0 && input.present() {
		input.problem("write input: select", "the field %s has values to choose from", quoted(field.Name))
	}
	list := options.list(256, "options")
	for _, e := range list {
		option := e.object("value", "label")
		at := option.need("value", "add what is stored")
		var value string
		if known && at.present() {
			value = l.fieldValue(at, field)
		}
		if value != "" && slices.ContainsFunc(q.Options, func(other Option) bool { return other.Value == value }) {
			at.problem("remove one of the two", "the option stands here twice")
		}
		q.Options = append(q.Options, Option{Value: value, Label: l.text(option.need("label", "add what the visitor reads"))})
	}
	if options.isEmpty() {
		options.problem("add at least two", "there is nothing to choose from")
	}
}

// order refuses a question that waits for itself or for a later one of the same form: it would come out of order, or never.
func order(questions []Question, afters []value) {
	for i, q := range questions {
		for _, later := range questions[i:] {
			if later.Field == "" || !slices.Contains(q.After, later.Field) {
				continue
			}
			if later.Field == q.Field {
				afters[i].problem("remove it", "the question waits for itself")
			} else {
				afters[i].problem("put that question before this one", "the question waits for %s, which the form asks later", quoted(later.Field))
			}
		}
	}
}
