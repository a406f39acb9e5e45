package edge_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestDiffCountsWhoMayBeJudged: who withdrew, is restricted, was erased or is past its time is in no count, as in no score.
func TestDiffCountsWhoMayBeJudged(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	for i := range 5 {
		b.decide(t, serverKey+"v", "", fmt.Sprintf(`{"profile":"customer-%d","consent":{"profiling":"granted"},"events":[{"id":"a","type":"view"}]}`, i))
	}
	v := b.push(pointsFile("2.0.0", 4, ""))
	counted := func(profiles, moved int) {
		t.Helper()
		var d struct {
			Moves struct{ Profiles, Moved, Faults int }
		}
		b.ask("GET", modulesOf+"/versions/"+v.Digest+"/diff", nil, 200, &d)
		if m := d.Moves; m.Profiles != profiles || m.Moved != moved || m.Faults != 0 {
			t.Errorf("%+v, want %d of %d moved", m, moved, profiles)
		}
	}
	counted(5, 5)
	b.decide(t, serverKey+"v", "", `{"profile":"customer-0","consent":{"profiling":"withdrawn"}}`)
	counted(4, 4)
	b.decide(t, serverKey+"v", "", `{"profile":"customer-1","restricted":true}`)
	counted(3, 3)
	b.ask("DELETE", "/admin/v1/tenants/v/profiles/customer-2", nil, 200, nil)
	counted(2, 2)
	b.decide(t, serverKey+"v", "", `{"profile":"customer-3","objections":["profiling"]}`)
	counted(1, 1)
	b.advance(366 * 24 * time.Hour)
	counted(1, 0) // the consent stands, and nothing is left to judge by
}

// TestOneDiffAtATime: each reads all profiles of a tenant.
func TestOneDiffAtATime(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	v := b.push(pointsFile("2.0.0", 4, ""))
	end := b.server.Comparing()
	res, body := b.send(t, "GET", b.admin+modulesOf+"/versions/"+v.Digest+"/diff", adminKey, nil)
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("status %d: %s", res.StatusCode, body)
	}
	end()
	b.ask("GET", modulesOf+"/versions/"+v.Digest+"/diff", nil, 200, nil)
}
