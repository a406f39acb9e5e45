package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// The tests of this file end the real process, with SIGKILL and with SIGTERM, while clients call it, and look at what the
// next one finds. The process is this test's own binary, which is lotse when TestMain finds its name; see cli_test.go.

// The tenant is as small as one can be that has a stage: a start compiles one hand-made module, in milliseconds.
const (
	crashWrite  = "lk_w_crash"
	crashServer = "lk_s_crash"
)

func crashTenant() map[string][]byte {
	hash := func(key string) string {
		sum := sha256.Sum256([]byte(key))
		return hex.EncodeToString(sum[:])
	}
	const manifest = `{"abi":1,"name":"points","version":"1.0.0","purpose":"profiling",` +
		`"reads":[{"name":"views","type":"number","aggregate":"count","event":"view"}],` +
		`"emits":{"scores":[{"name":"points","reasons":["view"]}]}}`
	// The score is the number of views: the first feature's slot follows the record's header of 32 bytes, and its number
	// stands in the second half of the slot.
	points := w.Rule(manifest).Contract(w.Input, w.Output).Evaluate(nil,
		w.Entry(0, 1, 0, 0, w.Cat(w.ConstI32(w.Input+40), w.Op(0x2b, 0, 0))), w.ConstI32(1)).Bytes()
	return map[string][]byte{
		"tenant.yaml": []byte("id: crash\nname: Crash\nlanguages: [en]\ncountry: DE\nregime: de\ntime_zone: Europe/Berlin\norigins: []\n"),
		"keys.yaml":   []byte("keys:\n  - {name: site, scope: write, hash: " + hash(crashWrite) + "}\n  - {name: crm, scope: server, hash: " + hash(crashServer) + "}\n"),
		"catalogue.yaml": []byte(`purposes:
  profiling: {basis: consent, ttl: 1y, profiling: score, device: consented, title: {en: Tips}, text: {en: We guess what you like.}}
fields:
  company: {type: string, category: firmographic, purposes: [profiling], label: {en: Company}}
  path: {type: string, category: behavioural, purposes: [profiling], label: {en: Page}}
events:
  view: {category: behavioural, purposes: [profiling], properties: [path]}
`),
		"stages.yaml": []byte(`bands:
  points: [{name: low, from: 0}, {name: high, from: 5}]
forward_only: true
stages:
  - name: visit
  - name: lead
    when: [{score: points, at_least: 3}]
  - name: customer
    when: [{score: points, at_least: 8}]
`),
		"content.yaml":      []byte("slots:\n  hero: {fallback: hello, variants: [{name: hello, body: {en: {title: Hello}}}]}\n"),
		"forms.yaml":        []byte("forms:\n  welcome: {title: {en: Welcome}, purposes: [profiling], at_once: 1, questions: [{field: company}]}\n"),
		"rules/points.wasm": points,
	}
}

// process is a running lotse serve.
type process struct {
	cmd           *exec.Cmd
	public, admin string
	stderr        *bytes.Buffer
	done          chan error
}

// serveProcess starts lotse serve on a data folder and waits until it tells its addresses.
func serveProcess(t *testing.T, data string) *process {
	t.Helper()
	p := &process{
		cmd:    exec.Command(filepath.Join(binaryDir(t), "lotse"), "serve", "--data", data, "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error", "--address-rate", "1e9", "--max-fuel", "4000000000"),
		stderr: &bytes.Buffer{}, done: make(chan error, 1),
	}
	p.cmd.Stderr = p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // in case the test failed before it ended the process
	lines := bufio.NewScanner(out)
	for (p.public == "" || p.admin == "") && lines.Scan() {
		switch name, address, _ := strings.Cut(lines.Text(), " "); name {
		case "public":
			p.public = "http://" + strings.TrimSpace(address)
		case "admin":
			p.admin = "http://" + strings.TrimSpace(address)
		}
	}
	if p.public == "" || p.admin == "" {
		_ = p.cmd.Wait()
		t.Fatalf("the server did not start: %s", p.stderr)
	}
	go func() {
		_, _ = io.Copy(io.Discard, out) // before Wait, which closes the pipe
		p.done <- p.cmd.Wait()
	}()
	return p
}

