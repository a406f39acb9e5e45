package profile_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	goruntime "runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// stored compares all that is stored of a profile; the records that wait for a commit are not.
var stored = cmp.Options{cmp.AllowUnexported(profile.Profile{}), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "recorded" }, cmp.Ignore())}

func TestCodecGivesBackWhatItGot(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 12 {
		p := randomProfile(rnd, rnd.IntN(60))
		b, err := profile.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := profile.Decode(b, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, got, stored, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
		again, err := profile.Encode(got)
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("encoded again it is different: %v", err)
		}
		for range 40 {
			cut := rnd.IntN(len(b))
			if _, err := profile.Decode(b[:cut], p.ID); err == nil {
				t.Fatalf("a profile cut at %d of %d is read", cut, len(b))
			}
		}
	}
}

// A decoded list that grows must not grow into the next one.
func TestDecodedListsAreApart(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 4 {
		p := randomProfile(rnd, 40)
		b, err := profile.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := profile.Decode(b, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			e := profile.Event{At: profile.At(start) + profile.Millis(rnd.Int64N(1e10)), Hash: uint64(1000 + i), Grants: kept}
			typ := uint16(1 + rnd.IntN(8))
			p.AddEvent(typ, e)
			got.AddEvent(typ, e)
		}
		if d := cmp.Diff(p, got, stored, cmpopts.EquateEmpty()); d != "" {
			t.Fatal(d)
		}
	}
}

func TestProfileIsSmall(t *testing.T) {
	f := func(events, most int) {
		t.Helper()
		b, err := profile.Encode(history(events))
		if err != nil || len(b) > most {
			t.Errorf("%d events take %d bytes, want at most %d (%v)", events, len(b), most, err)
		}
	}
	f(0, 180)
	f(20, 900)
	f(200, 5600)
}

func TestCodecRefusesWhatItCouldNotRead(t *testing.T) {
	f := func(what string, change func(*profile.Profile)) {
		t.Helper()
		p := history(5)
		change(p)
		if _, err := profile.Encode(p); err == nil {
			t.Errorf("%s is stored", what)
		}
	}
	f("a value that is no number", func(p *profile.Profile) { p.Values[0].Value = profile.NumberValue(math.NaN()) })
	f("an infinite property", func(p *profile.Profile) { p.Events[0].Events[0].Properties[1].Value.Number = math.Inf(1) })
	f("a value of no kind", func(p *profile.Profile) { p.Values[0].Value = profile.Value{} })
	f("a boolean of two", func(p *profile.Profile) { p.Values[0].Value = profile.Value{Kind: profile.Boolean, Number: 2} })
	f("a value without a grant", func(p *profile.Profile) { p.Values[0].Grants = nil })
	f("values out of order", func(p *profile.Profile) { p.Values[0].Field = 60000 })
	f("two values for a purpose", func(p *profile.Profile) { p.Values[1].Field = p.Values[0].Field })
	f("values of a field out of order", func(p *profile.Profile) { p.Values[1].Field, p.Values[1].Grants = p.Values[0].Field, forever })
	f("events out of order", func(p *profile.Profile) { p.Events[0].Events[0].At += 1e12 })
	f("a negative count", func(p *profile.Profile) { p.Events[0].Events[0].Count = -1 })
	f("an unknown provenance", func(p *profile.Profile) { p.Values[0].Provenance = 9 })
	f("a history of nothing", func(p *profile.Profile) { p.Events[0].Events = nil })
}

