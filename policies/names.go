package policies

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrName is wrapped by every Parse function when it does not know the name.
var ErrName = errors.New("unknown name")

// The names of the enums, in Rego, JSON and YAML alike. The index is the value.
var (
	basisNames       = []string{"consent", "contract", "legal_obligation", "legitimate_interest"}
	statusNames      = []string{"none", "given", "explicit", "refused", "withdrawn", "expired"}
	proofNames       = []string{"none", "single", "double"}
	ageNames         = []string{"unknown", "adult", "minor_guardian", "minor"}
	regimeNames      = []string{"de", "eu", "uk", "ch", "us", "other"}
	destinationNames = []string{"eea", "adequate", "safeguards", "none"}
	deviceNames      = []string{"none", "necessary", "consented"}
	profilingNames   = []string{"none", "score", "decide"}
	categoryNames    = []string{"identifier", "contact", "demographic", "firmographic", "psychographic", "behavioural", "special"}
	tagNames         = []string{"plain", "ip", "birth_date", "location", "url"}
	provenanceNames  = []string{"provided", "observed", "derived", "imported"}
	verdictNames     = []string{"dropped", "generalised", "kept"}
)

// parse finds a name. The error lists what is allowed and never repeats what came in.
func parse[T ~uint8](kind string, names []string, s string) (T, error) {
	for i, name := range names {
		if name == s {
			return T(i), nil
		}
	}
	return 0, fmt.Errorf("%s: %w: it is one of %s", kind, ErrName, strings.Join(names, ", "))
}

func name[T ~uint8](kind string, names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return kind + "(" + strconv.Itoa(int(v)) + ")"
}

func (b Basis) String() string        { return name("basis", basisNames, b) }
func (s Status) String() string       { return name("status", statusNames, s) }
func (p Proof) String() string        { return name("proof", proofNames, p) }
func (a AgeBand) String() string      { return name("age", ageNames, a) }
func (r Regime) String() string       { return name("regime", regimeNames, r) }
func (d Destination) String() string  { return name("destination", destinationNames, d) }
func (d Device) String() string       { return name("device", deviceNames, d) }
func (p Profiling) String() string    { return name("profiling", profilingNames, p) }
func (c Category) String() string     { return name("category", categoryNames, c) }
func (t Tag) String() string          { return name("tag", tagNames, t) }
func (p Provenance) String() string   { return name("provenance", provenanceNames, p) }
func (v FieldVerdict) String() string { return name("verdict", verdictNames, v) }

// ParseBasis reads a legal basis.
func ParseBasis(s string) (Basis, error) { return parse[Basis]("basis", basisNames, s) }

// ParseStatus reads an answer to a purpose.
func ParseStatus(s string) (Status, error) { return parse[Status]("status", statusNames, s) }

// ParseProof reads a level of proof.
func ParseProof(s string) (Proof, error) { return parse[Proof]("proof", proofNames, s) }

// ParseAgeBand reads an age band.
func ParseAgeBand(s string) (AgeBand, error) { return parse[AgeBand]("age", ageNames, s) }

// ParseRegime reads a regime.
func ParseRegime(s string) (Regime, error) { return parse[Regime]("regime", regimeNames, s) }

// ParseDestination reads a destination.
func ParseDestination(s string) (Destination, error) {
	return parse[Destination]("destination", destinationNames, s)
}

// ParseDevice reads a class of device storage.
func ParseDevice(s string) (Device, error) { return parse[Device]("device", deviceNames, s) }

// ParseProfiling reads a level of profiling.
func ParseProfiling(s string) (Profiling, error) {
	return parse[Profiling]("profiling", profilingNames, s)
}

// ParseCategory reads a category of data.
func ParseCategory(s string) (Category, error) { return parse[Category]("category", categoryNames, s) }

// ParseTag reads a tag.
func ParseTag(s string) (Tag, error) { return parse[Tag]("tag", tagNames, s) }

// ParseFieldVerdict reads a verdict.
func ParseFieldVerdict(s string) (FieldVerdict, error) {
	return parse[FieldVerdict]("verdict", verdictNames, s)
}
