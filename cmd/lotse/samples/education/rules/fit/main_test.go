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
		"a stranger":      {nil, points{}},
		"served":          {values{"country": "India"}, points{"region": 10}},
		"served, by code": {values{"country": "IN"}, points{"region": 10}},
		"not served":      {values{"country": "Sweden"}, points{"region": -10}},
		"at work":         {values{"occupation": "Working Professional"}, points{"authority": 10, "budget": 10}},
		"an owner":        {values{"occupation": "businessman"}, points{"authority": 10, "budget": 10}},
		"out of work":     {values{"occupation": "unemployed"}, points{"authority": 5}},
		"at home":         {values{"occupation": "housewife"}, points{"authority": 5}},
		"in education":    {values{"occupation": "Student"}, points{"education": -10}},
		"something else":  {values{"occupation": "other"}, points{}},
		"knows why":       {values{"motivation": "career"}, points{"need": 5}},
		"knows what":      {values{"specialization": "finance"}, points{"specialization": 5}},
		"sent by a guest": {values{"lead_source": "Reference", "heard_from": "Word Of Mouth"}, points{"referral": 10}},
		"heard of us":     {values{"lead_source": "google", "heard_from": "word_of_mouth"}, points{"referral": 10}},
		"searched for us": {values{"lead_source": "google", "heard_from": "online_search"}, points{}},
		"the best": {
			values{"country": "India", "occupation": "working_professional", "motivation": "career", "specialization": "finance", "lead_source": "reference"},
			points{"region": 10, "authority": 10, "budget": 10, "need": 5, "specialization": 5, "referral": 10},
		},
	} {
		if diff := cmp.Diff(c.want, module.Run(t, c.values).Scores["fit"]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	module.Random(t, 500, "India", "student", "reference")
}
