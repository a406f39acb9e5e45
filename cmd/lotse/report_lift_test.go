package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/rules"
)

// lead is one profile with a known outcome, as the naive computations see it.
type lead struct {
	points   float64
	positive bool
}

func histogramOf(leads []lead) []edge.PointsCount {
	var h []edge.PointsCount
	for _, l := range leads {
		c := edge.PointsCount{Points: l.points, Profiles: 1}
		if l.positive {
			c.Positive = 1
		}
		h = append(h, c)
	}
	return h
}

func randomLeads(r *rand.Rand) []lead {
	leads := make([]lead, 2+r.IntN(200))
	distinct := 1 + r.IntN(40)
	for i := range leads {
		points := float64(r.IntN(distinct) - distinct/2)
		leads[i] = lead{points, r.Float64() < 0.2+0.6*float64(points)/float64(distinct)}
	}
	return leads
}

// The rank statistic over a histogram is the share of won pairs, counted one by one.
func TestAUCIsTheShareOfWonPairs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		leads := randomLeads(r)
		won, pairs := 0.0, 0.0
		for _, p := range leads {
			for _, n := range leads {
				if !p.positive || n.positive {
					continue
				}
				pairs++
				switch {
				case p.points > n.points:
					won++
				case p.points == n.points:
					won += 0.5
				}
			}
		}
		got, ok := newRanking(histogramOf(leads)).auc()
		if ok != (pairs > 0) {
			t.Fatalf("auc exists: %v, with %v pairs", ok, pairs)
		}
		if !ok {
			continue
		}
		if math.Abs(got.AUC-won/pairs) > 1e-12 {
			t.Fatalf("auc %v, want %v", got.AUC, won/pairs)
		}
		if got.Low > got.AUC || got.High < got.AUC || got.Low < 0 || got.High > 1 {
			t.Fatalf("interval %+v", got)
		}
	}
}

func TestAUCOfKnownCases(t *testing.T) {
	f := func(name string, h []edge.PointsCount, want area, exists bool) {
		t.Helper()
		got, ok := newRanking(h).auc()
		if ok != exists {
			t.Fatalf("%s: exists %v, want %v", name, ok, exists)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 5e-4)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	f("empty", nil, area{}, false)
	f("all positive", []edge.PointsCount{{Points: 1, Profiles: 5, Positive: 5}}, area{}, false)
	f("all tied", []edge.PointsCount{{Points: 1, Profiles: 100, Positive: 50}}, area{0.5, 0.3866, 0.6134}, true)
	f("perfect", []edge.PointsCount{{Points: 1, Profiles: 10, Positive: 0}, {Points: 2, Profiles: 10, Positive: 10}}, area{1, 1, 1}, true)
	f("reversed", []edge.PointsCount{{Points: 1, Profiles: 10, Positive: 10}, {Points: 2, Profiles: 10, Positive: 0}}, area{0, 0, 0}, true)
	// Hanley and McNeil 1982, table II: 51 abnormal and 58 normal images in five ratings; area 0.893, standard error 0.032.
	f("the paper's own", []edge.PointsCount{{Points: 1, Profiles: 36, Positive: 3}, {Points: 2, Profiles: 8, Positive: 2}, {Points: 3, Profiles: 8, Positive: 2}, {Points: 4, Profiles: 22, Positive: 11}, {Points: 5, Profiles: 35, Positive: 33}}, area{0.8932, 0.8297, 0.9566}, true)
}

// Groups are whole ties, in order, and add up to everybody.
func TestLiftGroupsPartitionTheTies(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		leads := randomLeads(r)
		ranked := newRanking(histogramOf(leads))
		groups := ranked.lift(10)
		if len(groups) > 10 || len(groups) > len(ranked.counts) {
			t.Fatalf("%d groups of %d ties", len(groups), len(ranked.counts))
		}
		captured, all, positives := 0, 0, 0
		for _, l := range leads {
			if l.positive {
				positives++
			}
		}
		for i, g := range groups {
			want := liftGroup{Group: i + 1, From: g.From, To: g.To}
			for _, l := range leads {
				if l.points < g.From || l.points > g.To {
					continue
				}
				want.Leads++
				if l.positive {
					want.Positive++
				}
			}
			captured += want.Positive
			all += want.Leads
			want.Rate = share(want.Positive, want.Leads)
			if positives > 0 {
				want.Lift = want.Rate / share(positives, len(leads))
				want.Captured = share(captured, positives)
			}
			if d := cmp.Diff(want, g, cmpopts.EquateApprox(0, 1e-12)); d != "" {
				t.Fatalf("group %d (-want +got):\n%s", i+1, d)
			}
			if i > 0 && g.To >= groups[i-1].From {
				t.Fatalf("group %d overlaps the one above", i+1)
			}
		}
		if all != len(leads) || captured != positives {
			t.Fatalf("groups hold %d of %d leads, %d of %d positives", all, len(leads), captured, positives)
		}
	}
}