// binaryDir is a folder with a link called lotse to this test's binary: testscript's Main looks at the name.
func binaryDir(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "lotse")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// applyTo puts a tenant's folder in force on a running process.
func (p *process) applyTo(t *testing.T, data, id string, files map[string][]byte) {
	t.Helper()
	var b bytes.Buffer
	if err := tenant.WriteFiles(&b, files); err != nil {
		t.Fatal(err)
	}
	if status, body, err := p.do("PUT", p.admin+"/admin/v1/tenants/"+id, adminToken(t, data), b.String()); err != nil || status != 200 {
		t.Fatalf("apply: %v: %s", err, body)
	}
}

func adminToken(t *testing.T, data string) string {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(data, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(token))
}

// each gives every request a connection of its own, so that none waits on one that the server is about to close.
var each = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// kept keeps connections: what is killed cannot answer politely anyway.
var kept = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

func (p *process) do(method, url, key, body string) (int, []byte, error) {
	return doWith(kept, method, url, key, body)
}

func doWith(client *http.Client, method, url, key, body string) (int, []byte, error) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// ledger is what one client remembers of its visitor: the number of updates that were sent, and of those acknowledged.
// Update n brings one view and sets the company to n, so that the state after n updates is known: n views, company n.
type ledger struct {
	visitor     string
	sent, acked int
}

func (l *ledger) update(client *http.Client, p *process) (answered bool, err error) {
	l.sent++
	n := l.sent
	body := fmt.Sprintf(`{"profile":%q,"consent":{"profiling":"granted"},"traits":{"company":"c%d"},"events":[{"id":"e%d","type":"view","properties":{"path":"/%d"}}],"want":["scores","stage"]}`,
		l.visitor, n, n, n)
	status, answer, err := doWith(client, "POST", p.public+"/v1/decide", crashServer, body)
	if err != nil {
		return false, nil
	}
	var d struct {
		Stage  string
		Scores map[string]struct{ Points float64 }
		Faults []any
	}
	if status != 200 || json.Unmarshal(answer, &d) != nil {
		return true, fmt.Errorf("update %d: status %d: %s", n, status, answer)
	}
	l.acked = n
	if points := d.Scores["points"].Points; points != float64(n) || d.Stage != stageAt(n) || len(d.Faults) > 0 {
		return true, fmt.Errorf("update %d: %v points, stage %q: %s", n, points, d.Stage, answer)
	}
	return true, nil
}

// stageAt is the stage of a visitor with so many views.
func stageAt(views int) string {
	switch {
	case views >= 8:
		return "customer"
	case views >= 3:
		return "lead"
	}
	return "visit"
}

// look compares what a process has stored of a visitor with the ledger: every acknowledged update is there; the one that was
// on its way is there as a whole or not at all. It gives the number of updates that are there.
func (l *ledger) look(t *testing.T, p *process) int {
	t.Helper()
	status, answer, err := p.do("GET", p.public+"/v1/profile?profile="+l.visitor, crashServer, "")
	if err != nil || status != 200 {
		t.Fatalf("%s: %v: %d: %s", l.visitor, err, status, answer)
	}
	var stored struct {
		Stored  []struct{ Field, Value string }
		Events  []struct{ Count float64 }
		Consent []struct{ Status string }
		Derived struct{ Stage string }
	}
	if err := json.Unmarshal(answer, &stored); err != nil {
		t.Fatalf("%s: %v: %s", l.visitor, err, answer)
	}
	if len(stored.Stored) == 0 && len(stored.Events) == 0 && len(stored.Consent) == 0 {
		if l.acked > 0 {
			t.Errorf("%s: %d updates were acknowledged, and nothing is stored", l.visitor, l.acked)
		}
		return 0
	}
	if len(stored.Stored) != 1 || len(stored.Events) != 1 || len(stored.Consent) != 1 {
		t.Fatalf("%s: an update is stored by half: %s", l.visitor, answer)
	}
	n := int(stored.Events[0].Count)
	if n < l.acked || n > l.sent {
		t.Errorf("%s: %d updates were sent, %d acknowledged, %d are stored", l.visitor, l.sent, l.acked, n)
	}
	if company := fmt.Sprintf("c%d", n); stored.Stored[0].Value != company || stored.Derived.Stage != stageAt(n) {
		t.Errorf("%s: after %d views the company should be %s and the stage %s: %s", l.visitor, n, company, stageAt(n), answer)
	}
	return n
}

