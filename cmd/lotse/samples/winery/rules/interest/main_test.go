package main

import (
	_ "embed"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

//go:embed manifest.json
var manifest []byte

var module = lotsetest.Module{Manifest: manifest, Rules: evaluate}

func TestInterest(t *testing.T) {
	for name, c := range map[string]struct {
		values lotsetest.Values
		want   map[string]float64
	}{
		"a stranger":             {nil, map[string]float64{}},
		"one page":               {lotsetest.Values{"pages": 1}, map[string]float64{"page": 1}},
		"five pages, a tasting":  {lotsetest.Values{"pages": 5, "webinars": 1}, map[string]float64{"page": 5, "webinar": 10}},
		"a message and its link": {lotsetest.Values{"messages_opened": 1, "messages_clicked": 1}, map[string]float64{"message": 1, "click": 5}},
		"a click and a survey":   {lotsetest.Values{"clicks": 1, "surveys": 1}, map[string]float64{"click": 10}},
		"a form and a basket":    {lotsetest.Values{"forms": 1, "carts": 1}, map[string]float64{"form": 10, "cart": 5}},
		"all of it, every day": {
			lotsetest.Values{"messages_opened": 99, "pages": 99, "clicks": 99, "messages_clicked": 99, "surveys": 99, "webinars": 99, "forms": 99, "carts": 99},
			map[string]float64{"message": 5, "page": 10, "click": 20, "webinar": 20, "form": 20, "cart": 10},
		},
	} {
		if diff := cmp.Diff(c.want, module.Run(t, c.values).Scores["interest"]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	module.Random(t, 500)
}

// Pages alone, however many, are awareness and no more.
func TestNobodyReadsUpToASalesCall(t *testing.T) {
	if got := module.Run(t, lotsetest.Values{"pages": 100000}).Total("interest"); got > 10 {
		t.Errorf("%v points for pages", got)
	}
}
