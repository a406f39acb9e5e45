package policies

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// winery is a tenant that is stricter than the law.
const winery = `package privacy.tenant

import rego.v2

# The shop sells alcohol.
forbid contains {"reason": "age.unknown"} if {
	input.age == "unknown"
	input.marketing
}

forbid contains {"reason": "age.minor"} if child

# METADATA
# title: We never keep contact details for profiles
# custom:
#   id: tenant.no_contact
#   title_de: Wir speichern nie Kontaktdaten für Profile
drop contains {"category": "contact", "reason": "tenant.no_contact"} if not input.asked == "none"

child if input.age in {"minor", "minor_guardian"}
`

func TestTenant(t *testing.T) {
	e := testTable(t)
	ctx := context.Background()
	tenant, err := e.Tenant(ctx, "winery", map[string]string{"policies/rules.rego": winery})
	if err != nil {
		t.Fatal(err)
	}
	s := Situation{Asked: ProfilingScore, Status: StatusGiven, Proof: ProofSingle}
	contact, behaviour := Class{CategoryContact, TagPlain, true}, Class{CategoryBehavioural, TagPlain, true}

	d, err := tenant.Decide(s)
	if err != nil {
		t.Fatal(err)
	}
	r := d.Row
	if f := r.Field(contact); !r.Permit || f.Verdict != Drop || f.Reason != "tenant.no_contact" {
		t.Errorf("contact details are %+v", f)
	}
	if f := r.Field(behaviour); f.Verdict != Keep {
		t.Errorf("behaviour is %+v", f)
	}
	s.Age = AgeMinorGuardian
	if d, err = tenant.Decide(s); err != nil || d.Row.Permit || !slices.Equal(d.Row.Reasons, []string{"age.minor"}) {
		t.Errorf("a child with a guardian: %+v, %v", d.Row, err)
	}
	if reason, ok := tenant.Reason("tenant.no_contact"); !ok || reason.Title["de"] == "" {
		t.Errorf("the tenant's reason is %+v", reason)
	}
	if _, ok := e.Reason("tenant.no_contact"); ok {
		t.Error("a tenant's reason is known to others")
	}
	if tenant.Digest() == e.Digest() || len(tenant.Digest()) != 64 {
		t.Error("a tenant's rules do not change the digest")
	}
	same, err := e.Tenant(ctx, "none", nil)
	if err != nil || same != e {
		t.Errorf("a tenant without rules has an engine of its own: %v", err)
	}
	if tenant.Age("DE", 15, false) != AgeMinor {
		t.Error("a tenant's engine knows no ages")
	}
}

// Whatever a tenant writes, its rows are within the base policy's.
func TestTenantShrinks(t *testing.T) {
	e := testTable(t)
	ctx := context.Background()
	tenant, err := e.Tenant(ctx, "winery", map[string]string{"rules.rego": winery})
	if err != nil {
		t.Fatal(err)
	}
	n, smaller := 0, 0
	for key := range uint32(SituationCount) {
		s, err := SituationOf(key)
		if err != nil {
			t.Fatal(err)
		}
		r, b := tenant.row(key), e.row(key)
		if r == b {
			n++
			continue
		}
		if !r.Within(b) {
			t.Fatalf("%+v: %+v, then %+v", s, *b, *r)
		}
		if faults := broken(s, r); len(faults) > 0 {
			t.Fatalf("%+v: %v", s, faults)
		}
		if n++; !b.Within(r) {
			smaller++
		}
	}
	if smaller == 0 {
		t.Error("the tenant's rules took nothing away: the test has gone blind")
	}
	t.Logf("%d situations, %d smaller", n, smaller)
}

