package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// This file is the format of a mapping: which columns of a CSV file become which fields, events and consents of a tenant.
// Everything in it is checked before the first row is read; a CSV file that does not fit is found by the header.

// mapping says how a row becomes a call of POST /v1/decide.
type mapping struct {
	digest    string
	separator rune
	key       column
	absent    map[string]bool // values that mean: nobody answered
	when      moment
	language  string
	fields    []fieldRule
	events    []eventRule
	consent   *consentRule
}

// column is a column of the CSV file, and the line of the mapping that asks for it.
type column struct {
	name  string
	line  int
	index int // in the header, given by bind
}

// moment is a time: constant, or in a column.
type moment struct {
	constant time.Time // zero: now, or a column
	column   *column
	layout   string
	zone     *time.Location
}

// fieldKind is how the text of a column is read.
type fieldKind string

const (
	kindString  fieldKind = "string"
	kindNumber  fieldKind = "number"
	kindBoolean fieldKind = "boolean"
	kindDate    fieldKind = "date"
)

type fieldRule struct {
	field  string
	column column
	kind   fieldKind
	values map[string]string // replaces what it lists
	others string            // what happens to what values does not list: keep, absent, error
	truth  map[string]bool   // for a boolean
	divide float64           // for a number
	layout string            // for a date
}

// eventRule makes events of a type: as many as the column counts, or the one that the columns' values name.
type eventRule struct {
	count   *column
	columns []column
	made    eventMade            // for count
	values  map[string]eventMade // for columns
	ignore  map[string]bool
	others  string // error or ignore
}

// eventMade is an event that a rule makes.
type eventMade struct {
	kind       string
	properties map[string]any
}

type consentRule struct {
	method, proof, language, textVersion string
	explicit                             bool
	at                                   moment
	purposes                             []purposeRule
}

// purposeRule gives a purpose its status: one for all, or by a column's value.
type purposeRule struct {
	purpose string
	status  string
	column  *column
	values  map[string]string
}

// parseMapping reads a mapping and reports everything that is wrong with it.
func parseMapping(file string, raw []byte) (*mapping, error) {
	d := &yamlDocument{file: file}
	sum := sha256.Sum256(raw)
	m := &mapping{digest: hex.EncodeToString(sum[:]), separator: ',', absent: map[string]bool{"": true}}
	root := d.parse(raw)
	if root == nil {
		return nil, d.err()
	}
	o := d.object(root, "a mapping", "key", "separator", "absent", "time", "language", "fields", "outcome", "events", "consent")
	if n := d.need(o, root, "key", "the column that identifies a lead, such as key: Lead ID"); n != nil {
		m.key = d.column(n)
	}
	if n := o["separator"]; n != nil {
		if s := []rune(d.text(n)); len(s) == 1 && strings.ContainsRune(",;\t|", s[0]) {
			m.separator = s[0]
		} else {
			d.problem(n, `write one of "," ";" "|" and "\t"`, "this is not a separator")
		}
	}
	for _, s := range d.texts(o["absent"]) {
		m.absent[s] = true
	}
	m.when = d.moment(o["time"])
	if n := o["language"]; n != nil {
		m.language = d.text(n)
	}
	for _, p := range d.pairs(o["fields"], "fields") {
		m.fields = append(m.fields, d.fieldRule(p))
	}
	if n := o["outcome"]; n != nil {
		m.outcome(d, n)
	}
	for _, n := range d.list(o["events"], "events") {
		m.events = append(m.events, d.eventRule(n))
	}
	if n := o["consent"]; n != nil {
		m.consent = d.consentRule(n)
	}
	return m, d.err()
}

// outcome is a boolean field like others; it is set apart because it is what reports measure scores against.
func (m *mapping) outcome(d *yamlDocument, n *yaml.Node) {
	o := d.object(n, "the outcome", "field", "column", "true", "false")
	field := d.need(o, n, "field", "the boolean field of the catalogue that tells the outcome")
	if field == nil {
		return
	}
	for _, f := range m.fields {
		if f.field == field.Value {
			d.problem(field, "remove one of the two", "the field %q is mapped already", f.field)
		}
	}
	rule := fieldRule{field: d.text(field), kind: kindBoolean, truth: d.truth(o, n)}
	if c := d.need(o, n, "column", "the column that tells the outcome"); c != nil {
		rule.column = d.column(c)
	}
	m.fields = append(m.fields, rule)
}

func (d *yamlDocument) fieldRule(p yamlPair) fieldRule {
	f := fieldRule{field: p.key.Value, kind: kindString, others: "error", divide: 1}
	if p.value.Kind == yaml.ScalarNode {
		f.column = d.column(p.value)
		return f
	}
	o := d.object(p.value, "a field", "column", "type", "values", "others", "true", "false", "divide", "layout")
	if c := d.need(o, p.value, "column", "the column that holds the field"); c != nil {
		f.column = d.column(c)
	}
	if n := o["type"]; n != nil {
		f.kind = fieldKind(d.oneOf(n, string(kindString), string(kindNumber), string(kindBoolean), string(kindDate)))
	}
	// Each type has keys of its own; one of another type would silently do nothing.
	for key, kind := range map[string]fieldKind{"values": kindString, "others": kindString, "true": kindBoolean, "false": kindBoolean, "divide": kindNumber, "layout": kindDate} {
		if n := o[key]; n != nil && f.kind != kind {
			d.problem(n, fmt.Sprintf("remove it, or write type: %s", kind), "%s has no meaning for a field of type %s", key, f.kind)
		}
	}
	switch f.kind {
	case kindString:
		f.values, f.others = d.valueMap(o)
	case kindBoolean:
		f.truth = d.truth(o, p.value)
	case kindNumber:
		f.divide = d.divisor(o["divide"])
	case kindDate:
		if n := d.need(o, p.value, "layout", `how the date 2 January 2006 is written, such as layout: 02.01.2006`); n != nil {
			f.layout = d.text(n)
		}
	}
	return f
}

func (d *yamlDocument) valueMap(o map[string]*yaml.Node) (values map[string]string, others string) {
	if n := o["values"]; n != nil {
		values = map[string]string{}
		for _, p := range d.pairs(n, "values") {
			values[p.key.Value] = d.text(p.value)
		}
	}
	others = "error"
	if n := o["others"]; n != nil {
		others = d.oneOf(n, "keep", "absent", "error")
		if values == nil {
			d.problem(n, "add values, or remove it", "others has no meaning without values")
		}
	}
	return values, others
}

// truth reads which values mean yes and which no; both must be said, so that no new value is taken for a no.
func (d *yamlDocument) truth(o map[string]*yaml.Node, at *yaml.Node) map[string]bool {
	truth := map[string]bool{}
	for _, word := range []string{"true", "false"} {
		n := d.need(o, at, word, fmt.Sprintf(`the values that mean %s, such as %s: ["..."]`, word, word))
		for _, s := range d.texts(n) {
			if _, twice := truth[s]; twice {
				d.problem(n, "remove one of the two", "a value stands under true and under false, or twice")
			}
			truth[s] = word == "true"
		}
	}
	return truth
}

func (d *yamlDocument) divisor(n *yaml.Node) float64 {
	if n == nil {
		return 1
	}
	x, err := strconv.ParseFloat(d.text(n), 64)
	if err != nil || x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		d.problem(n, "write a number other than 0", "this is not a divisor")
		return 1
	}
	return x
}
