package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// This file holds a tenant that takes milliseconds to apply, where the samples take seconds: one hand-made module, which
// gives a point for each view.

// small gives the files of the tenant. The keys are those of sample with the tenant's id behind them.
func small(id string) map[string][]byte {
	return map[string][]byte{
		"tenant.yaml": []byte("id: " + id + `
name: Small
languages: [en]
country: DE
regime: de
time_zone: Europe/Berlin
origins: [https://` + id + `.example]
`),
		"keys.yaml": []byte("keys:\n" +
			"  - {name: site, scope: write, hash: " + keyHash(writeKey+id) + "}\n" +
			"  - {name: crm, scope: server, hash: " + keyHash(serverKey+id) + "}\n"),
		"catalogue.yaml": []byte(`purposes:
  necessary: {basis: contract, ttl: 3y, title: {en: Orders}, text: {en: We handle your order.}}
  profiling: {basis: consent, ttl: 1y, profiling: score, device: consented, title: {en: Tips}, text: {en: We guess what you like.}}
fields:
  company: {type: string, category: firmographic, purposes: [profiling], label: {en: Company}}
  size: {type: number, category: firmographic, purposes: [profiling], label: {en: Size}}
  member: {type: boolean, category: firmographic, purposes: [profiling], label: {en: Member}}
  born: {type: date, category: demographic, tag: birth_date, purposes: [profiling], label: {en: Born}}
  path: {type: string, category: behavioural, tag: url, purposes: [profiling], label: {en: Page}}
events:
  view: {category: behavioural, purposes: [profiling], properties: [path]}
`),
		"stages.yaml": []byte(`bands:
  points: [{name: low, from: 0}, {name: high, from: 3}]
stages:
  - name: visit
  - name: lead
    when: [{score: points, at_least: 3}]
  - name: customer
    when: [{score: points, at_least: 10}]
`),
		"content.yaml": []byte(`slots:
  hero: {fallback: hello, variants: [{name: hello, body: {en: {title: Hello}}}]}
`),
		"forms.yaml": []byte(`forms:
  welcome: {title: {en: Welcome}, purposes: [profiling], at_once: 1, questions: [{field: company}]}
`),
		"rules/points.wasm": points("1.0.0", 1),
	}
}

// number pushes the number of the n-th feature of the record: slots of 16 bytes follow a header of 32, and the number
// stands in the second half of its slot.
func number(n int32) []byte { return w.Cat(w.ConstI32(w.Input+32+16*n+8), w.Op(0x2b, 0, 0)) }

// points is the module of the small tenant: so many points for each view.
func points(version string, each float64) []byte {
	const manifest = `{"abi":1,"name":"points","version":"VERSION","purpose":"profiling",` +
		`"reads":[{"name":"views","type":"number","aggregate":"count","event":"view"}],` +
		`"emits":{"scores":[{"name":"points","reasons":["view"]}]}}`
	return w.Rule(strings.Replace(manifest, "VERSION", version, 1)).Contract(w.Input, w.Output).Evaluate(nil,
		w.Entry(0, 1, 0, 0, w.Cat(number(0), w.ConstF64(each), w.Op(0xa2))), w.ConstI32(1)).Bytes()
}

// tarOf packs a folder as lotse apply does.
func tarOf(t testing.TB, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tenant.WriteFiles(&b, files); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// problemBody is an error as clients read it.
type problemBody struct {
	Type, Title, Detail string
	Status              int
	Errors              []struct {
		Pointer, File, Detail, Suggestion string
		Line, Column                      int
	}
}

// problemIn checks that an answer is a whole problem of the client's making, which repeats nothing of what was sent: every
// value that the tests send holds the word canary.
func problemIn(t testing.TB, res *http.Response, body []byte) (p problemBody) {
	t.Helper()
	if res.StatusCode < 400 || res.StatusCode > 499 {
		t.Errorf("status %d, want 4xx; the answer: %.200s", res.StatusCode, body)
		return p
	}
	if got := res.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Errorf("the answer is not a problem: %v: %.200s", err, body)
		return p
	}
	if !strings.HasPrefix(p.Type, "https://") || p.Title == "" || p.Status != res.StatusCode {
		t.Errorf("the problem is not whole: %.200s", body)
	}
	for _, e := range p.Errors {
		if e.Detail == "" {
			t.Errorf("a finding says nothing: %.200s", body)
		}
	}
	if strings.Contains(strings.ToLower(string(body)), "canary") {
		t.Errorf("the answer repeats what was sent: %.300s", body)
	}
	return p
}

// send is call for subtests and fuzzing, where the bench's own test must not fail.
func (b *bench) send(t testing.TB, method, url, key string, body []byte, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, answer
}

// decided is what the tests read of an answer of POST /v1/decide.
type decided struct {
	Visitor, Stage, Persona string
	Scores                  map[string]struct{ Points float64 }
	Segments                []string
	Faults                  []struct{ Module, Detail string }
	Verdicts                []struct{ Event, Part, Verdict string }
}

// decide sends a body that must be taken.
func (b *bench) decide(t testing.TB, key, token, body string) (d decided) {
	t.Helper()
	var headers []string
	if token != "" {
		headers = []string{"X-Lotse-Visitor", token}
	}
	res, answer := b.send(t, "POST", b.public+"/v1/decide", key, []byte(body), headers...)
	if res.StatusCode != 200 {
		t.Fatalf("status %d: %s", res.StatusCode, answer)
	}
	if err := json.Unmarshal(answer, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// visitor makes a visitor of whom something is stored, and gives the token.
func (b *bench) visitor(t testing.TB, key string) string {
	t.Helper()
	d := b.decide(t, key, "", `{"consent":{"profiling":"granted"},"traits":{"company":"canary company"},
		"events":[{"id":"canary-0","type":"view","properties":{"path":"/canary"}}]}`)
	if d.Visitor == "" {
		t.Fatal("the visitor got no token")
	}
	return d.Visitor
}

// stored is the answer to what is stored of a visitor.
func (b *bench) stored(t testing.TB, key, token string) string {
	t.Helper()
	res, body := b.send(t, "GET", b.public+"/v1/profile", key, nil, "X-Lotse-Visitor", token)
	if res.StatusCode != 200 {
		t.Fatalf("status %d: %s", res.StatusCode, body)
	}
	return string(body)
}

// profiles counts a tenant's profiles.
func (b *bench) profiles(t testing.TB, tenant string) (n int) {
	t.Helper()
	if err := b.store.Each(t.Context(), tenant, func(*profile.Profile) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// post sends a body to POST /v1/decide, for goroutines that must not end the test.
func (b *bench) post(key, token, body string, headers ...string) (*http.Response, []byte, error) {
	req, err := http.NewRequest("POST", b.public+"/v1/decide", strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if token != "" {
		req.Header.Set("X-Lotse-Visitor", token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res, answer, err
}

// parse reads an answer of POST /v1/decide.
func parse(t testing.TB, body []byte) (d decided) {
	t.Helper()
	if err := json.Unmarshal(body, &d); err != nil {
		t.Errorf("the answer is not what it should be: %v: %.200s", err, body)
	}
	return d
}

// hostWith makes a module host that outlives the server that start makes after it.
func hostWith(t testing.TB, config runtime.Config) *runtime.Host {
	t.Helper()
	host, err := runtime.New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // registered before start's own, so it runs after that
		if err := host.Close(context.Background()); err != nil {
			t.Errorf("close the host: %v", err)
		}
	})
	return host
}