func TestLiftCutsNearTheWantedSize(t *testing.T) {
	f := func(sizes []int, want ...int) {
		t.Helper()
		var h []edge.PointsCount
		for i, n := range sizes {
			h = append(h, edge.PointsCount{Points: float64(-i), Profiles: n})
		}
		var got []int
		for _, g := range newRanking(h).lift(10) {
			got = append(got, g.Leads)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%v (-want +got):\n%s", sizes, d)
		}
	}
	f(nil)
	f([]int{7}, 7)
	f([]int{10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	f([]int{5, 5, 10, 10, 10, 10, 10, 10, 10, 10, 10}, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	f([]int{50, 10, 10, 10, 10, 10}, 50, 10, 10, 10, 10, 10)
	f([]int{9, 3, 8, 80}, 9, 11, 80)
	f([]int{1, 98, 1}, 1, 98, 1)
	f([]int{1, 0, 1}, 1, 1)
}

func TestGainsOfKnownCase(t *testing.T) {
	got := newRanking([]edge.PointsCount{{Points: 0, Profiles: 5, Positive: 0}, {Points: 2, Profiles: 2, Positive: 2}, {Points: 1, Profiles: 3, Positive: 2}}).gains()
	want := []gainPoint{{0, 0}, {0.2, 0.5}, {0.5, 1}, {1, 1}}
	if d := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for at, captured := range map[float64]float64{0: 0, 0.1: 0.25, 0.2: 0.5, 0.35: 0.75, 0.7: 1, 1: 1} {
		if c := capturedAt(got, at); math.Abs(c-captured) > 1e-12 {
			t.Errorf("captured at %v: %v, want %v", at, c, captured)
		}
	}
}

// Each lead is in the band that the server puts it in, and no lead is lost.
func TestByBandCountsEachLeadOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		leads := randomLeads(r)
		var bands []edge.BandCount
		var named []rules.Band
		from := float64(r.IntN(5) - 10)
		for _, name := range []string{"a", "b", "c", "d"}[:1+r.IntN(4)] {
			bands = append(bands, edge.BandCount{Band: name, From: from})
			named = append(named, rules.Band{Name: name, From: from})
			from += float64(1 + r.IntN(8))
		}
		rating := rules.Rating{Bands: map[string][]rules.Band{"s": named}}
		want := map[string][2]int{}
		for _, l := range leads {
			o := rules.Outcome{Scores: []rules.Score{{Name: "s", Points: l.points}}}
			rating.Finish(&o, "", func(string) (string, bool) { return "", false })
			n := want[o.Scores[0].Band]
			n[0]++
			if l.positive {
				n[1]++
			}
			want[o.Scores[0].Band] = n
		}
		for _, b := range newRanking(histogramOf(leads)).byBand(bands) {
			if got := [2]int{b.Leads, b.Positive}; got != want[b.Band] {
				t.Fatalf("band %s from %v: %v, want %v", b.Band, b.From, got, want[b.Band])
			}
		}
	}
}
