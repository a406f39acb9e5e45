package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/lotse-edge/lotse/edge"
)

// appendReport writes the report for a terminal.
func appendReport(dst []byte, r edge.Report, scores []measured) []byte {
	dst = fmt.Appendf(dst, "%s: %d profiles\n", r.Tenant, r.Profiles)
	if r.Faults > 0 {
		dst = fmt.Appendf(dst, "%d evaluations failed and are missing below; the server's log names the modules\n", r.Faults)
	}
	if r.Replaced > 0 {
		dst = fmt.Appendf(dst, "%d evaluations were answered by a module's version before, because the one in force fails\n", r.Replaced)
	}
	var rows []countRow
	for _, s := range r.Funnel {
		rows = append(rows, countRow{s.Stage, s.Profiles})
	}
	dst = appendCounts(dst, "funnel", rows, r.Profiles)
	for _, score := range slices.Sorted(maps.Keys(r.Bands)) {
		rows = nil
		for _, b := range r.Bands[score] {
			rows = append(rows, countRow{fmt.Sprintf("%s (from %s)", b.Band, pointsText(b.From)), b.Profiles})
		}
		dst = appendCounts(dst, "bands of "+score, rows, r.Profiles)
	}
	rows = nil
	for _, q := range r.Quadrants {
		rows = append(rows, countRow{q.Quadrant, q.Profiles})
	}
	dst = appendCounts(dst, "lead quality", rows, r.Profiles)
	rows = nil
	for _, s := range r.Segments {
		rows = append(rows, countRow{s.Segment, s.Profiles})
	}
	dst = appendCounts(dst, "segments", rows, r.Profiles)
	rows = nil
	for _, p := range r.Purposes {
		rows = append(rows, countRow{p.Purpose, p.Profiles})
	}
	dst = appendCounts(dst, "may be used for", rows, r.Profiles)
	if r.Outcome == nil || r.Outcome.Known == 0 {
		return append(dst, "\nno outcome is known, so no score is measured\n"...)
	}
	dst = fmt.Appendf(dst, "\noutcome %s: known of %d profiles, true for %d (%s)\n", r.Outcome.Field, r.Outcome.Known,
		r.Outcome.Positive, percent(share(r.Outcome.Positive, r.Outcome.Known)))
	for _, m := range scores {
		dst = appendMeasured(dst, m)
	}
	return dst
}

type countRow struct {
	label    string
	profiles int
}

// appendCounts writes a small bar chart; bars are shares of all profiles, so that charts can be compared.
func appendCounts(dst []byte, title string, rows []countRow, all int) []byte {
	if len(rows) == 0 {
		return dst
	}
	width := 0
	for _, r := range rows {
		width = max(width, len([]rune(r.label)))
	}
	dst = fmt.Appendf(dst, "\n%s\n", title)
	for _, r := range rows {
		line := fmt.Sprintf("  %-*s %8d %7s  %s", width, r.label, r.profiles, percent(share(r.profiles, all)), bar(share(r.profiles, all), 30))
		dst = append(append(dst, strings.TrimRight(line, " ")...), '\n')
	}
	return dst
}

// bar is a bar of at most width cells. Whatever is not zero shows.
func bar(part float64, width int) string {
	n := int(math.Round(part * float64(width)))
	if n == 0 && part > 0 {
		return "."
	}
	return strings.Repeat("#", min(n, width))
}

func appendMeasured(dst []byte, m measured) []byte {
	dst = fmt.Appendf(dst, "\nscore %s against the outcome: %d leads, %d positive\n", m.Score, m.Leads, m.Positive)
	if m.Area == nil {
		return append(dst, "  all outcomes are the same: nothing to rank\n"...)
	}
	dst = appendWords(dst, m)
	dst = appendBands(dst, m.Bands)
	dst = fmt.Appendf(dst, "  area under the ROC curve %.3f, 95 %% interval %.3f to %.3f (0.5 is chance)\n", m.Area.AUC, m.Area.Low, m.Area.High)
	dst = append(dst, "  group           points    leads  positives     rate   lift  captured\n"...)
	for _, g := range m.Lift {
		points := pointsText(g.To)
		if g.From != g.To {
			points += " to " + pointsText(g.From)
		}
		dst = fmt.Appendf(dst, "  %5d %16s %8d %10d %8s %6.2f %9s\n", g.Group, points, g.Leads, g.Positive, percent(g.Rate), g.Lift, percent(g.Captured))
	}
	if len(m.Lift) < 10 {
		dst = append(dst, "  fewer than ten groups: leads with the same points are not separated\n"...)
	}
	return appendGainsPlot(dst, m.Gains)
}

// The plot of cumulative gains, in characters.
const (
	plotWidth  = 51
	plotHeight = 11
)

// appendGainsPlot draws the curve ('*') over what a random order gives ('.').
func appendGainsPlot(dst []byte, gains []gainPoint) []byte {
	var cells [plotHeight][plotWidth]byte
	for y := range cells {
		for x := range cells[y] {
			cells[y][x] = ' '
		}
	}
	put := func(x int, captured float64, mark byte) {
		y := int(math.Round(captured * (plotHeight - 1)))
		cells[plotHeight-1-y][x] = mark
	}
	for x := range plotWidth {
		leads := float64(x) / (plotWidth - 1)
		put(x, leads, '.')
	}
	for x := range plotWidth {
		put(x, capturedAt(gains, float64(x)/(plotWidth-1)), '*')
	}
	dst = append(dst, "\n  positives captured (*), random order (.)\n"...)
	for y := range cells {
		line := fmt.Sprintf("  %3d %% |%s", 100*(plotHeight-1-y)/(plotHeight-1), cells[y][:])
		dst = append(append(dst, strings.TrimRight(line, " ")...), '\n')
	}
	dst = fmt.Appendf(dst, "        +%s\n", strings.Repeat("-", plotWidth))
	return fmt.Appendf(dst, "         0 %%%*s\n         share of the leads, the most points first\n", plotWidth-3, "100 %")
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// pointsText writes points without the digits that they do not have.
func pointsText(x float64) string {
	return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64)
}
