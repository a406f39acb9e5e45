package main

import (
	"fmt"
	"math"

	"github.com/lotse-edge/lotse/edge"
)

// bandRate is a band of a score held against the outcome.
type bandRate struct {
	Band     string  `json:"band"`
	From     float64 `json:"from"`
	Leads    int     `json:"leads"`
	Positive int     `json:"positives"`
	Rate     float64 `json:"rate"`
	Lift     float64 `json:"lift"` // rate over the rate of all
}

// byBand counts leads by the bands of their score, which rise: a band holds up to the next one, and the first holds what is below
// it, too.
func (r ranking) byBand(bands []edge.BandCount) []bandRate {
	list := make([]bandRate, len(bands))
	for i, b := range bands {
		list[i].Band, list[i].From = b.Band, b.From
	}
	if len(bands) == 0 {
		return nil
	}
	for _, c := range r.counts {
		at := 0
		for at+1 < len(bands) && c.Points >= bands[at+1].From {
			at++
		}
		list[at].Leads += c.Profiles
		list[at].Positive += c.Positive
	}
	for i := range list {
		b := &list[i]
		b.Rate = share(b.Positive, b.Leads)
		if all := r.rate(); all > 0 {
			b.Lift = b.Rate / all
		}
	}
	return list
}

// fewLeads is how many leads a band needs before its rate is worth a word.
const fewLeads = 30

func appendBands(dst []byte, bands []bandRate) []byte {
	if len(bands) == 0 {
		return dst
	}
	width := len("band")
	for _, b := range bands {
		width = max(width, len([]rune(b.Band)))
	}
	dst = fmt.Appendf(dst, "  %-*s %8s %10s %8s %6s\n", width, "band", "leads", "positives", "rate", "lift")
	for _, b := range bands {
		dst = fmt.Appendf(dst, "  %-*s %8d %10d %8s %6.2f\n", width, b.Band, b.Leads, b.Positive, percent(b.Rate), b.Lift)
	}
	for i, b := range bands[1:] {
		if below := bands[i]; b.Leads >= fewLeads && below.Leads >= fewLeads && b.Rate < below.Rate {
			dst = fmt.Appendf(dst, "  %s is above %s and turns out positive less often: look at the points, or at where the band begins\n", b.Band, below.Band)
		}
	}
	return append(dst, '\n')
}

// appendWords says in plain words what the figures below mean.
func appendWords(dst []byte, m measured) []byte {
	dst = fmt.Appendf(dst, "  Of a positive and another lead it puts the positive one first in %.0f of 100 pairs (50 is chance).\n", 100*m.Area.AUC)
	switch {
	case m.Area.High < 0.5:
		dst = append(dst, "  It ranks the wrong way round: who has more points turns out positive less often.\n"...)
	case m.Area.Low <= 0.5:
		dst = append(dst, "  That may be chance: the order cannot be told from a random one.\n"...)
	default:
		best := m.Lift[0]
		dst = fmt.Appendf(dst, "  Whoever takes the best %d leads (%s) finds %s of the positives, %.1f times as many as in a random order.\n",
			best.Leads, percent(share(best.Leads, m.Leads)), percent(best.Captured), math.Round(10*best.Lift)/10)
	}
	return append(dst, '\n')
}
