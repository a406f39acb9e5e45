package edge_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the answers that were got into the scripts")

// TestScripts runs whole requests. A script is a txtar archive of pairs: NN-what holds a request, NN-what.answer the answer.
//
// A request is a line METHOD PATH, headers, an empty line and the body; $WRITE and $SERVER stand for the keys, $ADMIN for
// the admin token, and $TOKEN for the visitor's token of the answer before. A line "after 90d" moves the clock first, "cookies" sends the cookie
// that the server set. An answer is the status, the headers of note, and the body with what varies between runs replaced.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runScript(t, script)
		})
	}
}

type scripted struct {
	*bench
	token, cookie string
}

func runScript(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &scripted{bench: start(t, nil)}
	s.apply("winery", winery(t))
	answers := make(map[string][]byte)
	for _, f := range archive.Files {
		if step, ok := strings.CutSuffix(f.Name, ".answer"); ok {
			answers[step] = f.Data
		}
	}
	var out []txtar.File
	for _, f := range archive.Files {
		if strings.HasSuffix(f.Name, ".answer") {
			continue
		}
		got := s.step(f.Data)
		out = append(out, f, txtar.File{Name: f.Name + ".answer", Data: got})
		if !*update {
			if diff := cmp.Diff(string(answers[f.Name]), string(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", f.Name, diff)
			}
		}
	}
	if len(out) == 0 {
		t.Fatal("the script has no request")
	}
	if *update {
		archive.Files = out
		if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// step sends one request and renders the answer.
func (s *scripted) step(text []byte) []byte {
	s.t.Helper()
	text = []byte(strings.NewReplacer("$WRITE", writeKey, "$SERVER", serverKey, "$ADMIN", adminKey, "$TOKEN", s.token).Replace(string(text)))
	head, body, _ := bytes.Cut(text, []byte("\n\n"))
	var method, path string
	var headers []string
	for _, line := range strings.Split(strings.TrimSpace(string(head)), "\n") {
		switch name, value, isHeader := strings.Cut(line, ": "); {
		case strings.HasPrefix(line, "after "):
			s.advance(days(s.t, line))
		case line == "cookies":
			headers = append(headers, "Cookie", s.cookie)
		case isHeader:
			headers = append(headers, name, value)
		default:
			method, path, _ = strings.Cut(line, " ")
		}
	}
	base := s.public
	if strings.HasPrefix(path, "/admin/") {
		base = s.admin
	}
	res, answer := s.call(method, base+path, "", bytes.TrimSpace(body), headers...)
	for _, c := range res.Cookies() {
		s.cookie = c.Name + "=" + c.Value
	}
	var visitor struct{ Visitor string }
	if json.Unmarshal(answer, &visitor) == nil && visitor.Visitor != "" {
		s.token = visitor.Visitor
	}
	return render(s.t, res, answer)
}

func days(t testing.TB, line string) time.Duration {
	var n int
	if _, err := fmt.Sscanf(line, "after %dd", &n); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return time.Duration(n) * 24 * time.Hour
}

// varies is what differs between runs: tokens and digests.
var varies = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`lotse_winery=[^;]+;`), "lotse_winery=TOKEN;"},
	{regexp.MustCompile(`"visitor": "[^"]+"`), `"visitor": "TOKEN"`},
	{regexp.MustCompile(`"policy": "[0-9a-f]{64}"`), `"policy": "DIGEST"`},
	{regexp.MustCompile(`"(text_version|shown)": "[0-9a-f]{32}"`), `"$1": "DIGEST"`},
	{regexp.MustCompile(`expires=[^;]+`), "expires=TIME"},
}

func render(t testing.TB, res *http.Response, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d\n", res.StatusCode)
	for _, name := range []string{"Content-Type", "Set-Cookie", "Retry-After", "Access-Control-Allow-Origin", "Allow"} {
		for _, value := range res.Header.Values(name) {
			if name != "Content-Type" || value != "application/json" {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
	}
	if len(body) > 0 {
		var indented bytes.Buffer
		if err := json.Indent(&indented, body, "", "  "); err != nil {
			t.Fatalf("the answer is not JSON: %v", err)
		}
		b.WriteString("\n")
		b.Write(bytes.TrimSpace(indented.Bytes()))
		b.WriteString("\n")
	}
	text := b.String()
	for _, v := range varies {
		text = v.pattern.ReplaceAllString(text, v.with)
	}
	return []byte(text)
}
