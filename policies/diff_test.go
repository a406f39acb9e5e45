package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// plantedTable proves the base policy with one text replaced.
func plantedTable(t *testing.T, file, old, by string) *Table {
	t.Helper()
	table, _, err := Prove(context.Background(), Config{Source: change(t, file, old, by), Host: wasmHost{}})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// where lists the situations of which something holds.
func where(t *testing.T, holds func(s Situation) bool) []uint32 {
	t.Helper()
	var keys []uint32
	for key := range uint32(SituationCount) {
		s, err := SituationOf(key)
		if err != nil {
			t.Fatal(err)
		}
		if holds(s) {
			keys = append(keys, key)
		}
	}
	return keys
}

// A widened policy is told from the base policy by exactly the rows that it widens: here, behaviour is kept for 500 days instead of 395.
func TestCompareNamesThePlantedRows(t *testing.T) {
	base := testTable(t)
	wider := plantedTable(t, "privacy/retention/retention.rego", `"behavioural": 395`, `"behavioural": 500`)
	d, err := Compare(base, wider)
	if err != nil {
		t.Fatal(err)
	}
	want := where(t, func(s Situation) bool {
		r := base.row(s.Key())
		return r.Permit && (s.Basis == BasisConsent || s.Basis == BasisLegitimateInterest)
	})
	if len(d.Groups) != 1 || d.Groups[0].Kind != KindWiden || !slices.Equal(d.Groups[0].Keys, want) || !d.Widens() || d.Situations != len(want) {
		t.Fatalf("%d groups, %d situations of %d", len(d.Groups), d.Situations, len(want))
	}
	if c := d.Groups[0].Changes; len(c) != 1 || c[0].Describe("en") != "what somebody does: 395 days → 500 days" || c[0].Direction != Wider {
		t.Errorf("the change is %+v", c)
	}
	if got := covered(Cover(d.Groups[0].Keys)); !slices.Equal(got, want) {
		t.Errorf("%d situations are named in words, not %d", len(got), len(want))
	}
	back, err := Compare(wider, base)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Groups) != 1 || back.Groups[0].Kind != KindNarrow || back.Widens() || !slices.Equal(back.Groups[0].Keys, want) {
		t.Errorf("the way back is %s", back.Groups[0].Kind)
	}
}

// A permit that is given is one change, whatever it then keeps.
func TestComparePermits(t *testing.T) {
	base := testTable(t)
	stricter := plantedTable(t, "privacy/signals/signals.rego", "	input.status != \"explicit\"\n", "")
	d, err := Compare(stricter, base)
	if err != nil {
		t.Fatal(err)
	}
	permits := where(t, func(s Situation) bool { return base.row(s.Key()).Permit && !stricter.row(s.Key()).Permit })
	if len(permits) == 0 || d.Groups[0].Kind != KindWiden || !slices.Equal(d.Groups[0].Keys, permits) {
		t.Fatalf("%d situations are permitted anew, of %d", len(d.Groups[0].Keys), len(permits))
	}
	if text := Cover(permits)[0].Describe("en"); !strings.Contains(text, "the browser asks not to be tracked (GPC): yes") {
		t.Errorf("the situations are %s", text)
	}
	for _, v := range d.Groups[1:] {
		gone, _ := v.ReasonsChanged()
		if v.Kind != KindWords || !slices.Equal(gone, []string{"signal.gpc"}) || len(v.Changes) != 0 {
			t.Errorf("a refusal for one reason less is %s, without %v", v.Kind, gone)
		}
	}
}

func TestCompareSame(t *testing.T) {
	base := testTable(t)
	if d, err := Compare(base, base); err != nil || !d.Same() || d.Widens() {
		t.Errorf("a policy differs from itself: %+v, %v", d, err)
	}
}

// What a table of rows does not show: ages and words.
func TestCompareAgesAndWords(t *testing.T) {
	base := testTable(t)
	source := change(t, "privacy/age/data.json", "\"AT\": {\n      \"years\": 14", "\"AT\": {\n      \"years\": 13")
	source.Files["privacy/basis/basis.rego"] = strings.Replace(source.Files["privacy/basis/basis.rego"], "# title: You said no", "# title: You declined", 1)
	other, _, err := Prove(context.Background(), Config{Source: source, Host: wasmHost{}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Compare(base, other)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Ages) != 1 || d.Ages[0] != (AgeChange{"AT", 14, 13, true}) || !d.Widens() || len(d.Groups) != 0 || d.Situations != 0 {
		t.Errorf("a lower age is %+v, %d groups", d.Ages, len(d.Groups))
	}
	if len(d.Reasons) != 1 || d.Reasons[0].New.Title["en"] != "You declined" || d.Same() {
		t.Errorf("another text is %+v", d.Reasons)
	}
}

func TestCounts(t *testing.T) {
	base := testTable(t)
	s := Situation{Status: StatusGiven, Proof: ProofSingle}
	counts := Counts{Digest: base.Digest(), ByKey: map[uint32]uint64{s.Key(): 3, Situation{}.Key(): 1}}
	text, err := json.Marshal(counts)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCounts(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if c.Digest != base.Digest() || c.Total() != 4 || c.Of([]uint32{s.Key()}) != 3 || c.Of(nil) != 0 {
		t.Errorf("%s is read as %+v", text, c)
	}
	for _, wrong := range []string{"", "[]", `{"digest": "x", "counts": {"691200": 1}}`, `{"counts": {"01": 1}}`, `{"counts": {"1": -1}}`, `{"rows": {}}`} {
		if _, err := ReadCounts(strings.NewReader(wrong)); err == nil {
			t.Errorf("%s are counts", wrong)
		}
	}
}
