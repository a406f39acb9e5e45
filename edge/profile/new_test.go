package profile_test

import (
	"testing"

	"github.com/lotse-edge/lotse/edge/profile"
)

// TestBeginNew makes sure that a profile begun without a look is stored, found and written to again like any other.
func TestBeginNew(t *testing.T) {
	s := open(t, profile.Config{Dir: t.TempDir()})
	u, err := s.BeginNew(t.Context(), "winery", visitor(1))
	if err != nil {
		t.Fatal(err)
	}
	u.Profile().Restricted = true
	if err := u.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p, ok, err := s.Read(t.Context(), "winery", visitor(1)); err != nil || !ok || !p.Restricted {
		t.Fatalf("%v, %v, %v", p, ok, err)
	}
	if u, err = s.Begin(t.Context(), "winery", visitor(1)); err != nil {
		t.Fatal(err)
	}
	defer u.Release()
	if !u.Existed() || !u.Profile().Restricted {
		t.Error("the next writer does not see it")
	}
}
