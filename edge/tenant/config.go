// Package tenant is what a tenant describes in plain files: purposes, fields, events, stages, content, forms, keys and
// modules. It reads a folder strictly, with errors that name file, line and remedy, and gives one immutable Config. It
// neither compiles modules nor stores anything.
//
// A Config is safe for concurrent use once Load has returned it.
package tenant

import (
	"time"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Config is a tenant's whole description, checked and with every name resolved.
type Config struct {
	ID         string
	Name       string
	Digest     string // hex SHA-256 over all files
	Origins    []string
	Languages  []string // the first is the default
	Zone       *time.Location
	Regime     policies.Regime
	Country    string // ISO 3166-1 alpha-2, the tenant's seat; stands in for a visitor's unknown country
	AckEarly   bool   // "ack: received": behavioural events are answered before the disk flush
	Keys       []Key
	Controller Controller

	Purposes     []Purpose
	Fields       []Field
	Events       []EventType
	Outcome      string // a boolean field that reports measure scores against; may be empty
	AgeField     string // the date field that gives a visitor's age; may be empty
	CountryField string // the string field that gives a visitor's country; may be empty

	Rating rules.Rating // bands, quadrants and stages
	Slots  []Slot
	Forms  []Form

	Modules  []Module
	Policies map[string]string // file name, such as own.rego, to Rego source

	index *index // look-ups; nil in a Config that Load did not make
}

// PurposeSet is a set of purposes, one bit for each Purpose.Bit.
type PurposeSet uint32

// Has tells whether the purpose with this bit is in the set.
func (s PurposeSet) Has(bit uint8) bool { return s&(1<<bit) != 0 }

// Key is a secret that a website (write) or a server (server) shows, known by its hash only.
type Key struct {
	Name   string
	Hash   string // hex SHA-256 of the key
	Server bool   // may name a profile by the tenant's own id
}

// Text is a text in each of the tenant's languages.
type Text map[string]string

// In returns the text in a language, or in the fallback.
func (t Text) In(language, fallback string) string {
	if s, ok := t[language]; ok {
		return s
	}
	return t[fallback]
}

// Purpose is one purpose of processing (Article 5(1)(b) GDPR).
type Purpose struct {
	Name        string
	Bit         uint8 // stable in the store, given by Bind
	Basis       policies.Basis
	Marketing   bool
	Profiling   policies.Profiling
	Device      policies.Device
	Destination policies.Destination
	TTLDays     int
	ValidDays   int    // how long a consent stands; 0: until withdrawn
	DPV         string // IRI of the W3C Data Privacy Vocabulary
	Recipients  Text   // who gets its data, beside the controller (Article 13(1)(e)); may be nil
	Interest    Text   // the legitimate interest pursued (Article 13(1)(d)); may be nil
	Title       Text
	Text        Text   // what the visitor was shown
	TextVersion string // hex digest of Title and Text, given by Load
}

// FieldType is the type of a field's value.
type FieldType uint8

// The types of a field.
const (
	FieldString FieldType = iota
	FieldNumber
	FieldBoolean
	FieldDate
)

// Field is one field of the catalogue: a trait of a profile, or a property of an event.
type Field struct {
	Name       string
	ID         uint16 // stable in the store, given by Bind
	Type       FieldType
	Category   policies.Category
	Tag        policies.Tag
	Generalise string // one of Methods(Tag); empty: the first of them
	Purposes   PurposeSet
	TTLDays    int      // the tenant's own bound; 0: the purposes' and the policy's alone
	MaxLength  int      // bytes of a string
	Values     []string // where not empty, all that the field may hold
	Label      Text
}

// EventType is one type of event that a website may send. That it happened is itself data, of a category and for purposes.
type EventType struct {
	Name       string
	ID         uint16 // stable in the store, given by Bind
	Category   policies.Category
	Purposes   PurposeSet
	Opens      PurposeSet // those purposes of basis contract that the event asks for (Article 6(1)(b)); within Purposes
	TTLDays    int
	Properties []int // indexes into Config.Fields
	Label      Text  // what people read; may be nil
}

// Slot is a place on a website that shows one of its variants.
type Slot struct {
	Name     string
	Variants []Variant // by falling priority
	Fallback string    // the variant for those whom no other fits, or who may not be profiled
	Control  int       // per cent of visitors that always get the fallback, so that an effect can be measured
}

// Variant is one content of a slot. It fits when each list that is not empty names what the visitor is.
type Variant struct {
	Name      string
	Stages    []string
	Segments  []string
	Quadrants []string
	Personas  []string
	Body      map[string]map[string]string // language, then the parts of the content: title, text, link ...
}

// Form is a progressive form.
type Form struct {
	Name      string
	Purposes  []string   // the purposes that the form explains and serves
	AtOnce    int        // most questions in one answer
	Questions []Question // in order
	Title     Text
	Event     string // the event that a website sends with the answers; may be empty
}

// Question asks for one field.
type Question struct {
	Field    string
	Label    Text
	Input    string // email, text, select, date, number, checkbox
	Options  []Option
	Required bool
	After    []string // fields that must be known first
}

// Option is one answer of a select.
type Option struct {
	Value string
	Label Text
}

// Module is one uploaded rule module.
type Module struct {
	Name     string // the file's name without .wasm or .yaml
	File     string // in the folder: rules/NAME.wasm, or the rule file rules/NAME.yaml
	Wasm     []byte // as uploaded, or as the rule file compiles
	Digest   string // hex SHA-256 of Wasm
	Manifest abi.Manifest
}
