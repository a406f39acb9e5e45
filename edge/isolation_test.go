package edge_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/runtime"
)

// TestTenantsAreApart: two tenants with the same catalogue, the same events' ids and the same ids of profiles, filled at the
// same time, never see anything of each other's.
func TestTenantsAreApart(t *testing.T) {
	b := start(t, nil)
	tenants := []string{"crimson", "azure"}
	for _, id := range tenants {
		b.apply(id, small(id))
	}
	var wg sync.WaitGroup
	for k, id := range tenants {
		wg.Go(func() {
			for n := range 20 {
				// The visitors of crimson view one page, those of azure two.
				body := fmt.Sprintf(`{"profile":"customer-%d","consent":{"profiling":"granted"},"traits":{"company":"%s company"},
					"events":[{"id":"e-0","type":"view","properties":{"path":"/%s"}}%s]}`, n, id, id, strings.Repeat(`,{"id":"e-1","type":"view"}`, k))
				if res, answer, err := b.post(serverKey+id, "", body); err != nil || res.StatusCode != 200 {
					t.Errorf("%v: %s", err, answer)
				}
			}
		})
	}
	wg.Wait()
	for k, id := range tenants {
		other := tenants[1-k]
		if n := b.profiles(t, id); n != 20 {
			t.Errorf("%s has %d profiles", id, n)
		}
		for n := range 20 {
			_, body := b.call("GET", fmt.Sprintf("%s/v1/profile?profile=customer-%d", b.public, n), serverKey+id, nil)
			var stored struct{ Events []struct{ Count int } }
			if err := json.Unmarshal(body, &stored); err != nil || len(stored.Events) != 1 || stored.Events[0].Count != k+1 ||
				!strings.Contains(string(body), id+" company") || strings.Contains(string(body), other) {
				t.Errorf("%s: customer %d: %s", id, n, body)
			}
		}
		for _, path := range []string{"/report", "/transitions"} {
			if _, body := b.call("GET", b.admin+"/admin/v1/tenants/"+id+path, adminKey, nil); strings.Contains(string(body), other) {
				t.Errorf("%s%s tells of %s", id, path, other)
			}
		}
	}

	// Erasing in one leaves the other's namesake.
	if res, body := b.call("DELETE", b.admin+"/admin/v1/tenants/crimson/profiles/customer-0", adminKey, nil); res.StatusCode != 200 {
		t.Fatalf("erase: %s", body)
	}
	if crimson, azure := b.profiles(t, "crimson"), b.profiles(t, "azure"); crimson != 19 || azure != 20 {
		t.Errorf("after the erasure: %d and %d profiles", crimson, azure)
	}
	// A withdrawal as well.
	if res, body := b.call("POST", b.public+"/v1/consent", serverKey+"azure", []byte(`{"profile":"customer-1","profiling":"withdrawn"}`)); res.StatusCode != 200 {
		t.Fatalf("withdraw: %s", body)
	}
	if _, body := b.call("GET", b.public+"/v1/profile?profile=customer-1", serverKey+"crimson", nil); !strings.Contains(string(body), "crimson company") {
		t.Errorf("the namesake lost: %s", body)
	}
	// One tenant's key with the other's visitor, and one website's page with the other's key.
	d := b.decide(t, serverKey+"crimson", "", `{"profile":"customer-2"}`)
	res, body := b.call("GET", b.public+"/v1/profile", writeKey+"azure", nil, "X-Lotse-Visitor", d.Visitor)
	problemIn(t, res, body)
	res, body = b.call("POST", b.public+"/v1/decide", writeKey+"azure", []byte(`{}`), "Origin", "https://crimson.example")
	if p := problemIn(t, res, body); p.Status != 403 {
		t.Errorf("a page of another tenant: %s", body)
	}
}

