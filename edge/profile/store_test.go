package profile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
)

// kept and coarse are the grants of purpose 2, as it is and in the coarser form, and forever that of purpose 0.
var (
	kept    = []policies.Grant{{Purpose: 2, Row: 7, TTLDays: 90}}
	coarse  = []policies.Grant{{Purpose: 2, Generalised: true, Row: 7, TTLDays: 90}}
	forever = []policies.Grant{{Purpose: 0, Row: 1}}
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func visitor(n int) (id profile.VisitorID) {
	id[0], id[1], id[15] = byte(n), byte(n>>8), 1
	return id
}

func open(t testing.TB, c profile.Config) *profile.Store {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	s, err := profile.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func begin(t testing.TB, s *profile.Store, tenant string, n int) *profile.Update {
	t.Helper()
	u, err := s.Begin(t.Context(), tenant, visitor(n))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func commit(t testing.TB, u *profile.Update) {
	t.Helper()
	if err := u.Commit(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, s *profile.Store, tenant string, n int) *profile.Profile {
	t.Helper()
	p, ok, err := s.Read(t.Context(), tenant, visitor(n))
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return nil
	}
	return p
}

func text(field uint16, s string, grants []policies.Grant) profile.Stored {
	return profile.Stored{Field: field, Value: profile.TextValue(s), At: profile.At(start), Grants: grants}
}

func TestStoreKeepsAProfile(t *testing.T) {
	dir := t.TempDir()
	now := func() time.Time { return start }
	s := open(t, profile.Config{Dir: dir, Now: now})
	u := begin(t, s, "winery", 1)
	if u.Existed() {
		t.Error("a profile before the first")
	}
	p := u.Profile()
	p.SetValue(text(4, "gastronomy", kept))
	p.AddEvent(9, profile.Event{At: profile.At(start), Hash: 77, Grants: kept, Properties: []profile.Property{
		{Field: 5, Value: profile.TextValue("/riesling"), Grants: kept},
		{Field: 6, Value: profile.NumberValue(12.5), Grants: kept},
	}})
	p.Record(profile.Consent{Purpose: 2, Status: policies.StatusGiven, Proof: policies.ProofSingle, Method: "banner", Language: "de", At: profile.At(start)})
	p.Ask(12)
	p.Derived = profile.Derived{Stage: "lead", Segments: []string{"gastronomy-de"}, Bands: []profile.Band{{Score: "interest", Name: "awareness"}}}
	u.Emit(profile.Transition{Visitor: p.ID, At: profile.At(start), Kind: "stage", From: "visit", To: "lead"})
	if read(t, s, "winery", 1) != nil {
		t.Error("an update is seen before its commit")
	}
	commit(t, u)
	first := read(t, s, "winery", 1)
	if first == nil || first.Value(4) == nil || first.Value(4).Value.Text != "gastronomy" || first.Derived.Stage != "lead" {
		t.Fatalf("read %+v", first)
	}
	if read(t, s, "education", 1) != nil {
		t.Error("another tenant reads the profile")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = open(t, profile.Config{Dir: dir, Now: now})
	if d := cmp.Diff(first, read(t, s, "winery", 1), cmp.AllowUnexported(profile.Profile{})); d != "" {
		t.Errorf("after opening again: %s", d)
	}
	history, err := s.ConsentHistory(t.Context(), "winery", visitor(1))
	if err != nil || len(history) != 1 || history[0].Method != "banner" {
		t.Errorf("history %v, %v", history, err)
	}
	list, err := s.Transitions(t.Context(), "winery", 10)
	if err != nil || len(list) != 1 || list[0].To != "lead" || list[0].Visitor != visitor(1) {
		t.Errorf("transitions %v, %v", list, err)
	}
	if other, err := s.Transitions(t.Context(), "education", 10); err != nil || len(other) != 0 {
		t.Errorf("another tenant's transitions %v, %v", other, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, profile.Config{Dir: dir, Shards: 2})
	if _, err := profile.Open(profile.Config{Dir: dir}); !errors.Is(err, profile.ErrInUse) {
		t.Errorf("a second Open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.Open(profile.Config{Dir: dir, Shards: 3}); !errors.Is(err, profile.ErrFormat) {
		t.Errorf("another number of shards: %v", err)
	}
	name := filepath.Join(dir, "format")
	good, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(text string, want error) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := profile.Open(profile.Config{Dir: dir}); !errors.Is(err, want) {
			t.Errorf("format %q: %v", text, err)
		}
	}
	refuse("lotse profile store\nformat 2\nshards 2\n", profile.ErrFormat)
	refuse("", profile.ErrFormat)
	refuse("lotse profile store\nformat 1\nshards 0\n", profile.ErrDamaged)
	refuse("lotse profile store\nformat 1\nshards 2", profile.ErrDamaged)
	refuse("lotse profile store\nformat 1\nshards 3\n", profile.ErrDamaged) // shard 2 is not there
	if err := os.WriteFile(name, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "shard-01"), filepath.Join(dir, "lost")); err != nil {
		t.Fatal(err)
	}
	if _, err := profile.Open(profile.Config{Dir: dir}); !errors.Is(err, profile.ErrDamaged) {
		t.Errorf("a lost shard: %v", err)
	}
}
