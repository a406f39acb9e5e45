package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/rules"
)

// This file reads the parts of a mapping that make events and consents, and times.

func (d *yamlDocument) eventRule(n *yaml.Node) eventRule {
	r := eventRule{others: "error"}
	o := d.object(n, "an event", "event", "count", "properties", "column", "columns", "values", "ignore", "others")
	if o == nil {
		return r
	}
	if o["count"] == nil && o["values"] == nil {
		d.problem(n, "add count: COLUMN with event: TYPE, or column: COLUMN with values:", "nothing says when the event happened")
		return r
	}
	if c := o["count"]; c != nil {
		for _, key := range []string{"column", "columns", "values", "ignore", "others"} {
			if o[key] != nil {
				d.problem(o[key], "write two entries", "%s and count exclude each other", key)
			}
		}
		counted := d.column(c)
		r.count = &counted
		if kind := d.need(o, n, "event", "the type of the events that are counted"); kind != nil {
			r.made = eventMade{d.text(kind), d.properties(o["properties"])}
		}
		return r
	}
	for _, key := range []string{"event", "properties"} {
		if o[key] != nil {
			d.problem(o[key], "write it under values, for each value", "%s and values exclude each other", key)
		}
	}
	switch {
	case o["column"] != nil && o["columns"] != nil:
		d.problem(o["columns"], "keep columns", "column and columns exclude each other")
	case o["column"] != nil:
		r.columns = []column{d.column(o["column"])}
	default:
		if c := d.need(o, n, "columns", "the columns whose values name events"); c != nil {
			for _, item := range d.list(c, "columns") {
				r.columns = append(r.columns, d.column(item))
			}
		}
	}
	r.values = map[string]eventMade{}
	for _, p := range d.pairs(o["values"], "values") {
		r.values[p.key.Value] = d.eventMade(p.value)
	}
	r.ignore = map[string]bool{}
	for _, s := range d.texts(o["ignore"]) {
		if _, both := r.values[s]; both {
			d.problem(o["ignore"], "remove one of the two", "a value stands under values and under ignore")
		}
		r.ignore[s] = true
	}
	if others := o["others"]; others != nil {
		r.others = d.oneOf(others, "error", "ignore")
	}
	return r
}

// eventMade reads "type" or {event: type, properties: {...}}.
func (d *yamlDocument) eventMade(n *yaml.Node) eventMade {
	if n.Kind == yaml.ScalarNode {
		return eventMade{kind: d.text(n)}
	}
	o := d.object(n, "an event", "event", "properties")
	if kind := d.need(o, n, "event", "the event's type"); kind != nil {
		return eventMade{d.text(kind), d.properties(o["properties"])}
	}
	return eventMade{}
}

// properties reads constants: texts, numbers, true and false.
func (d *yamlDocument) properties(n *yaml.Node) map[string]any {
	if n == nil {
		return nil
	}
	made := map[string]any{}
	for _, p := range d.pairs(n, "properties") {
		if p.value.Kind != yaml.ScalarNode {
			d.problem(p.value, "write a text, a number, true or false", "a property is one value")
			continue
		}
		switch p.value.ShortTag() {
		case "!!bool":
			made[p.key.Value] = p.value.Value == "true"
		case "!!int", "!!float":
			x, err := strconv.ParseFloat(p.value.Value, 64)
			if err != nil {
				d.problem(p.value, "write it in decimal digits", "this is not a number")
			}
			made[p.key.Value] = x
		default:
			made[p.key.Value] = d.text(p.value)
		}
	}
	return made
}

var consentStatuses = []string{"granted", "refused", "withdrawn"}

