package profile_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// files counts the occurrences of texts in all files of a directory. The files are large and mostly holes: one reading
// serves all texts.
func files(t *testing.T, dir string, markers ...string) []int {
	t.Helper()
	counts := make([]int, len(markers))
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if b = bytes.TrimRight(b, "\x00"); err != nil {
			return err
		}
		for i, m := range markers {
			counts[i] += bytes.Count(b, []byte(m))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return counts
}

func fill(t *testing.T, s *profile.Store, n int, marker string) {
	t.Helper()
	u := begin(t, s, "winery", n)
	p := u.Profile()
	p.SetValue(text(1, marker+"-value", kept))
	p.AddEvent(1, profile.Event{At: profile.At(start), Hash: 1, Grants: kept, Properties: []profile.Property{
		{Field: 5, Value: profile.TextValue(marker + "-property"), Grants: kept},
		{Field: 6, Value: profile.TextValue(marker + "-DENIED-property")},
	}})
	p.AddEvent(2, profile.Event{At: profile.At(start), Hash: 2, Properties: []profile.Property{{Field: 5, Value: profile.TextValue(marker + "-DENIED-event"), Grants: kept}}})
	p.SetValue(text(2, marker+"-DENIED-value", nil))
	p.Record(profile.Consent{Purpose: 2, Status: policies.StatusGiven, Method: marker + "-method", At: profile.At(start)})
	u.Emit(profile.Transition{Visitor: p.ID, At: profile.At(start), Kind: "segment", To: marker + "-segment"})
	commit(t, u)
}

// TestCanary looks into the files: what was never granted is in none of them, and what was erased is in none after a purge.
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	now := start
	s := open(t, profile.Config{Dir: dir, Shards: 1, Now: func() time.Time { return now }})
	for n := range 6 {
		for range 3 { // several versions of each
			fill(t, s, n, fmt.Sprintf("CANARY%d", n))
		}
	}
	n := files(t, dir, "CANARY1-value", "CANARY1-property", "CANARY1-method", "CANARY1-segment", "DENIED")
	if slices.Contains(n[:4], 0) {
		t.Errorf("the scan does not find what is there: %v", n)
	}
	if n[4] != 0 {
		t.Errorf("%d traces of values that were never granted", n[4])
	}
	for _, n := range []int{1, 2} {
		if err := s.Erase(t.Context(), "winery", visitor(n)); err != nil {
			t.Fatal(err)
		}
		if read(t, s, "winery", n) != nil {
			t.Errorf("visitor %d is read after the erasure", n)
		}
		if h, err := s.ConsentHistory(t.Context(), "winery", visitor(n)); err != nil || len(h) != 0 {
			t.Errorf("visitor %d has a history after the erasure: %v, %v", n, h, err)
		}
	}
	list, err := s.Transitions(t.Context(), "winery", 100)
	if err != nil || len(list) != 4*3 {
		t.Errorf("%d transitions of those who were not erased, %v", len(list), err)
	}
	fill(t, s, 2, "REVIVED") // one of them comes back before the purge
	if purged, err := s.Purge(t.Context()); err != nil || purged != 2 {
		t.Errorf("purged %d lives, %v", purged, err)
	}
	n = files(t, dir, "CANARY1", "CANARY2", "CANARY3-value")
	if n[0] != 0 || n[1] != 0 {
		t.Errorf("%d traces of visitor 1 and %d of visitor 2 after the purge", n[0], n[1])
	}
	if n[2] == 0 {
		t.Error("the purge took others with it")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, profile.Config{Dir: dir, Now: func() time.Time { return now }})
	if p := read(t, s, "winery", 2); p == nil || p.Value(1).Value.Text != "REVIVED-value" {
		t.Errorf("the visitor who came back has %+v", p)
	}
	if read(t, s, "winery", 1) != nil || read(t, s, "winery", 3) == nil {
		t.Error("after opening again the erased are there, or the others are not")
	}
	now = now.Add(31 * 24 * time.Hour) // erasures are forgotten, but not of those who live
	if purged, err := s.Purge(t.Context()); err != nil || purged != 0 {
		t.Errorf("a second purge: %d, %v", purged, err)
	}
	if read(t, s, "winery", 2) == nil {
		t.Error("forgetting an erasure lost a profile")
	}
	if list, err := s.Transitions(t.Context(), "winery", 100); err != nil || len(list) != 0 {
		t.Errorf("%d transitions after 31 days, %v", len(list), err)
	}
	fill(t, s, 1, "AGAIN")
	if p := read(t, s, "winery", 1); p == nil || p.Value(1).Value.Text != "AGAIN-value" {
		t.Errorf("a visitor after the forgotten erasure has %+v", p)
	}
}

// TestSweep: what nobody asks for any more goes all the same when its time is over.
func TestSweep(t *testing.T) {
	now := start
	s := open(t, profile.Config{Shards: 1, Now: func() time.Time { return now }, Coarsen: func(_ string, f uint16, v profile.Value) profile.Value { return cut(f, v) }})
	u := begin(t, s, "winery", 1)
	u.Profile().SetValue(text(1, "short", kept))
	commit(t, u)
	u = begin(t, s, "winery", 2)
	u.Profile().SetValue(text(1, "gastronomy", []policies.Grant{{Purpose: 1, TTLDays: 30}, {Purpose: 2, TTLDays: 365, Generalised: true}}))
	commit(t, u)
	f := func(at time.Time, want int) {
		t.Helper()
		now = at
		if got, err := s.Sweep(t.Context(), "winery"); err != nil || got != want {
			t.Errorf("swept %d, %v; want %d", got, err, want)
		}
	}
	f(start.AddDate(0, 0, 29), 0)
	f(start.AddDate(0, 0, 31), 1)
	if v := read(t, s, "winery", 2).Value(1); v.Value.Text != "gas" || !v.Generalised || len(v.Grants) != 1 {
		t.Errorf("kept %+v", v)
	}
	f(start.AddDate(0, 0, 91), 1)
	f(start.AddDate(0, 0, 91), 0)
	if read(t, s, "winery", 1) != nil || read(t, s, "winery", 2) == nil {
		t.Error("the wrong one went")
	}
	if purged, err := s.Purge(t.Context()); err != nil || purged != 1 {
		t.Errorf("purged %d, %v", purged, err)
	}
}
