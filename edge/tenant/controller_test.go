package tenant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge/tenant"
)

func TestController(t *testing.T) {
	c, _, err := tenant.Load(good(t))
	if err != nil {
		t.Fatal(err)
	}
	want := tenant.Controller{
		Name: "Corner Shop Ltd", Address: "1 Long Lane, 20095 Hamburg", Contact: "privacy@shop.example",
		Officer: "officer@shop.example", Authority: "Authority of Hamburg", Representative: "Somebody in Dublin",
	}
	if diff := cmp.Diff(want, c.Controller); diff != "" {
		t.Errorf("the controller (-want +got):\n%s", diff)
	}
	purpose := func(name string) *tenant.Purpose {
		p, ok := c.PurposeByName(name)
		if !ok {
			t.Fatalf("there is no purpose %s", name)
		}
		return p
	}
	if got := purpose("profiling").Recipients["de"]; got != "Der Hoster" {
		t.Errorf("the recipients are %q", got)
	}
	if got := purpose("mail").Interest["en"]; got != "To be remembered" {
		t.Errorf("the interest is %q", got)
	}
	if e, ok := c.EventByName("page_view"); !ok || e.Label["de"] != "Seite angesehen" {
		t.Errorf("the event is %+v", e)
	}
}

// What only a privacy notice says is no part of what a visitor agreed to: a consent stands when it changes.
func TestNoticeWordsAreNotConsented(t *testing.T) {
	files := good(t)
	before, _, err := tenant.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	replace(files, "catalogue.yaml", "The hosting company", "Another hosting company")
	after, _, err := tenant.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if before.Digest == after.Digest {
		t.Error("the folder's digest does not change with its recipients")
	}
	for i := range before.Purposes {
		if before.Purposes[i].TextVersion != after.Purposes[i].TextVersion {
			t.Errorf("the text version of %s changes with its recipients", before.Purposes[i].Name)
		}
	}
}
