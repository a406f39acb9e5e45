package policies

import "slices"

// A part is one question that a situation answers: a key of the input document. The list of parts is the one definition
// of a situation, from which come the input document, its JSON schema, the lint of policies, the enumeration of all
// situations and the officer's wording; names.go holds the values' names.
type part struct {
	key       string
	title     Words
	names     []string // of the values, by number; for a boolean "false" and "true"
	words     []Words  // of the values, as the end of "title: ..."
	get       func(s *Situation) uint8
	set       func(s *Situation, v uint8)
	ofPurpose bool // what the catalogue fixes for a purpose, not the visitor's moment
}

// Words is a text by language; "de" and "en" are always there.
type Words map[string]string

func words(en, de string) Words { return Words{"en": en, "de": de} }

var (
	booleanNames = []string{"false", "true"}
	noYes        = []Words{words("no", "nein"), words("yes", "ja")}
)

// boolean tells whether a part is true or false in the input document.
func (p *part) boolean() bool { return &p.names[0] == &booleanNames[0] }

// The numbers of the parts.
const (
	partRegime = iota
	partBasis
	partRequested
	partAsked
	partMarketing
	partDestination
	partDevice
	partStatus
	partProof
	partObjected
	partRestricted
	partGPC
	partAge
	partCount
)

// parts is the closed world of a situation, in the order in which an officer reads it.
var parts = [partCount]part{
	partRegime: {
		key: "regime", title: words("whose law applies", "wessen Recht gilt"), names: regimeNames, ofPurpose: true,
		words: []Words{
			words("Germany", "Deutschland"), words("another country of the European Union", "ein anderes Land der Europäischen Union"),
			words("United Kingdom", "Vereinigtes Königreich"), words("Switzerland", "Schweiz"),
			words("United States", "Vereinigte Staaten"), words("another country", "ein anderes Land"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Regime) }, set: func(s *Situation, v uint8) { s.Regime = Regime(v) },
	},
	partBasis: {
		key: "basis", title: words("legal basis of the purpose", "Rechtsgrundlage des Zwecks"), names: basisNames, ofPurpose: true,
		words: []Words{
			words("consent", "Einwilligung"), words("contract", "Vertrag"), words("legal obligation", "rechtliche Pflicht"),
			words("legitimate interest", "berechtigtes Interesse"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Basis) }, set: func(s *Situation, v uint8) { s.Basis = Basis(v) },
	},
	partRequested: {
		key: "requested", title: words("the visitor asked for the contract", "der Besucher hat den Vertrag verlangt"),
		names: booleanNames, words: noYes,
		get: func(s *Situation) uint8 { return number(s.Requested) }, set: func(s *Situation, v uint8) { s.Requested = v == 1 },
	},
	partAsked: {
		key: "asked", title: words("profiling that the purpose asks for", "Profilbildung, die der Zweck verlangt"),
		names: profilingNames, ofPurpose: true,
		words: []Words{words("none", "keine"), words("scores", "Bewertung"), words("decisions by machine", "Entscheidungen durch eine Maschine")},
		get:   func(s *Situation) uint8 { return uint8(s.Asked) }, set: func(s *Situation, v uint8) { s.Asked = Profiling(v) },
	},
	partMarketing: {
		key: "marketing", title: words("direct marketing", "Direktwerbung"), names: booleanNames, words: noYes, ofPurpose: true,
		get: func(s *Situation) uint8 { return number(s.Marketing) }, set: func(s *Situation, v uint8) { s.Marketing = v == 1 },
	},
	partDestination: {
		key: "destination", title: words("where the data goes", "wohin die Daten gehen"), names: destinationNames, ofPurpose: true,
		words: []Words{
			words("it stays in the European Economic Area", "sie bleiben im Europäischen Wirtschaftsraum"),
			words("to a country with adequate protection", "in ein Land mit angemessenem Schutz"),
			words("abroad under safeguards", "unter Garantien ins Ausland"),
			words("abroad without any ground", "ohne Grundlage ins Ausland"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Destination) }, set: func(s *Situation, v uint8) { s.Destination = Destination(v) },
	},
	partDevice: {
		key: "device", title: words("what is stored on the visitor's device", "was auf dem Gerät des Besuchers gespeichert wird"),
		names: deviceNames, ofPurpose: true,
		words: []Words{
			words("nothing", "nichts"), words("what the service cannot do without", "was der Dienst unbedingt braucht"),
			words("what needs consent", "was eine Einwilligung braucht"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Device) }, set: func(s *Situation, v uint8) { s.Device = Device(v) },
	},
	partStatus: {
		key: "status", title: words("the visitor's answer", "Antwort des Besuchers"), names: statusNames,
		words: []Words{
			words("none yet", "noch keine"), words("agreed", "eingewilligt"), words("agreed explicitly", "ausdrücklich eingewilligt"),
			words("refused", "abgelehnt"), words("withdrawn", "widerrufen"), words("a consent that has run out", "eine abgelaufene Einwilligung"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Status) }, set: func(s *Situation, v uint8) { s.Status = Status(v) },
	},
	partProof: {
		key: "proof", title: words("proof of the answer", "Nachweis der Antwort"), names: proofNames,
		words: []Words{
			words("none", "keiner"), words("a recorded click", "ein festgehaltener Klick"), words("a confirmed address (double opt-in)", "eine bestätigte Adresse (Double-Opt-in)"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Proof) }, set: func(s *Situation, v uint8) { s.Proof = Proof(v) },
	},
	partObjected: {
		key: "objected", title: words("the visitor objected", "der Besucher hat widersprochen"), names: booleanNames, words: noYes,
		get: func(s *Situation) uint8 { return number(s.Objected) }, set: func(s *Situation, v uint8) { s.Objected = v == 1 },
	},
	partRestricted: {
		key: "restricted", title: words("the visitor had processing restricted", "der Besucher ließ die Verarbeitung einschränken"),
		names: booleanNames, words: noYes,
		get: func(s *Situation) uint8 { return number(s.Restricted) }, set: func(s *Situation, v uint8) { s.Restricted = v == 1 },
	},
	partGPC: {
		key: "gpc", title: words("the browser asks not to be tracked (GPC)", "der Browser bittet, nicht verfolgt zu werden (GPC)"),
		names: booleanNames, words: noYes,
		get: func(s *Situation) uint8 { return number(s.GPC) }, set: func(s *Situation, v uint8) { s.GPC = v == 1 },
	},
	partAge: {
		key: "age", title: words("age of the visitor", "Alter des Besuchers"), names: ageNames,
		words: []Words{
			words("not known", "nicht bekannt"), words("old enough to agree alone", "alt genug, allein einzuwilligen"),
			words("a child whose guardian agreed", "ein Kind mit Zustimmung Sorgeberechtigter"), words("a child", "ein Kind"),
		},
		get: func(s *Situation) uint8 { return uint8(s.Age) }, set: func(s *Situation, v uint8) { s.Age = AgeBand(v) },
	},
}

