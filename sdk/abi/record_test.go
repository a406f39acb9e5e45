package abi_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

func number(n float64) abi.Value { return abi.Value{Present: true, Type: abi.Number, Number: n} }
func text(s string) abi.Value    { return abi.Value{Present: true, Type: abi.String, Text: s} }
func boolean(n float64) abi.Value {
	return abi.Value{Present: true, Type: abi.Boolean, Number: n}
}

// manyValues has every third value a text.
func manyValues(n int) []abi.Value {
	values := make([]abi.Value, n)
	for i := range values {
		values[i] = number(float64(i))
		if i%3 == 0 {
			values[i] = text("gastronomy")
		}
	}
	return values
}

// The layout is a promise to guests in every language: this is it, byte for byte.
func TestTheLayoutOfARecord(t *testing.T) {
	values := []abi.Value{number(1.5), text("AT"), {Type: abi.String}, boolean(1), text("dry")}
	got, err := abi.AppendRecord([]byte("before"), 0x0102030405060708, values)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"4c545331", "01000000", "75000000", "05000000", "70000000", "00000000", "0807060504030201",
		"01010000", "00000000", "000000000000f83f",
		"01020000", "02000000", "7000000000000000",
		"00020000", "00000000", "0000000000000000",
		"01030000", "00000000", "0100000000000000",
		"01020000", "03000000", "7200000000000000",
		"4154", "647279",
	}, "")
	if diff := cmp.Diff("before", string(got[:6])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, hex.EncodeToString(got[6:])); diff != "" {
		t.Error(diff)
	}
	millis, back, err := abi.ReadRecord(nil, got[6:])
	if err != nil || millis != 0x0102030405060708 {
		t.Fatalf("ReadRecord: %d, %v", millis, err)
	}
	if diff := cmp.Diff(values, back); diff != "" {
		t.Error(diff)
	}
}

func TestAppendRecordRefuses(t *testing.T) {
	for name, values := range map[string][]abi.Value{
		"not a number":     {number(math.NaN())},
		"infinite":         {number(1), number(math.Inf(-1))},
		"half true":        {boolean(0.5)},
		"no type":          {{Present: true}},
		"a foreign type":   {{Type: "date"}},
		"a text too long":  {text(strings.Repeat("x", abi.MaxRecord))},
		"texts too long":   {text(strings.Repeat("x", abi.MaxRecord/2)), text(strings.Repeat("x", abi.MaxRecord/2))},
		"too many values":  make([]abi.Value, abi.MaxRecord/abi.SlotSize),
		"one byte too big": {text(strings.Repeat("x", abi.MaxRecord-abi.HeaderSize-abi.SlotSize+1))},
	} {
		got, err := abi.AppendRecord([]byte("before"), 1, values)
		if err == nil || string(got) != "before" {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if big := strings.Contains(name, "too"); big != errors.Is(err, abi.ErrRecordSize) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := []abi.Value{text(strings.Repeat("x", abi.MaxRecord-abi.HeaderSize-abi.SlotSize))}
	if got, err := abi.AppendRecord(nil, 1, full); err != nil || len(got) != abi.MaxRecord {
		t.Errorf("a full record: %d bytes, %v", len(got), err)
	}
}

func FuzzRecordIdentity(f *testing.F) {
	f.Add(int64(-1), 1.5, true, "AT", false, "")
	f.Add(int64(0), math.Copysign(0, -1), false, "", true, "\xff")
	f.Fuzz(func(t *testing.T, millis int64, n float64, b bool, s string, absent bool, u string) {
		values := []abi.Value{number(n), text(s), boolean(0), text(u), {}}
		if b {
			values[2].Number = 1
		}
		if absent {
			values[1] = abi.Value{Type: abi.String}
		}
		raw, err := abi.AppendRecord(nil, millis, values)
		if err != nil {
			return
		}
		gotMillis, got, err := abi.ReadRecord(nil, raw)
		if err != nil || gotMillis != millis {
			t.Fatalf("read back: %d, %v", gotMillis, err)
		}
		if diff := cmp.Diff(values, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Whatever the reader takes is what the writer writes; so it has read every byte and none outside.
func FuzzHostileRecord(f *testing.F) {
	good, err := abi.AppendRecord(nil, 1, manyValues(5))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, 20, byte(1))
	f.Add(good[:abi.HeaderSize], 12, byte(255))
	f.Add(good, abi.HeaderSize+4, byte(255))
	f.Fuzz(func(t *testing.T, raw []byte, at int, flip byte) {
		raw = bytes.Clone(raw)
		if at >= 0 && at < len(raw) {
			raw[at] ^= flip
		}
		// A capacity behind the slice would hide a read outside of it.
		millis, values, err := abi.ReadRecord(nil, raw[:len(raw):len(raw)])
		if err != nil {
			if values != nil {
				t.Errorf("values beside the error %v", err)
			}
			return
		}
		again, err := abi.AppendRecord(nil, millis, values)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(raw, again); diff != "" {
			t.Error(diff)
		}
	})
}

func BenchmarkAppendRecord(b *testing.B) {
	values := manyValues(24)
	record := make([]byte, 0, abi.MaxRecord)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := abi.AppendRecord(record, 1, values); err != nil {
			b.Fatal(err)
		}
	}
}
