package edge_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/runtime"
	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// slow gives the small tenant a module whose evaluation the host has to end.
func slow(id string) map[string][]byte {
	files := small(id)
	files["rules/slow.wasm"] = w.Rule(`{"abi":1,"name":"slow","version":"1.0.0","purpose":"profiling",`+
		`"reads":[{"name":"size","type":"number"}],"emits":{"segments":["slow"]}}`).Contract(w.Input, w.Output).Evaluate(nil,
		w.Op(0x03, 0x40, 0x0c, 0, 0x0b), w.ConstI32(0)).Bytes()
	return files
}

// limit checks a refusal by a limit: what the client can do about it is said.
func limit(t *testing.T, res *http.Response, body []byte, status int, retry bool) {
	t.Helper()
	var p problemBody
	if err := json.Unmarshal(body, &p); err != nil || res.StatusCode != status || p.Status != status || p.Title == "" ||
		res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("want %d, got %d: %s", status, res.StatusCode, body)
	}
	if after := res.Header.Get("Retry-After"); retry != (after != "") || retry && (after < "1" || len(after) > 2) {
		t.Errorf("%d with Retry-After %q", res.StatusCode, after)
	}
}

// TestSizeLimits: bodies and headers just within their bounds are read, those just outside are not.
func TestSizeLimits(t *testing.T) {
	b := start(t, nil)
	b.apply("shop", small("shop"))
	const key = writeKey + "shop"
	within := `{"slots":["hero"]}` + strings.Repeat(" ", 256<<10-len(`{"slots":["hero"]}`))
	res, body := b.call("POST", b.public+"/v1/decide", key, []byte(within))
	if res.StatusCode != 200 {
		t.Errorf("a body of the largest size: %d: %s", res.StatusCode, body)
	}
	res, body = b.call("POST", b.public+"/v1/decide", key, []byte(within+" "))
	limit(t, res, body, 413, false)
	res, body = b.call("GET", b.public+"/v1/consent", key, nil, "X-Long", strings.Repeat("x", 15<<10))
	if res.StatusCode != 200 {
		t.Errorf("a header of 15 KiB: %d: %s", res.StatusCode, body)
	}
	res, body = b.call("GET", b.public+"/v1/consent", key, nil, "X-Long", strings.Repeat("x", 17<<10))
	limit(t, res, body, 431, false)
	// The most of everything at once.
	var events []string
	for i := range 100 {
		events = append(events, fmt.Sprintf(`{"id":"%0127d","type":"view","properties":{"path":"/%s"}}`, i, strings.Repeat("p", 200)))
	}
	d := b.decide(t, key, "", `{"consent":{"profiling":"granted"},"events":[`+strings.Join(events, ",")+`],"want":["scores"]}`)
	if d.Scores["points"].Points != 100 {
		t.Errorf("100 events give %v points", d.Scores["points"].Points)
	}
}

// TestRate: beyond its rate a tenant gets 429 with a time to wait, and another tenant does not notice.
func TestRate(t *testing.T) {
	b := start(t, func(c *edge.Config) { c.Rate = 5 })
	b.apply("busy", small("busy"))
	b.apply("calm", small("calm"))
	get := func(id string) (*http.Response, []byte) {
		return b.call("GET", b.public+"/v1/consent", writeKey+id, nil)
	}
	for i := range 5 {
		if res, body := get("busy"); res.StatusCode != 200 {
			t.Fatalf("request %d: %s", i, body)
		}
	}
	for range 20 {
		res, body := get("busy")
		limit(t, res, body, 429, true)
	}
	if res, body := get("calm"); res.StatusCode != 200 {
		t.Errorf("another tenant: %s", body)
	}
	b.advance(400 * time.Millisecond)
	for want := range []int{200, 200, 429} {
		if res, body := get("busy"); (res.StatusCode == 200) != (want < 2) {
			t.Errorf("request %d after a rest: %d: %s", want, res.StatusCode, body)
		}
	}
	if _, metrics := b.call("GET", b.admin+"/metrics", "", nil); !strings.Contains(string(metrics), `lotse_refused_total{cause="rate"} 21`) {
		t.Error("the metrics do not count the refusals")
	}
}

