package edge_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// pointsFile is the small tenant's module as a rule file: so many points for each view, and what more a test wants.
func pointsFile(version string, each int, more string) []byte {
	return fmt.Appendf(nil, `version: %s
purpose: profiling
models:
  - score: points
    reasons:
      - reason: view
        points: %d * count("view")
%s`, version, each, more)
}

const readsCompany = `segments:
  - segment: printers
    when: profile.company == "Printing Ltd"
`

// versionAnswer is a version as the admin listener tells of it.
type versionAnswer struct {
	Module, Digest, Version, Kind, State, Note, By string
	Size                                           int
	Previous, Waits                                bool
	New, Extent                                    []string
	ApprovedBy                                     []string `json:"approved_by"`
	Since                                          *time.Time
}

type versionsBench struct {
	*bench
	t *testing.T
}

const modulesOf = "/admin/v1/tenants/v/modules/points"

// ask calls the admin listener and wants a status; the answer goes to what is not nil.
func (b versionsBench) ask(method, path string, body []byte, want int, into any) (p problemBody) {
	b.t.Helper()
	kind := "application/wasm"
	if bytes.HasPrefix(body, []byte("version:")) {
		kind = "application/yaml"
	}
	res, answer := b.send(b.t, method, b.admin+path, adminKey, body, "Content-Type", kind)
	if res.StatusCode != want {
		b.t.Fatalf("%s %s: status %d, want %d: %s", method, path, res.StatusCode, want, answer)
	}
	if want >= 400 {
		return problemIn(b.t, res, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			b.t.Fatalf("%v: %s", err, answer)
		}
	}
	return p
}

func (b versionsBench) push(body []byte) (v versionAnswer) {
	b.t.Helper()
	b.ask("POST", modulesOf+"/versions?note="+url.QueryEscape("a try"), body, 200, &v)
	return v
}

// states lists version and state, the newest first.
func (b versionsBench) states() (list []string) {
	b.t.Helper()
	var answer struct{ Versions []versionAnswer }
	b.ask("GET", "/admin/v1/tenants/v/versions", nil, 200, &answer)
	for _, v := range answer.Versions {
		list = append(list, v.Version+" "+v.Kind+" "+v.State)
	}
	return list
}

func (b versionsBench) wantStates(want ...string) {
	b.t.Helper()
	if d := cmp.Diff(want, b.states()); d != "" {
		b.t.Errorf("versions (-want +got)\n%s", d)
	}
}

func startVersions(t *testing.T, change func(*edge.Config)) versionsBench {
	return versionsBench{start(t, change), t}
}

