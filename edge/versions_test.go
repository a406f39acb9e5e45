package edge_test

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// trapping is a version of the small tenant's module that never answers.
func trapping(version string) []byte {
	manifest := strings.Replace(`{"abi":1,"name":"points","version":"VERSION","purpose":"profiling",`+
		`"reads":[{"name":"views","type":"number","aggregate":"count","event":"view"}],`+
		`"emits":{"scores":[{"name":"points","reasons":["view"]}]}}`, "VERSION", version, 1)
	return w.Rule(manifest).Contract(w.Input, w.Output).Evaluate(nil, w.Op(0x00)).Bytes()
}

type listedModule struct {
	Version  string
	Digest   string
	Open     bool
	Previous *struct{ Version string }
	Shadow   *struct {
		Version                  string
		Calls, Different, Faults int
	}
}

func (b *bench) module(t *testing.T, tenant string) listedModule {
	t.Helper()
	res, body := b.send(t, "GET", b.admin+"/admin/v1/tenants/"+tenant+"/modules", adminKey, nil)
	var list struct{ Modules []listedModule }
	if err := json.Unmarshal(body, &list); err != nil || res.StatusCode != 200 || len(list.Modules) != 1 {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, body)
	}
	return list.Modules[0]
}

// manage calls the admin listener about the module of the small tenant, and wants a status.
func (b *bench) manage(t *testing.T, method, tenant, rest string, body []byte, want int) {
	t.Helper()
	res, answer := b.send(t, method, b.admin+"/admin/v1/tenants/"+tenant+"/modules/points"+rest, adminKey, body)
	if res.StatusCode != want {
		t.Fatalf("%s %s: status %d: %s", method, rest, res.StatusCode, answer)
	}
}

const askScores = `{"want":["scores"]}`

// TestVersions: a shadow is looked at and says nothing, is activated, rolled back, and both are there after a restart.
func TestVersions(t *testing.T) {
	archive := &memoryArchive{docs: map[string][]byte{}}
	b := start(t, func(c *edge.Config) { c.Archive = archive })
	b.apply("v", small("v"))
	b.manage(t, "POST", "v", "/activate", nil, 409)
	b.manage(t, "POST", "v", "/rollback", nil, 409)
	b.manage(t, "POST", "nobody", "/rollback", nil, 404)
	token := b.visitor(t, writeKey+"v")
	want := func(points float64, version string) {
		t.Helper()
		if d := b.decide(t, writeKey+"v", token, askScores); d.Scores["points"].Points != points || len(d.Faults) != 0 {
			t.Errorf("%+v, want %v points", d, points)
		}
		if m := b.module(t, "v"); m.Version != version {
			t.Errorf("version %s is in force, want %s", m.Version, version)
		}
	}
	want(1, "1.0.0")

	b.manage(t, "PUT", "v", "?shadow=1", points("2.0.0", 2), 200)
	want(1, "1.0.0")
	want(1, "1.0.0")
	if m := b.module(t, "v"); m.Shadow == nil || m.Shadow.Version != "2.0.0" || m.Shadow.Calls != 2 || m.Shadow.Different != 2 {
		t.Errorf("shadow %+v", m.Shadow)
	}
	b.manage(t, "PUT", "v", "?shadow=1", trapping("2.0.1"), 200)
	want(1, "1.0.0")
	if m := b.module(t, "v"); m.Shadow == nil || m.Shadow.Faults != 1 || m.Shadow.Different != 0 {
		t.Errorf("a shadow that fails: %+v", m.Shadow)
	}
	b.manage(t, "PUT", "v", "?shadow=1", points("1.0.1", 1), 200)
	want(1, "1.0.0")
	if m := b.module(t, "v"); m.Shadow == nil || m.Shadow.Calls != 1 || m.Shadow.Different != 0 {
		t.Errorf("a shadow that agrees: %+v", m.Shadow)
	}
	b.manage(t, "PUT", "v", "?shadow=1", []byte("not a module"), 422)
	b.manage(t, "PUT", "v", "?shadow=1", points("2.0.0", 2), 200)

	b.manage(t, "POST", "v", "/activate", nil, 200)
	want(2, "2.0.0")
	if m := b.module(t, "v"); m.Shadow != nil || m.Previous == nil || m.Previous.Version != "1.0.0" {
		t.Errorf("after activation: %+v", m)
	}
	b.manage(t, "POST", "v", "/rollback", nil, 200)
	want(1, "1.0.0")

	again := start(t, func(c *edge.Config) { c.Archive = archive })
	if m := again.module(t, "v"); m.Version != "1.0.0" || m.Previous == nil || m.Previous.Version != "2.0.0" {
		t.Errorf("after a restart: %+v", m)
	}
	again.manage(t, "POST", "v", "/rollback", nil, 200)
	if m := again.module(t, "v"); m.Version != "2.0.0" {
		t.Errorf("after a restart: %+v", m)
	}
}

