package edge_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// catalogued gives the small tenant's folder with one thing in its catalogue exchanged.
func catalogued(t *testing.T, old, now string) map[string][]byte {
	t.Helper()
	files := small("v")
	if !bytes.Contains(files["catalogue.yaml"], []byte(old)) {
		t.Fatalf("the catalogue has no %q", old)
	}
	files["catalogue.yaml"] = bytes.Replace(files["catalogue.yaml"], []byte(old), []byte(now), 1)
	return files
}

const (
	firm      = "company: {type: string, category: firmographic"
	character = "company: {type: string, category: psychographic"
)

// TestAMeaningChanges: where the catalogue makes something else of what a module in force was granted, an officer has to approve that, and
// until then the folder is refused.
func TestAMeaningChanges(t *testing.T) {
	for name, c := range map[string]struct{ old, now, line string }{
		"a field's category":     {firm, character, "the field company is psychographic"},
		"a field's tag":          {"company: {type: string, category: firmographic", "company: {type: string, tag: location, category: firmographic", "the field company is firmographic, tagged location"},
		"an event's category":    {"view: {category: behavioural", "view: {category: psychographic", "the event view is psychographic"},
		"what a purpose allows":  {"ttl: 1y, profiling: score", "ttl: 1y, profiling: decide", "the purpose profiling is on the basis consent, with profiling decide"},
		"a purpose for adverts":  {"ttl: 1y, profiling: score", "ttl: 1y, marketing: true, profiling: score", "the purpose profiling is on the basis consent, with profiling score, for marketing"},
		"a purpose's legal base": {"basis: consent, ttl: 1y, profiling: score, device: consented", "basis: legitimate_interest, ttl: 1y, profiling: score, interest: {en: Ours}", "the purpose profiling is on the basis legitimate_interest, with profiling score"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoverned(t)
			b := startVersions(t, g.config)
			reading := pointsFile("2.0.0", 2, readsCompany)
			with := func(files map[string][]byte) map[string][]byte {
				delete(files, "rules/points.wasm")
				files["rules/points.yaml"] = reading
				return files
			}
			b.apply("v", with(small("v")))
			g.officer("anna")
			b.apply("v", with(small("v"))) // as before: nothing is new

			changed := tarOf(t, with(catalogued(t, c.old, c.now)))
			p := b.ask("PUT", "/admin/v1/tenants/v", changed, 409, nil)
			if len(p.Errors) != 2 || p.Errors[0].Detail != "new: "+c.line {
				t.Fatalf("%+v", p)
			}
			var list struct{ Versions []versionAnswer }
			b.ask("GET", "/admin/v1/tenants/v/versions", nil, 200, &list)
			v := list.Versions[0]
			if d := cmp.Diff([]string{c.line}, v.New); d != "" || !v.Waits || v.State != "active" {
				t.Fatalf("%s%+v", d, v)
			}
			b.ask("POST", modulesOf+"/versions/"+v.Digest+"/approval", g.sign("anna", v, nil), 200, nil)
			b.ask("PUT", "/admin/v1/tenants/v", changed, 200, nil)

			// It holds after a restart, as do other versions that read the same, and the way back.
			b = startVersions(t, g.config)
			if v = b.push(pointsFile("2.0.1", 3, readsCompany)); v.Waits || len(v.New) > 0 {
				t.Errorf("what reads the same: %+v", v)
			}
			b.apply("v", with(small("v")))
		})
	}
}

// TestAnApprovalIsOfWhatWasMeant: an approved version waits again where the catalogue changes before it is in force, and no way around
// that leads past its history.
func TestAnApprovalIsOfWhatWasMeant(t *testing.T) {
	g := newGoverned(t)
	b := startVersions(t, g.config)
	b.apply("v", small("v"))
	g.officer("anna")
	v := b.push(pointsFile("2.0.0", 2, readsCompany))
	version := modulesOf + "/versions/" + v.Digest
	b.ask("POST", version+"/approval", g.sign("anna", v, nil), 200, nil)
	b.ask("PUT", "/admin/v1/tenants/v", tarOf(t, catalogued(t, firm, character)), 200, nil) // the version in force does not read it
	waits := func(want bool) {
		t.Helper()
		v = versionAnswer{}
		if b.ask("GET", version, nil, 200, &v); v.Waits != want {
			t.Errorf("%+v", v)
		}
		if want {
			b.ask("POST", version+"/activate", nil, 409, nil)
			b.ask("POST", version+"/shadow", nil, 409, nil)
			var d struct{ Moves *struct{} }
			if b.ask("GET", version+"/diff", nil, 200, &d); d.Moves != nil {
				t.Error("it was asked about stored profiles")
			}
		}
	}
	waits(true)
	if d := cmp.Diff([]string{"reads the field company", "says the segment printers", "the field company is psychographic"}, v.New); d != "" {
		t.Error(d)
	}

	// Pushed out of the history and sent again, it is as it was uploaded now; what was signed before does not count.
	b.advance(time.Minute)
	for i := range 20 {
		b.push(pointsFile(fmt.Sprintf("3.0.%d", i), 3+i, ""))
	}
	b.ask("GET", version, nil, 404, nil)
	b.push(pointsFile("2.0.0", 2, readsCompany))
	waits(true)
	if len(v.ApprovedBy) > 0 || strings.Contains(strings.Join(v.New, " "), "psychographic") {
		t.Errorf("%+v", v)
	}
	b.ask("POST", version+"/approval", g.sign("anna", v, func(s *ledger.ModuleStatement) { s.Remark = "again" }), 200, nil)
	waits(false)
	b.ask("POST", version+"/activate", nil, 200, nil)
}

// TestTheVersionBeforeIsAsked: it would answer in the place of one that fails, so where it has to be approved again there is none to
// fall back to.
func TestTheVersionBeforeIsAsked(t *testing.T) {
	g := newGoverned(t)
	b := startVersions(t, func(c *edge.Config) { g.config(c); c.BreakerFaults = 1 })
	files := small("v")
	delete(files, "rules/points.wasm")
	files["rules/points.yaml"] = pointsFile("1.0.0", 1, readsCompany)
	b.apply("v", files)
	first := b.module(t, "v").Digest
	g.officer("anna")
	b.ask("PUT", modulesOf, trapping("2.0.0"), 200, nil)
	token := b.visitor(t, writeKey+"v")
	if d := b.decide(t, writeKey+"v", token, askScores); d.Scores["points"].Points != 1 {
		t.Fatalf("the version before does not answer: %+v", d)
	}
	changed := catalogued(t, firm, character)
	changed["rules/points.wasm"] = trapping("2.0.0")
	b.ask("PUT", "/admin/v1/tenants/v", tarOf(t, changed), 200, nil) // the version in force does not read it
	if d := b.decide(t, writeKey+"v", token, askScores); len(d.Scores) > 0 {
		t.Errorf("a version that would have to be approved answers: %+v", d)
	}
	b.ask("POST", modulesOf+"/rollback", nil, 409, nil)
	if p := b.ask("POST", modulesOf+"/versions/"+first+"/activate", nil, 409, nil); !strings.HasSuffix(p.Type, "/not-approved") {
		t.Errorf("%+v", p)
	}
	b = startVersions(t, g.config)
	if m := b.module(t, "v"); m.Previous != nil {
		t.Errorf("after a start: %+v", m)
	}
}
