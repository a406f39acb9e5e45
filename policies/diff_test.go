package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// plantedTable proves the base policy with texts replaced, by file: old text, new text. Its tests show nothing, as the true ones hold
// the policy to what it was.
func plantedTable(t *testing.T, changes map[string][2]string) *Table {
	t.Helper()
	source, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	for file, c := range changes {
		if !strings.Contains(source.Files[file], c[0]) {
			t.Fatalf("%s does not hold %q", file, c[0])
		}
		source.Files[file] = strings.Replace(source.Files[file], c[0], c[1], 1)
	}
	source.Files = withPoorTests(source.Files)
	table, _, err := Prove(context.Background(), Config{Source: source, Host: TestHost})
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
	wider := plantedTable(t, map[string][2]string{retentionFile: {`"behavioural": 395`, `"behavioural": 500`}})
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
	stricter := plantedTable(t, map[string][2]string{signalsFile: {"\tinput.status != \"explicit\"\n", ""}})
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
	other := plantedTable(t, map[string][2]string{
		"privacy/age/data.json": {"\"AT\": {\n      \"years\": 14", "\"AT\": {\n      \"years\": 13"},
		ageFile:                 {"# title: The interests of a child outweigh the operator's", "# title: A child weighs more than the operator"},
	})
	d, err := Compare(base, other)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Ages) != 1 || d.Ages[0] != (AgeChange{"AT", 14, 13, true}) || !d.Widens() || len(d.Groups) != 0 || d.Situations != 0 {
		t.Errorf("a lower age is %+v, %d groups", d.Ages, len(d.Groups))
	}
	if len(d.Reasons) != 1 || d.Reasons[0].New.Title["en"] != "A child weighs more than the operator" || d.Same() {
		t.Errorf("another text is %+v", d.Reasons)
	}
}

func TestCounts(t *testing.T) {
	counts := Counts{Digest: "d", ByKey: map[uint32]uint64{4711: 3, 0: 1}}
	text, err := json.Marshal(counts)
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCounts(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if c.Digest != "d" || c.Total() != 4 || c.Of([]uint32{4711, 12}) != 3 || c.Of(nil) != 0 {
		t.Errorf("%s is read as %+v", text, c)
	}
	for _, wrong := range []string{"", "[]", `{"digest": "x", "counts": {"691200": 1}}`, `{"counts": {"01": 1}}`, `{"counts": {"1": -1}}`, `{"rows": {}}`} {
		if _, err := ReadCounts(strings.NewReader(wrong)); err == nil {
			t.Errorf("%s are counts", wrong)
		}
	}
}
