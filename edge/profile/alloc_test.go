//go:build !race

package profile_test

import (
	"testing"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

func TestAllocations(t *testing.T) {
	f := func(what string, most float64, run func()) {
		t.Helper()
		if got := testing.AllocsPerRun(100, run); got > most {
			t.Errorf("%s takes %v allocations, want at most %v", what, got, most)
		}
	}
	p, now := history(200), start.AddDate(0, 0, 81)
	p.SetValue(text(1, "told for another purpose", forever))
	values := make([]abi.Value, 0, 16)
	f("AppendValues", 0, func() { values = p.AppendValues(values[:0], tenFeatures, 2, now, cut) })
	dst := make([]byte, 0, 64<<10)
	f("encoding", 0, func() {
		if _, err := profile.AppendEncoded(dst, p); err != nil {
			t.Fatal(err)
		}
	})
	row, err := profile.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	f("decoding", 10, func() {
		if _, err := profile.Decode(row, p.ID); err != nil {
			t.Fatal(err)
		}
	})
	f("Expire", 0, func() { p.Expire(now, cut) })
}
