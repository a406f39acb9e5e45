//go:build !race

package tenant_test

import (
	"testing"

	"github.com/lotse-edge/lotse/edge/tenant"
)

func TestHotPathAllocatesNothing(t *testing.T) {
	c, _, err := tenant.Load(good(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Bind(newDictionary()); err != nil {
		t.Fatal(err)
	}
	email, _ := c.FieldByName("email")
	budget, _ := c.FieldByName("budget")
	born, _ := c.FieldByName("born")
	ip, _ := c.FieldByName("ip")
	var text any = "someone@example.com"
	if n := testing.AllocsPerRun(1000, func() {
		_, a := email.Check(text)
		_, b := email.CheckText(" someone@example.com ")
		_, d := budget.CheckNumber(12)
		_, e := budget.CheckText("12.5")
		_, f := born.CheckText("1987-05-23")
		e1, g := c.EventByName("page_view")
		_, h := c.Property(e1, "path")
		_, i := c.FieldByID(email.ID)
		_, j := c.PurposeByBit(5)
		_, k := c.EventByID(e1.ID)
		if !a || !b || !d || !e || !f || !g || !h || !i || !j || !k {
			t.Error("not all is found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if n := testing.AllocsPerRun(1000, func() { ip.CheckText("192.0.2.17") }); n > 1 {
		t.Errorf("an IP address: %v allocations", n)
	}
}
