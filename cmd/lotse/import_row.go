package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// This file turns one row into the body of POST /v1/decide. It is a pure function of the mapping, the row and the moment.

// rowRequest is the body of POST /v1/decide, as far as an import needs it.
type rowRequest struct {
	Profile  string                `json:"profile"`
	Language string                `json:"language,omitempty"`
	Consent  map[string]rowConsent `json:"consent,omitempty"`
	Traits   map[string]any        `json:"traits,omitempty"`
	Events   []rowEvent            `json:"events,omitempty"`
}

type rowConsent struct {
	Status      string    `json:"status"`
	Explicit    bool      `json:"explicit,omitempty"`
	Proof       string    `json:"proof"`
	Method      string    `json:"method"`
	At          time.Time `json:"at"`
	TextVersion string    `json:"text_version,omitempty"`
	Language    string    `json:"language,omitempty"`
}

type rowEvent struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Time       time.Time      `json:"time"`
	Count      float64        `json:"count,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// columnError says what is wrong with a row by the column; the value itself may be personal data.
type columnError struct{ column, message string }

func (e *columnError) Error() string { return fmt.Sprintf("column %q: %s", e.column, e.message) }

func (c column) wrong(message string) error { return &columnError{c.name, message} }

// request maps a row. When any of its columns cannot be read, nothing of the row is sent: half a lead is worse than none.
func (m *mapping) request(row []string, now time.Time) (body []byte, err error) {
	r := rowRequest{Profile: strings.TrimSpace(row[m.key.index]), Language: m.language}
	if r.Profile == "" {
		return nil, m.key.wrong("the key is empty")
	}
	at, err := m.when.read(row, now)
	if err != nil {
		return nil, err
	}
	if r.Consent, err = m.consents(row, now); err != nil {
		return nil, err
	}
	if r.Traits, err = m.traits(row); err != nil {
		return nil, err
	}
	if r.Events, err = m.occurrences(row, r.Profile, at); err != nil {
		return nil, err
	}
	return json.Marshal(r)
}

// value gives a column's text; ok is false when nobody answered.
func (m *mapping) value(row []string, c column) (s string, ok bool) {
	s = strings.TrimSpace(row[c.index])
	return s, !m.absent[s]
}

func (m *mapping) traits(row []string) (map[string]any, error) {
	traits := map[string]any{}
	for _, f := range m.fields {
		s, ok := m.value(row, f.column)
		if !ok {
			continue
		}
		v, err := f.read(s)
		if err != nil {
			return nil, err
		}
		if v != nil {
			traits[f.field] = v
		}
	}
	return traits, nil
}

// read gives the field's value, or nil when the mapping says that this text means none.
func (f fieldRule) read(s string) (any, error) {
	switch f.kind {
	case kindNumber:
		x, err := finite(s)
		if x /= f.divide; err != nil || math.IsInf(x, 0) {
			return nil, f.column.wrong("this is not a number")
		}
		return x, nil
	case kindBoolean:
		b, ok := f.truth[s]
		if !ok {
			return nil, f.column.wrong("a value that the mapping lists neither under true nor under false")
		}
		return b, nil
	case kindDate:
		t, err := time.Parse(f.layout, s)
		if err != nil {
			return nil, f.column.wrong("this is not a date in the layout of the mapping")
		}
		return t.Format(time.DateOnly), nil
	}
	if f.values == nil {
		return s, nil
	}
	if v, ok := f.values[s]; ok {
		return v, nil
	}
	switch f.others {
	case "keep":
		return s, nil
	case "absent":
		return nil, nil
	}
	return nil, f.column.wrong("a value that the mapping does not list")
}

// finite reads a decimal number; the infinities, hexadecimal digits and underscores of Go are not for CSV files.
func finite(s string) (float64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) || strings.ContainsAny(s, "xX_") {
		return 0, fmt.Errorf("not a number")
	}
	return x, nil
}

// occurrences makes the row's events. An event's id depends on the lead, the columns and what happened, on nothing that
// changes when the file is imported again or when the mapping's entries change their order: so it counts once. Columns of
// one entry that name the same event make one event.
func (m *mapping) occurrences(row []string, key string, at time.Time) ([]rowEvent, error) {
	var events []rowEvent
	seen := map[string]bool{}
	add := func(from []column, made eventMade, count float64) {
		id := eventID(key, from, made)
		if !seen[id] {
			seen[id] = true
			events = append(events, rowEvent{ID: id, Type: made.kind, Time: at, Count: count, Properties: made.properties})
		}
	}
	for _, r := range m.events {
		if r.count != nil {
			s, ok := m.value(row, *r.count)
			if !ok {
				continue
			}
			n, err := finite(s)
			if err != nil || n < 0 || n != math.Trunc(n) {
				return nil, r.count.wrong("this is not a count")
			}
			if n > 0 {
				add([]column{*r.count}, r.made, n)
			}
			continue
		}
		for _, c := range r.columns {
			s, ok := m.value(row, c)
			if !ok || r.ignore[s] {
				continue
			}
			made, known := r.values[s]
			switch {
			case known:
				add(r.columns, made, 0)
			case r.others == "error":
				return nil, c.wrong("a value that the mapping neither lists nor ignores")
			}
		}
	}
	return events, nil
}

func eventID(key string, from []column, made eventMade) string {
	parts := []string{key, made.kind}
	for _, c := range from {
		parts = append(parts, c.name)
	}
	properties, err := json.Marshal(made.properties) // keys are sorted
	if err != nil {
		panic("BUG: a mapping's property cannot be encoded")
	}
	parts = append(parts, string(properties))
	for i, p := range parts {
		parts[i] = strconv.Itoa(len(p)) + ":" + p
	}
	sum := sha256.Sum256([]byte("lotse import " + strings.Join(parts, "")))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// consents reads the purposes. A value that the mapping does not list is an error, never a consent; an absent value leaves
// the purpose as it is.
func (m *mapping) consents(row []string, now time.Time) (map[string]rowConsent, error) {
	c := m.consent
	if c == nil {
		return nil, nil
	}
	at, err := c.at.read(row, now)
	if err != nil {
		return nil, err
	}
	answers := map[string]rowConsent{}
	for _, p := range c.purposes {
		status := p.status
		if p.column != nil {
			s, ok := m.value(row, *p.column)
			if !ok {
				continue
			}
			if status, ok = p.values[s]; !ok {
				return nil, p.column.wrong("a value that the mapping does not list")
			}
		}
		a := rowConsent{Status: status, Proof: c.proof, Method: c.method, At: at, TextVersion: c.textVersion, Language: c.language}
		a.Explicit = c.explicit && status == "granted"
		answers[p.purpose] = a
	}
	return answers, nil
}

func (t moment) read(row []string, now time.Time) (time.Time, error) {
	switch {
	case t.column == nil && t.constant.IsZero():
		return now.UTC(), nil
	case t.column == nil:
		return t.constant.UTC(), nil
	}
	at, err := time.ParseInLocation(t.layout, strings.TrimSpace(row[t.column.index]), t.zone)
	if err != nil {
		return time.Time{}, t.column.wrong("this is not a time in the layout of the mapping")
	}
	return at.UTC(), nil
}