// TestOverload: with one place in all, and that one taken, others are told to come back; nothing of theirs is stored.
func TestOverload(t *testing.T) {
	host := hostWith(t, runtime.Config{Fuel: 1 << 30, MaxFuel: 1 << 30})
	b := start(t, func(c *edge.Config) { c.InFlight, c.Host, c.BreakerFaults = 1, host, 1<<30 })
	b.apply("slow", slow("slow"))
	b.apply("shop", small("shop"))
	token := b.visitor(t, writeKey+"slow")
	done := make(chan error, 1)
	hold := func() {
		res, body, err := b.post(writeKey+"slow", token, `{"want":["scores"]}`)
		if err == nil && (res.StatusCode != 200 || len(parse(t, body).Faults) != 1) {
			err = fmt.Errorf("the request that holds the place: %s", body)
		}
		done <- err
	}
	go hold()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		select {
		case err := <-done: // before it was seen, on a busy machine
			if err != nil {
				t.Fatal(err)
			}
			go hold()
		default:
		}
		if _, metrics := b.call("GET", b.admin+"/metrics", "", nil); strings.Contains(string(metrics), "lotse_requests_in_flight 1") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the slow request does not begin")
		}
	}
	refused := 0
	for held := true; held; {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			held = false
		default:
			res, body := b.call("POST", b.public+"/v1/decide", writeKey+"shop", []byte(goodBody))
			if res.StatusCode == 503 {
				limit(t, res, body, 503, true)
				refused++
			}
			if res, _ := b.call("GET", b.public+"/healthz", "", nil); res.StatusCode != 200 {
				t.Error("/healthz fails under load")
			}
		}
	}
	if refused < 3 {
		t.Errorf("%d refusals while the only place was taken", refused)
	}
	if res, body := b.call("GET", b.public+"/v1/consent", writeKey+"shop", nil); res.StatusCode != 200 {
		t.Errorf("afterwards: %s", body)
	}
}

// TestBusyProfile: a visitor whose profile is held for long is told to come back, and the wait is bounded.
func TestBusyProfile(t *testing.T) {
	b := start(t, nil)
	b.apply("shop", small("shop"))
	token := b.visitor(t, writeKey+"shop")
	var id profile.VisitorID
	if err := b.store.Each(t.Context(), "shop", func(p *profile.Profile) error { id = p.ID; return nil }); err != nil {
		t.Fatal(err)
	}
	held, err := b.store.Begin(t.Context(), "shop", id)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	res, body := b.call("POST", b.public+"/v1/decide", writeKey+"shop", []byte(`{}`), "X-Lotse-Visitor", token)
	limit(t, res, body, 503, true)
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	held.Release()
	b.decide(t, writeKey+"shop", token, `{}`)
}

