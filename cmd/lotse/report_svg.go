package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// The drawing: a square plot with room for the axes, and a legend below it.
const (
	svgWidth  = 560
	svgLeft   = 70
	svgTop    = 50
	svgSide   = 440
	svgLegend = 24
)

// Colours and dashes of the curves. They differ in brightness too, and each has its own dash, so that no eye and no printer
// depends on the hue.
var svgStrokes = []struct{ colour, dash string }{
	{"#004488", "none"},
	{"#bb5566", "9 4"},
	{"#997700", "2 3"},
	{"#117733", "9 3 2 3"},
}

// appendGainsSVG draws the cumulative gains of the scores. The title and the description carry the main figures for those
// who do not see the drawing.
func appendGainsSVG(dst []byte, outcome string, scores []measured) []byte {
	height := svgTop + svgSide + 70 + svgLegend*(len(scores)+1)
	b := &svgWriter{dst}
	b.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-labelledby="lotse-gains-title lotse-gains-desc" font-family="sans-serif" font-size="13">`,
		svgWidth, height)
	b.printf(`<title id="lotse-gains-title">Cumulative gains for the outcome %s</title>`, svgText(outcome))
	b.printf(`<desc id="lotse-gains-desc">%s</desc>`, svgText(describeGains(scores)))
	b.printf(`<rect width="%d" height="%d" fill="#ffffff"/>`, svgWidth, height)
	b.printf(`<text x="%d" y="28" font-size="16" fill="#222222">Cumulative gains: outcome %s</text>`, svgLeft, svgText(outcome))
	for i := 0; i <= 10; i += 2 {
		at := float64(i) / 10
		b.printf(`<line x1="%s" y1="%d" x2="%s" y2="%d" stroke="#dddddd"/>`, svgX(at), svgTop, svgX(at), svgTop+svgSide)
		b.printf(`<line x1="%d" y1="%s" x2="%d" y2="%s" stroke="#dddddd"/>`, svgLeft, svgY(at), svgLeft+svgSide, svgY(at))
		b.printf(`<text x="%s" y="%d" text-anchor="middle" fill="#222222">%d %%</text>`, svgX(at), svgTop+svgSide+18, 10*i)
		b.printf(`<text x="%d" y="%s" text-anchor="end" dominant-baseline="middle" fill="#222222">%d %%</text>`, svgLeft-8, svgY(at), 10*i)
	}
	b.printf(`<text x="%d" y="%d" text-anchor="middle" fill="#222222">share of all leads, the most points first</text>`, svgLeft+svgSide/2, svgTop+svgSide+42)
	b.printf(`<text x="0" y="0" text-anchor="middle" fill="#222222" transform="translate(18 %d) rotate(-90)">share of all positives captured</text>`, svgTop+svgSide/2)
	b.printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#777777" stroke-dasharray="4 4"/>`, svgLeft, svgTop+svgSide, svgLeft+svgSide, svgTop)
	y := svgTop + svgSide + 70
	for i, m := range scores {
		s := svgStrokes[i%len(svgStrokes)]
		b.printf(`<polyline fill="none" stroke="%s" stroke-width="2.5" stroke-dasharray="%s" points="%s"/>`, s.colour, s.dash, svgPoints(m.Gains))
		b.legend(y, s.colour, s.dash, m.Score+areaText(m))
		y += svgLegend
	}
	b.legend(y, "#777777", "4 4", "random order")
	b.printf(`</svg>`)
	return b.dst
}

type svgWriter struct{ dst []byte }

func (b *svgWriter) printf(format string, args ...any) {
	b.dst = append(fmt.Appendf(b.dst, format, args...), '\n')
}

func (b *svgWriter) legend(y int, colour, dash, label string) {
	b.printf(`<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="%s" stroke-width="2.5" stroke-dasharray="%s"/>`, svgLeft, y, svgLeft+40, y, colour, dash)
	b.printf(`<text x="%d" y="%d" dominant-baseline="middle" fill="#222222">%s</text>`, svgLeft+50, y, svgText(label))
}

func svgX(at float64) string { return fmt.Sprintf("%.1f", svgLeft+svgSide*at) }
func svgY(at float64) string { return fmt.Sprintf("%.1f", svgTop+svgSide*(1-at)) }

func svgPoints(gains []gainPoint) string {
	var points []string
	for _, p := range gains {
		points = append(points, svgX(p.Leads)+","+svgY(p.Captured))
	}
	return strings.Join(points, " ")
}

func areaText(m measured) string {
	if m.Area == nil {
		return ""
	}
	return fmt.Sprintf(": area under the ROC curve %.3f (%.3f to %.3f)", m.Area.AUC, m.Area.Low, m.Area.High)
}

func describeGains(scores []measured) string {
	var parts []string
	for _, m := range scores {
		parts = append(parts, fmt.Sprintf("By the score %s, the best 10 %% of %d leads hold %s of the %d positives, the best 30 %% hold %s, the best half holds %s",
			m.Score, m.Leads, percent(capturedAt(m.Gains, 0.1)), m.Positive, percent(capturedAt(m.Gains, 0.3)), percent(capturedAt(m.Gains, 0.5))))
	}
	return strings.Join(parts, ". ") + ". A random order would hold 10 %, 30 % and 50 %."
}

// svgText escapes what goes between tags.
func svgText(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic("BUG: a buffer refused a write")
	}
	return b.String()
}