// TestCookie: the cookie comes with a permit only, tells nothing to scripts or other sites, and is only sent over TLS where
// the browser came over TLS.
func TestCookie(t *testing.T) {
	b := start(t, func(c *edge.Config) { c.TrustForwarded = true })
	b.apply("shop", small("shop"))
	direct := start(t, nil) // no proxy before it: whoever says so is not believed
	direct.apply("shop", small("shop"))
	cookie := func(b *bench, body string, headers ...string) *http.Cookie {
		t.Helper()
		res, answer := b.call("POST", b.public+"/v1/decide", writeKey+"shop", []byte(body), headers...)
		if res.StatusCode != 200 {
			t.Fatalf("%s", answer)
		}
		if list := res.Cookies(); len(list) == 1 {
			return list[0]
		} else if len(list) > 1 {
			t.Fatalf("cookies: %v", list)
		}
		return nil
	}
	const granted = `{"consent":{"profiling":"granted"},"events":[{"id":"a","type":"view"}]}`
	for _, none := range []string{`{}`, `{"events":[{"id":"a","type":"view"}]}`, `{"consent":{"profiling":"refused"},"events":[{"id":"a","type":"view"}]}`} {
		if c := cookie(b, none); c != nil {
			t.Errorf("a cookie without a permit: %v", c)
		}
	}
	for _, c := range []struct {
		bench  *bench
		proto  string
		secure bool
	}{{b, "https", true}, {b, "http", false}, {b, "", false}, {direct, "https", false}} {
		got := cookie(c.bench, granted, "X-Forwarded-Proto", c.proto)
		if got == nil {
			t.Fatalf("no cookie with a permit")
		}
		if !got.HttpOnly || got.SameSite != http.SameSiteLaxMode || got.Path != "/" || got.Domain != "" || got.Secure != c.secure || got.MaxAge < 300*24*3600 || got.MaxAge > 400*24*3600 {
			t.Errorf("behind %q: %v", c.proto, got)
		}
	}
	// A withdrawal takes it back, with the flags that it was given with.
	given := cookie(b, granted, "X-Forwarded-Proto", "https")
	taken := cookie(b, `{"consent":{"profiling":"withdrawn"}}`, "X-Forwarded-Proto", "https", "Cookie", given.Name+"="+given.Value)
	if taken == nil || taken.Value != "" || taken.MaxAge > 0 || taken.Expires.After(begin) || !taken.Secure || !taken.HttpOnly || taken.Path != "/" {
		t.Errorf("taken back: %v", taken)
	}
	// Nobody keeps an answer.
	res, _ := b.call("GET", b.public+"/v1/profile", writeKey+"shop", nil)
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control: %q", got)
	}
}

// TestNothingIsTold: after requests of all kinds, good and bad, neither the log nor the metrics hold a value that was sent,
// a visitor's token, a key or an id; and the metrics count what was done.
func TestNothingIsTold(t *testing.T) {
	host := hostWith(t, runtime.Config{})
	b := start(t, func(c *edge.Config) { c.Host = host })
	b.apply("shop", slow("shop")) // its module fails each time, which is logged
	key := writeKey + "shop"
	token := b.visitor(t, key)
	path := "/canary?canary=canary"
	for _, body := range []string{
		goodBody, with("want", `["scores"]`), `{"events":[{"id":"canary-7","type":"canary","properties":{"canary":"canary"}}],"traits":{"canary":"canary","size":"canary"}}`,
		`{"consent":{"profiling":"canary"}}`, `canary`, `{"profile":"canary"}`, `{"canary":1}`,
	} {
		b.call("POST", b.public+"/v1/decide", key, []byte(body), "X-Lotse-Visitor", token, "User-Agent", "canary", "Referer", "https://canary.example", "X-Forwarded-For", "canary")
		b.call("POST", b.public+"/v1/consent", key, []byte(body), "Cookie", "lotse_shop=canary")
		b.call("POST", b.public+"/v1/decide", "canary", []byte(body), "Origin", "https://canary.example")
		b.call("POST", b.public+path, key, []byte(body))
	}
	b.decide(t, serverKey+"shop", "", `{"profile":"canary customer","consent":{"profiling":"granted"},"traits":{"company":"canary"}}`)
	b.call("GET", b.public+"/v1/profile?profile=canary%20customer", serverKey+"shop", nil)
	b.call("GET", b.admin+"/admin/v1/tenants/shop/profiles/canary%20customer", adminKey, nil)
	b.call("DELETE", b.admin+"/admin/v1/tenants/shop/profiles/canary%20customer", adminKey, nil)
	b.call("GET", b.admin+path, "canary", nil)
	b.call("PUT", b.admin+"/admin/v1/tenants/canary", adminKey, []byte("canary"))
	b.call("PUT", b.admin+"/admin/v1/tenants/shop", adminKey, tarOf(t, and(small("shop"), "forms.yaml", "canary: [canary")))

	_, metrics := b.call("GET", b.admin+"/metrics", "", nil)
	log := b.log.String()
	if !strings.Contains(log, "module fault") || !strings.Contains(log, "tenant applied") || !strings.Contains(log, "profile erased") {
		t.Errorf("the log says too little to look at:\n%s", log)
	}
	for _, secret := range []string{"canary", token, key, serverKey, adminKey, "127.0.0.1"} {
		if strings.Contains(strings.ToLower(log), strings.ToLower(secret)) {
			t.Errorf("the log holds %q", secret)
		}
		if strings.Contains(strings.ToLower(string(metrics)), strings.ToLower(secret)) {
			t.Errorf("the metrics hold %q", secret)
		}
	}
	for _, want := range []string{
		`lotse_requests_total{route="decide",status="200"}`, `lotse_requests_total{route="decide",status="400"}`,
		`lotse_requests_total{route="consent",status="400"}`, `lotse_requests_total{route="decide",status="401"}`, `lotse_verdicts_total{tenant="shop",verdict="kept"}`,
		`lotse_verdicts_total{tenant="shop",verdict="dropped"}`, `lotse_module_faults_total{module="slow",tenant="shop"}`, "lotse_request_seconds_bucket", "lotse_requests_in_flight", "go_goroutines",
	} {
		if !strings.Contains(string(metrics), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
