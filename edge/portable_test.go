package edge_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge/notice"
	"github.com/lotse-edge/lotse/edge/profile"
)

// bases is a tenant with one purpose, one field and one event of each legal basis that a website can have.
func bases() map[string][]byte {
	files := small("bases")
	delete(files, "rules/points.wasm")
	files["stages.yaml"] = []byte("stages:\n  - name: visit\n")
	files["forms.yaml"] = []byte("forms: {}\n")
	files["catalogue.yaml"] = []byte(`purposes:
  agreed: {basis: consent, ttl: 1y, device: consented, title: {en: A}, text: {en: A}}
  ordered: {basis: contract, ttl: 1y, title: {en: B}, text: {en: B}}
  wanted: {basis: legitimate_interest, ttl: 1y, title: {en: C}, text: {en: C}}
  ruled: {basis: legal_obligation, ttl: 1y, title: {en: D}, text: {en: D}}
fields:
  of_agreed: {type: string, category: firmographic, purposes: [agreed], label: {en: A}}
  of_ordered: {type: string, category: firmographic, purposes: [ordered], label: {en: B}}
  of_wanted: {type: string, category: firmographic, purposes: [wanted], label: {en: C}}
  of_ruled: {type: string, category: firmographic, purposes: [ruled], label: {en: D}}
events:
  agreed_event: {category: behavioural, purposes: [agreed], properties: [of_agreed]}
  ordered_event: {category: behavioural, purposes: [ordered], properties: [of_ordered], opens: [ordered]}
  wanted_event: {category: behavioural, purposes: [wanted], properties: [of_wanted]}
  shared_event: {category: behavioural, purposes: [agreed, wanted], properties: [of_agreed, of_wanted]}
`)
	return files
}

// profileID is the id in a visitor's token: after the version, before the signature.
func profileID(t *testing.T, token string) (id profile.VisitorID) {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 17 {
		t.Fatalf("the token has %d bytes: %v", len(raw), err)
	}
	copy(id[:], raw[1:17])
	return id
}

// A copy to take along (Article 20) holds what was provided, observed or imported under consent or for a contract, and neither what was
// derived nor what is held on another ground. Every provenance is tried with every basis.
func TestPortableCopy(t *testing.T) {
	b := start(t, nil)
	b.apply("bases", bases())
	key := writeKey + "bases"
	token := b.decide(t, key, "", `{"consent":{"agreed":"granted"},"traits":{"of_agreed":"a","of_wanted":"c","of_ruled":"d"},
		"events":[{"id":"1","type":"ordered_event","properties":{"of_ordered":"b"}},{"id":"2","type":"agreed_event","properties":{"of_agreed":"a"}},
		{"id":"3","type":"wanted_event","properties":{"of_wanted":"c"}},{"id":"4","type":"shared_event","properties":{"of_agreed":"a","of_wanted":"c"}}]}`).Visitor
	b.decide(t, key, token, `{"traits":{"of_ordered":"b"}}`)

	want := map[string]bool{"of_agreed": true, "of_ordered": true, "of_wanted": false, "of_ruled": false}
	for _, provenance := range []profile.Provenance{profile.ProvenanceProvided, profile.ProvenanceObserved, profile.ProvenanceDerived, profile.ProvenanceImported} {
		u, err := b.store.Begin(t.Context(), "bases", profileID(t, token))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(u.Profile().Values); n != 4 {
			t.Fatalf("the profile has %d values", n)
		}
		for i := range u.Profile().Values {
			u.Profile().Values[i].Provenance = provenance
		}
		if err := u.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		marked := map[string]bool{}
		var all struct {
			Stored []struct {
				Field    string
				Portable bool
			}
		}
		if err := json.Unmarshal([]byte(b.stored(t, key, token)), &all); err != nil {
			t.Fatal(err)
		}
		for _, v := range all.Stored {
			marked[v.Field] = v.Portable
		}
		copied, text := portableCopy(t, b, key, token)
		for field, due := range want {
			due = due && provenance != profile.ProvenanceDerived
			if marked[field] != due || copied[field] != due {
				t.Errorf("%s, %s: marked %v, copied %v, want %v", field, provenance, marked[field], copied[field], due)
			}
		}
		for _, event := range []string{"ordered_event", "agreed_event", "shared_event"} {
			if !strings.Contains(text, event) {
				t.Errorf("the copy is without %s: %s", event, text)
			}
		}
		if strings.Contains(text, "wanted") || strings.Contains(text, "derived") {
			t.Errorf("the copy holds what is not to be taken along: %s", text)
		}
	}
	b.decide(t, key, token, `{"consent":{"agreed":"withdrawn"}}`)
	if copied, text := portableCopy(t, b, key, token); copied["of_agreed"] || strings.Contains(text, "agreed") || !copied["of_ordered"] {
		t.Errorf("after the withdrawal: %s", text)
	}
	res, body := b.call("GET", b.public+"/v1/profile?copy=all", key, nil, "X-Lotse-Visitor", token)
	problemIn(t, res, body)
}

// portableCopy gives the fields of the copy that are not derived, and its text.
func portableCopy(t *testing.T, b *bench, key, token string) (fields map[string]bool, text string) {
	t.Helper()
	res, body := b.call("GET", b.public+"/v1/profile?copy=portable", key, nil, "X-Lotse-Visitor", token)
	var p struct {
		Values []struct{ Field string }
	}
	if err := json.Unmarshal(body, &p); err != nil || res.StatusCode != 200 {
		t.Fatalf("status %d, %v: %s", res.StatusCode, err, body)
	}
	fields = map[string]bool{}
	for _, v := range p.Values {
		fields[v.Field] = true
	}
	return fields, string(body)
}

// Withdrawing takes the same call, the same body and the same key as giving, and works by itself: no further step is asked for
// (Article 7(3)). So does refusing.
func TestWithdrawingIsAsEasyAsGiving(t *testing.T) {
	b := start(t, nil)
	b.apply("bases", bases())
	key := writeKey + "bases"
	say := func(token, answer string) (removed int, status string) {
		t.Helper()
		res, body := b.call("POST", b.public+"/v1/consent", key, fmt.Appendf(nil, `{"agreed":%q}`, answer), "X-Lotse-Visitor", token)
		var a struct {
			Removed  int
			Purposes []struct{ Purpose, Status string }
		}
		if err := json.Unmarshal(body, &a); err != nil || res.StatusCode != 200 || a.Purposes[0].Purpose != "agreed" {
			t.Fatalf("%s: status %d, %v: %s", answer, res.StatusCode, err, body)
		}
		return a.Removed, a.Purposes[0].Status
	}
	token := b.decide(t, key, "", `{"consent":{"agreed":"granted"},"traits":{"of_agreed":"a"}}`).Visitor
	for _, c := range []struct {
		answer, status string
		removed        int
	}{{"granted", "given", 0}, {"withdrawn", "withdrawn", 1}, {"granted", "given", 0}, {"refused", "refused", 0}} {
		if removed, status := say(token, c.answer); removed != c.removed || status != c.status {
			t.Errorf("%s: status %s, %d removed", c.answer, status, removed)
		}
	}
}

// The privacy notice says how long the cookie lives.
func TestCookieIsAsInTheNotice(t *testing.T) {
	b := start(t, nil)
	b.apply("bases", bases())
	res, _ := b.call("POST", b.public+"/v1/consent", writeKey+"bases", []byte(`{"agreed":"granted"}`))
	if c := res.Cookies(); len(c) != 1 || c[0].MaxAge != notice.CookieDays*24*60*60 {
		t.Errorf("the cookies are %v, the notice says %d days", c, notice.CookieDays)
	}
}
