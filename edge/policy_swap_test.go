package edge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
)

// several is the small tenant with three purposes that profile, each with a field of its own, and one that does not.
func several(id string) map[string][]byte {
	files := small(id)
	files["catalogue.yaml"] = []byte(`purposes:
  necessary: {basis: contract, ttl: 3y, title: {en: Orders}, text: {en: We handle your order.}}
  profiling: {basis: consent, ttl: 1y, profiling: score, device: consented, title: {en: Tips}, text: {en: We guess what you like.}}
  letters: {basis: consent, ttl: 1y, profiling: score, device: consented, title: {en: Letters}, text: {en: We choose letters.}}
  events: {basis: consent, ttl: 1y, profiling: score, device: consented, title: {en: Events}, text: {en: We choose events.}}
fields:
  company: {type: string, category: firmographic, purposes: [profiling], label: {en: Company}}
  size: {type: number, category: firmographic, purposes: [letters], label: {en: Size}}
  member: {type: boolean, category: firmographic, purposes: [events], label: {en: Member}}
  path: {type: string, category: behavioural, tag: url, purposes: [profiling], label: {en: Page}}
events:
  view: {category: behavioural, purposes: [profiling], properties: [path]}
`)
	return files
}

const severalPurposes = 4

// shownAnswer is what the test reads of an answer.
type shownAnswer struct {
	Policy   string
	Scores   map[string]struct{ Points float64 }
	Verdicts []struct {
		Event, Part, Verdict string
		Fields               []struct {
			Field, Verdict string
			Reasons        []string
		}
	}
	Purposes []struct { // of a consent call
		Purpose   string
		Permitted bool
		Reasons   []string
	}
}

// swapLoad is visitors that ask all the time, and what they were answered.
type swapLoad struct {
	*office
	wide, narrow string // digests
	stop         atomic.Bool
	wg           sync.WaitGroup
	swapping     atomic.Bool // a release is at work

	mu       sync.Mutex
	answered map[string]uint64 // requests that decided, by the table that the answer named
	read     int
	slowest  time.Duration // of all requests
	around   time.Duration // and of those that ran while a release did
	times    []time.Duration
	failed   []string
}

// whole tells what of an answer does not belong to the table that it names; nil: it is whole.
func (l *swapLoad) whole(res *http.Response, body []byte) (a shownAnswer, err error) {
	if err := json.Unmarshal(body, &a); err != nil || res.StatusCode != 200 {
		return a, fmt.Errorf("status %d, %v", res.StatusCode, err)
	}
	if header := res.Header.Get("Lotse-Policy"); header != a.Policy || a.Policy != l.wide && a.Policy != l.narrow {
		return a, fmt.Errorf("the header names %q, the body %q", header, a.Policy)
	}
	narrow := a.Policy == l.narrow
	verdict, reason := "kept", "consent.given"
	if narrow {
		verdict, reason = "dropped", "test.narrow"
	}
	fields := 0
	for _, v := range a.Verdicts {
		for _, f := range v.Fields {
			if f.Field == "path" && !narrow {
				continue // is generalised, with one more reason
			}
			if v.Part == "traits" {
				fields++
			}
			if f.Verdict != verdict || !slices.Equal(f.Reasons, []string{reason}) {
				return a, fmt.Errorf("under %q the field %s is %s by %q", reason, f.Field, f.Verdict, f.Reasons)
			}
		}
	}
	for _, p := range a.Purposes {
		if p.Purpose == "necessary" {
			continue
		}
		fields++
		if p.Permitted == narrow || !slices.Equal(p.Reasons, []string{reason}) {
			return a, fmt.Errorf("under %q the purpose %s is permitted: %t, by %q", reason, p.Purpose, p.Permitted, p.Reasons)
		}
	}
	if fields != 3 || len(a.Purposes) == 0 && (len(a.Scores) == 0) != narrow {
		return a, fmt.Errorf("%d verdicts, %d scores", fields, len(a.Scores))
	}
	return a, nil
}

// visit asks as a customer until the test says stop: three decisions, then a look at the consents.
func (l *swapLoad) visit(client *http.Client, n int) {
	for i := 0; !l.stop.Load(); i++ {
		method, url := "POST", l.public+"/v1/decide"
		body := fmt.Sprintf(`{"profile":"p%d","consent":{"profiling":"granted","letters":"granted","events":"granted"},`+
			`"traits":{"company":"c","size":%d,"member":true},"events":[{"id":"e%d","type":"view","properties":{"path":"/x"}}],"want":["scores"]}`, n, i%50, i%20)
		if i%4 == 3 {
			method, url, body = "GET", fmt.Sprintf("%s/v1/consent?profile=p%d", l.public, n), ""
		}
		began, during := time.Now(), l.swapping.Load()
		err := l.request(client, method, url, body, func(took time.Duration, a shownAnswer) {
			if method == "POST" {
				l.answered[a.Policy]++
			} else {
				l.read++
			}
			l.times = append(l.times, took)
			l.slowest = max(l.slowest, took)
			if during || l.swapping.Load() {
				l.around = max(l.around, took)
			}
		}, began)
		if err != nil {
			l.mu.Lock()
			l.failed = append(l.failed, err.Error())
			l.mu.Unlock()
			return
		}
	}
}

