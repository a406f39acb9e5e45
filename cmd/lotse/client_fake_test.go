package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Secrets that the fake asks for.
const (
	fakeKey   = "lk_s_fake"
	fakeToken = "admin-token"
)

// fakeServer stands in for both listeners of a server: it keeps profiles by external id, each event once, as the real one
// does. Fields that begin with "secret" are dropped; a trait "refuse" is answered with a problem.
type fakeServer struct {
	mu        sync.Mutex
	profiles  map[string]*fakeProfile
	rows      int // calls of /v1/decide that were taken
	busy      int
	holdAfter int // -1: never
	held      chan struct{}
	holding   int // calls that are held now
	answer    []byte
	log       []string // other calls
}

type fakeProfile struct {
	calls   int
	traits  map[string]any
	consent map[string]rowConsent
	events  map[string]rowEvent
}

func newFakeServer() *fakeServer {
	return &fakeServer{profiles: map[string]*fakeProfile{}, holdAfter: -1, held: make(chan struct{})}
}

func (f *fakeServer) set(change func(*fakeServer)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *fakeServer) release() {
	f.set(func(f *fakeServer) {
		f.holdAfter = -1
		close(f.held)
		f.held = make(chan struct{})
	})
}

func (f *fakeServer) taken() (n int) {
	f.set(func(f *fakeServer) { n = f.rows })
	return n
}

// waits tells whether so many rows were taken, and so many calls are held, or none: whoever waits for an answer has read those before it.
func (f *fakeServer) waits(rows, calls int) (ok bool) {
	f.set(func(f *fakeServer) { ok = f.rows >= rows && f.holding >= calls && (calls > 0 || f.holding == 0) })
	return ok
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secret := fakeToken
	if r.URL.Path == "/v1/decide" {
		secret = fakeKey
	}
	if r.Header.Get("Authorization") != "Bearer "+secret {
		fakeProblem(w, problem{Title: "A key is needed", Status: http.StatusUnauthorized})
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.URL.Path == "/v1/decide" {
		f.decide(w, r, body)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, fmt.Sprintf("%s %s %d bytes of %q", r.Method, r.URL.RequestURI(), len(body), r.Header.Get("Content-Type")))
	if bytes.HasPrefix(f.answer, []byte(`{"status"`)) {
		var p problem
		if err := json.Unmarshal(f.answer, &p); err != nil {
			panic(err)
		}
		fakeProblem(w, p)
		return
	}
	if _, err := w.Write(f.answer); err != nil {
		return
	}
}

func fakeProblem(w http.ResponseWriter, p problem) {
	raw, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if _, err := w.Write(raw); err != nil {
		return
	}
}

func (f *fakeServer) decide(w http.ResponseWriter, r *http.Request, body []byte) {
	var q rowRequest
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&q); err != nil {
		fakeProblem(w, problem{Title: "The body is not what this call takes", Status: http.StatusBadRequest})
		return
	}
	f.mu.Lock()
	if f.holdAfter >= 0 && f.rows >= f.holdAfter {
		held := f.held
		f.holding++
		f.mu.Unlock()
		defer f.set(func(f *fakeServer) { f.holding-- })
		select {
		case <-held:
		case <-r.Context().Done():
			return
		}
		f.mu.Lock()
	}
	defer f.mu.Unlock()
	if f.busy > 0 {
		f.busy--
		fakeProblem(w, problem{Title: "Busy", Status: http.StatusServiceUnavailable})
		return
	}
	if _, ok := q.Traits["refuse"]; ok {
		fakeProblem(w, problem{
			Title: "The body is not what this call takes", Status: http.StatusUnprocessableEntity,
			Errors: []problemEntry{{Pointer: "/traits/refuse", Detail: "The catalogue has no such field."}},
		})
		return
	}
	f.rows++
	if err := json.NewEncoder(w).Encode(f.take(q)); err != nil {
		panic(err)
	}
}

// take stores a row as the server would, and gives a verdict on each part.
func (f *fakeServer) take(q rowRequest) rowAnswer {
	p := f.profiles[q.Profile]
	if p == nil {
		p = &fakeProfile{traits: map[string]any{}, consent: map[string]rowConsent{}, events: map[string]rowEvent{}}
		f.profiles[q.Profile] = p
	}
	p.calls++
	maps.Copy(p.consent, q.Consent)
	a := rowAnswer{Reasons: map[string]string{"consent.none": "You did not agree to this."}}
	for _, e := range q.Events {
		if _, again := p.events[e.ID]; !again {
			p.events[e.ID] = e
		}
		v := rowVerdict{Event: e.ID, Verdict: "kept"}
		for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
			v.Fields = append(v.Fields, fieldOutcome{name, "kept", []string{"consent.given"}})
		}
		a.Verdicts = append(a.Verdicts, v)
	}
	traits := rowVerdict{Part: "traits", Verdict: "kept"}
	for _, name := range slices.Sorted(maps.Keys(q.Traits)) {
		if strings.HasPrefix(name, "secret") {
			traits.Verdict = "reduced"
			traits.Fields = append(traits.Fields, fieldOutcome{name, "dropped", []string{"consent.none"}})
			continue
		}
		p.traits[name] = q.Traits[name]
		traits.Fields = append(traits.Fields, fieldOutcome{name, "kept", []string{"consent.given"}})
	}
	a.Verdicts = append(a.Verdicts, traits, rowVerdict{Part: "consent", Verdict: "kept", Fields: []fieldOutcome{{Field: "ignored", Verdict: "kept"}}})
	return a
}

// dump writes down what was taken, one profile after the other.
func (f *fakeServer) dump() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b bytes.Buffer
	line := func(values ...any) {
		fmt.Fprintln(&b, values...)
	}
	for _, l := range f.log {
		line(l)
	}
	for _, id := range slices.Sorted(maps.Keys(f.profiles)) {
		p := f.profiles[id]
		line(id, "calls", p.calls)
		for _, name := range slices.Sorted(maps.Keys(p.consent)) {
			c := p.consent[name]
			line(" consent", name, c.Status, c.Proof, c.Method, c.At.Format(time.RFC3339))
		}
		for _, name := range slices.Sorted(maps.Keys(p.traits)) {
			line(" trait", name, fmt.Sprintf("%T %v", p.traits[name], p.traits[name]))
		}
		events := slices.Collect(maps.Values(p.events))
		slices.SortFunc(events, func(a, b rowEvent) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(fmt.Sprint(a.Properties), fmt.Sprint(b.Properties)))
		})
		for _, e := range events {
			line(" event", e.Type, max(1, e.Count), e.Time.Format(time.RFC3339), e.Properties)
		}
	}
	return b.Bytes()
}
