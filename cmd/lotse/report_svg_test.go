package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge"
)

// Whatever names a tenant gives, the drawing is well-formed and tells its figures in words too.
func TestSVGIsWellFormed(t *testing.T) {
	var scores []measured
	for _, name := range []string{"fit", `<script>alert("&")</script>`, "c", "d", "e"} {
		ranked := newRanking([]edge.PointsCount{{Points: 1, Profiles: 4, Positive: 1}, {Points: 2, Profiles: 4, Positive: 3}})
		m := measured{Score: name, Leads: 8, Positive: 4, Gains: ranked.gains()}
		if a, ok := ranked.auc(); ok && name == "fit" {
			m.Area = &a
		}
		scores = append(scores, m)
	}
	svg := string(appendGainsSVG(nil, `won & "lost"`, scores))
	d := xml.NewDecoder(strings.NewReader(svg))
	elements := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			elements[e.Name.Local]++
		}
	}
	if elements["script"] != 0 || elements["polyline"] != len(scores) || elements["title"] != 1 || elements["desc"] != 1 {
		t.Errorf("elements: %v", elements)
	}
	if want := "the best 10 % of 8 leads hold 15.0 % of the 4 positives, the best 30 % hold 45.0 %, the best half holds 75.0 %"; !strings.Contains(svg, want) {
		t.Errorf("the description lacks %q", want)
	}
}