// TestIdleConnections: many connections that say nothing, or one byte, do not keep others out.
func TestIdleConnections(t *testing.T) {
	b := start(t, nil)
	b.apply("shop", small("shop"))
	const key = writeKey + "shop"
	for i := range 400 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(b.public, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		said := "POST /v1/decide HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
		if _, err := conn.Write([]byte(said[:i%len(said)])); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		begun := time.Now()
		if res, body := b.call("GET", b.public+"/v1/consent", key, nil); res.StatusCode != 200 {
			t.Fatalf("%d: %s", res.StatusCode, body)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	}
	// Requests in a row on one connection, sent at once.
	conn, err := net.Dial("tcp", strings.TrimPrefix(b.public, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	one := "GET /v1/consent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\n\r\n"
	if _, err := conn.Write([]byte(strings.Repeat(one, 50))); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	for i := range 50 {
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatalf("answer %d: %v", i, err)
		}
		var body struct{ Purposes []any }
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil || len(body.Purposes) != 2 {
			t.Fatalf("answer %d: %v", i, err)
		}
		// The rest of the body is a line end, which must be read before the next answer.
		if _, err := r.Peek(0); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
}

// brokenClock makes the edge panic where it asks for the time, when it is told to.
type brokenClock struct{ broken atomic.Bool }

// TestPanic: a mistake of our own costs one request. The client learns nothing of it, and the log nothing of the client.
func TestPanic(t *testing.T) {
	var clock brokenClock
	b := start(t, func(c *edge.Config) {
		now := c.Now
		c.Now = func() time.Time {
			if clock.broken.Load() {
				panic("canary: the clock is broken")
			}
			return now()
		}
	})
	b.apply("shop", small("shop"))
	token := b.visitor(t, writeKey+"shop")
	before := b.stored(t, writeKey+"shop", token)
	clock.broken.Store(true)
	res, body := b.call("POST", b.public+"/v1/decide", writeKey+"shop", []byte(goodBody), "X-Lotse-Visitor", token)
	limit(t, res, body, 500, false)
	clock.broken.Store(false)
	if strings.Contains(string(body)+b.log.String(), "canary") {
		t.Error("the panic's value shows")
	}
	if !strings.Contains(b.log.String(), "handler panicked") {
		t.Error("the log does not tell of the panic")
	}
	if after := b.stored(t, writeKey+"shop", token); after != before {
		t.Errorf("the profile changed: %s", after)
	}
	// Neither the tenant nor the place in the line is lost: the same request is answered now.
	b.decide(t, writeKey+"shop", token, goodBody)
	if _, metrics := b.call("GET", b.admin+"/metrics", "", nil); !strings.Contains(string(metrics), "lotse_requests_in_flight 0") {
		t.Error("the request that panicked still counts as being worked on")
	}
}

// TestOneVisitorManyClients: 64 clients tell of one visitor at once, with events of their own and events of the same id. Each
// event counts once.
func TestOneVisitorManyClients(t *testing.T) {
	const clients, each = 64, 5
	b := start(t, nil)
	b.apply("shop", small("shop"))
	b.client.Transport = &http.Transport{MaxIdleConnsPerHost: clients}
	token := b.visitor(t, writeKey+"shop") // brings one view
	var wg sync.WaitGroup
	var again atomic.Int64
	for c := range clients {
		wg.Go(func() {
			for n := range each {
				body := fmt.Sprintf(`{"events":[{"id":"own-%d-%d","type":"view"},{"id":"same-%d","type":"view"}],"traits":{"size":%d}}`, c, n, n, c)
				for {
					res, answer, err := b.post(writeKey+"shop", token, body)
					if err == nil && res.StatusCode == 503 {
						again.Add(1) // the profile's line was too long; nothing is stored, and the same is sent again
						continue
					}
					if err != nil || res.StatusCode != 200 {
						t.Errorf("%v: %s", err, answer)
					}
					break
				}
			}
		})
	}
	wg.Wait()
	d := b.decide(t, writeKey+"shop", token, `{"want":["scores","stage"]}`)
	if want := 1.0 + clients*each + each; d.Scores["points"].Points != want || d.Stage != "customer" {
		t.Errorf("%v points in stage %s, want %v", d.Scores["points"].Points, d.Stage, want)
	}
	if n := b.profiles(t, "shop"); n != 1 {
		t.Errorf("%d profiles", n)
	}
	t.Logf("%d requests had to be sent again", again.Load())
}

// TestApplyUnderLoad: while configurations with another module come and go, every request is answered by one of them, whole.
func TestApplyUnderLoad(t *testing.T) {
	b := start(t, func(c *edge.Config) { c.Rate = 1e9 })
	v1, v2 := small("shop"), small("shop")
	v2["rules/points.wasm"] = points("2.0.0", 10)
	v2["rules/second.wasm"] = w.Rule(`{"abi":1,"name":"second","version":"1.0.0","purpose":"profiling","reads":[{"name":"size","type":"number"}],`+
		`"emits":{"segments":["everyone"]}}`).Contract(w.Input, w.Output).Evaluate(nil, w.Entry(0, 2, 0, 0, w.ConstF64(0)), w.ConstI32(1)).Bytes()
	v3 := without(v2, "rules/second.wasm")
	b.apply("shop", v1)
	token := b.visitor(t, writeKey+"shop")
	var stop atomic.Bool
	var answered [3]atomic.Int64
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for n := 0; !stop.Load(); n++ {
				visitor := token
				if c%2 == 0 {
					visitor = "" // the others queue for one profile
				}
				res, body, err := b.post(writeKey+"shop", visitor, `{"consent":{"profiling":"granted"},"events":[{"id":"canary-0","type":"view"}],"want":["scores","segments"]}`)
				if err != nil || res.StatusCode != 200 {
					t.Errorf("%v: %s", err, body)
					return
				}
				d := parse(t, body)
				everyone := len(d.Segments) == 1
				switch points := d.Scores["points"].Points; {
				case len(d.Faults) > 0:
					t.Errorf("a fault: %s", body)
				case points == 1 && !everyone:
					answered[0].Add(1)
				case points == 10 && everyone:
					answered[1].Add(1)
				case points == 10:
					answered[2].Add(1)
				default:
					t.Errorf("an answer of no configuration: %s", body)
				}
			}
		})
	}
	for i := range 60 {
		files := [...]map[string][]byte{v2, v3, v1}[i%3]
		if i%4 == 3 { // one that fails in between changes nothing
			if res, body := b.call("PUT", b.admin+"/admin/v1/tenants/shop", adminKey, tarOf(t, without(files, "forms.yaml"))); res.StatusCode != 422 {
				t.Errorf("a bad folder: %s", body)
			}
		}
		if res, body := b.call("PUT", b.admin+"/admin/v1/tenants/shop", adminKey, tarOf(t, files)); res.StatusCode != 200 {
			t.Errorf("apply %d: %s", i, body)
		}
		time.Sleep(time.Duration(i%5) * time.Millisecond)
	}
	stop.Store(true)
	wg.Wait()
	for i := range answered {
		if answered[i].Load() == 0 {
			t.Errorf("configuration %d answered nothing", i+1)
		}
	}
}

// TestShutdownBeforeServe: a server that is told to stop while it starts does not begin to serve.
func TestShutdownBeforeServe(t *testing.T) {
	var config edge.Config
	start(t, func(c *edge.Config) { config = *c })
	server, err := edge.New(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(); err != nil {
		t.Fatal(err)
	}
	if err := server.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", server.AdminAddr()); err == nil {
		t.Error("the admin listener is still there")
	}
}

// TestARefusalArrives: who sends too much, and reads only then, learns why.
func TestARefusalArrives(t *testing.T) {
	b := start(t, nil)
	address := strings.TrimPrefix(b.public, "http://")
	body := strings.Repeat(" ", 700<<10)
	for range 20 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(c, "POST /v1/decide HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 413") {
			t.Fatalf("%v: %.40q", err, answer)
		}
		_ = c.Close()
	}
}
