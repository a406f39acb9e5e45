package abi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

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

// AppendEntries appends the entries' bytes to dst. It checks nothing: DecodeEntries does.
func AppendEntries(dst []byte, entries []Entry) []byte {
	for i := range entries {
		e := &entries[i]
		dst = binary.LittleEndian.AppendUint16(dst, uint16(e.Kind))
		dst = binary.LittleEndian.AppendUint16(dst, e.Index)
		dst = binary.LittleEndian.AppendUint16(dst, e.Reason)
		dst = binary.LittleEndian.AppendUint16(dst, 0)
		dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(e.Number))
	}
	return dst
}

// DecodeEntries appends the entries of a module's answer to dst. Each must be one that the manifest allows, with every
// unused byte zero; otherwise the answer is refused whole and dst comes back as it was. It allocates nothing where dst has
// room.
func DecodeEntries(m *Manifest, raw []byte, dst []Entry) ([]Entry, error) {
	if len(raw)%EntrySize != 0 {
		return dst, fmt.Errorf("the answer has %d bytes, not a multiple of %d", len(raw), EntrySize)
	}
	if len(raw) > MaxEntries*EntrySize {
		return dst, fmt.Errorf("the answer has %d entries, more than %d", len(raw)/EntrySize, MaxEntries)
	}
	n := len(raw) / EntrySize
	out := slices.Grow(dst, n)[:len(dst)+n]
	if i, why := m.decode(raw, out[len(dst):]); why != allowed {
		return dst, fmt.Errorf("entry %d of the answer: %s", i, why)
	}
	return out, nil
}

// decode fills the entries up to the first that is not allowed.
func (m *Manifest) decode(raw []byte, entries []Entry) (at int, why refusal) {
	for i := range entries {
		b := raw[i*EntrySize:][:EntrySize]
		head, bits := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
		if !m.usual(head, bits) {
			if why := m.refuse(head, bits); why != allowed {
				return i, why
			}
		}
		entries[i] = Entry{Kind(head), uint16(head >> 16), uint16(head >> 32), math.Float64frombits(bits)}
	}
	return 0, allowed
}

// Check tells whether the manifest allows an entry: its indexes are within the tables, points are finite, and what the
// kind does not use is zero.
func (m *Manifest) Check(e Entry) error {
	head := uint64(e.Kind) | uint64(e.Index)<<16 | uint64(e.Reason)<<32
	if why := m.refuse(head, math.Float64bits(e.Number)); why != allowed {
		return errors.New(why.String())
	}
	return nil
}

// refusal is why a manifest does not allow an entry.
type refusal uint8

const (
	allowed refusal = iota
	foreignKind
	foreignScore
	foreignReason
	notFinite
	foreignSegment
	segmentWithMore
	foreignTrait
	foreignValue
	traitWithNumber
	notPadded
)

func (r refusal) String() string {
	return [...]string{
		allowed:         "it is allowed",
		foreignKind:     "the kind is not one of version 1",
		foreignScore:    "no score with this index is declared",
		foreignReason:   "no reason with this index is declared for the score",
		notFinite:       "the points are not a finite number",
		foreignSegment:  "no segment with this index is declared",
		segmentWithMore: "a segment has neither reason nor number",
		foreignTrait:    "no trait with this index is declared",
		foreignValue:    "no value with this index is declared for the trait",
		traitWithNumber: "a trait has no number",
		notPadded:       "the padding is not zero",
	}[r]
}

// usual tells whether an entry is an allowed score's, as most are: less than refuse asks, and short enough to be inlined.
func (m *Manifest) usual(head, bits uint64) bool {
	scores, index := m.Emits.Scores, int(uint16(head>>16))
	return Kind(head) == ScoreEntry && index < len(scores) && head>>32 < uint64(len(scores[index].Reasons)) && finite(bits)
}

// refuse judges an entry by its two words as they are on the wire.
func (m *Manifest) refuse(head, bits uint64) refusal {
	index, reason := int(uint16(head>>16)), int(uint16(head>>32))
	switch kind := Kind(head); {
	case head>>48 != 0:
		return notPadded
	case kind == ScoreEntry:
		switch {
		case index >= len(m.Emits.Scores):
			return foreignScore
		case reason >= len(m.Emits.Scores[index].Reasons):
			return foreignReason
		case !finite(bits):
			return notFinite
		}
	case kind == SegmentEntry:
		switch {
		case index >= len(m.Emits.Segments):
			return foreignSegment
		case reason != 0 || bits != 0:
			return segmentWithMore
		}
	case kind == TraitEntry:
		switch {
		case index >= len(m.Emits.Traits):
			return foreignTrait
		case reason >= len(m.Emits.Traits[index].Values):
			return foreignValue
		case bits != 0:
			return traitWithNumber
		}
	default:
		return foreignKind
	}
	return allowed
}