func TestTenantRefuses(t *testing.T) {
	e := testTable(t)
	const head = "package privacy.tenant\n\nimport rego.v2\n\n"
	f := func(name, source string, line int, want string) {
		t.Helper()
		_, err := e.Tenant(context.Background(), "x", map[string]string{"policies/x.rego": source})
		var list SourceErrors
		if !errors.As(err, &list) {
			t.Errorf("%s: %v", name, err)
			return
		}
		if list[0].File != "policies/x.rego" || list[0].Line != line || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not line %d: %s", name, err, line, want)
		}
	}
	rule := func(body string) string { return head + `forbid contains {"reason": "age.unknown"} if ` + body + "\n" }

	f("another package", strings.Replace(rule("input.gpc"), "privacy.tenant", "privacy.decision", 1), 1, "privacy.tenant")
	f("a package below", strings.Replace(rule("input.gpc"), "privacy.tenant", "privacy.tenant.x", 1), 1, "privacy.tenant")
	f("no rego.v2", strings.Replace(rule("input.gpc"), "import rego.v2\n", "", 1), 1, "import rego.v2")
	f("no Rego", "package privacy.tenant\n\nimport rego.v2\n\nallow {", 5, "")
	f("an empty file", "", 0, "empty")
	f("the network", rule(`http.send({"method": "get", "url": "https://x.example"}).status_code == 200`), 5, "http.send")
	f("the clock", rule(`time.now_ns() > 0`), 5, "time.now_ns")
	f("long lists", rule(`count(numbers.range(1, 1000000000)) > 1`), 5, "numbers.range")
	f("the base policy", rule(`data.privacy.basis.permits["consent.given"]`), 5, "input only")
	f("an import of the base policy", head+"import data.privacy.basis\n\nforbid contains {\"reason\": \"age.unknown\"} if basis.x\n", 5, "import nothing")
	f("all data", rule(`data[_][_][_]`), 5, "input only")
	f("a misspelt value", rule(`input.age == "adlut"`), 5, "never")
	f("a misspelt key", rule(`input.agee == "adult"`), 5, "does not exist")
	f("an unknown reason", head+`forbid contains {"reason": "nothing.such"} if input.gpc`+"\n", 5, "no text")
	f("a reason that is made", head+`forbid contains {"reason": input.age} if input.gpc`+"\n", 5, "written out")
	f("the whole situation", rule("count(input) > 3"), 5, "name the part")
	f("lists of lists", head+"a0 := [1, \"a\"]\n\na1 := [a0, a0]\n\nforbid contains {\"reason\": \"age.unknown\"} if a1 == a1\n", 7, "none of these")
	f("lists of lists in a body", head+"forbid contains {\"reason\": \"age.unknown\"} if {\n\tx := [1, \"a\"]\n\ty := {\"a\": [x, x]}\n\ty == x\n}\n", 7, "none of these")
	f("no reason", head+`forbid contains {"why": "age.unknown"} if input.gpc`+"\n", 5, "has reason")
	f("a text", head+`forbid contains "age.unknown" if input.gpc`+"\n", 5, "written out")
	f("a boolean", head+`forbid if input.gpc`+"\n", 5, "is a set")
	f("a permit", head+`forbid contains {"reason": "age.unknown", "permit": true} if input.gpc`+"\n", 5, "nothing else")
	f("an unknown category", head+`drop contains {"category": "contacts", "reason": "age.unknown"} if input.gpc`+"\n", 5, "no category")
	f("a drop of everything", head+`drop contains {"reason": "age.unknown"} if input.gpc`+"\n", 5, "category and reason")
	f("a foreign id", head+"# METADATA\n# title: x\n# custom:\n#   id: consent.given\n#   title_de: y\nforbid contains {\"reason\": \"consent.given\"} if input.gpc\n", 5, "tenant.")
	f("an id without German", head+"# METADATA\n# title: x\n# custom:\n#   id: tenant.x\nforbid contains {\"reason\": \"tenant.x\"} if input.gpc\n", 5, "title_de")

	_, err := e.Tenant(context.Background(), "x", map[string]string{"policies/x.json": "{}"})
	if err == nil || !strings.Contains(err.Error(), "policies/x.json") {
		t.Errorf("another kind of file: %v", err)
	}
	looping := head + "many := {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}\n\nforbid contains {\"reason\": \"age.unknown\"} if count([1 | some a in many; some b in many; some c in many; some d in many; some e in many; some f in many; some g in many]) < 0\n"
	if _, err := e.Tenant(context.Background(), "x", map[string]string{"x.rego": looping}); err == nil || !strings.Contains(err.Error(), errTooLong.Error()) {
		t.Errorf("a rule that loops: %v", err)
	}
	computed := head + "drop contains {\"category\": x, \"reason\": \"age.unknown\"} if some x in {\"contact\", input.age}\n"
	if _, err := e.Tenant(context.Background(), "x", map[string]string{"x.rego": computed}); err == nil || !strings.Contains(err.Error(), "category") {
		t.Errorf("a category that is none: %v", err)
	}
}

// Under rego.v2 the negation of something undefined holds, so that a refusal of this form is not lost.
func TestNegationOfUndefined(t *testing.T) {
	e := testTable(t)
	source := `package privacy.tenant

import rego.v2

allowed(x) if x == "adult"

band := input.age if not input.gpc

forbid contains {"reason": "age.unknown"} if not allowed(band)
`
	tenant, err := e.Tenant(context.Background(), "x", map[string]string{"x.rego": source})
	if err != nil {
		t.Fatal(err)
	}
	d, err := tenant.Decide(Situation{Basis: BasisContract, Requested: true, Age: AgeAdult, GPC: true})
	if err != nil || d.Row.Permit {
		t.Errorf("the refusal is lost: %+v, %v", d.Row, err)
	}
}

// Several files are one policy.
func TestTenantFiles(t *testing.T) {
	e := testTable(t)
	const head = "package privacy.tenant\n\nimport rego.v2\n\n"
	tenant, err := e.Tenant(context.Background(), "x", map[string]string{
		"a.rego": head + "forbid contains {\"reason\": \"age.unknown\"} if strict\n",
		"b.rego": head + "strict if input.restricted\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := tenant.Decide(Situation{Basis: BasisContract, Requested: true, Restricted: true})
	if err != nil || d.Row.Permit {
		t.Errorf("%+v, %v", d.Row, err)
	}
}
