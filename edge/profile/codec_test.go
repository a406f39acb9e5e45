package profile_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	goruntime "runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/edge/profile"
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
	f("events out of order", func(p *profile.Profile) { p.Events[0].Events[0].At += 1e12 })
	f("a negative count", func(p *profile.Profile) { p.Events[0].Events[0].Count = -1 })
	f("an unknown provenance", func(p *profile.Profile) { p.Values[0].Provenance = 9 })
	f("a history of nothing", func(p *profile.Profile) { p.Events[0].Events = nil })
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