// TestVersionsUnderLoad: versions come and go while visitors ask. Each request is answered, by one version or the other.
func TestVersionsUnderLoad(t *testing.T) {
	b := start(t, func(c *edge.Config) { c.Rate = 1e6 })
	b.apply("v", small("v"))
	var stop atomic.Bool
	var answered atomic.Int64
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop.Store(true)
	for range 4 {
		token := b.visitor(t, writeKey+"v")
		wg.Go(func() {
			for !stop.Load() {
				res, body := b.send(t, "POST", b.public+"/v1/decide", writeKey+"v", []byte(askScores), "X-Lotse-Visitor", token)
				var d decided
				if err := json.Unmarshal(body, &d); err != nil || res.StatusCode != 200 || len(d.Faults) != 0 {
					t.Errorf("status %d: %s", res.StatusCode, body)
					return
				}
				if p := d.Scores["points"].Points; p != 1 && p != 2 && p != 3 {
					t.Errorf("%v points", p)
					return
				}
				answered.Add(1)
			}
		})
	}
	var slowest time.Duration
	for i := range 20 {
		version := []byte(nil)
		if i%2 == 0 {
			version = points("2.0.0", 2)
		} else {
			version = points("3.0.0", 3)
		}
		b.manage(t, "PUT", "v", "?shadow=1", version, 200)
		b.manage(t, "POST", "v", "/activate", nil, 200)
		begin := time.Now()
		b.manage(t, "POST", "v", "/rollback", nil, 200)
		slowest = max(slowest, time.Since(begin))
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("%d requests answered; the slowest of 20 roll backs took %v", answered.Load(), slowest)
	if answered.Load() < 100 {
		t.Errorf("only %d requests were answered: no load", answered.Load())
	}
}

// TestBreaker: a version that fails again and again is not asked for a while; the one before answers, and the tenant is told.
func TestBreaker(t *testing.T) {
	b := start(t, func(c *edge.Config) { c.BreakerFaults, c.BreakerRetry = 3, time.Minute })
	b.apply("v", small("v"))
	token := b.visitor(t, writeKey+"v")
	says := func(detail string, points bool) {
		t.Helper()
		d := b.decide(t, writeKey+"v", token, askScores)
		_, has := d.Scores["points"]
		told := false
		for _, f := range d.Faults {
			told = told || strings.Contains(f.Detail, detail)
		}
		if has != points || told == (detail == "") && len(d.Faults) > 0 {
			t.Errorf("%+v, want %q and points %v", d, detail, points)
		}
	}
	logged := func() int { return strings.Count(b.log.String(), "module fault") }
	reports := func(tenant string, faults, replaced int) {
		t.Helper()
		_, body := b.call("GET", b.admin+"/admin/v1/tenants/"+tenant+"/report", adminKey, nil)
		var r edge.Report
		if err := json.Unmarshal(body, &r); err != nil || r.Faults != faults || r.Replaced != replaced {
			t.Errorf("%v: %s, want %d faults and %d replaced", err, body, faults, replaced)
		}
	}
	reports("v", 0, 0)
	b.manage(t, "PUT", "v", "", trapping("2.0.0"), 200)
	says("trap", false)
	says("trap", false)
	says("its version before, 1.0.0, answers", true) // the third opens it
	if n := logged(); n != 3 {
		t.Errorf("%d faults", n)
	}
	says("its version before, 1.0.0, answers", true)
	if n := logged(); n != 3 || !b.module(t, "v").Open {
		t.Errorf("%d faults: the version was asked though it is not to be", n)
	}
	b.advance(2 * time.Minute)
	says("its version before, 1.0.0, answers", true)
	if n := logged(); n != 4 {
		t.Errorf("%d faults: the version was not tried again", n)
	}
	reports("v", 0, 1) // answered, though not by the version in force
	b.manage(t, "PUT", "v", "", points("3.0.0", 1), 200)
	says("", true)

	// With nothing to go back to, the answer goes without.
	alone := small("w")
	alone["rules/points.wasm"] = trapping("1.0.0")
	b.apply("w", alone)
	token = b.visitor(t, writeKey+"w") // the first fault
	for range 3 {
		d := b.decide(t, writeKey+"w", token, askScores)
		if len(d.Faults) == 0 || len(d.Scores) != 0 {
			t.Errorf("%+v", d)
		}
	}
	if d := b.decide(t, writeKey+"w", token, askScores); !strings.Contains(d.Faults[0].Detail, "not asked") {
		t.Errorf("%+v", d)
	}
	reports("w", 1, 0)
	b.manage(t, "POST", "w", "/rollback", nil, 409)
}
