package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

func TestInterest(t *testing.T) {
	module := lotsetest.Module{Manifest: []byte(manifest), Rules: rules}
	f := func(values lotsetest.Values, want map[string]float64) {
		t.Helper()
		if d := cmp.Diff(want, module.Run(t, values).Scores["interest"]); d != "" {
			t.Errorf("%v (-want +got):\n%s", values, d)
		}
	}
	f(nil, map[string]float64{})
	f(lotsetest.Values{"messages_opened": 2, "pages": 3}, map[string]float64{"message": 2, "page": 3})
	f(lotsetest.Values{"minutes_on_site": 4.9}, map[string]float64{})
	f(lotsetest.Values{"minutes_on_site": 5}, map[string]float64{"attention": 5})
	f(lotsetest.Values{"minutes_on_site": 15, "chats": 1}, map[string]float64{"attention": 10, "click": 5})
	f(lotsetest.Values{"do_not_email": true}, map[string]float64{"silence": -10})
	f(lotsetest.Values{"do_not_email": false, "unsubscribed": 1, "bounces": 2}, map[string]float64{"silence": -10})
	f(lotsetest.Values{"messages_opened": 9, "pages": 99, "messages_clicked": 3, "chats": 3, "forms": 3, "calls": 3},
		map[string]float64{"message": 5, "page": 10, "click": 20, "form": 20, "call": 20})
	module.Random(t, 500)
}