// transition is one of the outbox.
type transition struct{ Visitor, Kind, Name, From, To string }

// stages gives for each visitor's token the stages that it reached, in order.
func (p *process) stages(t *testing.T, data string) map[string][]string {
	t.Helper()
	status, answer, err := p.do("GET", p.admin+"/admin/v1/tenants/crash/transitions?limit=1000", adminToken(t, data), "")
	var list struct{ Transitions []transition }
	if err == nil {
		err = json.Unmarshal(answer, &list)
	}
	if err != nil || status != 200 {
		t.Fatalf("transitions: %v: %s", err, answer)
	}
	if len(list.Transitions) == 1000 {
		t.Fatal("there are more transitions than one answer holds")
	}
	reached := make(map[string][]string)
	for i := len(list.Transitions) - 1; i >= 0; i-- { // the newest comes first
		if tr := list.Transitions[i]; tr.Kind == "stage" {
			reached[tr.Visitor] = append(reached[tr.Visitor], tr.From+">"+tr.To)
		}
	}
	return reached
}

// token asks for a visitor's token, which names the visitor in the outbox.
func (l *ledger) token(t *testing.T, p *process) string {
	t.Helper()
	_, answer, err := p.do("GET", p.public+"/v1/consent?profile="+l.visitor, crashServer, "")
	var body struct{ Visitor string }
	if err == nil {
		err = json.Unmarshal(answer, &body)
	}
	if err != nil {
		t.Fatal(err)
	}
	return body.Visitor
}

// TestKill ends the process twenty times in the middle of its work. After each start every acknowledged update is there,
// whole, and the outbox tells the same story as the profiles.
func TestKill(t *testing.T) {
	const kills, clients = 20, 6
	data := t.TempDir()
	p := serveProcess(t, data)
	p.applyTo(t, data, "crash", crashTenant())
	var acked, lost int
	for kill := range kills {
		ledgers := make([]*ledger, clients)
		for i := range ledgers {
			ledgers[i] = &ledger{visitor: fmt.Sprintf("v-%d-%d", kill, i)}
		}
		var wg sync.WaitGroup
		var begun atomic.Int64
		for _, l := range ledgers {
			wg.Go(func() {
				for l.sent < 200 {
					answered, err := l.update(kept, p)
					if err != nil {
						t.Errorf("%s: %v", l.visitor, err)
					}
					if !answered {
						return
					}
					begun.Add(1)
				}
			})
		}
		for begun.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Duration(rand.IntN(60_000)) * time.Microsecond)
		if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		var exit *exec.ExitError
		if err := <-p.done; !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
			t.Fatalf("the process ended by itself: %v: %s", err, p.stderr)
		}
		wg.Wait()

		p = serveProcess(t, data)
		reached := p.stages(t, data)
		for _, l := range ledgers {
			n := l.look(t, p)
			acked += l.acked
			lost += l.sent - n
			if n == 0 {
				continue
			}
			var want []string
			for before, k := "", 1; k <= n; k++ {
				if now := stageAt(k); now != before {
					want = append(want, before+">"+now)
					before = now
				}
			}
			if got := reached[l.token(t, p)]; strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: after %d views the outbox says %v, want %v", l.visitor, n, got, want)
			}
		}
		if t.Failed() {
			t.Fatalf("after kill %d", kill+1)
		}
	}
	t.Logf("%d updates acknowledged, %d unanswered ones not stored", acked, lost)
	if acked < kills*clients {
		t.Errorf("only %d updates were acknowledged: the process hardly worked when it was killed", acked)
	}
	p.terminate(t)
}

// terminate ends the process politely and checks that it went well.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("exit: %v: %s", err, p.stderr)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the process does not end")
	}
}

