package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

func TestSegments(t *testing.T) {
	module := lotsetest.Module{Manifest: []byte(manifest), Rules: rules}
	f := func(values lotsetest.Values, persona string, want ...string) {
		t.Helper()
		got := module.Run(t, values)
		if d := cmp.Diff(want, got.Segments); d != "" || got.Traits["persona"] != persona {
			t.Errorf("%v: persona %q (-want +got):\n%s", values, got.Traits["persona"], d)
		}
	}
	f(nil, "")
	f(lotsetest.Values{"occupation": "Working Professional"}, "professional")
	f(lotsetest.Values{"occupation": "Working Professional", "country": "India", "lead_source": "Reference"}, "professional", "at-work-in-india", "referred")
	f(lotsetest.Values{"occupation": "Unemployed", "motivation": "Better Career Prospects"}, "returner", "career-changers")
	f(lotsetest.Values{"occupation": "Student", "specialization": "Finance Management", "chats": 1}, "graduate", "finance", "talkers")
	f(lotsetest.Values{"minutes_on_site": 15, "pages": 2}, "")
	f(lotsetest.Values{"minutes_on_site": 15, "pages": 3, "forms": 1}, "", "readers", "talkers")
	module.Random(t, 500, "Unemployed", "Student", "Reference")
}