func (d *yamlDocument) consentRule(n *yaml.Node) *consentRule {
	r := &consentRule{method: "import", proof: "single"}
	o := d.object(n, "the consent", "method", "proof", "explicit", "at", "language", "text_version", "purposes")
	if v := o["method"]; v != nil {
		r.method = d.oneOf(v, "import", "form", "banner", "api")
	}
	if v := o["proof"]; v != nil {
		r.proof = d.oneOf(v, "single", "double")
	}
	if v := o["explicit"]; v != nil {
		r.explicit = d.oneOf(v, "true", "false") == "true"
	}
	if v := o["language"]; v != nil {
		r.language = d.text(v)
	}
	if v := o["text_version"]; v != nil {
		r.textVersion = d.text(v)
	}
	// No default: a consent that claims to be from now would outlast a withdrawal each time that the file is imported again.
	r.at = d.moment(d.need(o, n, "at", "when the consent was given, a time of RFC 3339 or {column: ..., layout: ...}"))
	purposes := d.need(o, n, "purposes", "the purposes and their status")
	for _, p := range d.pairs(purposes, "purposes") {
		r.purposes = append(r.purposes, d.purposeRule(p))
	}
	return r
}

func (d *yamlDocument) purposeRule(p yamlPair) purposeRule {
	r := purposeRule{purpose: p.key.Value}
	if p.value.Kind == yaml.ScalarNode {
		r.status = d.oneOf(p.value, consentStatuses...)
		return r
	}
	o := d.object(p.value, "a purpose", "column", "values")
	if c := d.need(o, p.value, "column", "the column that tells the status"); c != nil {
		by := d.column(c)
		r.column = &by
	}
	r.values = map[string]string{}
	for _, v := range d.pairs(d.need(o, p.value, "values", "the status for each value of the column"), "values") {
		r.values[v.key.Value] = d.oneOf(v.value, consentStatuses...)
	}
	return r
}

// moment reads 'now', a constant of RFC 3339, or a column with its layout.
func (d *yamlDocument) moment(n *yaml.Node) moment {
	m := moment{zone: time.UTC}
	if n == nil {
		return m
	}
	if n.Kind == yaml.ScalarNode {
		if n.Value == "now" {
			return m
		}
		at, err := time.Parse(time.RFC3339, n.Value)
		if err != nil {
			d.problem(n, "write now, or a time such as 2026-01-31T12:00:00Z", "this is not a time")
		}
		m.constant = at
		return m
	}
	o := d.object(n, "a time", "column", "layout", "zone")
	if c := d.need(o, n, "column", "the column that holds the time"); c != nil {
		in := d.column(c)
		m.column = &in
	}
	if l := d.need(o, n, "layout", `how 2 January 2006, 15:04:05 is written, such as layout: "2006-01-02 15:04:05"`); l != nil {
		m.layout = d.text(l)
	}
	if z := o["zone"]; z != nil {
		zone, err := time.LoadLocation(d.text(z))
		if err != nil {
			d.problem(z, "write a name such as Europe/Berlin", "this is not a time zone")
			return m
		}
		m.zone = zone
	}
	return m
}

// bind finds the mapping's columns in the header, and reports all that are missing.
func (m *mapping) bind(file string, header []string) error {
	d := &yamlDocument{file: file}
	at := map[string]int{}
	twice := map[string]bool{}
	for i, name := range header {
		if _, ok := at[name]; ok {
			twice[name] = true
		}
		at[name] = i
	}
	for _, c := range m.columns() {
		i, ok := at[c.name]
		switch {
		case !ok:
			suggestion := ""
			if near := rules.Nearest(c.name, header); near != "" {
				suggestion = fmt.Sprintf("did you mean %q?", near)
			}
			d.add(c.line, suggestion, fmt.Sprintf("the CSV file has no column %q", c.name))
		case twice[c.name]:
			d.add(c.line, "rename one of them", fmt.Sprintf("the CSV file has several columns %q", c.name))
		}
		c.index = i
	}
	return d.err()
}

// columns gives every column that the mapping asks for.
func (m *mapping) columns() []*column {
	list := []*column{&m.key, m.when.column}
	for i := range m.fields {
		list = append(list, &m.fields[i].column)
	}
	for i := range m.events {
		list = append(list, m.events[i].count)
		for k := range m.events[i].columns {
			list = append(list, &m.events[i].columns[k])
		}
	}
	if m.consent != nil {
		list = append(list, m.consent.at.column)
		for i := range m.consent.purposes {
			list = append(list, m.consent.purposes[i].column)
		}
	}
	return slices.DeleteFunc(list, func(c *column) bool { return c == nil })
}
