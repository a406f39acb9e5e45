// Package abi is the wire contract between Lotse and a rule module, version 1: the manifest that says what a module reads
// and may emit, the record that the host writes, and the entries that the module answers with. Host and guest kits share
// it, so it imports the standard library only.
//
// The package holds no state; all of it is safe for concurrent use.
package abi

// Version is the contract's version, and the value of Manifest.ABI.
const Version = 1

// Section is the name of the custom section that holds the manifest as JSON.
const Section = "lotse.manifest"

// Limits of version 1.
const (
	MaxManifest = 16 << 10 // bytes of the manifest's JSON
	MaxRecord   = 16 << 10 // bytes of a record: what a module's input buffer must hold
	MaxEntries  = 256      // entries of an answer: what a module's output buffer must hold
	EntrySize   = 16       // bytes of one entry
	SlotSize    = 16       // bytes of one feature's slot in a record
	HeaderSize  = 32       // bytes of a record's header
)

// Names of what a module exports, beside its memory ("memory").
const (
	ExportInput    = "lotse_input"    // func() -> i32: address of the input buffer, MaxRecord bytes
	ExportOutput   = "lotse_output"   // func() -> i32: address of the output buffer, MaxEntries*EntrySize bytes
	ExportEvaluate = "lotse_evaluate" // func(record length i32) -> i32: number of entries, or negative for a refusal
)

// Manifest says what a module is, what it reads and what it may say. Everything that crosses the boundary is an index
// into its tables: a feature that is not in Reads is not seen, a score, segment or trait that is not in Emits cannot be
// said.
type Manifest struct {
	ABI     int       `json:"abi"`
	Name    string    `json:"name"`
	Version string    `json:"version"` // semantic version, told to people; the digest is what identifies a module
	Purpose string    `json:"purpose"` // the catalogue's purpose under which the module runs
	Reads   []Feature `json:"reads"`
	Emits   Emits     `json:"emits"`
	Fuel    uint64    `json:"fuel,omitempty"`   // units asked for; 0: the host's default
	Memory  uint32    `json:"memory,omitempty"` // 64 KiB pages asked for; 0: the host's default
}

// Type is the type of a feature's value.
type Type string

// The types of version 1. A date is read as the number of days since 1970-01-01.
const (
	Number  Type = "number"
	String  Type = "string"
	Boolean Type = "boolean"
)

// Aggregate says how a feature is derived from the history of one event type. The empty aggregate is a profile's field.
type Aggregate string

// The aggregates of version 1. All are exact at the moment of evaluation; all but the field itself are numbers.
const (
	FieldValue     Aggregate = ""                 // the profile's field named Field
	Count          Aggregate = "count"            // events in Window (all, where there is no window), weighted by their count
	Sum            Aggregate = "sum"              // sum of Property over the events in Window
	Decayed        Aggregate = "decayed"          // sum over all events of weight * 2^(-age/HalfLife)
	DaysSinceFirst Aggregate = "days_since_first" // days, with fraction, since the oldest event; absent without events
	DaysSinceLast  Aggregate = "days_since_last"  // days, with fraction, since the newest event; absent without events
)

// Feature is one value that a module reads: a field of the profile, or a number derived from the history of an event.
type Feature struct {
	Name      string      `json:"name"`
	Type      Type        `json:"type"`
	Field     string      `json:"field,omitempty"` // for a field; empty: the field named Name
	Aggregate Aggregate   `json:"aggregate,omitempty"`
	Event     string      `json:"event,omitempty"`
	Where     []Condition `json:"where,omitempty"`     // all must hold
	Property  string      `json:"property,omitempty"`  // for Sum: a number among the event's properties
	Window    string      `json:"window,omitempty"`    // such as "90d", "12h"; empty: all that is kept
	HalfLife  string      `json:"half_life,omitempty"` // for Decayed
}

// Condition filters events by a property: equal to one of the values, or beginning with the prefix.
type Condition struct {
	Property string   `json:"property"`
	In       []string `json:"in,omitempty"`
	Prefix   string   `json:"prefix,omitempty"`
}

// Emits lists all that a module may say.
type Emits struct {
	Scores   []Score          `json:"scores,omitempty"`
	Segments []string         `json:"segments,omitempty"`
	Titles   map[string]Title `json:"titles,omitempty"` // of segments
	Traits   []Trait          `json:"traits,omitempty"`
}

// Score is a number made of points, each with one of the reasons.
type Score struct {
	Name    string           `json:"name"`
	Title   Title            `json:"title,omitempty"`
	Reasons []string         `json:"reasons"`
	Titles  map[string]Title `json:"titles,omitempty"` // of reasons

	// Features lists, for each reason, the features that its points depend on, as indexes into Manifest.Reads, rising. It is
	// what an explanation of the score names. Empty: the module does not say, and a reason may depend on all that is read.
	Features [][]int `json:"features,omitempty"`
}

// FeaturesOf gives the indexes into Reads of what a reason of a score depends on, where the module says so.
func (m *Manifest) FeaturesOf(score, reason int) (features []int, said bool) {
	if list := m.Emits.Scores[score].Features; len(list) > 0 {
		return list[reason], true
	}
	return nil, false
}

// Trait is a derived property of a visitor, such as a persona: one of the values.
type Trait struct {
	Name   string           `json:"name"`
	Title  Title            `json:"title,omitempty"`
	Values []string         `json:"values"`
	Titles map[string]Title `json:"titles,omitempty"` // of values
}
