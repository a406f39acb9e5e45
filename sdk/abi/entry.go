package abi

import (
	"encoding/binary"
	"fmt"
	"math"
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
	out := dst
	for at := 0; at < len(raw); at += EntrySize {
		b := raw[at:][:EntrySize]
		bits := binary.LittleEndian.Uint64(b[8:])
		e := Entry{
			Kind:   Kind(binary.LittleEndian.Uint16(b)),
			Index:  binary.LittleEndian.Uint16(b[2:]),
			Reason: binary.LittleEndian.Uint16(b[4:]),
			Number: math.Float64frombits(bits),
		}
		if fault := faultOf(m, e, bits, binary.LittleEndian.Uint16(b[6:])); fault != "" {
			return dst, fmt.Errorf("entry %d of the answer: %s", at/EntrySize, fault)
		}
		out = append(out, e)
	}
	return out, nil
}

// faultOf says in words what is wrong with an entry, or nothing.
func faultOf(m *Manifest, e Entry, bits uint64, padding uint16) string {
	if padding != 0 {
		return "the padding is not zero"
	}
	switch e.Kind {
	case ScoreEntry:
		switch {
		case int(e.Index) >= len(m.Emits.Scores):
			return "no score with this index is declared"
		case int(e.Reason) >= len(m.Emits.Scores[e.Index].Reasons):
			return "no reason with this index is declared for the score"
		case !finite(bits):
			return "the points are not a finite number"
		}
		return ""
	case SegmentEntry:
		switch {
		case int(e.Index) >= len(m.Emits.Segments):
			return "no segment with this index is declared"
		case e.Reason != 0 || bits != 0:
			return "a segment has neither reason nor number"
		}
		return ""
	case TraitEntry:
		switch {
		case int(e.Index) >= len(m.Emits.Traits):
			return "no trait with this index is declared"
		case int(e.Reason) >= len(m.Emits.Traits[e.Index].Values):
			return "no value with this index is declared for the trait"
		case bits != 0:
			return "a trait has no number"
		}
		return ""
	default:
		return "the kind is not one of version 1"
	}
}
