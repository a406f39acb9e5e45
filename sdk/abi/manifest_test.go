package abi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/sdk/abi"
)

const goodManifest = `{"abi":1,"name":"interest","version":"1.2.0-rc.1+7","purpose":"profiling",` +
	`"reads":[{"name":"country","type":"string"},{"name":"postcode","type":"string","field":"zip"},` +
	`{"name":"shop_views","type":"number","aggregate":"count","event":"page_view","where":[{"property":"path","prefix":"/shop/<a>&"},{"property":"product","in":["wine","sekt"]}],"window":"90d"},` +
	`{"name":"spent","type":"number","aggregate":"sum","event":"order_placed","property":"order_value"},` +
	`{"name":"recency","type":"number","aggregate":"decayed","event":"click","half_life":"2w"},` +
	`{"name":"age","type":"number","aggregate":"days_since_first","event":"click"}],` +
	`"emits":{"scores":[{"name":"interest","reasons":["page","click"],"features":[[2,4],[]]}],"segments":["guests","regulars"],"traits":[{"name":"persona","values":["host","explorer","expert"]}]},` +
	`"fuel":18446744073709551615,"memory":16}`

func parse(t testing.TB, s string) *abi.Manifest {
	t.Helper()
	m, err := abi.ParseManifest([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestParseManifest(t *testing.T) {
	m := parse(t, goodManifest)
	want := &abi.Manifest{
		ABI: 1, Name: "interest", Version: "1.2.0-rc.1+7", Purpose: "profiling",
		Reads: []abi.Feature{
			{Name: "country", Type: abi.String},
			{Name: "postcode", Type: abi.String, Field: "zip"},
			{Name: "shop_views", Type: abi.Number, Aggregate: abi.Count, Event: "page_view", Window: "90d", Where: []abi.Condition{
				{Property: "path", Prefix: "/shop/<a>&"},
				{Property: "product", In: []string{"wine", "sekt"}},
			}},
			{Name: "spent", Type: abi.Number, Aggregate: abi.Sum, Event: "order_placed", Property: "order_value"},
			{Name: "recency", Type: abi.Number, Aggregate: abi.Decayed, Event: "click", HalfLife: "2w"},
			{Name: "age", Type: abi.Number, Aggregate: abi.DaysSinceFirst, Event: "click"},
		},
		Emits: abi.Emits{
			Scores:   []abi.Score{{Name: "interest", Reasons: []string{"page", "click"}, Features: [][]int{{2, 4}, nil}}},
			Segments: []string{"guests", "regulars"},
			Traits:   []abi.Trait{{Name: "persona", Values: []string{"host", "explorer", "expert"}}},
		},
		Fuel: 1<<64 - 1, Memory: 16,
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	encoded, err := abi.EncodeManifest(m)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(goodManifest, string(encoded)); diff != "" {
		t.Error(diff)
	}
}

// mini is a small manifest with holes: the keys beside the five that must be there, a feature's keys and what it emits.
func mini(more, feature, emits string) string {
	return `{"abi":1,"name":"m","version":"1.0.0","purpose":"p",` + more + `"reads":[` + feature + `],"emits":{` + emits + `}}`
}

func TestParseManifestRefuses(t *testing.T) {
	const ok = `"segments":["s"]`
	count := func(more string) string {
		return mini("", `{"name":"f","type":"number","aggregate":"count","event":"e"`+more+`}`, ok)
	}
	field := func(more string) string { return mini("", `{"name":"f","type":"string"`+more+`}`, ok) }
	many := func(n int, item string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = strings.ReplaceAll(item, "#", fmt.Sprint(i))
		}
		return strings.Join(items, ",")
	}
	for name, c := range map[string]struct{ json, path, message string }{
		"nothing":           {``, "", "is not JSON"},
		"a list":            {`[]`, "", "must be an object"},
		"null":              {`null`, "", "must be an object"},
		"trailing data":     {mini("", "", ok) + "{}", "", "is not JSON: line 1"},
		"a comment":         {"{\n// no\n}", "", "line 2"},
		"not UTF-8":         {"{\"abi\":\"\xff\"}", "", "UTF-8"},
		"too big":           {mini("", "", ok) + strings.Repeat(" ", abi.MaxManifest), "", "more than 16384"},
		"unknown key":       {mini(`"Purpose":"p",`, "", ok), "Purpose", "is not a key"},
		"hostile key":       {mini(`"a\u000a`+strings.Repeat("b", 500)+`":1,`, "", ok), `a\n` + strings.Repeat("b", 126) + "...", "is not a key"},
		"duplicate key":     {mini(`"name":"m",`, "", ok), "name", "more than once"},
		"deep duplicate":    {field(`,"type":"string"`), "reads[0].type", "more than once"},
		"deep unknown key":  {count(`,"where":[{"property":"p","prefix":"a","suffix":"b"}]`), "reads[0].where[0].suffix", "is not a key"},
		"abi":               {strings.Replace(field(""), `"abi":1`, `"abi":2`, 1), "abi", "must be 1"},
		"abi as text":       {strings.Replace(field(""), `"abi":1`, `"abi":"1"`, 1), "abi", "whole number"},
		"abi with fraction": {strings.Replace(field(""), `"abi":1`, `"abi":1.0`, 1), "abi", "whole number"},
		"name missing":      {strings.Replace(field(""), `"name":"m",`, ``, 1), "name", "is not a name"},
		"name of capitals":  {strings.Replace(field(""), `"name":"m"`, `"name":"M"`, 1), "name", "is not a name"},
		"name too long":     {strings.Replace(field(""), `"name":"m"`, `"name":"`+strings.Repeat("m", 65)+`"`, 1), "name", `m"... is not a name`},
		"version":           {strings.Replace(field(""), `1.0.0`, `1.0`, 1), "version", "semantic"},
		"version zero":      {strings.Replace(field(""), `1.0.0`, `01.0.0`, 1), "version", "semantic"},
		"version build":     {strings.Replace(field(""), `1.0.0`, `1.0.0+`, 1), "version", "semantic"},
		"purpose null":      {strings.Replace(field(""), `"purpose":"p"`, `"purpose":null`, 1), "purpose", "must be a text"},
		"purpose":           {strings.Replace(field(""), `"purpose":"p"`, `"purpose":"my purpose"`, 1), "purpose", "is not a name"},
		"reads missing":     {strings.Replace(mini("", "", ok), `"reads":[],`, ``, 1), "reads", "is missing"},
		"reads null":        {strings.Replace(mini("", "", ok), `"reads":[]`, `"reads":null`, 1), "reads", "must be a list"},
		"emits nothing":     {mini("", "", ""), "emits", "must have"},
		"fuel negative":     {mini(`"fuel":-1,`, "", ok), "fuel", "whole number"},
		"memory":            {mini(`"memory":65537,`, "", ok), "memory", "at most 65536"},
		"read no object":    {mini("", `"country"`, ok), "reads[0]", "must be an object"},
		"too many reads":    {mini("", many(257, `{"name":"f#","type":"string"}`), ok), "reads", "257 items"},
		"read twice":        {mini("", many(2, `{"name":"f","type":"string"}`), ok), "reads[1].name", "item 0 already"},
		"type":              {mini("", `{"name":"f","type":"date"}`, ok), "reads[0].type", "must be number"},
		"field":             {field(`,"field":"a b"`), "reads[0].field", "is not a name"},
		"field with event":  {field(`,"event":"e"`), "reads[0].event", "no meaning for a field"},
		"field with where":  {field(`,"where":[{"property":"p","prefix":"a"}]`), "reads[0].where", "no meaning"},
		"field property":    {field(`,"property":"p"`), "reads[0].property", "no meaning"},
		"field window":      {field(`,"window":"1d"`), "reads[0].window", "no meaning"},
		"field half-life":   {field(`,"half_life":"1d"`), "reads[0].half_life", "no meaning"},
		"aggregate":         {strings.Replace(count(""), `"count"`, `"average"`, 1), "reads[0].aggregate", "must be count"},
		"count of text":     {strings.Replace(count(""), `"number"`, `"string"`, 1), "reads[0].type", "must be number for count"},
		"count no event":    {strings.Replace(count(""), `,"event":"e"`, ``, 1), "reads[0].event", "is not a name"},
		"count of field":    {count(`,"field":"f"`), "reads[0].field", "no meaning for count"},
		"count of property": {count(`,"property":"f"`), "reads[0].property", "no meaning for count"},
		"count half-life":   {count(`,"half_life":"1d"`), "reads[0].half_life", "no meaning for count"},
		"window":            {count(`,"window":"3 months"`), "reads[0].window", "whole number"},
		"sum":               {strings.Replace(count(""), `"count"`, `"sum"`, 1), "reads[0].property", "is not a name"},
		"decayed":           {strings.Replace(count(""), `"count"`, `"decayed"`, 1), "reads[0].half_life", "whole number"},
		"decayed window":    {strings.Replace(count(`,"half_life":"1d","window":"1d"`), `"count"`, `"decayed"`, 1), "reads[0].window", "no meaning"},
		"since window":      {strings.Replace(count(`,"window":"1d"`), `"count"`, `"days_since_last"`, 1), "reads[0].window", "no meaning"},
		"where nothing":     {count(`,"where":[{"property":"p"}]`), "reads[0].where[0]", "either in or prefix"},
		"where both":        {count(`,"where":[{"property":"p","in":["a"],"prefix":"a"}]`), "reads[0].where[0]", "either in or prefix"},
		"where property":    {count(`,"where":[{"prefix":"a"}]`), "reads[0].where[0].property", "is not a name"},
		"where twice":       {count(`,"where":[{"property":"p","in":["a","a"]}]`), "reads[0].where[0].in[1]", "more than once"},
		"where empty":       {count(`,"where":[{"property":"p","in":[""]}]`), "reads[0].where[0].in[0]", "1 to 256 bytes"},
		"where two lines":   {count(`,"where":[{"property":"p","prefix":"a\nb"}]`), "reads[0].where[0].prefix", "on one line"},
		"where too long":    {count(`,"where":[{"property":"p","prefix":"` + strings.Repeat("a", 257) + `"}]`), "reads[0].where[0].prefix", "1 to 256 bytes"},
		"where too many":    {count(`,"where":[` + many(9, `{"property":"p","prefix":"a"}`) + `]`), "reads[0].where", "9 conditions"},
		"where in too many": {count(`,"where":[{"property":"p","in":[` + many(65, `"a#"`) + `]}]`), "reads[0].where[0].in", "65 texts"},
		"score no reasons":  {mini("", "", `"scores":[{"name":"s"}]`), "emits.scores[0].reasons", "at least one"},
		"score twice":       {mini("", "", `"scores":[`+many(2, `{"name":"s","reasons":["r"]}`)+`]`), "emits.scores[1].name", "item 0 already"},
		"reason twice":      {mini("", "", `"scores":[{"name":"s","reasons":["r","q","r"]}]`), "emits.scores[0].reasons[2]", "item 0 already"},
		"features short":    {mini("", "", `"scores":[{"name":"s","reasons":["r","q"],"features":[[]]}]`), "emits.scores[0].features", "1 lists for 2 reasons"},
		"features unread":   {mini("", "", `"scores":[{"name":"s","reasons":["r"],"features":[[0]]}]`), "emits.scores[0].features[0][0]", "no feature"},
		"features mixed":    {mini("", `{"name":"a","type":"string"},{"name":"b","type":"string"}`, `"scores":[{"name":"s","reasons":["r"],"features":[[1,0]]}]`), "emits.scores[0].features[0][1]", "not above"},
		"features names":    {mini("", "", `"scores":[{"name":"s","reasons":["r"],"features":[["a"]]}]`), "emits.scores[0].features[0][0]", "whole number"},
		"too many reasons":  {mini("", "", `"scores":[{"name":"s","reasons":[`+many(65, `"r#"`)+`]}]`), "emits.scores[0].reasons", "65 items"},
		"too many scores":   {mini("", "", `"scores":[`+many(17, `{"name":"s#","reasons":["r"]}`)+`]`), "emits.scores", "17 items"},
		"segment":           {mini("", "", `"segments":[""]`), "emits.segments[0]", "is not a name"},
		"segment twice":     {mini("", "", `"segments":["a","a"]`), "emits.segments[1]", "item 0 already"},
		"trait no values":   {mini("", "", `"traits":[{"name":"t","values":[]}]`), "emits.traits[0].values", "at least one"},
		"trait value":       {mini("", "", `"traits":[{"name":"t","values":["A"]}]`), "emits.traits[0].values[0]", "is not a name"},
		"trait reasons":     {mini("", "", `"traits":[{"name":"t","values":["a"],"reasons":["a"]}]`), "emits.traits[0].reasons", "is not a key"},
		"trait twice":       {mini("", "", `"traits":[`+many(2, `{"name":"t","values":["a"]}`)+`]`), "emits.traits[1].name", "item 0 already"},
	} {
		m, err := abi.ParseManifest([]byte(c.json))
		var wrong *abi.ManifestError
		if m != nil || !errors.As(err, &wrong) {
			t.Errorf("%s: %v, %v", name, m, err)
			continue
		}
		found := false
		for _, f := range wrong.Faults {
			found = found || f.Path == c.path && strings.Contains(f.Message, c.message)
		}
		if !found || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%s: no %q with %q in\n%v", name, c.path, c.message, err)
		}
	}
}

func TestParseManifestTellsAllFaults(t *testing.T) {
	_, err := abi.ParseManifest([]byte(`{"abi":0,"name":7,"version":"","purpose":"P","x":1,"reads":[{"name":"f"},{"name":"f","type":"number","aggregate":"sum","event":"e"}],"emits":[]}`))
	want := `the manifest is not valid
  name: must be a text
  x: is not a key of version 1
  emits: must be an object
  abi: must be 1, the version of the contract
  version: must be a semantic version, such as "1.0.0"
  purpose: "P" is not a name: a small letter, then at most 63 small letters, digits, '-' and '_'
  reads[1].name: "f" is the name of item 0 already
  reads[0].type: must be number, string or boolean
  reads[1].property: "" is not a name: a small letter, then at most 63 small letters, digits, '-' and '_'`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}

	_, err = abi.ParseManifest([]byte(mini("", "0"+strings.Repeat(",0", 999), `"segments":["s"]`)))
	var wrong *abi.ManifestError
	if !errors.As(err, &wrong) || len(wrong.Faults) != 65 || !strings.HasSuffix(err.Error(), "\n  and 1937 more") {
		t.Errorf("a thousand faults: %v", err)
	}
}

func TestEncodeManifestRefuses(t *testing.T) {
	if _, err := abi.EncodeManifest(&abi.Manifest{}); err == nil {
		t.Error("an empty manifest was encoded")
	}
	m := parse(t, goodManifest)
	for i := range 255 - len(m.Reads) {
		m.Reads = append(m.Reads, abi.Feature{Name: fmt.Sprintf("%s%d", strings.Repeat("n", 60), i), Type: abi.String})
	}
	if _, err := abi.EncodeManifest(m); err == nil || !strings.Contains(err.Error(), "more than 16384") {
		t.Errorf("a manifest too big to be read back: %v", err)
	}
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(goodManifest))
	f.Add([]byte(titled))
	f.Add([]byte(mini(`"memory":1,"fuel":2,`, `{"name":"\u0061","type":"boolean","where":[]}`, `"segments":["s"],"scores":[]`)))
	f.Add([]byte(mini("", `{"name":"f","type":"number","aggregate":"count","event":"e","where":[{"property":"p","prefix":"\u2029\ud800é"}]}`, `"segments":["s"]`)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := abi.ParseManifest(raw)
		if err != nil {
			return
		}
		encoded, err := abi.EncodeManifest(m)
		if err != nil {
			t.Fatalf("encode what was parsed: %v", err)
		}
		again, err := abi.ParseManifest(encoded)
		if err != nil {
			t.Fatalf("parse what was encoded: %v", err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Error(diff)
		}
		// The standard library, lax as it is, must see the same document.
		var lax abi.Manifest
		if err := json.Unmarshal(raw, &lax); err != nil {
			t.Fatalf("the standard library refuses: %v", err)
		}
		relaxed, err := abi.EncodeManifest(&lax)
		if err != nil || !bytes.Equal(relaxed, encoded) {
			t.Errorf("the standard library reads another manifest: %s, %v", relaxed, err)
		}
	})
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"30m": 30 * time.Minute, "12h": 12 * time.Hour, "90d": 90 * 24 * time.Hour, "2w": 14 * 24 * time.Hour,
		"3653d": abi.MaxDuration, "87672h": abi.MaxDuration,
	} {
		if got, err := abi.ParseDuration(s); got != want || err != nil {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "d", "90", "0d", "01d", "+1d", "-1d", "1.5d", "1 d", " 1d", "1D", "1s", "1y", "1d2h", "3654d", "1_0d", "٣d",
		"4294967297m", "18446744073709551617w",
	} {
		if got, err := abi.ParseDuration(s); got != 0 || err == nil {
			t.Errorf("%q: %v, %v", s, got, err)
		}
	}
}
