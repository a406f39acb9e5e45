package edge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/edge"
)

type seenAnswer struct {
	Calls, Different, Faults int
	In                       map[string]int
}

// seen is what the list of versions tells of the shadow.
func (b versionsBench) seen() (s seenAnswer) {
	b.t.Helper()
	var list struct {
		Versions []struct {
			State string
			Seen  *seenAnswer
		}
	}
	b.ask("GET", "/admin/v1/tenants/v/versions", nil, 200, &list)
	for _, v := range list.Versions {
		if v.State == "shadow" && v.Seen != nil {
			return *v.Seen
		}
	}
	b.t.Fatal("there is no shadow")
	return s
}

// TestShadowOnLiveInputOnly: a report, or somebody who looks at a profile, is no visitor: what a shadow would say there is not
// counted, and it does not run.
func TestShadowOnLiveInputOnly(t *testing.T) {
	b := startVersions(t, nil)
	b.apply("v", small("v"))
	token := b.visitor(t, writeKey+"v")
	b.ask("POST", modulesOf+"/versions?shadow=1", points("2.0.0", 2), 200, nil)
	b.stored(t, writeKey+"v", token)
	for _, path := range []string{"/report", "/profiles/" + token, "/profiles/" + token + "?at=2026-01-01T00:00:00Z"} {
		b.ask("GET", "/admin/v1/tenants/v"+path, nil, 200, nil)
	}
	if d := cmp.Diff(seenAnswer{}, b.seen()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	b.decide(t, writeKey+"v", token, askScores)
	if s := b.seen(); s.Calls != 1 || s.Different != 1 {
		t.Errorf("after one visit: %+v", s)
	}
}

// TestShadowThatFails: a shadow that fails again and again is left alone for a while, as the version in force would be, so that
// visitors do not wait for it; it costs them nothing else.
func TestShadowThatFails(t *testing.T) {
	b := startVersions(t, func(c *edge.Config) { c.BreakerFaults, c.BreakerRetry = 3, time.Minute })
	b.apply("v", small("v"))
	token := b.visitor(t, writeKey+"v")
	b.ask("POST", modulesOf+"/versions?shadow=1", trapping("2.0.0"), 200, nil)
	visit := func(times, faults int) {
		t.Helper()
		for range times {
			if d := b.decide(t, writeKey+"v", token, askScores); d.Scores["points"].Points != 1 || len(d.Faults) > 0 {
				t.Errorf("%+v", d)
			}
		}
		if s := b.seen(); s.Calls != faults || s.Faults != faults || s.Different != 0 {
			t.Errorf("after %d visits: %+v, want %d faults", times, s, faults)
		}
	}
	visit(10, 3)
	b.advance(2 * time.Minute)
	visit(10, 4)
}

// TestShadowTellsWhatDiffers: by the names that the two versions declare, and by nothing of a visitor's.
func TestShadowTellsWhatDiffers(t *testing.T) {
	b := startVersions(t, nil)
	files := small("v")
	delete(files, "rules/points.wasm")
	files["rules/points.yaml"] = pointsFile("1.0.0", 1, "segments:\n  - segment: viewers\n    when: count(\"view\") > 0\n  - segment: printers\n    when: has(profile.company)\n")
	b.apply("v", files)
	token := b.visitor(t, writeKey+"v")
	b.ask("POST", modulesOf+"/versions?shadow=1", pointsFile("2.0.0", 2,
		"segments:\n  - segment: viewers\n    when: count(\"view\") > 1\n  - segment: firms\n    when: has(profile.company)\n"), 200, nil)
	b.decide(t, writeKey+"v", token, askScores)
	b.decide(t, writeKey+"v", token, `{"events":[{"id":"again","type":"view"}]}`)
	want := seenAnswer{Calls: 2, Different: 2, In: map[string]int{"score points": 2, "segment viewers": 1, "segment printers": 2, "segment firms": 2}}
	if d := cmp.Diff(want, b.seen()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestAnAnswerThatIsNotUsable counts as a failure: the version before answers after a while.
func TestAnAnswerThatIsNotUsable(t *testing.T) {
	b := startVersions(t, func(c *edge.Config) { c.BreakerFaults = 2 })
	b.apply("v", small("v"))
	token := b.visitor(t, writeKey+"v")
	b.manage(t, "PUT", "v", "", points("2.0.0", 2e9), 200) // more points than an entry may give
	for range 2 {
		b.decide(t, writeKey+"v", token, askScores)
	}
	if d := b.decide(t, writeKey+"v", token, askScores); d.Scores["points"].Points != 1 {
		t.Errorf("the version before does not answer: %+v", d)
	}
}
