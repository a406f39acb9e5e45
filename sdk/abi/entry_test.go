package abi_test

import (
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

var goodEntries = []abi.Entry{
	{Kind: abi.ScoreEntry, Index: 0, Reason: 1, Number: -2.5},
	{Kind: abi.SegmentEntry, Index: 1},
	{Kind: abi.TraitEntry, Index: 0, Reason: 2},
}

func TestTheLayoutOfEntries(t *testing.T) {
	m := parse(t, goodManifest)
	raw := abi.AppendEntries([]byte{7}, goodEntries)
	want := "07" + "0100000001000000" + "00000000000004c0" + "0200010000000000" + "0000000000000000" + "0300000002000000" + "0000000000000000"
	if diff := cmp.Diff(want, hex.EncodeToString(raw)); diff != "" {
		t.Error(diff)
	}
	before := []abi.Entry{{Kind: abi.SegmentEntry}}
	got, err := abi.DecodeEntries(m, raw[1:], before)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(before, goodEntries...), got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeEntriesRefuses(t *testing.T) {
	m := parse(t, goodManifest)
	score := abi.Entry{Kind: abi.ScoreEntry}
	with := func(change func(*abi.Entry)) []byte {
		e := score
		change(&e)
		return abi.AppendEntries(nil, []abi.Entry{score, e})
	}
	padded := abi.AppendEntries(nil, []abi.Entry{score})
	padded[7] = 1
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"half an entry":        {make([]byte, 8), "not a multiple"},
		"too many":             {make([]byte, (abi.MaxEntries+1)*abi.EntrySize), "more than 256"},
		"nothing written":      {make([]byte, abi.EntrySize), "the kind"},
		"padding":              {padded, "padding"},
		"a foreign kind":       {with(func(e *abi.Entry) { e.Kind = 4 }), "the kind"},
		"a foreign score":      {with(func(e *abi.Entry) { e.Index = 1 }), "no score"},
		"a foreign reason":     {with(func(e *abi.Entry) { e.Reason = 2 }), "no reason"},
		"not a number":         {with(func(e *abi.Entry) { e.Number = math.NaN() }), "finite"},
		"infinite":             {with(func(e *abi.Entry) { e.Number = math.Inf(1) }), "finite"},
		"a foreign segment":    {with(func(e *abi.Entry) { *e = abi.Entry{Kind: 2, Index: 2} }), "no segment"},
		"a segment's reason":   {with(func(e *abi.Entry) { *e = abi.Entry{Kind: 2, Reason: 1} }), "neither reason"},
		"a segment's number":   {with(func(e *abi.Entry) { *e = abi.Entry{Kind: 2, Number: math.Copysign(0, -1)} }), "neither reason"},
		"a foreign trait":      {with(func(e *abi.Entry) { *e = abi.Entry{Kind: 3, Index: 1} }), "no trait"},
		"a trait's value":      {with(func(e *abi.Entry) { *e = abi.Entry{Kind: 3, Reason: 3} }), "no value"},
		"a trait with a score": {with(func(e *abi.Entry) { *e = abi.Entry{Kind: 3, Number: 1} }), "no number"},
	} {
		got, err := abi.DecodeEntries(m, c.raw, goodEntries[:1:1])
		if err == nil || !strings.Contains(err.Error(), c.want) || len(got) != 1 {
			t.Errorf("%s: %d entries, %v", name, len(got), err)
		}
	}
}

// Whatever the decoder takes is within the tables and is what the encoder writes, byte for byte.
func FuzzEntries(f *testing.F) {
	m, err := abi.ParseManifest([]byte(goodManifest))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(abi.AppendEntries(nil, goodEntries))
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128})
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := abi.DecodeEntries(m, raw[:len(raw):len(raw)], nil)
		if err != nil {
			return
		}
		for _, e := range got {
			switch e.Kind {
			case abi.ScoreEntry:
				_ = m.Emits.Scores[e.Index].Reasons[e.Reason]
			case abi.SegmentEntry:
				_ = m.Emits.Segments[e.Index]
			case abi.TraitEntry:
				_ = m.Emits.Traits[e.Index].Values[e.Reason]
			}
		}
		if diff := cmp.Diff(string(raw), string(abi.AppendEntries(nil, got))); diff != "" {
			t.Error(diff)
		}
	})
}
