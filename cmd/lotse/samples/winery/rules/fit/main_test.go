package main

import (
	_ "embed"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

//go:embed manifest.json
var manifest []byte

func TestFit(t *testing.T) {
	module := lotsetest.Module{Manifest: manifest, Rules: evaluate}
	type values = lotsetest.Values
	type points = map[string]float64
	for name, c := range map[string]struct {
		values values
		want   points
	}{
		"a stranger":         {nil, points{}},
		"a neighbour":        {values{"country": "LU", "customer_type": "private"}, points{"region": 10, "customer_type": 5}},
		"too far away":       {values{"country": "US", "customer_type": "trade"}, points{"region": -10, "customer_type": 10}},
		"a decision maker":   {values{"authority": "decision_maker", "timeframe": "now"}, points{"authority": 10, "timeframe": 10}},
		"an influencer":      {values{"authority": "influencer", "timeframe": "quarter"}, points{"authority": 5, "timeframe": 5}},
		"a user":             {values{"authority": "user", "timeframe": "year"}, points{"authority": 1, "timeframe": 1}},
		"nothing settled":    {values{"authority": "", "timeframe": "none", "need": "curiosity", "budget": 499, "company_size": 9}, points{}},
		"a small budget":     {values{"budget": 500, "need": "cellar"}, points{"budget": 5, "need": 5}},
		"a large budget":     {values{"budget": 5000, "company_size": 500}, points{"budget": 10}},
		"a large house":      {values{"company_size": 10}, points{"budget": 5}},
		"in education":       {values{"occupation": "student"}, points{"education": -10}},
		"in education twice": {values{"occupation": "student", "customer_status": "student"}, points{"education": -10}},
		"the best": {
			values{"country": "DE", "customer_type": "gastronomy", "authority": "decision_maker", "budget": 9000, "need": "wine_list", "timeframe": "now", "occupation": "working"},
			points{"region": 10, "customer_type": 10, "authority": 10, "budget": 10, "need": 5, "timeframe": 10},
		},
	} {
		if diff := cmp.Diff(c.want, module.Run(t, c.values).Scores["fit"]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	module.Random(t, 500, "DE", "private", "student", "now")
}
