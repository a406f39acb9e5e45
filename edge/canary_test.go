package edge_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// What no purpose allows is nowhere: not in the store's files, not in the log, not in a metric. The same request with
// consent does leave it in the files, so the search is one that finds.
func TestWhatIsDroppedIsNowhere(t *testing.T) {
	s := start(t, nil)
	s.apply("winery", documentsOnly(winery(t)))
	body := func(canary, consent string) []byte {
		return []byte(`{` + consent + `"traits": {"email": "` + canary + `@example.org", "industry": "` + canary + `", "allergy": "` + canary + `"},
			"events": [{"id": "` + canary + `", "type": "page_view", "properties": {"path": "/` + canary + `", "shoe_size": "` + canary + `"}}]}`)
	}

	const dropped = "canary-without-consent"
	res, answer := s.call("POST", s.public+"/v1/decide", writeKey, []byte(`{
		"traits": {"industry": "`+dropped+`", "allergy": "`+dropped+`", "unheard": "`+dropped+`"},
		"events": [{"id": "`+dropped+`", "type": "page_view", "properties": {"path": "/`+dropped+`", "shoe_size": "`+dropped+`"}}]}`))
	if res.StatusCode != 200 || len(res.Cookies()) != 0 || strings.Contains(string(answer), `"kept"`) {
		t.Fatalf("without consent: status %d, cookies %d, answer %s", res.StatusCode, len(res.Cookies()), answer)
	}
	const kept = "canary-with-consent"
	if res, _ := s.call("POST", s.public+"/v1/decide", writeKey, body(kept, `"consent": {"profiling": "granted"}, `)); len(res.Cookies()) != 1 {
		t.Fatalf("with consent: status %d, %d cookies", res.StatusCode, len(res.Cookies()))
	}
	s.mustNotHold(dropped)
	if !s.holds(kept) {
		t.Error("what was kept is not found in the files: the search for canaries would find nothing")
	}
	_, metrics := s.call("GET", s.admin+"/metrics", "", nil)
	for _, where := range []string{s.log.String(), string(metrics)} {
		if strings.Contains(where, dropped) || strings.Contains(where, kept) {
			t.Errorf("a log or a metric holds a value: %s", where)
		}
	}
}

// A withdrawal takes the values out of the profile in the same request.
func TestWithdrawalTakesEffectInTheSameRequest(t *testing.T) {
	s := start(t, nil)
	s.apply("winery", documentsOnly(winery(t)))
	_, answer := s.call("POST", s.public+"/v1/decide", writeKey, []byte(`{"consent": {"profiling": "granted"}, "traits": {"wine_style": "dry"},
		"events": [{"id": "1", "type": "page_view", "properties": {"path": "/a"}}]}`))
	token := tokenOf(t, answer)
	_, answer = s.call("POST", s.public+"/v1/decide", writeKey, []byte(`{"consent": {"profiling": "withdrawn"},
		"events": [{"id": "2", "type": "page_view", "properties": {"path": "/b"}}]}`), "X-Lotse-Visitor", token)
	if strings.Contains(string(answer), `"event":"2","verdict":"kept"`) {
		t.Errorf("an event beside its withdrawal was kept: %s", answer)
	}
	_, answer = s.call("GET", s.public+"/v1/profile", writeKey, nil, "X-Lotse-Visitor", token)
	var p struct {
		Stored, Events []any
		Consent        []any
	}
	if err := json.Unmarshal(answer, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Stored) != 0 || len(p.Events) != 0 || len(p.Consent) != 2 {
		t.Errorf("after the withdrawal: %s", answer)
	}
}

func tokenOf(t testing.TB, answer []byte) string {
	t.Helper()
	var a struct{ Visitor string }
	if err := json.Unmarshal(answer, &a); err != nil || a.Visitor == "" {
		t.Fatalf("no visitor in %s", answer)
	}
	return a.Visitor
}

// documentsOnly leaves the modules out, and what refers to what they say: a tenant that is quick to apply.
func documentsOnly(files map[string][]byte) map[string][]byte {
	out := map[string][]byte{
		"stages.yaml":  []byte("stages:\n  - name: visit\n"),
		"content.yaml": []byte("slots: {}\n"),
		"forms.yaml":   []byte("forms: {}\n"),
	}
	for _, name := range []string{"tenant.yaml", "catalogue.yaml", "keys.yaml"} {
		out[name] = files[name]
	}
	return out
}
