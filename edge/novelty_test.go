package edge_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// memoryLog is a ledger.Storage for tests that restart within one process.
type memoryLog map[string][]byte

func (m memoryLog) Read(name string) ([]byte, error) {
	b, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(b), nil
}

func (m memoryLog) Append(name string, data []byte) error {
	m[name] = append(m[name], data...)
	return nil
}

func (m memoryLog) Replace(name string, data []byte) error {
	m[name] = bytes.Clone(data)
	return nil
}

type noPolicies struct{}

func (noPolicies) SavePolicy(string, []byte) error { return nil }

func (noPolicies) LoadPolicy(string) ([]byte, error) { return nil, fs.ErrNotExist }

// governed makes configurations of one server with a log of policies, and officers' private keys.
type governed struct {
	t       *testing.T
	archive *memoryArchive
	log     memoryLog
	key     string
	ledger  *ledger.Log
	private map[string]string
}

func newGoverned(t *testing.T) *governed {
	t.Helper()
	private, _, err := ledger.NewLogKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &governed{t: t, archive: &memoryArchive{docs: map[string][]byte{}}, log: memoryLog{}, key: private, private: map[string]string{}}
}

func (g *governed) config(c *edge.Config) {
	var err error
	if g.ledger, err = ledger.Open(g.log, g.key); err != nil {
		g.t.Fatal(err)
	}
	c.Archive, c.Ledger, c.Policies, c.Prover = g.archive, g.ledger, noPolicies{}, policies.Config{Host: policyHost{}}
	c.Tokens[0].Scopes = append(c.Tokens[0].Scopes, edge.ScopePolicy)
	c.Tokens[0].Name = "anna's desk"
}

func (g *governed) officer(name string) {
	g.t.Helper()
	private, public, err := ledger.NewOfficerKey(name, rand.Reader)
	if err != nil {
		g.t.Fatal(err)
	}
	g.private[name] = private
	if name == "eve" {
		return // who is none
	}
	if _, err := g.ledger.AddOfficer(public, begin); err != nil {
		g.t.Fatal(err)
	}
}

func (g *governed) sign(name string, v versionAnswer, change func(*ledger.ModuleStatement)) []byte {
	g.t.Helper()
	digest, err := ledger.ParseDigest(v.Digest)
	if err != nil {
		g.t.Fatal(err)
	}
	s := ledger.ModuleStatement{Tenant: "v", Module: v.Module, Digest: digest, New: v.New, By: name, At: begin}
	if change != nil {
		change(&s)
	}
	signed, err := ledger.SignModule(g.private[name], s)
	if err != nil {
		g.t.Fatal(err)
	}
	return []byte(signed)
}

