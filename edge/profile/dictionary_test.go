package profile_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/lotse-edge/lotse/edge/profile"
)

func TestDictionary(t *testing.T) {
	c := profile.Config{Shards: 2, Dir: t.TempDir()}
	s := open(t, c)
	open := func(tenant string) *profile.Dictionary {
		t.Helper()
		d, err := s.Dictionary(tenant)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	f := func(d *profile.Dictionary, kind, name string, want uint16) {
		t.Helper()
		if id, err := d.ID(kind, name); err != nil || id != want {
			t.Errorf("%s %s is %d, %v; want %d", kind, name, id, err, want)
		}
	}
	d := open("winery")
	f(d, "field", "email", 1)
	f(d, "field", "phone", 2)
	f(d, "event", "email", 1)
	f(d, "purpose", "necessary", 0)
	f(d, "purpose", "profiling", 1)
	f(d, "field", "email", 1)
	f(open("education"), "field", "phone", 1)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			if id, err := d.ID("stage", fmt.Sprint(i%2)); err != nil || id < 1 || id > 2 {
				t.Errorf("%d, %v", id, err)
			}
		})
	}
	wait.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reopened, err := profile.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reopened.Close() }) //nolint:errcheck // read only
	s = reopened
	d = open("winery")
	f(d, "field", "phone", 2)
	f(d, "purpose", "profiling", 1)
	f(d, "field", "company", 3)
	if name, ok := d.Name("purpose", 0); !ok || name != "necessary" {
		t.Errorf("purpose 0 is %q", name)
	}
	if _, ok := d.Name("field", 0); ok {
		t.Error("there is a field 0")
	}
	for i := 2; i < profile.MaxPurposes; i++ {
		f(d, "purpose", fmt.Sprint(i), uint16(i))
	}
	if _, err := d.ID("purpose", "one too many"); !errors.Is(err, profile.ErrFull) {
		t.Errorf("a purpose too many: %v", err)
	}
	f(d, "purpose", "necessary", 0)
}
