package abi

import (
	"encoding/binary"
	"errors"
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
		e := Entry{
			Kind:   Kind(binary.LittleEndian.Uint16(b)),
			Index:  binary.LittleEndian.Uint16(b[2:]),
			Reason: binary.LittleEndian.Uint16(b[4:]),
			Number: math.Float64frombits(binary.LittleEndian.Uint64(b[8:])),
		}
		err := m.Check(e)
		if b[6] != 0 || b[7] != 0 {
			err = errors.New("the padding is not zero")
		}
		if err != nil {
			return dst, fmt.Errorf("entry %d of the answer: %w", at/EntrySize, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// Check tells whether the manifest allows an entry: its indexes are within the tables, points are finite, and what the
// kind does not use is zero.
func (m *Manifest) Check(e Entry) error {
	bits := math.Float64bits(e.Number)
	switch e.Kind {
	case ScoreEntry:
		switch {
		case int(e.Index) >= len(m.Emits.Scores):
			return errors.New("no score with this index is declared")
		case int(e.Reason) >= len(m.Emits.Scores[e.Index].Reasons):
			return errors.New("no reason with this index is declared for the score")
		case !finite(bits):
			return errors.New("the points are not a finite number")
		}
		return nil
	case SegmentEntry:
		switch {
		case int(e.Index) >= len(m.Emits.Segments):
			return errors.New("no segment with this index is declared")
		case e.Reason != 0 || bits != 0:
			return errors.New("a segment has neither reason nor number")
		}
		return nil
	case TraitEntry:
		switch {
		case int(e.Index) >= len(m.Emits.Traits):
			return errors.New("no trait with this index is declared")
		case int(e.Reason) >= len(m.Emits.Traits[e.Index].Values):
			return errors.New("no value with this index is declared for the trait")
		case bits != 0:
			return errors.New("a trait has no number")
		}
		return nil
	default:
		return errors.New("the kind is not one of version 1")
	}
}
