package lotse_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
	lotse "github.com/lotse-edge/lotse/sdk/go"
)

func number(n float64) abi.Value  { return abi.Value{Present: true, Type: abi.Number, Number: n} }
func text(s string) abi.Value     { return abi.Value{Present: true, Type: abi.String, Text: s} }
func boolean(n float64) abi.Value { return abi.Value{Present: true, Type: abi.Boolean, Number: n} }

func record(t testing.TB, values ...abi.Value) []byte {
	t.Helper()
	raw, err := abi.AppendRecord(nil, 1234, values)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestARecordIsWhatTheHostWrote(t *testing.T) {
	raw := record(t, number(-1.5), text("Grüner Veltliner"), boolean(1), boolean(0), text(""),
		abi.Value{Type: abi.Number}, abi.Value{Type: abi.String}, abi.Value{Type: abi.Boolean})
	read := func(r lotse.Record, _ *lotse.Result) {
		var got []any
		add := func(v, ok any) { got = append(got, v, ok) }
		n, ok := r.Number(0)
		add(n, ok)
		s, ok := r.Text(1)
		add(strings.Clone(s), ok)
		b, ok := r.Bool(2)
		add(b, ok)
		b, ok = r.Bool(3)
		add(b, ok)
		s, ok = r.Text(4)
		add(s, ok)
		n, ok = r.Number(5)
		add(n, ok)
		s, ok = r.Text(6)
		add(s, ok)
		b, ok = r.Bool(7)
		add(b, ok)
		want := []any{-1.5, true, "Grüner Veltliner", true, true, true, false, true, "", true, 0.0, false, "", false, false, false}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if r.Len() != 8 || r.UnixMillis() != 1234 || !r.Has(4) || r.Has(5) {
			t.Errorf("%d features at %d", r.Len(), r.UnixMillis())
		}
	}
	if n := lotse.Evaluate(read, raw, new(lotse.Result)); n != 0 {
		t.Errorf("%d entries of rules that say nothing", n)
	}
}

func TestAnAnswerIsWhatTheHostReads(t *testing.T) {
	m := &abi.Manifest{Emits: abi.Emits{
		Scores:   []abi.Score{{Name: "a", Reasons: []string{"r"}}, {Name: "b", Reasons: []string{"r", "s"}}},
		Segments: []string{"a", "b"}, Traits: []abi.Trait{{Name: "t", Values: []string{"u", "v"}}},
	}}
	var out lotse.Result
	n := lotse.Evaluate(func(_ lotse.Record, out *lotse.Result) {
		out.Points(1, 1, -2.5)
		out.Points(0, 0, 0)
		out.Segment(1)
		out.Trait(0, 1)
	}, record(t), &out)
	got, err := abi.DecodeEntries(m, out.Entries(), nil)
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	want := []abi.Entry{{Kind: abi.ScoreEntry, Index: 1, Reason: 1, Number: -2.5}, {Kind: abi.SegmentEntry, Index: 1}, {Kind: abi.TraitEntry, Reason: 1}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnAnswerIsFullOrRefused(t *testing.T) {
	for n, want := range map[int]int32{abi.MaxEntries: abi.MaxEntries, abi.MaxEntries + 1: -2} {
		var out lotse.Result
		got := lotse.Evaluate(func(_ lotse.Record, out *lotse.Result) {
			for range n {
				out.Segment(0)
			}
		}, record(t), &out)
		if got != want {
			t.Errorf("%d segments: %d", n, got)
		}
		if lotse.Evaluate(func(lotse.Record, *lotse.Result) {}, record(t), &out) != 0 || len(out.Entries()) != 0 {
			t.Errorf("%d segments stay behind", n)
		}
	}
}

func TestMistakesInRulesPanic(t *testing.T) {
	raw := record(t, number(1), text("a"))
	for name, rules := range map[string]lotse.Rules{
		"no such feature":  func(r lotse.Record, _ *lotse.Result) { r.Has(2) },
		"a negative index": func(r lotse.Record, _ *lotse.Result) { r.Number(-1) },
		"text as number":   func(r lotse.Record, _ *lotse.Result) { r.Number(1) },
		"number as text":   func(r lotse.Record, _ *lotse.Result) { r.Text(0) },
		"number as bool":   func(r lotse.Record, _ *lotse.Result) { r.Bool(0) },
		"segment":          func(_ lotse.Record, out *lotse.Result) { out.Segment(-1) },
		"reason":           func(_ lotse.Record, out *lotse.Result) { out.Points(0, 1<<16, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			lotse.Evaluate(rules, raw, new(lotse.Result))
		}()
	}
}

// Whatever the record, the kit refuses it, reads within it, or panics: it never reads outside.
func FuzzEvaluate(f *testing.F) {
	good := record(f, number(1), text("abc"), boolean(1))
	f.Add(good, 0, byte(0))
	f.Add(good, 12, byte(200))
	f.Add(good, abi.HeaderSize+abi.SlotSize+8, byte(255))
	f.Fuzz(func(t *testing.T, raw []byte, at int, flip byte) {
		// The record lies within a larger buffer, as a guest's does: what is behind it must not be seen.
		const secret = "SECRET"
		buffer := append(bytes.Clone(raw), secret...)
		raw = buffer[:len(raw):len(raw)]
		if at >= 0 && at < len(raw) {
			raw[at] ^= flip
		}
		if bytes.Contains(raw, []byte(secret[:1])) {
			return
		}
		defer func() { _ = recover() }()
		lotse.Evaluate(func(r lotse.Record, _ *lotse.Result) {
			for i := range r.Len() {
				if s, _ := r.Text(i); strings.Contains(s, secret[:1]) {
					t.Error("read behind the record")
				}
			}
		}, raw, new(lotse.Result))
	})
}

func TestSame(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", true},
		{"Working Professional", "working_professional", true},
		{"E-COMMERCE", "ecommerce", true},
		{" a-", "A", true},
		{"a", "ab", false},
		{"ab", "a", false},
		{"", "-_ ", true},
		{"dry", "off-dry", false},
		{"Ä", "ä", false},
		{"a\x00", "a", false},
	} {
		if lotse.Same(c.a, c.b) != c.want || lotse.Same(c.b, c.a) != c.want {
			t.Errorf("%q and %q: not %v", c.a, c.b, c.want)
		}
	}
}
