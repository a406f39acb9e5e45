package compile_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

const titled = head + `models:
  - score: interest
    title: {de: Interesse, en: Interest}
    when: profile.staff
    reasons:
      - {reason: page, title: {de: "Seiten  angesehen", en: ' pages viewed '}, points: count("page_view")}
  - score: interest
    reasons:
      - {reason: page, points: 2 * count("page_view")}
      - {reason: login, title: {de: angemeldet, en: logged in}, points: 3}
segments:
  - {segment: near, title: {de: nah, en: near}, when: profile.country == "DE"}
  - {segment: far, when: profile.country != "DE"}
traits:
  - trait: persona
    title: {de: Gast, en: guest}
    values:
      - {value: host, title: {de: Gastgeber, en: host}, when: profile.budget > 5.0}
      - {value: other}
`

// compileIn compiles for a tenant that has these languages.
func compileIn(file string, languages ...string) (*compile.Result, error) {
	catalogue := winery
	catalogue.Languages = languages
	return compile.Compile([]byte(file), "test", catalogue)
}

func TestTitles(t *testing.T) {
	result, err := compileIn(titled, "de", "en")
	if err != nil {
		t.Fatal(err)
	}
	want := abi.Emits{
		Scores: []abi.Score{{
			Name: "interest", Title: abi.Title{"de": "Interesse", "en": "Interest"}, Reasons: []string{"page", "login"},
			Titles: map[string]abi.Title{"page": {"de": "Seiten  angesehen", "en": "pages viewed"}, "login": {"de": "angemeldet", "en": "logged in"}},
		}},
		Segments: []string{"near", "far"}, Titles: map[string]abi.Title{"near": {"de": "nah", "en": "near"}},
		Traits: []abi.Trait{{
			Name: "persona", Title: abi.Title{"de": "Gast", "en": "guest"}, Values: []string{"host", "other"},
			Titles: map[string]abi.Title{"host": {"de": "Gastgeber", "en": "host"}},
		}},
	}
	got := result.Manifest.Emits
	got.Scores[0].Features = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	alone, err := compileIn(head+"segments: [{segment: near, title: in der Nähe, when: profile.staff}]\n", "de")
	if err != nil || !cmp.Equal(alone.Manifest.Emits.Titles, map[string]abi.Title{"near": {"": "in der Nähe"}}) {
		t.Errorf("a text alone: %v, %v", alone, err)
	}
}

// Titles are words: the code is the same to the last byte with them and without.
func TestTitlesChangeNoCode(t *testing.T) {
	var plain strings.Builder
	for line := range strings.Lines(titled) {
		if strings.HasPrefix(strings.TrimSpace(line), "title:") {
			continue
		}
		if before, after, ok := strings.Cut(line, "title: {"); ok {
			_, after, _ = strings.Cut(after, "}, ")
			line = before + after
		}
		plain.WriteString(line)
	}
	code := func(file string) []byte {
		result, err := compileIn(file)
		if err != nil {
			t.Fatalf("%v\n%s", err, file)
		}
		raw, err := abi.EncodeManifest(&result.Manifest)
		if err != nil || !bytes.HasSuffix(result.Wasm, raw) {
			t.Fatalf("the module does not end with its manifest: %v", err)
		}
		name := bytes.LastIndex(result.Wasm, []byte(abi.Section))
		return result.Wasm[:name]
	}
	with, without := code(titled), code(plain.String())
	const length = 4 // of the section, which comes before its name
	if !bytes.Equal(with[:len(with)-length], without[:len(without)-length]) {
		t.Errorf("%d and %d bytes of code that differ", len(with), len(without))
	}
	if strings.Contains(plain.String(), "title") {
		t.Error("a title was left")
	}
}