func number(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// A Part is one question that a situation answers, for those who show situations.
type Part struct {
	Key       string // in the input document and on the command line
	Title     Words
	Names     []string // of the values, in the input document and on the command line
	Words     []Words  // of the values
	OfPurpose bool     // what the catalogue fixes for a purpose, not the visitor's moment
}

// Parts lists the questions that make up a situation, in the order in which a person reads them.
func Parts() []Part {
	out := make([]Part, partCount)
	for i := range parts {
		p := &parts[i]
		out[i] = Part{Key: p.key, Title: p.title, Names: p.names, Words: p.words, OfPurpose: p.ofPurpose}
	}
	return out
}

// Values gives the number of the value of each part, in the order of Parts.
func (s Situation) Values() [partCount]uint8 {
	var out [partCount]uint8
	for i := range parts {
		out[i] = parts[i].get(&s)
	}
	return out
}

// SituationFrom makes a situation of values by key, as the input document has them; what is not named has its first value.
// An unknown key or value is an error that says what there is.
func SituationFrom(values map[string]string) (Situation, error) {
	var s Situation
	known := make([]string, partCount)
	for i := range parts {
		known[i] = parts[i].key
	}
	for key, value := range values {
		i, err := parse[uint8]("situation", known, key)
		if err != nil {
			return s, err
		}
		v, err := parse[uint8](key, parts[i].names, value)
		if err != nil {
			return s, err
		}
		parts[i].set(&s, v)
	}
	return s, s.Validate()
}

// partByKey finds a part; -1 if there is none.
func partByKey(key string) int {
	return slices.IndexFunc(parts[:], func(p part) bool { return p.key == key })
}