func (l *swapLoad) request(client *http.Client, method, url, body string, note func(time.Duration, shownAnswer), began time.Time) error {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+serverKey+"swap")
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	took := time.Since(began)
	a, err := l.whole(res, text)
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	note(took, a)
	return nil
}

// dawdle gives the server a clock that now and then takes its time. A request asks it after it has found its tenant, so a swap meets
// requests that have begun and are not decided yet.
func dawdle(c *edge.Config) {
	var asked atomic.Uint64
	clock := c.Now
	c.Now = func() time.Time {
		if asked.Add(1)%8 == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		return clock()
	}
}

// TestPolicySwapUnderLoad: while visitors ask, two policies are put in force back and forth. Each request is answered by one table,
// whole; the answer's header and body and the log of decisions name it; no request fails.
func TestPolicySwapUnderLoad(t *testing.T) {
	visitors, swaps := 12, 6
	if raceDetector {
		visitors, swaps = 4, 2
	}
	l := &swapLoad{office: startOffice(t, dawdle), answered: map[string]uint64{}}
	l.apply("swap", several("swap")) // before there are officers, so that its modules need no approval
	l.hire(t, "anna", "ben")
	base, err := policies.Base()
	if err != nil {
		t.Fatal(err)
	}
	narrow := narrowPolicy(t)
	l.wide, l.narrow = proved(t, base).Digest(), proved(t, narrow).Digest()
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: visitors}}
	defer client.CloseIdleConnections()
	defer l.wg.Wait()
	defer l.stop.Store(true)
	for n := range visitors {
		l.wg.Go(func() { l.visit(client, n) })
	}
	var release []time.Duration
	for i := range swaps {
		l.advance(time.Minute)
		var w waiting
		if i%2 == 0 {
			w = l.push(t, narrow)
			l.approve(t, w, "anna")
		} else {
			w = l.push(t, base)
			l.approve(t, w, "anna", "ben")
		}
		began := time.Now()
		l.swapping.Store(true)
		l.ask(t, "POST", "/candidates/"+w.Digest+"/release", nil, 200, nil)
		release = append(release, time.Since(began))
		time.Sleep(20 * time.Millisecond) // requests that began before are around it, too
		l.swapping.Store(false)
	}
	l.stop.Store(true)
	l.wg.Wait()
	for _, failed := range l.failed {
		t.Error(failed)
	}
	l.report(t, release)
	l.countsFit(t)
	l.logFits(t)
}

func (l *swapLoad) report(t *testing.T, release []time.Duration) {
	slices.Sort(l.times)
	t.Logf("%d requests under the wide policy, %d under the narrow one, %d reads; median %v, slowest %v, slowest around a swap %v; releases took %v to %v",
		l.answered[l.wide], l.answered[l.narrow], l.read, l.times[len(l.times)/2], l.slowest, l.around, slices.Min(release), slices.Max(release))
	if l.answered[l.wide] < 100 || l.answered[l.narrow] < 100 {
		t.Errorf("too few requests to tell anything: no load")
	}
}

// countsFit compares what was answered with what was counted, table by table.
func (l *swapLoad) countsFit(t *testing.T) {
	t.Helper()
	counts := l.decisions.Counts()
	got := map[string]uint64{}
	for _, table := range counts.Tables {
		got[table.Digest.String()] = table.Total
	}
	for digest, requests := range l.answered {
		if got[digest] != requests*severalPurposes {
			t.Errorf("table %.12s: %d requests of %d purposes were answered, %d decisions are counted", digest, requests, severalPurposes, got[digest])
		}
	}
	if len(got) != 2 || counts.Missing != 0 {
		t.Errorf("%d tables, %d decisions missing", len(got), counts.Missing)
	}
}

// logFits reads the log: the decisions of one request stand together and are of one table.
func (l *swapLoad) logFits(t *testing.T) {
	t.Helper()
	r, err := decisions.Read(l.files, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	of := map[uint64]decisions.Digest{} // by request
	n := uint64(0)
	for ; ; n++ {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		request := (e.Sequence - 1) / severalPurposes
		if first, ok := of[request]; ok && first != e.Digest {
			t.Fatalf("request %d was decided by two tables", request)
		}
		of[request] = e.Digest
	}
	if want := (l.answered[l.wide] + l.answered[l.narrow]) * severalPurposes; n != want {
		t.Errorf("%d decisions in the log, want %d", n, want)
	}
}