// TestHistory: a rule file is uploaded, runs as a shadow, comes into force and goes again, and all of it is known after a
// restart.
func TestHistory(t *testing.T) {
	archive := &memoryArchive{docs: map[string][]byte{}}
	keep := func(c *edge.Config) {
		c.Archive = archive
		c.Tokens[0].Scopes = append(c.Tokens[0].Scopes, edge.ScopePolicy)
	}
	b := startVersions(t, keep)
	b.ask("GET", "/admin/v1/tenants/v/versions", nil, 404, nil)
	b.ask("POST", modulesOf+"/versions", points("1.0.0", 1), 404, nil)
	b.apply("v", small("v"))
	b.wantStates("1.0.0 module active")
	b.advance(time.Minute)
	v := b.push(pointsFile("2.0.0", 2, ""))
	if v.State != "uploaded" || v.Kind != "rules" || v.Note != "a try" || v.By != "admin" || len(v.New) > 0 || v.Since != nil {
		t.Errorf("uploaded: %+v", v)
	}
	if again := b.push(pointsFile("2.0.0", 2, "# the same rules\n")); again.Digest != v.Digest {
		t.Error("the same rules are another version")
	}
	b.wantStates("2.0.0 rules uploaded", "1.0.0 module active")
	token := b.visitor(t, writeKey+"v")
	points := func(want float64) {
		t.Helper()
		if d := b.decide(t, writeKey+"v", token, askScores); d.Scores["points"].Points != want || len(d.Faults) > 0 {
			t.Errorf("%+v, want %v points", d, want)
		}
	}
	b.ask("POST", modulesOf+"/versions/"+v.Digest[:8]+"/shadow", nil, 200, &v)
	if v.State != "shadow" {
		t.Errorf("as a shadow: %+v", v)
	}
	points(1)
	if m := b.module(t, "v"); m.Shadow == nil || m.Shadow.Calls != 1 || m.Shadow.Different != 1 {
		t.Errorf("shadow %+v", m.Shadow)
	}
	b.ask("DELETE", modulesOf+"/shadow", nil, 200, nil)
	b.ask("DELETE", modulesOf+"/shadow", nil, 409, nil)
	b.wantStates("2.0.0 rules uploaded", "1.0.0 module active")
	b.ask("POST", modulesOf+"/versions/"+v.Digest+"/shadow", nil, 200, nil)
	b.advance(time.Minute)
	b.ask("POST", modulesOf+"/versions/"+v.Digest+"/activate", nil, 200, nil)
	points(2)
	b.ask("POST", modulesOf+"/versions/"+v.Digest+"/shadow", nil, 422, nil)
	b.wantStates("2.0.0 rules active", "1.0.0 module retired")
	b.ask("POST", modulesOf+"/versions?shadow=1", pointsFile("3.0.0", 3, ""), 200, nil)

	b = startVersions(t, keep)
	b.wantStates("3.0.0 rules shadow", "2.0.0 rules active", "1.0.0 module retired")
	b.ask("POST", modulesOf+"/rollback", nil, 200, nil)
	b.wantStates("3.0.0 rules shadow", "2.0.0 rules retired", "1.0.0 module active")
	b.ask("GET", modulesOf+"/versions/"+v.Digest, nil, 200, &v)
	if v.Since == nil || !v.Previous || !slices.Contains(v.Extent, "reads the number of view") {
		t.Errorf("rolled back: %+v", v)
	}
	for name, c := range map[string]struct {
		method, path string
		body         []byte
		want         int
	}{
		"no version":        {"POST", modulesOf + "/versions/ffffffffffff/activate", nil, 404},
		"not enough digits": {"POST", modulesOf + "/versions/" + v.Digest[:5] + "/activate", nil, 404},
		"no module":         {"POST", "/admin/v1/tenants/v/modules/other/versions/" + v.Digest + "/shadow", nil, 404},
		"a broken rule":     {"POST", modulesOf + "/versions", []byte("version: 1.0.0\npurpose: nothing\n"), 422},
		"a broken module":   {"POST", modulesOf + "/versions", []byte("\x00asm"), 422},
		"a long note":       {"POST", modulesOf + "/versions?note=" + strings.Repeat("x", 301), pointsFile("4.0.0", 4, ""), 400},
		"a note of lines":   {"POST", modulesOf + "/versions?note=a%0Ab", pointsFile("4.0.0", 4, ""), 400},
		"no ledger":         {"POST", modulesOf + "/versions/" + v.Digest + "/approval", []byte("note"), 404},
	} {
		t.Run(name, func(t *testing.T) {
			versionsBench{b.bench, t}.ask(c.method, c.path, c.body, c.want, nil)
		})
	}
	b.wantStates("3.0.0 rules shadow", "2.0.0 rules retired", "1.0.0 module active")
}

// TestWhatIsNewIsTold: before there is an officer, an apply says what a module does that it never did, and once only.
func TestWhatIsNewIsTold(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	wider := small("v")
	delete(wider, "rules/points.wasm")
	wider["rules/points.yaml"] = pointsFile("2.0.0", 2, readsCompany)
	for _, want := range [][]string{{"reads the field company", "says the segment printers"}, nil} {
		done, err := b.server.Apply(context.Background(), "v", wider, false)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, done.Modules[0].New); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
}

// TestHistoryIsBounded: the oldest versions go, and never one that runs or can be rolled back to.
func TestHistoryIsBounded(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	for i := range 25 {
		b.advance(time.Minute)
		b.push(pointsFile(fmt.Sprintf("2.0.%d", i), 2+i, ""))
	}
	states := b.states()
	if len(states) != 20 || states[0] != "2.0.24 rules uploaded" || states[18] != "2.0.6 rules uploaded" || states[19] != "1.0.0 module active" {
		t.Errorf("%d versions: %v", len(states), states)
	}
}

