// Package lotse is the kit for rule modules in Go. A module is a main package with a function that reads a record and
// says what follows from it, and one line that hands that function over:
//
//	package main
//
//	import lotse "github.com/lotse-edge/lotse/sdk/go"
//
//	// The features, in the order of "reads" in manifest.json.
//	const pages = 0
//
//	// The scores and their reasons, in the order of "emits".
//	const (
//		interest = 0
//		page     = 0
//	)
//
//	func evaluate(r lotse.Record, out *lotse.Result) {
//		n, _ := r.Number(pages)
//		out.Points(interest, page, min(n, 10))
//	}
//
//	var _ = lotse.Handle(evaluate)
//
//	func main() {}
//
// It is built with the stock toolchain, and the manifest is appended by the lotse command:
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -ldflags="-s -w" -trimpath -o interest.wasm .
//
// Handle is called from a variable because a module built with c-shared is a library: main never runs, package variables
// are initialised. The exports that the host calls are in this package, so there is nothing else to write.
//
// All is by index into the manifest's tables; the host and the module share no names. The command lotse rules generate writes
// methods with the manifest's names around the indexes: README.md beside this file shows how. Natively the package builds too,
// so that a module is tested with go test: see package lotsetest.
//
// A module is evaluated in a single thread, and nothing that it writes to memory outlives a call. It has no clock, no
// random numbers, no files and no network. Packages fmt and encoding/json make a module much larger: do without them.
package lotse

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// The contract of sdk/abi, version 1, once more: that package reads manifests as well, which would add a third to the size
// of every module. A test compares the two.
const (
	version    = 1
	maxRecord  = 16 << 10
	maxEntries = 256
	entrySize  = 16
	slotSize   = 16
	headerSize = 32

	typeNumber  = 1
	typeString  = 2
	typeBoolean = 3

	kindScore   = 1
	kindSegment = 2
	kindTrait   = 3
)

// What evaluate answers instead of a number of entries.
const (
	refusedRecord = -1 // the record is not one of version 1
	refusedAnswer = -2 // the rules said more than fits into an answer
)

// Rules is a module's own function: it reads the record and says what follows. It must depend on nothing else.
type Rules func(Record, *Result)

// Record is what the host tells a module: the values of the features that its manifest declares. A feature that is not
// known, and one that may not be seen, are both absent. A feature's index is its place in the manifest's reads; an index
// outside, or a value of another type than declared, is a mistake in the rules and panics.
type Record struct {
	raw []byte
}

// Len is the number of features.
func (r Record) Len() int { return int(binary.LittleEndian.Uint32(r.raw[12:])) }

// UnixMillis is the moment of evaluation. It is the only clock.
func (r Record) UnixMillis() int64 { return int64(binary.LittleEndian.Uint64(r.raw[24:])) }

// Has tells whether a feature is there.
func (r Record) Has(feature int) bool { return r.slot(feature)[0] == 1 }

// Number is the value of a number, and whether it is there: 0 and false if not.
func (r Record) Number(feature int) (float64, bool) {
	bits, ok := r.bits(feature, typeNumber)
	return math.Float64frombits(bits), ok
}

// Text is the value of a string, and whether it is there: empty and false if not. The text is part of the record, so it
// must not be kept beyond the call.
func (r Record) Text(feature int) (string, bool) {
	offset, ok := r.bits(feature, typeString)
	length := uint64(binary.LittleEndian.Uint32(r.slot(feature)[4:]))
	if !ok || length == 0 {
		return "", ok
	}
	text := r.raw[offset:][:length]
	return unsafe.String(&text[0], len(text)), true // a copy would be the only allocation of a call
}

// Bool is the value of a boolean, and whether it is there: false and false if not.
func (r Record) Bool(feature int) (value, ok bool) {
	bits, ok := r.bits(feature, typeBoolean)
	return bits == 1, ok
}

func (r Record) slot(feature int) []byte {
	if uint(feature) >= uint(r.Len()) {
		panic("lotse: the manifest declares no feature with this index")
	}
	return r.raw[headerSize+feature*slotSize:][:slotSize]
}

