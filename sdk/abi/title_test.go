package abi_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// titled is a manifest with all titles that there are, in both forms.
const titled = `{"abi":1,"name":"m","version":"1.0.0","purpose":"p","reads":[],"emits":{` +
	`"scores":[{"name":"fit","title":{"de":"Passung","en-GB":"Fit <&> \"more\""},"reasons":["region","budget"],"titles":{"region":"Region"}}],` +
	`"segments":["near","far"],"titles":{"near":{"de":"nah"}},` +
	`"traits":[{"name":"persona","title":"Kind of guest","values":["host"],"titles":{"host":{"de":"Gastgeber","en-GB":"host"}}}]}}`

func TestTitles(t *testing.T) {
	m := parse(t, strings.ReplaceAll(titled, `"title":{`, "\"title\" : \n {"))
	want := abi.Emits{
		Scores: []abi.Score{{
			Name: "fit", Title: abi.Title{"de": "Passung", "en-GB": `Fit <&> "more"`},
			Reasons: []string{"region", "budget"}, Titles: map[string]abi.Title{"region": {"": "Region"}},
		}},
		Segments: []string{"near", "far"}, Titles: map[string]abi.Title{"near": {"de": "nah"}},
		Traits: []abi.Trait{{
			Name: "persona", Title: abi.Title{"": "Kind of guest"},
			Values: []string{"host"}, Titles: map[string]abi.Title{"host": {"de": "Gastgeber", "en-GB": "host"}},
		}},
	}
	if diff := cmp.Diff(want, m.Emits); diff != "" {
		t.Error(diff)
	}
	raw, err := abi.EncodeManifest(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(titled, string(raw)); diff != "" {
		t.Error(diff)
	}
	if _, err := abi.ParseManifest([]byte(strings.Replace(titled, `,"titles":{"near":{"de":"nah"}}`, `,"titles":{}`, 1))); err != nil {
		t.Errorf("no titles: %v", err)
	}
}

func TestTitlesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"of no reason":     {`"titles":{"region"`, `"titles":{"regoin"`, "emits.scores[0].titles.regoin: is the title of no reason"},
		"of no segment":    {`"titles":{"near"`, `"titles":{"nears"`, "emits.titles.nears: is the title of no segment"},
		"of no value":      {`"titles":{"host"`, `"titles":{"guest"`, "emits.traits[0].titles.guest: is the title of no value"},
		"a number":         {`"title":"Kind of guest"`, `"title":7`, `emits.traits[0].title: must be a text, or texts by language such as {"de": "Anfrage", "en": "Request"}`},
		"null":             {`"title":"Kind of guest"`, `"title":null`, `emits.traits[0].title: must be a text, or texts by language such as {"de": "Anfrage", "en": "Request"}`},
		"no texts":         {`{"de":"nah"}`, `{}`, "emits.titles.near: has no text"},
		"an empty text":    {`"Region"`, `""`, "emits.scores[0].titles.region: must be a text of 1 to 120 bytes on one line, without control characters and spaces around it"},
		"spaces around":    {`"Region"`, `" Region"`, "emits.scores[0].titles.region: must be a text of 1 to 120 bytes on one line, without control characters and spaces around it"},
		"too long":         {`"Region"`, `"` + strings.Repeat("r", 121) + `"`, "emits.scores[0].titles.region: must be a text of 1 to 120 bytes on one line, without control characters and spaces around it"},
		"two lines":        {`"Region"`, `"Reg\nion"`, "emits.scores[0].titles.region: must be a text of 1 to 120 bytes on one line, without control characters and spaces around it"},
		"turned letters":   {`"Region"`, `"Reg\u202eion"`, "emits.scores[0].titles.region: must be a text of 1 to 120 bytes on one line, without control characters and spaces around it"},
		"a language":       {`{"de":"nah"}`, `{"Deutsch":"nah"}`, "emits.titles.near.Deutsch: is not a language, such as de or en-GB"},
		"no language":      {`{"de":"nah"}`, `{"":"nah"}`, "emits.titles.near.: is not a language: a text alone stands without braces"},
		"a language twice": {`{"de":"nah"}`, `{"de":"nah","de":"fern"}`, "emits.titles.near.de: is there more than once"},
		"a list":           {`"titles":{"near":{"de":"nah"}}`, `"titles":["nah"]`, "emits.titles: must be an object"},
		"a title deeper":   {`{"de":"nah"}`, `{"de":{"en":"near"}}`, "emits.titles.near.de: must be a text"},
	} {
		changed := strings.Replace(titled, c.old, c.new, 1)
		if changed == titled {
			t.Fatalf("%s: nothing was changed", name)
		}
		_, err := abi.ParseManifest([]byte(changed))
		var invalid *abi.ManifestError
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := invalid.Faults[0].Path + ": " + invalid.Faults[0].Message; got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	beside := abi.Manifest{ABI: 1, Name: "m", Version: "1.0.0", Purpose: "p", Emits: abi.Emits{Segments: []string{"s"}, Titles: map[string]abi.Title{"s": {"": "a", "de": "b"}}}}
	if err := beside.Validate(); err == nil || !strings.Contains(err.Error(), "emits.titles.s: has a text without a language beside others") {
		t.Errorf("a text alone that is not alone: %v", err)
	}
}

func TestTitleIn(t *testing.T) {
	both, alone := abi.Title{"de": "nah", "en": "near"}, abi.Title{"": "near"}
	for _, c := range []struct {
		title              abi.Title
		language, fallback string
		want               string
	}{
		{both, "en", "de", "near"}, {both, "fr", "de", "nah"}, {both, "fr", "it", ""}, {alone, "de", "en", "near"}, {nil, "de", "en", ""},
	} {
		if got := c.title.In(c.language, c.fallback); got != c.want {
			t.Errorf("%v in %s or %s: %q, want %q", c.title, c.language, c.fallback, got, c.want)
		}
	}
}

func TestValidLanguage(t *testing.T) {
	for s, want := range map[string]bool{
		"de": true, "gsw": true, "en-GB": true,
		"": false, "d": false, "deut": false, "DE": false, "en-": false, "en-gb": false, "en-GBR": false, "e1": false, "de_DE": false,
	} {
		if got := abi.ValidLanguage(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

// A title in either form is what encoding/json reads of it, too: tools that list versions use it.
func TestTitleJSON(t *testing.T) {
	for _, title := range []abi.Title{{"": "a & b"}, {"de": "a", "en": "b"}} {
		raw, err := json.Marshal(title)
		var back abi.Title
		if err == nil {
			err = json.Unmarshal(raw, &back)
		}
		if err != nil || !cmp.Equal(title, back) {
			t.Errorf("%s: %v, %v", raw, back, err)
		}
	}
}