// A row from before a field could have a value for each purpose reads as it did, and is written the same.
func TestOldRowsReadAsTheyDid(t *testing.T) {
	old, err := hex.DecodeString("01030202051e05065a0104075a0105075a030a67617374726f6e6f6d79092f726965736c696e670080a8a894956700000000030302000000000009" +
		"030e010000000000002940a7020700120201010101090105004d0000000000000001010502010100010c02020000")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Decode(old, visitor(1))
	if err != nil {
		t.Fatal(err)
	}
	want := []profile.Stored{
		text(3, "gastronomy", []policies.Grant{{Purpose: 1, Row: 5, TTLDays: 30}, {Purpose: 2, Generalised: true, Row: 6, TTLDays: 90}}),
		{Field: 4, Value: profile.NumberValue(12.5), Provenance: profile.ProvenanceImported, At: profile.At(start) + 7, Grants: kept},
		{Field: 300, Value: profile.BooleanValue(true), Generalised: true, At: profile.At(start) + 9, Grants: coarse},
	}
	if d := cmp.Diff(want, p.Values); d != "" {
		t.Error(d)
	}
	if again, err := profile.Encode(p); err != nil || !bytes.Equal(old, again) {
		t.Errorf("written again it is different: %v", err)
	}
}

func TestDecodeRefusesTwoValuesForAPurpose(t *testing.T) {
	p := &profile.Profile{ID: visitor(1), Created: profile.At(start)}
	p.SetValue(text(1, "a", forever))
	p.SetValue(text(1, "b", kept))
	good, err := profile.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	const first, second = 3, 7 // where the two sets of grants have their purpose
	f := func(what string, purposes [2]byte, want error) {
		t.Helper()
		b := bytes.Clone(good)
		b[first], b[second] = purposes[0]<<1, purposes[1]<<1
		if _, err := profile.Decode(b, p.ID); !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	f("what was written", [2]byte{0, 2}, nil)
	f("other purposes", [2]byte{5, 9}, nil)
	f("one purpose twice", [2]byte{2, 2}, profile.ErrDamaged)
	f("out of order", [2]byte{2, 0}, profile.ErrDamaged)
}

// The flag that says that another value of the field follows must not stand on the last value, nor on a property.
func TestDecodeRefusesAFlagThatPromisesAValue(t *testing.T) {
	f := func(what string, make func(generalised bool) *profile.Profile) {
		t.Helper()
		b, err := profile.Encode(make(false))
		other, err2 := profile.Encode(make(true))
		if err != nil || err2 != nil || len(b) != len(other) {
			t.Fatal(what, err, err2)
		}
		for i := range b { // only the shape differs
			if b[i] != other[i] {
				b[i] |= 0x10
			}
		}
		if _, err := profile.Decode(b, visitor(1)); !errors.Is(err, profile.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	f("the last value", func(generalised bool) *profile.Profile {
		v := text(1, "a", kept)
		v.Generalised = generalised
		return &profile.Profile{Values: []profile.Stored{v}}
	})
	f("a property", func(generalised bool) *profile.Profile {
		p := &profile.Profile{}
		p.AddEvent(1, profile.Event{Grants: kept, Properties: []profile.Property{{Field: 1, Value: profile.TextValue("a"), Generalised: generalised, Grants: kept}}})
		return p
	})
}

// A few bytes that promise much must not make the decoder take memory for it.
func TestDecodeTakesLittleForLittle(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x0f}
	rnd := rand.New(rand.NewPCG(13, 14))
	whole, err := profile.Encode(randomProfile(rnd, 30))
	if err != nil {
		t.Fatal(err)
	}
	var before, after goruntime.MemStats
	for at := range whole {
		b := append(append(bytes.Clone(whole[:at]), huge...), whole[at:]...)
		goruntime.ReadMemStats(&before)
		profile.Decode(b, visitor(1)) //nolint:errcheck // only its memory counts
		goruntime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > uint64(100*len(b)+4096) {
			t.Fatalf("%d bytes took %d bytes of memory", len(b), took)
		}
	}
}

func FuzzDecode(f *testing.F) {
	rnd := rand.New(rand.NewPCG(9, 10))
	for range 20 {
		b, err := profile.Encode(randomProfile(rnd, rnd.IntN(20)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := profile.Decode(b, visitor(1))
		if err != nil {
			if !errors.Is(err, profile.ErrDamaged) && !errors.Is(err, profile.ErrFormat) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		again, err := profile.Encode(p)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		q, err := profile.Decode(again, visitor(1))
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !reflect.DeepEqual(p, q) {
			t.Fatal(cmp.Diff(p, q, stored))
		}
	})
}
