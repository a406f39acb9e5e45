// Package policies is the law of the house: Rego rules that say what may be done with a visitor's data for one purpose at
// one moment, and the engine that turns them into immutable rows. It knows no visitor, no tenant's field names and no
// clock; it stores nothing. It is the only importer of OPA.
//
// An Engine and its rows are safe for concurrent use. A refusal is a row with reasons; an error means that the engine
// itself failed, and its caller must then store nothing.
package policies

// A Situation is all that a policy may know of one purpose at one moment: enums and booleans only. No identifier, no
// time and no text of a client can enter it, so a decision depends on nothing else and can be kept, compared and proved.
type Situation struct {
	Basis       Basis       // on what the purpose rests, from the tenant's catalogue
	Asked       Profiling   // the most that the purpose asks for
	Marketing   bool        // the purpose is direct marketing (Article 21(2) GDPR)
	Status      Status      // the visitor's answer for this purpose
	Proof       Proof       // how well that answer is proved (Article 7(1))
	Requested   bool        // the visitor asked for what a contract's purpose is needed for; never with another basis
	Objected    bool        // Article 21
	Restricted  bool        // Article 18
	GPC         bool        // the browser sent Sec-GPC: 1
	Age         AgeBand     // against the threshold of the visitor's country (Article 8)
	Regime      Regime      // whose law
	Destination Destination // where the data would go (Articles 44 to 49)
	Device      Device      // what the purpose wants of the visitor's device (ePrivacy 5(3), TDDDG 25)
}

// Basis is a legal basis (Article 6(1)).
type Basis uint8

// The legal bases that a purpose may rest on.
const (
	BasisConsent            Basis = iota // 6(1)(a)
	BasisContract                        // 6(1)(b)
	BasisLegalObligation                 // 6(1)(c)
	BasisLegitimateInterest              // 6(1)(f)
)

// Status is what a visitor answered to a purpose. Expired is derived by Go from the record's end of validity.
type Status uint8

// The answers.
const (
	StatusNone Status = iota
	StatusGiven
	StatusExplicit // given explicitly, as special categories need (Article 9(2)(a))
	StatusRefused
	StatusWithdrawn
	StatusExpired
)

// Proof is the level of evidence behind an answer.
type Proof uint8

// The levels of proof.
const (
	ProofNone Proof = iota
	ProofSingle
	ProofDouble // double opt-in
)

// AgeBand places a visitor against the age of consent in the visitor's country.
type AgeBand uint8

// The age bands.
const (
	AgeUnknown       AgeBand = iota
	AgeAdult                 // old enough to consent alone
	AgeMinorGuardian         // too young, a guardian consented
	AgeMinor
)

// Regime is the law that applies.
type Regime uint8

// The regimes.
const (
	RegimeDE Regime = iota
	RegimeEU
	RegimeUK
	RegimeCH
	RegimeUS
	RegimeOther
)

// Destination is where a purpose's data goes.
type Destination uint8

// The destinations.
const (
	DestinationEEA Destination = iota
	DestinationAdequate
	DestinationSafeguards
	DestinationNone // a third country without any ground
)

// Device is what a purpose stores on the visitor's device.
type Device uint8

// The classes of device storage.
const (
	DeviceNone Device = iota
	DeviceNecessary
	DeviceConsented
)

// Profiling is how far data may be used to judge a person (Article 22).
type Profiling uint8

// The levels of profiling.
const (
	ProfilingNone Profiling = iota
	ProfilingScore
	ProfilingDecide
)
