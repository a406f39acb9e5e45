package main

import (
	"cmp"
	"math"
	"slices"

	"github.com/lotse-edge/lotse/edge"
)

// ranking is a histogram made ready: by falling points, each value once, no empty ones.
type ranking struct {
	counts             []edge.PointsCount
	profiles, positive int
}

func newRanking(histogram []edge.PointsCount) ranking {
	var r ranking
	sorted := slices.Clone(histogram)
	slices.SortFunc(sorted, func(a, b edge.PointsCount) int { return cmp.Compare(b.Points, a.Points) })
	for _, c := range sorted {
		if c.Profiles <= 0 {
			continue
		}
		r.profiles += c.Profiles
		r.positive += c.Positive
		if n := len(r.counts); n > 0 && r.counts[n-1].Points == c.Points {
			r.counts[n-1].Profiles += c.Profiles
			r.counts[n-1].Positive += c.Positive
			continue
		}
		r.counts = append(r.counts, c)
	}
	return r
}

// rate is the share of positives among all: what a list in random order would give in every part.
func (r ranking) rate() float64 { return share(r.positive, r.profiles) }

// liftGroup is one line of a lift table: neighbouring points, never a part of those that are tied.
type liftGroup struct {
	Group    int     `json:"group"`
	From     float64 `json:"from"` // lowest points
	To       float64 `json:"to"`   // highest points
	Leads    int     `json:"leads"`
	Positive int     `json:"positives"`
	Rate     float64 `json:"rate"`
	Lift     float64 `json:"lift"`     // rate over the rate of all
	Captured float64 `json:"captured"` // share of all positives in this group and those above
}

// lift cuts the ranking into at most n groups of about equal size, the best first. Those with the same points have no order
// among them, so they are never separated: each cut falls on the end of a tie that lies nearest to the wanted size. Where
// many are tied there are fewer groups, and they are of unequal size.
func (r ranking) lift(n int) []liftGroup {
	cuts := r.cuts(n)
	var groups []liftGroup
	var g liftGroup
	seen, captured := 0, 0
	for _, c := range r.counts {
		if g.Leads == 0 {
			g.To = c.Points
		}
		g.From = c.Points
		g.Leads += c.Profiles
		g.Positive += c.Positive
		seen += c.Profiles
		if !cuts[seen] {
			continue
		}
		captured += g.Positive
		g.Group = len(groups) + 1
		g.Rate = share(g.Positive, g.Leads)
		if all := r.rate(); all > 0 {
			g.Lift = g.Rate / all
		}
		g.Captured = share(captured, r.positive)
		groups = append(groups, g)
		g = liftGroup{}
	}
	return groups
}

// cuts gives the numbers of leads after which a group ends: for each k of n the end of a tie nearest to k/n of all.
func (r ranking) cuts(n int) map[int]bool {
	cuts := map[int]bool{r.profiles: true}
	k, before := 1, 0
	for _, c := range r.counts {
		after := before + c.Profiles
		// All is kept times n, so that nothing is rounded.
		for ; k < n && k*r.profiles <= after*n; k++ {
			if k*r.profiles-before*n < after*n-k*r.profiles {
				cuts[before] = true
			} else {
				cuts[after] = true
			}
		}
		before = after
	}
	delete(cuts, 0)
	return cuts
}

// area is how well points separate: the probability that a positive has more points than a negative, a tie counting half
// (the area under the ROC curve), with a 95 % interval.
type area struct {
	AUC  float64 `json:"auc"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// auc computes the rank statistic from the histogram, and its standard error as Hanley and McNeil (1982) give it. It does
// not exist (false) when all outcomes are the same.
func (r ranking) auc() (area, bool) {
	positive, negative := float64(r.positive), float64(r.profiles-r.positive)
	if positive == 0 || negative == 0 {
		return area{}, false
	}
	won, negativeBelow := 0.0, negative
	for _, c := range r.counts {
		tied := float64(c.Profiles - c.Positive)
		negativeBelow -= tied
		won += float64(c.Positive) * (negativeBelow + tied/2)
	}
	a := won / (positive * negative)
	q1, q2 := a/(2-a), 2*a*a/(1+a)
	variance := (a*(1-a) + (positive-1)*(q1-a*a) + (negative-1)*(q2-a*a)) / (positive * negative)
	half := 1.959964 * math.Sqrt(max(0, variance))
	return area{AUC: a, Low: max(0, a-half), High: min(1, a+half)}, true
}

// gainPoint is a point of the cumulative gains curve: who takes this share of the leads, the best first, finds this share
// of the positives.
type gainPoint struct {
	Leads    float64 `json:"leads"`
	Captured float64 `json:"captured"`
}

// gains gives a point at the end of each tie. Between two points the curve is straight: that is what taking a part of a tie
// in any order gives on average.
func (r ranking) gains() []gainPoint {
	points := []gainPoint{{}}
	leads, positive := 0, 0
	for _, c := range r.counts {
		leads += c.Profiles
		positive += c.Positive
		points = append(points, gainPoint{share(leads, r.profiles), share(positive, r.positive)})
	}
	return points
}

// capturedAt reads the curve at a share of the leads.
func capturedAt(points []gainPoint, leads float64) float64 {
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if leads <= b.Leads && b.Leads > a.Leads {
			return a.Captured + (b.Captured-a.Captured)*(leads-a.Leads)/(b.Leads-a.Leads)
		}
	}
	return points[len(points)-1].Captured
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
