package abi

// Kind says what an entry is.
type Kind uint16

// The kinds of version 1. Zero is not a kind, so that a buffer left alone is refused.
const (
	ScoreEntry   Kind = 1 // Index into Emits.Scores, Reason into that score's reasons, Number are the points
	SegmentEntry Kind = 2 // Index into Emits.Segments; Reason and Number are zero
	TraitEntry   Kind = 3 // Index into Emits.Traits, Reason into that trait's values; Number is zero
)

// Entry is one statement of a module. On the wire it is EntrySize bytes, little-endian: kind, index, reason and a zero,
// two bytes each, then the number as an IEEE 754 double.
type Entry struct {
	Kind   Kind
	Index  uint16
	Reason uint16
	Number float64 // finite
}
