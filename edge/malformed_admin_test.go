package edge_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	w "github.com/lotse-edge/lotse/runtime/wasm/wasmtest"
)

// entry is one entry of an archive as a stranger may write it.
type entry struct {
	name, body string
	kind       byte
	size       int64 // what the header claims; 0: the body's
}

func archiveOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Size: int64(len(e.body)), Mode: 0o644}
		if e.kind != 0 {
			h.Typeflag, h.Linkname, h.Size = e.kind, "tenant.yaml", 0
		}
		if e.size != 0 {
			h.Size = e.size
		}
		if err := out.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := out.Write([]byte(e.body)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if entries == nil || entries[len(entries)-1].size == 0 {
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// changed is the folder with old replaced by new in a file.
func changed(t testing.TB, files map[string][]byte, file, old, new string) map[string][]byte {
	t.Helper()
	if !bytes.Contains(files[file], []byte(old)) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	files = maps.Clone(files)
	files[file] = bytes.Replace(files[file], []byte(old), []byte(new), 1)
	return files
}

func without(files map[string][]byte, file string) map[string][]byte {
	files = maps.Clone(files)
	delete(files, file)
	return files
}

func and(files map[string][]byte, file, body string) map[string][]byte {
	files = maps.Clone(files)
	files[file] = []byte(body)
	return files
}

// inForce is what shows whether anything changed: the list of tenants, the modules, and an answer.
func inForce(t testing.TB, b *bench, id, token string) string {
	t.Helper()
	_, tenants := b.call("GET", b.admin+"/admin/v1/tenants", adminKey, nil)
	_, modules := b.call("GET", b.admin+"/admin/v1/tenants/"+id+"/modules", adminKey, nil)
	_, consent := b.call("GET", b.public+"/v1/consent", writeKey+id, nil)
	return string(tenants) + string(modules) + string(consent) + b.stored(t, writeKey+id, token)
}

// TestMalformedFolders: a folder that is not right is refused as a whole, with the file and the line of each mistake, and the
// configuration before goes on as if nothing had been sent.
func TestMalformedFolders(t *testing.T) {
	b := start(t, nil)
	good := small("shop")
	b.apply("shop", good)
	b.apply("other", small("other"))
	token := b.visitor(t, writeKey+"shop")
	before := inForce(t, b, "shop", token)

	put := func(name string, body []byte, status int, file string, line int, says string) {
		t.Helper()
		for _, query := range []string{"?dry_run=1", ""} {
			res, answer := b.call("PUT", b.admin+"/admin/v1/tenants/shop"+query, adminKey, body)
			p := problemIn(t, res, answer)
			if p.Status != status {
				t.Errorf("%s: status %d, want %d: %.300s", name, p.Status, status, answer)
			}
			if file != "" && (len(p.Errors) == 0 || p.Errors[0].File != file || p.Errors[0].Line != line || !strings.Contains(p.Errors[0].Detail+p.Errors[0].Suggestion, says)) {
				t.Errorf("%s: want %s:%d: %q, got %.400s", name, file, line, says, answer)
			}
			if file == "" && !strings.Contains(string(answer), says) {
				t.Errorf("%s: want %q, got %.400s", name, says, answer)
			}
		}
		if after := inForce(t, b, "shop", token); after != before {
			t.Fatalf("%s: something changed (-before +after):\n%s", name, cmp.Diff(before, after))
		}
	}
	folder := func(name string, files map[string][]byte, file string, line int, says string) {
		t.Helper()
		put(name, tarOf(t, files), 422, file, line, says)
	}

	folder("a missing document", without(good, "stages.yaml"), "stages.yaml", 0, "missing")
	folder("an unknown document", and(good, "stage.yaml", "a: canary"), "stage.yaml", 0, "stages.yaml")
	folder("no YAML", changed(t, good, "catalogue.yaml", "fields:", "fields: [canary"), "catalogue.yaml", 4, "YAML")
	folder("an unknown key", changed(t, good, "tenant.yaml", "regime: de", "regimes: de"), "tenant.yaml", 5, "regime")
	folder("an unknown purpose", changed(t, good, "catalogue.yaml", "behavioural, tag: url, purposes: [profiling]", "behavioural, tag: url, purposes: [profilling]"),
		"catalogue.yaml", 9, "profiling")
	folder("an unknown field of a form", changed(t, good, "forms.yaml", "field: company", "field: compny"), "forms.yaml", 2, "company")
	folder("an unknown score of a stage", changed(t, good, "stages.yaml", "{score: points, at_least: 10}", "{score: pionts, at_least: 10}"), "stages.yaml", 8, "points")
	folder("a fallback that is not there", changed(t, good, "content.yaml", "fallback: hello", "fallback: helo"), "content.yaml", 2, "hello")
	folder("a hash that is none", changed(t, good, "keys.yaml", keyHash(writeKey+"shop"), "canary-key"), "keys.yaml", 2, "hash")
	folder("an event of a property that is not there", changed(t, good, "catalogue.yaml", "properties: [path]", "properties: [paths]"), "catalogue.yaml", 11, "path")
	folder("a module that is none", and(good, "rules/points.wasm", "canary"), "rules/points.wasm", 0, "")
	folder("a module without a manifest", and(good, "rules/points.wasm", w.Header), "rules/points.wasm", 0, "lotse.manifest")
	folder("a module of another name", and(without(good, "rules/points.wasm"), "rules/score.wasm", string(good["rules/points.wasm"])), "rules/score.wasm", 0, "points")
	folder("a module that imports", and(good, "rules/points.wasm", string(importing())), "rules/points.wasm", 0, "imports")
	folder("a policy that is no Rego", and(good, "policies/own.rego", "package privacy.tenant.own\n\nallow if {\n"), "", 0, "own.rego")
	folder("a policy that enlarges", and(good, "policies/own.rego", "package privacy.decision\n\npurpose := true\n"), "", 0, "own.rego")
	folder("a key twice", and(good, "keys.yaml", strings.Replace(string(good["keys.yaml"]), keyHash(serverKey+"shop"), keyHash(writeKey+"shop"), 1)),
		"keys.yaml", 3, "same hash")
}

// importing is a module that wants something of its host.
func importing() []byte {
	m := w.Rule(strings.NewReplacer(`"test"`, `"points"`, `"interest"`, `"points"`, `"visits"`, `"size"`).Replace(w.Manifest))
	m.Import("env", "clock", nil, nil)
	return m.Contract(w.Input, w.Output).Evaluate(nil, w.ConstI32(0)).Bytes()
}

// TestMalformedAdminCalls: tokens, scopes, paths, methods, archives and modules that are not right.
func TestMalformedAdminCalls(t *testing.T) {
	b := start(t, nil)
	b.apply("shop", small("shop"))
	b.apply("other", small("other"))
	token := b.visitor(t, writeKey+"shop")
	before := inForce(t, b, "shop", token)
	good := small("shop")
	whole := tarOf(t, good)

	f := func(name string, status int, method, path, key string, body []byte, says string) {
		t.Helper()
		res, answer := b.call(method, b.admin+path, key, body)
		if p := problemIn(t, res, answer); p.Status != status || !strings.Contains(string(answer), says) {
			t.Errorf("%s: want %d with %q, got %.300s", name, status, says, answer)
		}
	}
	const tenants, shop = "/admin/v1/tenants", "/admin/v1/tenants/shop"

	// Archives. Each stands beside a good folder, so that taking a part of it would show.
	var all []entry
	for name, body := range good {
		all = append(all, entry{name: name, body: string(body)})
	}
	beside := func(e ...entry) []byte { return archiveOf(t, append(e, all...)...) }
	for name, body := range map[string][]byte{
		"words": []byte("canary"), "zeros": make([]byte, 100), "gzip": {0x1f, 0x8b, 8, 0}, "cut in a header": whole[:300],
		"cut in a file": whole[:len(whole)/2], "a file that claims more than there is": archiveOf(t, entry{name: "tenant.yaml", body: "canary", size: 600}),
		"a path upwards": beside(entry{name: "../shop/tenant.yaml", body: "canary"}), "a path upwards within": beside(entry{name: "rules/../../etc/passwd", body: "canary"}),
		"a path from the top": beside(entry{name: "/etc/passwd", body: "canary"}), "a backslash": beside(entry{name: `rules\..\x.wasm`, body: "canary"}),
		"a drive": beside(entry{name: "c:/tenant.yaml", body: "canary"}), "a dot": beside(entry{name: "rules/./x.wasm", body: "canary"}),
		"a folder upwards": beside(entry{name: "../", kind: tar.TypeDir}), "a symlink": beside(entry{name: "keys2.yaml", kind: tar.TypeSymlink}),
		"a hard link": beside(entry{name: "keys2.yaml", kind: tar.TypeLink}), "a device": beside(entry{name: "rules/null", kind: tar.TypeChar}),
		"a pipe": beside(entry{name: "rules/pipe", kind: tar.TypeFifo}), "a file twice": beside(entry{name: "tenant.yaml", body: "id: canary"}),
		"a long path": beside(entry{name: strings.Repeat("rules/", 60) + "x.wasm", body: "canary"}), "many files": manyFiles(t),
	} {
		f("an archive of "+name, 422, "PUT", shop, adminKey, body, "errors")
	}
	f("an empty archive", 422, "PUT", shop, adminKey, archiveOf(t), "tenant.yaml")
	f("no archive", 422, "PUT", shop, adminKey, nil, "tenant.yaml")
	f("a folder of another tenant", 400, "PUT", tenants+"/else", adminKey, whole, "another tenant")
	f("a key of another tenant", 409, "PUT", shop, adminKey, tarOf(t, and(good, "keys.yaml", string(small("other")["keys.yaml"]))), "another tenant")
	f("a folder in another tenant's place", 400, "PUT", tenants+"/other", adminKey, whole, "another tenant")

	// Paths and methods.
	for _, path := range []string{
		"", "/", "/admin", "/admin/v1", tenants + "/", shop + "/", shop + "/canary", shop + "/modules/", shop + "/modules/a/b", tenants + "//report",
		shop + "/profiles", shop + "/profiles/", "/admin/v2/tenants", "/canary", "/v1/decide", shop + "/report/canary",
	} {
		f("GET "+path, 404, "GET", path, adminKey, nil, "")
	}
	for _, call := range [][2]string{
		{"POST", tenants},
		{"DELETE", shop},
		{"POST", shop},
		{"POST", shop + "/modules/points"},
		{"PUT", shop + "/report"},
		{"PUT", shop + "/profiles/x"},
		{"DELETE", shop + "/transitions"},
		{"PATCH", shop},
		{"GET", shop},
		{"DELETE", shop + "/modules/points"},
	} {
		f(call[0]+" "+call[1], 405, call[0], call[1], adminKey, nil, "Allowed")
	}
	for _, path := range []string{"/modules", "/report", "/transitions", "/profiles/canary"} {
		f("of an unknown tenant: "+path, 404, "GET", tenants+"/nobody"+path, adminKey, nil, "No tenant")
	}
	f("a module of an unknown tenant", 404, "PUT", tenants+"/nobody/modules/points", adminKey, good["rules/points.wasm"], "No tenant")
	f("the profile of nobody", 404, "GET", shop+"/profiles/canary", adminKey, nil, "Nothing")
	f("a token of another tenant's visitor", 404, "GET", tenants+"/other/profiles/"+token, adminKey, nil, "Nothing")

	// Modules.
	for _, name := range []string{"Points", "7points", "p%20oints", "points.wasm", "points.wasm%00", "..", "..%2f..%2fx", "p%C3%B6ints", strings.Repeat("p", 65), "-points"} {
		res, answer := b.call("PUT", b.admin+shop+"/modules/"+name, adminKey, good["rules/points.wasm"])
		if p := problemIn(t, res, answer); p.Status != 422 && p.Status != 404 {
			t.Errorf("the module name %s: status %d: %s", name, p.Status, answer)
		}
	}
	f("a module that is none", 422, "PUT", shop+"/modules/points", adminKey, []byte("canary"), "rules/points.wasm")
	f("an empty module", 422, "PUT", shop+"/modules/points", adminKey, nil, "rules/points.wasm")
	f("a module under another's name", 422, "PUT", shop+"/modules/second", adminKey, good["rules/points.wasm"], "points")

	// Tokens. Guessing meets a rate before long, so these come last.
	for name, key := range map[string]string{"none": "", "another": "lk_a_canary", "a tenant's": serverKey + "shop", "the hash": keyHash(adminKey)} {
		f("the token "+name, 401, "PUT", shop, key, whole, "admin token")
	}
	for _, call := range [][2]string{{"PUT", shop}, {"PUT", shop + "/modules/points"}, {"GET", shop + "/transitions"}, {"GET", shop + "/profiles/x"}, {"DELETE", shop + "/profiles/x"}} {
		f("a reader's "+call[0]+" "+call[1], 403, call[0], call[1], "lk_a_reader", whole, "scope")
	}
	guessed := 0
	for range 100 {
		res, answer := b.call("GET", b.admin+tenants, "lk_a_canary", nil)
		if p := problemIn(t, res, answer); p.Status == 429 {
			if res.Header.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
			guessed++
		}
	}
	if guessed < 50 {
		t.Errorf("of 100 guesses at once only %d met the rate", guessed)
	}
	if res, _ := b.call("GET", b.admin+tenants, adminKey, nil); res.StatusCode != 200 {
		t.Errorf("while someone guesses, the right token gets %d", res.StatusCode)
	}

	if after := inForce(t, b, "shop", token); after != before {
		t.Errorf("something changed (-before +after):\n%s", cmp.Diff(before, after))
	}
	var list struct{ Tenants []struct{ Tenant string } }
	if _, answer := b.call("GET", b.admin+tenants, adminKey, nil); json.Unmarshal(answer, &list) != nil || len(list.Tenants) != 2 {
		t.Errorf("tenants: %s", answer)
	}
	if strings.Contains(b.log.String(), "canary") {
		t.Error("the log holds what was sent")
	}
}

func manyFiles(t testing.TB) []byte {
	list := make([]entry, 201)
	for i := range list {
		list[i] = entry{name: fmt.Sprintf("rules/m%d.wasm", i), body: "canary"}
	}
	return archiveOf(t, list...)
}

// TestHugeUploads: what is larger than a folder may be is refused before it is read, and no claim makes the server take
// memory for it.
func TestHugeUploads(t *testing.T) {
	b := start(t, nil)
	b.apply("shop", small("shop"))
	head := "PUT /admin/v1/tenants/shop HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + adminKey + "\r\n"
	for _, length := range []string{"67108865", "1099511627776"} {
		begun := time.Now()
		res, body := raw(t, b.admin, head+"Content-Length: "+length+"\r\n\r\n")
		if res == nil {
			t.Fatalf("%s bytes: no answer", length)
		}
		if p := problemIn(t, res, body); p.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s bytes: %s", length, body)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s bytes: %v", length, took)
		}
	}
	// 20 MB of zeros in one module, and a bomb of headers.
	files := small("shop")
	files["rules/points.wasm"] = make([]byte, 20<<20)
	res, body := b.call("PUT", b.admin+"/admin/v1/tenants/shop", adminKey, tarOf(t, files))
	if p := problemIn(t, res, body); p.Status != 422 || !strings.Contains(string(body), "larger than") {
		t.Errorf("a module of 20 MB: %.300s", body)
	}
	var folders []entry
	for i := range 900 {
		folders = append(folders, entry{name: fmt.Sprintf("d%d/", i), kind: tar.TypeDir})
	}
	res, body = b.call("PUT", b.admin+"/admin/v1/tenants/shop", adminKey, archiveOf(t, folders...))
	if p := problemIn(t, res, body); p.Status != 422 {
		t.Errorf("900 folders: %.300s", body)
	}
}