func (r Record) bits(feature int, want byte) (uint64, bool) {
	slot := r.slot(feature)
	if slot[1] != want {
		panic("lotse: the manifest declares another type for this feature")
	}
	return binary.LittleEndian.Uint64(slot[8:]), slot[0] == 1
}

// whole tells whether the header and the table of slots are sound, so that the methods read within the record.
func (r Record) whole() bool {
	if len(r.raw) < headerSize || len(r.raw) > maxRecord || string(r.raw[:4]) != "LTS1" {
		return false
	}
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(r.raw[at:]) }
	return word(4) == version && word(8) == uint32(len(r.raw)) && word(12) <= uint32(len(r.raw)-headerSize)/slotSize
}

// Result takes what a module says. All indexes are places in the lists of the manifest's emits; the host refuses an answer
// with an index outside of them.
type Result struct {
	entries [maxEntries * entrySize]byte
	size    int
	full    bool
}

// Points gives points for a score, for one of its reasons. No points are not worth a word and are left out.
func (r *Result) Points(score, reason int, points float64) {
	if points != 0 {
		r.add(kindScore, score, reason, points)
	}
}

// Segment says that the visitor is in a segment.
func (r *Result) Segment(segment int) { r.add(kindSegment, segment, 0, 0) }

// Trait says which of its values a trait has.
func (r *Result) Trait(trait, value int) { r.add(kindTrait, trait, value, 0) }

// Entries is the answer so far, as the host reads it.
func (r *Result) Entries() []byte { return r.entries[:r.size] }

func (r *Result) add(kind uint16, index, reason int, number float64) {
	if uint(index) > math.MaxUint16 || uint(reason) > math.MaxUint16 {
		panic("lotse: the manifest declares nothing with this index")
	}
	if r.size == len(r.entries) {
		r.full = true
		return
	}
	e := r.entries[r.size:][:entrySize]
	binary.LittleEndian.PutUint16(e, kind)
	binary.LittleEndian.PutUint16(e[2:], uint16(index))
	binary.LittleEndian.PutUint16(e[4:], uint16(reason))
	binary.LittleEndian.PutUint16(e[6:], 0)
	binary.LittleEndian.PutUint64(e[8:], math.Float64bits(number))
	r.size += entrySize
}

// Evaluate runs rules over a record, and gives the number of entries in out or a negative number for a refusal. The host's
// call ends here, and so do the tests of package lotsetest.
func Evaluate(rules Rules, record []byte, out *Result) int32 {
	out.size, out.full = 0, false
	r := Record{record}
	if rules == nil || !r.whole() {
		return refusedRecord
	}
	rules(r, out)
	if out.full {
		return refusedAnswer
	}
	return int32(out.size / entrySize)
}

// handled is the module's function. It changes once, before the first call.
var handled Rules

// Handled is what Handle gives, so that it can be called from a package variable.
type Handled struct{}

// Handle hands a module's rules to the host. It is called once, as var _ = lotse.Handle(evaluate).
func Handle(rules Rules) Handled {
	if rules == nil || handled != nil {
		panic("lotse: a module hands over one function, once")
	}
	handled = rules
	return Handled{}
}

// Same compares two texts as people do: capitals and small letters of ASCII are the same, and spaces, hyphens and
// underscores do not count. So "Working Professional" is "working_professional", whichever form or import it came from.
func Same(a, b string) bool {
	for {
		var x, y int
		a, x = nextLetter(a)
		b, y = nextLetter(b)
		if x != y || x < 0 {
			return x == y
		}
	}
}

// nextLetter cuts the first byte that counts off s and gives it as a small letter, or -1 at the end.
func nextLetter(s string) (rest string, letter int) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ', c == '-', c == '_':
		case 'A' <= c && c <= 'Z':
			return s[i+1:], int(c) + 'a' - 'A'
		default:
			return s[i+1:], int(c)
		}
	}
	return "", -1
}
