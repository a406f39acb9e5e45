package main

import (
	_ "embed"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/go/lotsetest"
)

//go:embed manifest.json
var manifest []byte

func TestInterest(t *testing.T) {
	module := lotsetest.Module{Manifest: manifest, Rules: evaluate}
	type values = lotsetest.Values
	type points = map[string]float64
	for name, c := range map[string]struct {
		values values
		want   points
	}{
		"a stranger":              {nil, points{}},
		"three pages":             {values{"pages": 3}, points{"page": 3}},
		"three visits":            {values{"visits": 3}, points{"page": 3}},
		"two visits of two pages": {values{"visits": 2, "pages_per_visit": 2.5, "pages": 4}, points{"page": 5}},
		"no visit at all":         {values{"visits": 0, "pages_per_visit": 0.0}, points{}},
		"many pages":              {values{"visits": 250, "pages_per_visit": 55}, points{"page": 10}},
		"a short look":            {values{"minutes_on_site": 4.9}, points{}},
		"a look":                  {values{"minutes_on_site": 5}, points{"attention": 5}},
		"an evening":              {values{"minutes_on_site": 15}, points{"attention": 10}},
		"a message and its link":  {values{"messages_opened": 1, "messages_clicked": 1}, points{"message": 1, "click": 5}},
		"two chats and a link":    {values{"chats": 2, "messages_clicked": 1}, points{"click": 15}},
		"a form and a call":       {values{"forms": 1, "calls": 1}, points{"form": 10, "call": 10}},
		"no mail, please":         {values{"do_not_email": true, "pages": 1}, points{"page": 1, "silence": -10}},
		"mail is fine":            {values{"do_not_email": false}, points{}},
		"a bounce":                {values{"bounces": 3, "unsubscribed": 1}, points{"silence": -10}},
		"unsubscribed":            {values{"unsubscribed": 1}, points{"silence": -10}},
		"all of it, every day": {
			values{"messages_opened": 99, "pages": 99, "minutes_on_site": 999, "messages_clicked": 99, "chats": 99, "forms": 99, "calls": 99},
			points{"message": 5, "page": 10, "attention": 10, "click": 20, "form": 20, "call": 20},
		},
	} {
		if diff := cmp.Diff(c.want, module.Run(t, c.values).Scores["interest"]); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	module.Random(t, 500)
}