// TestTerminate: a process that is asked to end finishes what it has begun, says on /readyz that no more should come, takes
// no new work and exits with 0. A request that got no answer has left nothing behind.
func TestTerminate(t *testing.T) {
	data := t.TempDir()
	p := serveProcess(t, data)
	// A few requests at a time, and each of them meets a loop of a hundred million turns: so requests stay at work for a time
	// that the test can see.
	files := crashTenant()
	files["rules/slow.wasm"] = w.Rule(`{"abi":1,"name":"slow","version":"1.0.0","purpose":"profiling","reads":[{"name":"views","type":"number","aggregate":"count","event":"view"}],`+
		`"fuel":4000000000,"emits":{"segments":["slow"]}}`).Contract(w.Input, w.Output).
		Evaluate([]byte{1, 1, w.I32}, w.ConstI32(100_000_000), w.Op(0x21, 1, 0x03, 0x40, 0x20, 1), w.ConstI32(1), w.Op(0x6b, 0x22, 1, 0x0d, 0, 0x0b), w.ConstI32(0)).Bytes()
	p.applyTo(t, data, "crash", files)

	const atWork, clients = 24, 8
	type result struct {
		visitor string
		status  int
		body    []byte
		err     error
	}
	decide := func(visitor string) result {
		body := fmt.Sprintf(`{"profile":%q,"consent":{"profiling":"granted"},"traits":{"company":"c"},"events":[{"id":"e","type":"view"}]}`, visitor)
		status, answer, err := doWith(each, "POST", p.public+"/v1/decide", crashServer, body)
		return result{visitor, status, answer, err}
	}
	results := make(chan result, 10_000)
	var wg sync.WaitGroup
	var enough atomic.Bool // until then whoever got an answer asks again, so that many are at work at one moment
	for i := range atWork {
		wg.Go(func() {
			for n := 0; !enough.Load(); n++ {
				results <- decide(fmt.Sprintf("w-%d-%d", i, n))
			}
		})
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, text, err := doWith(each, "GET", p.admin+"/metrics", "", ""); err == nil && inFlight(text) >= atWork-4 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the requests do not come to work")
		}
	}
	enough.Store(true)
	time.Sleep(50 * time.Millisecond) // one that was about to ask has asked
	// More arrive all the while, also after the signal.
	var stop atomic.Bool
	for c := range clients {
		wg.Go(func() {
			for n := 0; !stop.Load() && n < 500; n++ {
				r := decide(fmt.Sprintf("n-%d-%d", c, n))
				results <- r
				if r.err != nil {
					return // the listener is closed
				}
			}
		})
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	notReady := false
	for !notReady {
		status, _, err := doWith(each, "GET", p.admin+"/readyz", "", "")
		notReady = status == 503
		if err != nil {
			break // gone already
		}
	}
	if !notReady {
		t.Error("/readyz did not say 503 while requests were at work")
	}
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("exit: %v: %s", err, p.stderr)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the process does not end")
	}
	stop.Store(true)
	wg.Wait()
	close(results)

	answered, unanswered := make(map[string]bool), make(map[string]bool)
	for r := range results {
		switch {
		case r.err != nil && strings.HasPrefix(r.visitor, "w-"):
			t.Errorf("%s was at work and got no answer: %v", r.visitor, r.err)
		case r.err != nil:
			unanswered[r.visitor] = true
		case r.status != 200:
			t.Errorf("%s: status %d: %s", r.visitor, r.status, r.body)
		default:
			answered[r.visitor] = true
		}
	}
	if len(answered) < atWork {
		t.Errorf("%d answers", len(answered))
	}

	p = serveProcess(t, data)
	for visitor := range answered {
		(&ledgerOnce{visitor}).look(t, p, true)
	}
	for visitor := range unanswered {
		(&ledgerOnce{visitor}).look(t, p, false)
	}
	p.terminate(t)
}

// inFlight reads the number of requests at work from the metrics.
func inFlight(metrics []byte) (n float64) {
	for line := range strings.Lines(string(metrics)) {
		if value, ok := strings.CutPrefix(line, "lotse_requests_in_flight "); ok {
			_, _ = fmt.Sscan(value, &n)
		}
	}
	return n
}

// ledgerOnce is a visitor of one update.
type ledgerOnce struct{ visitor string }

func (l *ledgerOnce) look(t *testing.T, p *process, want bool) {
	t.Helper()
	_, answer, err := p.do("GET", p.public+"/v1/profile?profile="+l.visitor, crashServer, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := bytes.Contains(answer, []byte(`"type":"view"`)); got != want {
		t.Errorf("%s: answered: %v, stored: %v", l.visitor, want, got)
	}
}
