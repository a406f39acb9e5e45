package edge_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge"
)

// unhurried takes the rate away: the bench's clock stands still, so that no token would ever come back.
func unhurried(c *edge.Config) { c.Rate = 1e9 }

// FuzzDecideBody: whatever the body, the answer is 200 or a problem of the client's, and after a problem the visitor's
// profile is what it was before.
func FuzzDecideBody(f *testing.F) {
	for _, list := range [][]bad{malformedSyntax(), malformedDecide(), malformedAnswers("", func(a string) string { return with("consent", "{"+a+"}") })} {
		for i := 0; i < len(list); i += 7 {
			if len(list[i].body) < 4096 {
				f.Add([]byte(list[i].body))
			}
		}
	}
	f.Add([]byte(with("want", `["scores","segments","stage","reasons"]`)))
	f.Add([]byte(`{"consent":{"profiling":"withdrawn"},"slots":["hero"],"form":"welcome","declined":["company"]}`))
	f.Add([]byte(`{"traits":{"company":null,"size":1e308,"member":true,"born":"2001-02-29"},"objections":["profiling"],"language":"en"}`))
	f.Add([]byte(`{"events":[{"id":"a","type":"view","count":0.5,"time":"2026-01-31T11:00:00.000000001+01:00","properties":{"path":"?"}}]}`))

	b := start(f, unhurried)
	b.apply("fuzz", small("fuzz"))
	const key = writeKey + "fuzz"
	f.Fuzz(func(t *testing.T, body []byte) {
		token := b.visitor(t, key)
		before := b.stored(t, key, token)
		res, answer := b.send(t, "POST", b.public+"/v1/decide", key, body, "X-Lotse-Visitor", token)
		if res.StatusCode == 200 {
			if !json.Valid(answer) {
				t.Errorf("the answer is not JSON: %q", answer)
			}
			b.stored(t, key, token) // it can be read, whatever was stored
			return
		}
		if res.StatusCode < 400 || res.StatusCode > 499 || res.Header.Get("Content-Type") != "application/problem+json" || !json.Valid(answer) {
			t.Errorf("status %d: %s", res.StatusCode, answer)
		}
		if after := b.stored(t, key, token); after != before {
			t.Errorf("a refused body changed the profile:\n%s\n%s", before, after)
		}
	})
}

// FuzzConsentBody is the same for POST /v1/consent.
func FuzzConsentBody(f *testing.F) {
	for i, c := range malformedConsent() {
		if i%7 == 0 && len(c.body) < 4096 {
			f.Add([]byte(c.body))
		}
	}
	f.Add([]byte(`{"profiling":{"status":"granted","explicit":true,"proof":"single","method":"form","language":"en"},"language":"de","objections":[]}`))
	f.Add([]byte(`{"profiling":"withdrawn"}`))

	b := start(f, unhurried)
	b.apply("fuzz", small("fuzz"))
	const key = writeKey + "fuzz"
	f.Fuzz(func(t *testing.T, body []byte) {
		token := b.visitor(t, key)
		before := b.stored(t, key, token)
		res, answer := b.send(t, "POST", b.public+"/v1/consent", key, body, "X-Lotse-Visitor", token)
		if !json.Valid(answer) || res.StatusCode != 200 && (res.StatusCode < 400 || res.StatusCode > 499) {
			t.Errorf("status %d: %s", res.StatusCode, answer)
		}
		if after := b.stored(t, key, token); res.StatusCode != 200 && after != before {
			t.Errorf("a refused body changed the profile:\n%s\n%s", before, after)
		}
	})
}

// FuzzToken: a token that this server did not sign is never accepted. The server signs one token; everything else that
// comes in its place is refused, and shows nothing of the visitor.
func FuzzToken(f *testing.F) {
	b := start(f, func(c *edge.Config) {
		unhurried(c)
		// Fuzzing runs several processes and keeps what it found: tokens of another one must be no tokens here.
		c.Secret = make([]byte, 32)
		rand.Read(c.Secret)
	})
	b.apply("mine", small("mine"))
	b.apply("theirs", small("theirs"))
	good, foreign := b.visitor(f, writeKey+"mine"), b.visitor(f, writeKey+"theirs")
	for _, seed := range []string{
		good, foreign, good + "=", good[:len(good)-1], strings.ToLower(good), strings.Repeat("A", len(good)), good[:22] + foreign[22:],
		foreign[:22] + good[22:], "", " ", "AQ", "canary",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, token []byte) {
		// The header's value as it arrives: no line ends or zero bytes, and no blanks around it.
		value := string(bytes.TrimSpace(bytes.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f {
				return -1
			}
			return r
		}, token)))
		if value == "" || value == good {
			return
		}
		res, answer := b.send(t, "GET", b.public+"/v1/profile", writeKey+"mine", nil, "X-Lotse-Visitor", value)
		if res.StatusCode < 400 || res.StatusCode > 499 {
			t.Errorf("a token that nobody signed gets %d: %s; the token is %q", res.StatusCode, answer, value)
		}
		if bytes.Contains(answer, []byte("canary")) {
			t.Errorf("a token that nobody signed gets to see %s", answer)
		}
	})
}
