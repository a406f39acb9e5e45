package ledger_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/policies/ledger"
)

func moduleStatement(by string, at time.Time) ledger.ModuleStatement {
	return ledger.ModuleStatement{
		Tenant: "winery", Module: "fit", Digest: policy(7), New: []string{"reads the field country", `reads the number of view where path is "/a\n"`},
		By: by, At: at, Remark: "read it",
	}
}

func (o *office) signModule(s ledger.ModuleStatement) string {
	o.t.Helper()
	text, err := ledger.SignModule(o.private[s.By], s)
	if err != nil {
		o.t.Fatal(err)
	}
	return text
}

// An approval of a module counts for its version, and is there when the log is opened again and when its files are verified.
func TestModuleApproval(t *testing.T) {
	o := newOffice(t)
	s := moduleStatement("anna", minute(3))
	signed := o.signModule(s)
	if !strings.HasPrefix(signed, "lotse module approval 1\ntenant winery\nmodule fit\ndigest "+policy(7).String()+"\nnew reads the field country\nnew reads the number ") {
		t.Errorf("the signed text:\n%s", signed)
	}
	n, err := o.log.ApproveModule(signed, o.now())
	if err != nil {
		t.Fatal(err)
	}
	check := func(want int) {
		t.Helper()
		list := o.log.ModuleApprovals("winery", "fit", policy(7))
		if len(list) != want {
			t.Fatalf("%d approvals count, want %d", len(list), want)
		}
		if want > 0 {
			if d := cmp.Diff(s, list[0].ModuleStatement); d != "" {
				t.Error(d)
			}
			if !list[0].Covers(s.New[:1]) || list[0].Covers([]string{"reads the field email"}) {
				t.Error("what is covered")
			}
		}
	}
	check(1)
	if len(o.log.ModuleApprovals("other", "fit", policy(7)))+len(o.log.ModuleApprovals("winery", "other", policy(7)))+len(o.log.ModuleApprovals("winery", "fit", policy(8))) > 0 {
		t.Error("an approval counts for another version")
	}
	o.open()
	check(1)
	r, err := ledger.Verify(o.storage, o.logPublic)
	if err != nil {
		t.Fatal(err)
	}
	e := r.Entries[n]
	if e.Kind != ledger.ModuleApproved || e.Module.By != "anna" || e.Module.Key != strings.TrimSpace(o.public["anna"]) {
		t.Errorf("entry %+v", e)
	}
	proof, err := r.ProveEntry(n)
	if err != nil {
		t.Fatal(err)
	}
	if e, _, err := ledger.VerifyProof(proof, o.logPublic); err != nil || e.Module.Module != "fit" {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := o.log.RemoveOfficer("anna", o.now()); err != nil {
		t.Fatal(err)
	}
	check(0)
	o.open()
	check(0)
}

func TestModuleApprovalRefused(t *testing.T) {
	o := newOffice(t)
	good := o.signModule(moduleStatement("anna", minute(3)))
	if _, err := o.log.ApproveModule(good, minute(3)); err != nil {
		t.Fatal(err)
	}
	o.newKey("eve")
	for name, c := range map[string]struct{ signed, want string }{
		"twice":      {good, "holds this approval already"},
		"changed":    {strings.Replace(good, "country", "email", 1), "does not fit the text"},
		"a stranger": {o.signModule(moduleStatement("eve", minute(3))), "by no key that is known"},
		"tomorrow":   {o.signModule(moduleStatement("ben", minute(3+24*60))), "still to come"},
		"a policy":   {o.sign("ben", release(1, 0, 0), minute(3)), `want "lotse module approval 1"`},
		"too long":   {good + strings.Repeat("x", 24<<10), "longer than"},
	} {
		if _, err := o.log.ApproveModule(c.signed, minute(3)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, change := range map[string]func(*ledger.ModuleStatement){
		"nothing new":   func(s *ledger.ModuleStatement) { s.New = nil },
		"not sorted":    func(s *ledger.ModuleStatement) { s.New = []string{"b", "a"} },
		"twice":         func(s *ledger.ModuleStatement) { s.New = []string{"a", "a"} },
		"two lines":     func(s *ledger.ModuleStatement) { s.New = []string{"a\nby ben"} },
		"hidden":        func(s *ledger.ModuleStatement) { s.New = []string{"a\u202eb"} },
		"a name":        func(s *ledger.ModuleStatement) { s.Tenant = "../x" },
		"no digest":     func(s *ledger.ModuleStatement) { s.Digest = ledger.Digest{} },
		"another's key": func(s *ledger.ModuleStatement) { s.By = "ben" },
		"long":          func(s *ledger.ModuleStatement) { s.New = []string{strings.Repeat("a", 24<<10)} },
	} {
		s := moduleStatement("anna", minute(3))
		change(&s)
		if _, err := ledger.SignModule(o.private["anna"], s); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}
