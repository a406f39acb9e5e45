package tenant_test

import (
	"math"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/sdk/abi"
)

func TestCheck(t *testing.T) {
	text := tenant.Field{Name: "text", MaxLength: 5}
	choice := tenant.Field{Name: "choice", MaxLength: 50, Values: []string{"dry", "sweet"}}
	number := tenant.Field{Name: "number", Type: tenant.FieldNumber}
	boolean := tenant.Field{Name: "boolean", Type: tenant.FieldBoolean}
	date := tenant.Field{Name: "date", Type: tenant.FieldDate}
	ip := tenant.Field{Name: "ip", Tag: policies.TagIP, MaxLength: 60}

	// want is the stored form as text; empty: refused.
	f := func(field tenant.Field, v any, want string) {
		t.Helper()
		got, ok := field.Check(v)
		if ok != (want != "") || ok != got.Present {
			t.Errorf("%s: %#v: ok is %v, value is %+v", field.Name, v, ok, got)
			return
		}
		if !ok {
			return
		}
		if s := field.ShowText(got); s != want {
			t.Errorf("%s: %#v is stored as %q, want %q", field.Name, v, s, want)
		}
		if again, ok := field.Check(field.Show(got)); !ok || again != got {
			t.Errorf("%s: %#v: what is shown is read as %+v, not %+v", field.Name, v, again, got)
		}
		if got.Type != field.Type.Feature() {
			t.Errorf("%s: the type is %s", field.Name, got.Type)
		}
	}
	f(text, " abc ", "abc")
	f(text, "äöü", "") // six bytes
	f(text, "abcdef", "")
	f(text, "", "")
	f(text, " \t", "")
	f(text, "a\nb", "")
	f(text, "a\x00b", "")
	f(text, "a\xffb", "")
	f(text, 5.0, "")
	f(text, true, "")
	f(text, nil, "")
	f(text, []any{"a"}, "")
	f(text, map[string]any{}, "")
	f(text, strings.Repeat(" ", 5000)+"a", "")
	f(choice, "dry", "dry")
	f(choice, "Dry", "")
	f(number, 5.0, "5")
	f(number, -0.25, "-0.25")
	f(number, math.Copysign(0, -1), "0")
	f(number, math.Inf(1), "")
	f(number, math.NaN(), "")
	f(number, " 12.5 ", "12.5")
	f(number, "1e400", "")
	f(number, "inf", "")
	f(number, "0x10", "")
	f(number, "1_000", "")
	f(number, "5 apples", "")
	f(number, true, "")
	f(boolean, true, "true")
	f(boolean, false, "false")
	f(boolean, "true", "true")
	f(boolean, "yes", "")
	f(boolean, 1.0, "")
	f(date, "1970-01-02", "1970-01-02")
	f(date, "1958-02-28", "1958-02-28")
	f(date, "2024-02-29", "2024-02-29")
	f(date, "2023-02-29", "")
	f(date, "31.01.2024", "")
	f(date, "2024-1-31", "")
	f(date, "2024-01-31T00:00:00Z", "")
	f(date, "0000-01-01", "")
	f(date, 19000.0, "")
	f(ip, "192.0.2.17", "192.0.2.17")
	f(ip, "::ffff:192.0.2.17", "192.0.2.17")
	f(ip, "2001:DB8::0001", "2001:db8::1")
	f(ip, "fe80::1%eth0", "")
	f(ip, "192.0.2.256", "")

	if v, _ := date.Check("1970-02-01"); v.Number != 31 {
		t.Errorf("1970-02-01 is day %v", v.Number)
	}
}

func TestGeneralised(t *testing.T) {
	f := func(tag policies.Tag, method, value, want string) {
		t.Helper()
		field := tenant.Field{Tag: tag, Generalise: method, MaxLength: 200}
		if tag == policies.TagBirthDate {
			field.Type = tenant.FieldDate
		}
		v, ok := field.Check(value)
		if !ok {
			t.Fatalf("%q is not a value", value)
		}
		got, ok := field.Generalised(v)
		if field.ShowText(got) != want || ok != (want != "") {
			t.Errorf("%q is made %q, %v; want %q", value, field.ShowText(got), ok, want)
		}
		if again, _ := field.Generalised(got); ok && again != got {
			t.Errorf("%q is made %q at first and %q then", value, field.ShowText(got), field.ShowText(again))
		}
	}
	f(policies.TagPlain, "", "anything", "")
	f(policies.TagIP, "", "192.0.2.17", "192.0.2.0/24")
	f(policies.TagIP, "network", "2001:db8:1:2::3", "2001:db8:1::/48")
	f(policies.TagBirthDate, "", "1987-05-23", "1980-01-01")
	f(policies.TagBirthDate, "birth_year", "1987-05-23", "1987-01-01")
	f(policies.TagBirthDate, "birth_decade", "1969-12-31", "1960-01-01")
	f(policies.TagBirthDate, "birth_decade", "0005-01-01", "0001-01-01")
	f(policies.TagBirthDate, "age_band", "1987-05-23", "") // not a method of a date
	f(policies.TagLocation, "", "D-70173", "70")
	f(policies.TagURL, "", "/search?q=diabetes#top", "/search")
	f(policies.TagURL, "", "https://me:secret@shop.example/a?b", "/a")
	f(policies.TagURL, "", "?q=only", "")
	f(policies.TagURL, "host", "https://shop.example/a/b", "shop.example")

	odd := tenant.Field{Tag: policies.TagIP}
	if _, ok := odd.Generalised(abi.Value{Present: true, Type: abi.String, Text: "not an address"}); ok {
		t.Error("what is not an address is made coarser")
	}
}