// TestVersionsOfAnotherRelease: an archive without an index is read, and one that is damaged does not keep a server from starting.
func TestVersionsOfAnotherRelease(t *testing.T) {
	archive := &memoryArchive{docs: map[string][]byte{
		"v":          tarOf(t, small("v")),
		"v.versions": tarOf(t, map[string][]byte{"previous/points": points("0.9.0", 3), "shadow/points": points("2.0.0", 2)}),
	}}
	keep := func(c *edge.Config) { c.Archive = archive }
	b := startVersions(t, keep)
	states := b.states()
	slices.Sort(states)
	if d := cmp.Diff([]string{"0.9.0 module retired", "1.0.0 module active", "2.0.0 module shadow"}, states); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	b.ask("POST", modulesOf+"/rollback", nil, 200, nil)
	if m := b.module(t, "v"); m.Version != "0.9.0" {
		t.Errorf("rolled back to %s", m.Version)
	}
	archive.docs["v.versions"] = archive.docs["v.versions"][:700]
	b = startVersions(t, keep)
	b.wantStates("0.9.0 module active")
	if !strings.Contains(b.log.String(), "versions not read") {
		t.Error("a loss is not told")
	}
}

// TestDiffOfVersions: what a version reads more, and how many stored profiles it places elsewhere.
func TestDiffOfVersions(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	for range 3 {
		b.visitor(t, writeKey+"v")
	}
	v := b.push(pointsFile("2.0.0", 4, "segments:\n  - segment: viewers\n    when: count(\"view\") > 0\n"))
	var d struct {
		More, Less []string
		Moves      struct {
			Profiles, Moved, Faults int
			Bands                   map[string][]moveAnswer
			Stages                  []moveAnswer
			Segments                []struct {
				Segment       string
				Entered, Left int
			}
		}
	}
	b.ask("GET", modulesOf+"/versions/"+v.Digest+"/diff", nil, 200, &d)
	if diff := cmp.Diff([]string{"says the segment viewers"}, d.More); diff != "" || len(d.Less) > 0 {
		t.Errorf("more (-want +got)\n%s less %v", diff, d.Less)
	}
	m := d.Moves
	if m.Profiles != 3 || m.Moved != 3 || m.Faults != 0 || len(m.Segments) != 1 || m.Segments[0].Entered != 3 {
		t.Errorf("moves %+v", m)
	}
	if diff := cmp.Diff(map[string][]moveAnswer{"points": {{"low", "high", 3}}}, m.Bands); diff != "" {
		t.Errorf("bands (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]moveAnswer{{"visit", "lead", 3}}, m.Stages); diff != "" {
		t.Errorf("stages (-want +got)\n%s", diff)
	}
	b.ask("POST", modulesOf+"/versions/"+v.Digest+"/activate", nil, 200, nil)
	b.ask("GET", modulesOf+"/versions/"+v.Digest+"/diff", nil, 200, &d)
	if len(d.More) > 0 || d.Moves.Moved != 0 || d.Moves.Profiles != 3 {
		t.Errorf("beside itself: %+v", d)
	}
}

type moveAnswer struct {
	From, To string
	Profiles int
}

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

// TestAVersionStaysItself: what a version's digest names is what runs, or nothing: beside another catalogue a rule file may make another
// module than the one that was tried.
func TestAVersionStaysItself(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	v := b.push(pointsFile("2.0.0", 2, "segments:\n  - segment: firms\n    when: has(profile.company)\n"))
	other := small("v")
	other["catalogue.yaml"] = bytes.Replace(other["catalogue.yaml"], []byte("company: {type: string"), []byte("company: {type: number"), 1)
	b.apply("v", other)
	version := modulesOf + "/versions/" + v.Digest
	for _, call := range []string{"POST " + version + "/activate", "POST " + version + "/shadow", "GET " + version + "/diff", "GET " + version + "/module"} {
		method, path, _ := strings.Cut(call, " ")
		want := http.StatusConflict
		if strings.HasSuffix(path, "/module") {
			want = http.StatusForbidden // asks for the scope policy
		}
		p := b.ask(method, path, nil, want, nil)
		if want == http.StatusConflict && !strings.HasSuffix(p.Type, "/compiled-anew") {
			t.Errorf("%s: %+v", call, p)
		}
	}
	b.wantStates("2.0.0 rules uploaded", "1.0.0 module active")
	b.apply("v", small("v"))
	b.ask("POST", version+"/activate", nil, 200, nil)
	b.wantStates("2.0.0 rules active", "1.0.0 module retired")
}
