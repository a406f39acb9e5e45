package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

func TestFit(t *testing.T) {
	module := lotsetest.Module{Manifest: []byte(manifest), Rules: rules}
	f := func(values lotsetest.Values, want map[string]float64) {
		t.Helper()
		if d := cmp.Diff(want, module.Run(t, values).Scores["fit"]); d != "" {
			t.Errorf("%v (-want +got):\n%s", values, d)
		}
	}
	f(nil, map[string]float64{})
	f(lotsetest.Values{"country": "India"}, map[string]float64{"region": 10})
	f(lotsetest.Values{"country": ""}, map[string]float64{"region": -10})
	f(lotsetest.Values{"occupation": "Businessman", "motivation": "", "specialization": ""},
		map[string]float64{"authority": 10, "budget": 10, "need": 5, "specialization": 5})
	f(lotsetest.Values{"occupation": "Housewife"}, map[string]float64{"authority": 5})
	f(lotsetest.Values{"occupation": "Student", "heard_from": "Word Of Mouth"}, map[string]float64{"education": -10, "referral": 10})
	f(lotsetest.Values{"occupation": "Other", "lead_source": "Reference"}, map[string]float64{"referral": 10})
	module.Random(t, 500, "India", "Student", "Reference")
}
