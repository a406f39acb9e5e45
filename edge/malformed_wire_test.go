package edge_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge"
)

// raw sends bytes over a connection of its own, ends its side, and reads the first answer; nil when the server just closed.
func raw(t testing.TB, address, text string) (*http.Response, []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	// The server may answer and close before all is sent, so that a failed write says nothing.
	_, _ = io.WriteString(conn, text)
	_ = conn.(*net.TCPConn).CloseWrite()
	method, _, _ := strings.Cut(text, " ")
	r := bufio.NewReader(conn)
	res, err := http.ReadResponse(r, &http.Request{Method: method})
	if err == nil && res.StatusCode == http.StatusContinue {
		res, err = http.ReadResponse(r, &http.Request{Method: method})
	}
	if err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("no answer in time to %.60q", text)
		}
		return nil, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("the answer to %.60q ends before its length: %v", text, err)
	}
	return res, body
}

const goodBody = `{"consent":{"profiling":"granted"},"traits":{"company":"canary"},"events":[{"id":"canary-1","type":"view"}]}`

// TestMalformedRequests: what is no request of HTTP/1.1, or asks for what is not there, is answered with a problem or not at
// all, and nothing of it is stored.
func TestMalformedRequests(t *testing.T) {
	b := start(t, nil)
	b.apply("fresh", small("fresh"))
	const key = writeKey + "fresh"
	post := func(headers string, body string) string {
		return "POST /v1/decide HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key + "\r\n" + headers + "\r\n" + body
	}
	sized := fmt.Sprintf("Content-Length: %d\r\n", len(goodBody))

	// want is the status, 0 where the server may close without a word.
	f := func(name, text string, want ...int) {
		t.Helper()
		res, body := raw(t, b.public, text)
		if res == nil {
			if want[0] != 0 {
				t.Errorf("%s: no answer", name)
			}
			return
		}
		if strings.HasPrefix(text, "HEAD ") {
			if res.StatusCode != want[0] {
				t.Errorf("%s: status %d, want %d", name, res.StatusCode, want[0])
			}
			return
		}
		p := problemIn(t, res, body)
		for _, status := range want {
			if status == 0 || p.Status == status {
				return
			}
		}
		t.Errorf("%s: status %d, want %d: %s", name, p.Status, want, body)
	}

	f("no request", "canary\r\n\r\n", 400)
	f("no method", " /v1/decide HTTP/1.1\r\n\r\n", 400)
	f("no version", "GET /canary\r\n\r\n", 400)
	f("no path", "GET HTTP/1.1\r\n\r\n", 400)
	f("HTTP/0.9", "GET /v1/profile HTTP/0.9\r\n\r\n", 400, 401)
	f("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 404)
	f("HTTP/9.9", "GET /v1/profile HTTP/9.9\r\nHost: x\r\n\r\n", 400, 401)
	f("no version number", "GET /v1/profile HTTP/\r\nHost: x\r\n\r\n", 400)
	f("another protocol", "GET /v1/profile CANARY/1.1\r\nHost: x\r\n\r\n", 400)
	f("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 0)
	f("zero bytes", strings.Repeat("\x00", 100), 0)
	f("a header without colon", "GET /v1/profile HTTP/1.1\r\nHost: x\r\ncanary\r\n\r\n", 400)
	f("a header of no name", "GET /v1/profile HTTP/1.1\r\nHost: x\r\n: canary\r\n\r\n", 400)
	f("a space before the colon", "GET /v1/profile HTTP/1.1\r\nHost: x\r\nOrigin : canary\r\n\r\n", 400)
	f("a folded header", "GET /v1/profile HTTP/1.1\r\nHost: x\r\nOrigin: a\r\n canary\r\n\r\n", 400, 401, 403)
	f("a zero byte in a header", "GET /v1/profile HTTP/1.1\r\nHost: x\r\nOrigin: can\x00ary\r\n\r\n", 400, 401, 403)
	f("a long header", "GET /v1/profile HTTP/1.1\r\nHost: x\r\nX-Canary: "+strings.Repeat("canary", 4000)+"\r\n\r\n", 431)
	f("many headers", "GET /v1/profile HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-Canary: canary\r\n", 2000)+"\r\n", 431)
	f("a long path", "GET /"+strings.Repeat("canary", 4000)+" HTTP/1.1\r\nHost: x\r\n\r\n", 431)
	f("a long query", "GET /v1/profile?canary="+strings.Repeat("canary", 4000)+" HTTP/1.1\r\nHost: x\r\n\r\n", 431)
	f("cut in the header", "POST /v1/decide HTTP/1.1\r\nHost: x\r\nAuthor", 0)

	f("a body shorter than said", post("Content-Length: 1000\r\n", goodBody), 0)
	f("a body longer than said", post("Content-Length: 20\r\n", goodBody), 400)
	f("a length of words", post("Content-Length: canary\r\n", goodBody), 400)
	f("a length below zero", post("Content-Length: -1\r\n", goodBody), 400)
	f("a length with a sign", post("Content-Length: +10\r\n", goodBody), 400)
	f("a length in hex", post("Content-Length: 0x10\r\n", goodBody), 400)
	f("a length of twenty digits", post("Content-Length: 99999999999999999999\r\n", goodBody), 400, 413)
	f("a length beyond the bound", post("Content-Length: 262145\r\n", ""), 413)
	f("a length of a terabyte", post("Content-Length: 1099511627776\r\n", ""), 413)
	f("two lengths", post("Content-Length: 5\r\n"+sized, goodBody), 400)
	f("a length and chunks", post(sized+"Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400)
	f("no length", post("", goodBody), 400)
	chunked := "Transfer-Encoding: chunked\r\n"
	f("chunks of words", post(chunked, "canary\r\ncanary\r\n0\r\n\r\n"), 400)
	f("a chunk of no size", post(chunked, "\r\n\r\n"), 400)
	f("a chunk below zero", post(chunked, "-5\r\ncanary\r\n0\r\n\r\n"), 400)
	f("a chunk of a huge size", post(chunked, "ffffffffffffffff\r\ncanary\r\n"), 400, 413)
	f("a chunk of many digits", post(chunked, strings.Repeat("f", 200)+"\r\ncanary\r\n"), 400, 413)
	f("a chunk beyond the bound", post(chunked, "50000\r\n"+strings.Repeat("canary", 0x50000/6+1)), 413)
	f("a chunk longer than said", post(chunked, "5\r\n"+goodBody+"\r\n0\r\n\r\n"), 400)
	f("a chunk without its end", post(chunked, fmt.Sprintf("%x\r\n%s", len(goodBody), goodBody)), 0)
	f("no last chunk", post(chunked, fmt.Sprintf("%x\r\n%s\r\n", len(goodBody), goodBody)), 0)
	f("another coding", post("Transfer-Encoding: canary\r\n", goodBody), 400, 501)
	f("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400)
	f("gzip", post("Content-Encoding: gzip\r\n"+sized, goodBody[:len(goodBody)-1]+"\x1f"), 400)
	f("a form of parts without a boundary", post("Content-Type: multipart/form-data\r\nContent-Length: 6\r\n", "canary"), 400)
	f("a form of parts", post("Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 77\r\n",
		"--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\ncanary\r\n--x--\r\n"), 400)
	f("an expectation that is not met", post("Expect: 100-continue\r\nContent-Length: 1000\r\n", ""), 0)

	for _, method := range []string{"GET", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "post", "PROPFIND"} {
		f(method+" decide", method+" /v1/decide HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+key+"\r\n"+sized+"\r\n"+goodBody, 405, 400)
	}
	f("HEAD decide", "HEAD /v1/decide HTTP/1.1\r\nHost: x\r\n\r\n", 405)
	f("HEAD profile", "HEAD /v1/profile HTTP/1.1\r\nHost: x\r\n\r\n", 405)
	f("POST profile", "POST /v1/profile HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+key+"\r\n"+sized+"\r\n"+goodBody, 405)
	f("DELETE consent", "DELETE /v1/consent HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+key+"\r\n\r\n", 405)
	f("CONNECT", "CONNECT canary:443 HTTP/1.1\r\nHost: canary:443\r\n\r\n", 400, 404)
	f("OPTIONS of the whole", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 400, 404)
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v1/decide/", "/v1/decide/canary", "/v2/decide", "/V1/DECIDE", "/v1/profiles", "/admin/v1/tenants",
		"/metrics", "/readyz", "/v1/consent%00", "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd", "/.git/config", "/v1\\decide", "/v1/%64ecid", "//canary//",
	} {
		f("the path "+path, "GET "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+key+"\r\n\r\n", 404, 400)
	}

	if n := b.profiles(t, "fresh"); n != 0 {
		t.Errorf("%d profiles are left behind", n)
	}
	if strings.Contains(strings.ToLower(b.log.String()), "canary") {
		t.Error("the log holds what was sent")
	}
	if res, body := b.call("GET", b.public+"/v1/profile", key, nil); res.StatusCode != 200 {
		t.Errorf("a good request is answered with %d: %s", res.StatusCode, body)
	}
}

// TestMalformedHeaders: keys, origins, cookies, query strings and proxies' words.
func TestMalformedHeaders(t *testing.T) {
	b := start(t, func(c *edge.Config) { c.TrustForwarded = true })
	b.apply("fresh", small("fresh"))
	b.apply("other", small("other"))
	const key = writeKey + "fresh"

	f := func(name string, want int, headers ...string) {
		t.Helper()
		res, body := b.call("POST", b.public+"/v1/decide", "", []byte(goodBody), headers...)
		if p := problemIn(t, res, body); p.Status != want {
			t.Errorf("%s: status %d, want %d: %s", name, p.Status, want, body)
		}
	}
	for name, value := range map[string]string{
		"none": "", "another scheme": "Basic Y2FuYXJ5OmNhbmFyeQ==", "the key alone": key, "no key": "Bearer ", "no space": "Bearer" + key,
		"lower case": "bearer " + key, "two spaces": "Bearer  " + key, "a tab": "Bearer\t" + key, "a space behind, and more": "Bearer " + key + " canary",
		"quoted": `Bearer "` + key + `"`, "the hash": "Bearer " + keyHash(key), "a piece": "Bearer " + key[:len(key)-1], "a list": "Bearer " + key + ", Bearer " + key,
		"unknown": "Bearer lk_w_canary", "a long one": "Bearer " + strings.Repeat("canary", 200), "an admin's": "Bearer " + adminKey,
		"a wildcard": "Bearer *", "null": "Bearer null", "a word of another tongue": "Bearer café",
	} {
		f("Authorization: "+name, 401, "Authorization", value)
	}
	for _, origin := range []string{
		"https://canary.example", "null", "*", "https://fresh.example.canary.example", "http://fresh.example", "https://fresh.example:8443",
		"https://FRESH.example", "https://fresh.example/", "fresh.example", "https://other.example", "https://fresh.example https://fresh.example",
		"javascript:canary", "https://fresh.example\tcanary", "https://canary@fresh.example",
	} {
		f("Origin: "+origin, 403, "Authorization", "Bearer "+key, "Origin", origin)
	}
	call := func(name string, want int, method, path, body string, headers ...string) {
		t.Helper()
		res, answer := b.call(method, b.public+path, key, []byte(body), headers...)
		if p := problemIn(t, res, answer); p.Status != want {
			t.Errorf("%s: status %d, want %d: %s", name, p.Status, want, answer)
		}
	}
	call("a website names a profile", 403, "POST", "/v1/decide", `{"profile":"canary","events":[{"id":"a","type":"view"}]}`)
	call("a website restricts", 403, "POST", "/v1/decide", `{"restricted":true}`)
	call("a website restricts a consent", 403, "POST", "/v1/consent", `{"profiling":"granted","restricted":false}`)
	call("a website names a profile in the query", 403, "GET", "/v1/profile?profile=canary", "")
	call("a website names a profile in the query of consent", 403, "GET", "/v1/consent?profile=canary&language=en", "")
	call("a long profile in the query", 400, "GET", "/v1/profile?profile="+strings.Repeat("canary", 50), "")
	call("a bad token beside a bad cookie", 400, "POST", "/v1/decide", goodBody, "X-Lotse-Visitor", "canary", "Cookie", "lotse_fresh=canary")
	call("a cookie among others", 400, "GET", "/v1/profile", "", "Cookie", "a=b; lotse_fresh=canary; c=d")
	call("a preflight of a stranger", 403, "OPTIONS", "/v1/decide", "", "Origin", "https://canary.example", "Access-Control-Request-Method", "POST")
	call("a preflight of nobody", 403, "OPTIONS", "/v1/decide", "")

	if n := b.profiles(t, "fresh"); n != 0 {
		t.Errorf("%d profiles are left behind", n)
	}

	// These are odd, but no mistake of the visitor's: they are read as if they were not there.
	ok := func(name, path string, headers ...string) {
		t.Helper()
		if res, body := b.call("GET", b.public+path, key, nil, headers...); res.StatusCode != 200 {
			t.Errorf("%s: status %d: %s", name, res.StatusCode, body)
		}
	}
	ok("an unknown query", "/v1/profile?canary=1&&=&%zz")
	ok("an unknown language", "/v1/consent?language=%ff%00canary")
	ok("odd languages", "/v1/consent", "Accept-Language", ";;q=,,,*;q=x,"+strings.Repeat("xx,", 2000))
	ok("an odd proxy", "/v1/consent", "X-Forwarded-For", "canary, , ,\t", "X-Forwarded-Proto", "canary")
	ok("an odd signal", "/v1/consent", "Sec-GPC", "canary")
	ok("an empty cookie", "/v1/profile", "Cookie", "lotse_fresh=")
	ok("broken cookies", "/v1/profile", "Cookie", ";;==;lotse_fresh;=canary;")
	if strings.Contains(strings.ToLower(b.log.String()), "canary") {
		t.Error("the log holds what was sent")
	}
}