func TestTitlesThatAreRefused(t *testing.T) {
	both := []string{"de", "en"}
	segment := func(title string) string {
		return head + "segments:\n  - segment: near\n    title: " + title + "\n    when: profile.staff\n"
	}
	for name, c := range map[string]struct {
		file      string
		languages []string
		want      string
	}{
		"a language's slip":      {segment("{de: nah, en: near, En: near}"), both, `test.yaml:5:32: "En" is not a language; did you mean en?`},
		"a language twice":       {segment("{de: nah, en: near, de: fern}"), both, `test.yaml:5:32: the language de stands twice; remove one of the two`},
		"not a language":         {segment("{Deutsch: nah}"), nil, `test.yaml:5:13: "Deutsch" is not a language; such as de or en-GB`},
		"no text":                {segment("{}"), nil, `test.yaml:5:12: here belongs a text, or one for each language of the tenant; such as title: {de: Anfrage, en: Request}`},
		"a number":               {segment("7"), nil, `test.yaml:5:12: a title must be a text; write a text; put a number in quotes`},
		"a list":                 {segment("[nah]"), nil, `test.yaml:5:12: here belongs a text, or one for each language of the tenant; such as title: {de: Anfrage, en: Request}`},
		"too long":               {segment(strings.Repeat("n", 121)), nil, `test.yaml:5:12: a title is one line of at most 120 bytes, without control characters; shorten it`},
		"two lines":              {segment("{de: nah, en: \"ne\\nar\"}"), both, `test.yaml:5:26: a title is one line of at most 120 bytes, without control characters; shorten it`},
		"two titles of a score":  {head + "models:\n  - {score: s, title: one, when: profile.staff, reasons: [{reason: r, points: 1}]}\n  - {score: s, title: two, reasons: [{reason: r, points: 2}]}\n", nil, `test.yaml:5:23: s has another title above; write the same title, or write it once`},
		"two titles of a reason": {head + "models:\n  - {score: s, when: profile.staff, reasons: [{reason: r, title: one, points: 1}]}\n  - {score: s, reasons: [{reason: r, title: two, points: 2}]}\n", nil, `test.yaml:5:45: r has another title above; write the same title, or write it once`},
	} {
		_, err := compileIn(c.file, c.languages...)
		if err == nil {
			t.Errorf("%s: nothing is wrong", name)
			continue
		}
		if got := strings.TrimPrefix(err.Error(), "the rule file cannot be compiled\n  "); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// Where the manifest has no room for all, what each reason depends on goes first: titles are what somebody wrote.
func TestTitlesStayWhereTheManifestIsFull(t *testing.T) {
	file := func(segments int) string {
		var y strings.Builder
		y.WriteString(head + "models:\n")
		for score := range 4 {
			fmt.Fprintf(&y, "  - score: s%d\n    title: Score\n    when: ", score)
			for i := range 100 {
				fmt.Fprintf(&y, "count(\"login\", \"%dd\") > 0 || ", i+1)
			}
			y.WriteString("profile.staff\n    reasons:\n")
			for i := range 12 {
				fmt.Fprintf(&y, "      - {reason: r%d, points: %d}\n", i, i+1)
			}
		}
		y.WriteString("segments:\n")
		for i := range segments {
			fmt.Fprintf(&y, "  - {segment: n%d, title: %s, when: profile.staff}\n", i, strings.Repeat("t", 120))
		}
		return y.String()
	}
	result, err := compileIn(file(10))
	if err != nil {
		t.Fatal(err)
	}
	if s := result.Manifest.Emits.Scores[0]; s.Features != nil || s.Title.In("de", "en") != "Score" {
		t.Errorf("%d lists of features, the title %v", len(s.Features), s.Title)
	}
	_, err = compileIn(file(60))
	if err == nil || !strings.Contains(err.Error(), "test.yaml: what the file reads and says, as a manifest, has ") || !strings.Contains(err.Error(), "split it, or shorten titles") {
		t.Errorf("60 long titles: %v", err)
	}
}

func TestTitlesThatLackALanguage(t *testing.T) {
	for title, want := range map[string]string{
		"nah":                             `test.yaml:3:56: the title is the same in all languages of the tenant; write it in each, such as {de: ..., en: ...}`,
		"{de: nah}":                       `test.yaml:3:56: the title lacks the language en; add en: ...`,
		"{de: nah, en: near, fr: près}":   `test.yaml:3:76: fr is not a language of the tenant; the tenant has de, en`,
		"{de: nah, en: near, 'en-GB': x}": `test.yaml:3:76: en-GB is not a language of the tenant; the tenant has de, en`,
		"{de: nah, en: near}":             "",
	} {
		result, err := compileIn(head+"segments: [{segment: near, when: profile.staff, title: "+title+"}]\n", "de", "en")
		if err != nil {
			t.Errorf("%s: %v", title, err)
			continue
		}
		got := ""
		for _, w := range result.Warnings {
			got += w.String()
		}
		if got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", title, got, want)
		}
	}
}
