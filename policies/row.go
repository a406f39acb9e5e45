package policies

// Category is what kind of data a field holds.
type Category uint8

// The categories of a catalogue's fields. Special is Article 9.
const (
	CategoryIdentifier Category = iota
	CategoryContact
	CategoryDemographic
	CategoryFirmographic
	CategoryPsychographic
	CategoryBehavioural
	CategorySpecial
	categoryCount
)

// Tag says that a field's value is of a kind that can be made coarser, and so may be asked to be.
type Tag uint8

// The tags.
const (
	TagPlain Tag = iota
	TagIP
	TagBirthDate
	TagLocation
	TagURL
	tagCount
)

// Class is all that a policy may know of a field: fields enter a policy by class, never by name, so that one proved
// policy serves every tenant's catalogue.
type Class struct {
	Category Category
	Tag      Tag
	Bound    bool // the catalogue binds the field to the purpose at hand
}

// ClassCount is the number of classes; Class.Index is below it.
const ClassCount = int(categoryCount) * int(tagCount) * 2

// Index places a class in Row.Fields.
func (c Class) Index() int {
	i := (int(c.Category)*int(tagCount) + int(c.Tag)) * 2
	if c.Bound {
		i++
	}
	return i
}

// FieldVerdict is what happens to a field's value.
type FieldVerdict uint8

// The verdicts, ordered: a greater one keeps more.
const (
	Drop FieldVerdict = iota
	Generalise
	Keep
)

// FieldRule is a row's decision for one class of fields.
type FieldRule struct {
	Verdict FieldVerdict
	TTLDays uint16 // the longest that the policy lets the value live; 0 with Drop
	Reason  string // id of the rule that decided
}

// Provenance is where a value came from.
type Provenance uint8

// The provenances.
const (
	ProvenanceProvided Provenance = iota // by the visitor
	ProvenanceObserved                   // from what the visitor did
	ProvenanceDerived                    // from other values
	ProvenanceImported                   // by the tenant's own systems
	provenanceCount
)

// Row is the policy's answer to situations: immutable, shared by all situations that are answered alike, safe for concurrent
// use. A refusal is a row like any other, with its reasons.
type Row struct {
	Permit    bool
	Fields    *Fields // shared between rows that treat fields alike; nil drops everything
	Profiling Profiling
	Review    bool // a person must be able to review what is decided (Article 22(3))
	Transfer  bool
	Device    bool                  // the visitor's device may be written to
	Portable  [provenanceCount]bool // what an export under Article 20 holds
	Retention string                // id of the rule behind the times to live; empty without Permit

	// The ids of the rules behind each answer, sorted, at least one each.
	Reasons          []string // behind Permit
	ProfilingReasons []string
	TransferReasons  []string
	DeviceReasons    []string
	PortableReasons  []string
}

// A Decision is a situation's row and its number in the table.
type Decision struct {
	Row *Row
	Key uint32 // Situation.Key
}

// Fields holds a decision for each class, by Class.Index.
type Fields [ClassCount]FieldRule

// Field returns the decision for a class.
func (r *Row) Field(c Class) FieldRule { return r.at(c.Index()) }

func (r *Row) at(index int) FieldRule {
	if r.Fields == nil {
		return FieldRule{Reason: ReasonNotKept}
	}
	return r.Fields[index]
}

// Within tells whether a row permits nothing that the other does not: no value whole that the other coarsens or drops, none
// for longer, no further use, and no decision without the review that the other asks for.
func (r *Row) Within(o *Row) bool {
	if r.Permit && !o.Permit || r.Profiling > o.Profiling || r.Transfer && !o.Transfer || r.Device && !o.Device {
		return false
	}
	if r.Profiling == ProfilingDecide && o.Review && !r.Review {
		return false
	}
	if r.Fields == o.Fields {
		return true
	}
	for i := range ClassCount {
		mine, theirs := r.at(i), o.at(i)
		if mine.Verdict > theirs.Verdict || mine.TTLDays > theirs.TTLDays {
			return false
		}
	}
	return true
}
