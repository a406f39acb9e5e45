package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
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

// TestACrashBetweenVersionsAndFolder: the versions are on the disk before the folder. Where the machine stops between the two, the start
// after it finds what was in force, and the way back from that.
func TestACrashBetweenVersionsAndFolder(t *testing.T) {
	torn := &tornArchive{memoryArchive: &memoryArchive{docs: map[string][]byte{}}}
	keep := func(c *edge.Config) { c.Archive = torn }
	b := startVersions(t, keep)
	b.apply("v", small("v"))
	b.ask("PUT", modulesOf, points("2.0.0", 2), 200, nil)
	want := func(version, previous string) {
		t.Helper()
		m := b.module(t, "v")
		if m.Version != version || m.Previous == nil || m.Previous.Version != previous {
			t.Errorf("%+v, want %s in force and %s before it", m, version, previous)
		}
	}
	torn.refuse("v")
	if res, body := b.send(t, "PUT", b.admin+modulesOf, adminKey, points("3.0.0", 3)); res.StatusCode != 500 {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	want("2.0.0", "1.0.0")
	torn.refuse("")
	b = startVersions(t, keep)
	want("2.0.0", "1.0.0")
	if states := b.states(); len(states) != 3 {
		t.Errorf("a version is lost: %v", states)
	}
	b.ask("POST", modulesOf+"/rollback", nil, 200, nil)
	want("1.0.0", "2.0.0")

	// Where not even the versions could be written, nothing has changed at all.
	before := b.states()
	torn.refuse("v.versions")
	if res, body := b.send(t, "POST", b.admin+modulesOf+"/versions", adminKey, points("4.0.0", 3)); res.StatusCode != 500 {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	if res, body := b.send(t, "POST", b.admin+modulesOf+"/rollback", adminKey, nil); res.StatusCode != 500 {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	torn.refuse("")
	b.wantStates(before...)
	b = startVersions(t, keep)
	b.wantStates(before...)
	want("1.0.0", "2.0.0")
}

// tornArchive fails to save one name: what was saved before it is there, as where the machine stops.
type tornArchive struct {
	*memoryArchive
	refused atomic.Value
}

func (a *tornArchive) refuse(name string) { a.refused.Store(name) }

func (a *tornArchive) Save(name string, documents []byte) error {
	if a.refused.Load() == name {
		return errors.New("the machine stops here")
	}
	return a.memoryArchive.Save(name, documents)
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