// TestAVersionWaits: what reads more is refused down every path until an officer has signed just that.
func TestAVersionWaits(t *testing.T) {
	g := newGoverned(t)
	b := startVersions(t, g.config)
	b.apply("v", small("v"))
	g.officer("anna")
	g.officer("eve")
	v := b.push(pointsFile("2.0.0", 2, readsCompany))
	if d := cmp.Diff([]string{"reads the field company", "says the segment printers"}, v.New); d != "" || !v.Waits || v.By != "anna's desk" {
		t.Fatalf("%s%+v", d, v)
	}
	version := modulesOf + "/versions/" + v.Digest
	wider := small("v")
	delete(wider, "rules/points.wasm")
	wider["rules/points.yaml"] = pointsFile("2.0.0", 2, readsCompany)
	refused := func() {
		t.Helper()
		for path, p := range map[string]problemBody{
			"shadow":   b.ask("POST", version+"/shadow", nil, 409, nil),
			"activate": b.ask("POST", version+"/activate", nil, 409, nil),
			"put":      b.ask("PUT", modulesOf, wider["rules/points.yaml"], 409, nil),
			"beside":   b.ask("PUT", modulesOf+"?shadow=1", wider["rules/points.yaml"], 409, nil),
			"apply":    b.ask("PUT", "/admin/v1/tenants/v", tarOf(t, wider), 409, nil),
			"dry run":  b.ask("PUT", "/admin/v1/tenants/v?dry_run=1", tarOf(t, wider), 409, nil),
		} {
			if len(p.Errors) != 3 || p.Errors[0].Detail != "new: it reads the field company" ||
				p.Errors[2].Suggestion != "lotse rules approve --tenant v points "+v.Digest[:12]+" --key FILE" {
				t.Errorf("%s: %+v", path, p)
			}
		}
		b.wantStates("2.0.0 rules uploaded", "1.0.0 module active")
	}
	refused()
	var d struct{ Moves *struct{} }
	if b.ask("GET", version+"/diff", nil, 200, &d); d.Moves != nil {
		t.Error("a version that waits was asked about stored profiles")
	}
	for name, c := range map[string]struct {
		signed []byte
		want   int
	}{
		"of a stranger":      {g.sign("eve", v, nil), 403},
		"not signed":         {[]byte("I agree"), 403},
		"of another tenant":  {g.sign("anna", v, func(s *ledger.ModuleStatement) { s.Tenant = "w" }), 409},
		"of another module":  {g.sign("anna", v, func(s *ledger.ModuleStatement) { s.Module = "fit" }), 409},
		"of another version": {g.sign("anna", v, func(s *ledger.ModuleStatement) { s.Digest[0]++ }), 409},
		"of a part of it":    {g.sign("anna", v, func(s *ledger.ModuleStatement) { s.New = s.New[:1] }), 409},
		"dated to come":      {g.sign("anna", v, func(s *ledger.ModuleStatement) { s.At = begin.Add(time.Hour) }), 409},
		"of something else":  {g.sign("anna", v, func(s *ledger.ModuleStatement) { s.New = []string{"reads the field size"} }), 409},
	} {
		t.Run(name, func(t *testing.T) { versionsBench{b.bench, t}.ask("POST", version+"/approval", c.signed, c.want, nil) })
	}
	res, _ := b.send(t, "POST", b.admin+version+"/approval", "lk_a_reader", g.sign("anna", v, nil))
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a token without the scope: status %d", res.StatusCode)
	}
	refused()

	// An approval that is taken away again does not count.
	g.officer("ben")
	var approved versionAnswer
	b.ask("POST", version+"/approval", g.sign("ben", v, nil), 200, &approved)
	if approved.Waits || !slices.Equal(approved.ApprovedBy, []string{"ben"}) {
		t.Errorf("approved: %+v", approved)
	}
	if _, err := g.ledger.RemoveOfficer("ben", begin); err != nil {
		t.Fatal(err)
	}
	refused()
	b.ask("POST", version+"/approval", g.sign("anna", v, nil), 200, nil)
	b.ask("POST", version+"/approval", g.sign("anna", v, nil), 409, nil)

	// It holds after a restart, down each path, and for what reads the same.
	b = startVersions(t, g.config)
	b.ask("POST", version+"/shadow", nil, 200, nil)
	b.wantStates("2.0.0 rules shadow", "1.0.0 module active")
	b.ask("POST", modulesOf+"/activate", nil, 200, nil)
	if v = b.push(pointsFile("2.0.1", 3, readsCompany)); v.Waits || len(v.New) > 0 {
		t.Errorf("what reads the same: %+v", v)
	}
	b.ask("POST", modulesOf+"/versions/"+v.Digest+"/activate", nil, 200, nil)
	// What was granted stays so, whoever leaves.
	if _, err := g.ledger.RemoveOfficer("anna", begin); err != nil {
		t.Fatal(err)
	}
	b.ask("POST", modulesOf+"/rollback", nil, 200, nil)
	b = startVersions(t, g.config)
	b.wantStates("2.0.1 rules retired", "2.0.0 rules active", "1.0.0 module retired")
	if v = b.push(pointsFile("3.0.0", 3, strings.Replace(readsCompany, "profile.company", "profile.size == 5.0 && profile.company", 1))); !v.Waits {
		t.Errorf("without an officer who could approve: %+v", v)
	}
}

// TestANewTenantWaits: where there are officers, the first modules of a tenant wait for them, too.
func TestANewTenantWaits(t *testing.T) {
	g := newGoverned(t)
	b := startVersions(t, g.config)
	g.officer("anna")
	if _, err := b.server.Apply(context.Background(), "v", small("v"), false); err == nil {
		t.Fatal("applied without approval")
	}
	b = startVersions(t, g.config) // it waits across a restart
	b.wantStates("1.0.0 module uploaded")
	var list struct{ Versions []versionAnswer }
	b.ask("GET", "/admin/v1/tenants/v/versions", nil, 200, &list)
	v := list.Versions[0]
	if d := cmp.Diff([]string{"reads the number of view", "runs for the purpose profiling", "says the score points"}, v.New); d != "" {
		t.Error(d)
	}
	b.ask("POST", modulesOf+"/versions/"+v.Digest+"/approval", g.sign("anna", v, nil), 200, nil)
	b.apply("v", small("v"))
	b.wantStates("1.0.0 module active")
}
