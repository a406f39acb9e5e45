package edge_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// The keys of the tenants under test. They are no secrets.
const (
	writeKey  = "lk_w_test"
	serverKey = "lk_s_test"
	adminKey  = "lk_a_test"
)

// bench is a server under test with all its real parts, on a clock that the test moves.
type bench struct {
	t      testing.TB
	dir    string
	server *edge.Server
	store  *profile.Store
	log    *syncBuffer
	public string
	admin  string
	client *http.Client

	mu  sync.Mutex
	now time.Time
}

// begin is when a server under test begins.
var begin = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// memoryArchive is an Archive for tests that restart within one process.
type memoryArchive struct {
	mu   sync.Mutex
	docs map[string][]byte
}

func (a *memoryArchive) Save(tenant string, documents []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.docs[tenant] = bytes.Clone(documents)
	return nil
}

func (a *memoryArchive) Load() (map[string][]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.docs, nil
}

// start runs a server on loopback until the test ends.
func start(t testing.TB, change func(*edge.Config)) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir(), now: begin, log: &syncBuffer{}, client: &http.Client{Timeout: 30 * time.Second}}
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(b.log, nil))
	store, err := profile.Open(profile.Config{
		Dir: filepath.Join(b.dir, "profiles"), Shards: 2, Now: b.clock, Log: log,
		Coarsen: func(tenant string, field uint16, v profile.Value) profile.Value {
			return b.server.Coarsen(tenant, field, v)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.store = store
	policy, err := basePolicy()
	if err != nil {
		t.Fatal(err)
	}
	host, err := runtime.New(ctx, runtime.Config{})
	if err != nil {
		t.Fatal(err)
	}
	config := edge.Config{
		Public: "127.0.0.1:0", Admin: "127.0.0.1:0", Store: store, Host: host, Policy: policy,
		Archive: &memoryArchive{docs: map[string][]byte{}}, Secret: bytes.Repeat([]byte("s"), 32), Log: log, Now: b.clock,
		AddressRate: 1e9, // all come from one address here
		Tokens: []edge.AdminToken{
			{Hash: sha256.Sum256([]byte(adminKey)), Scopes: []edge.Scope{edge.ScopeRules, edge.ScopePrivacy, edge.ScopeRead}},
			{Hash: sha256.Sum256([]byte("lk_a_reader")), Scopes: []edge.Scope{edge.ScopeRead}},
		},
	}
	if change != nil {
		change(&config)
	}
	if b.server, err = edge.New(ctx, config); err != nil {
		t.Fatal(err)
	}
	if err := b.server.Listen(); err != nil {
		t.Fatal(err)
	}
	b.public, b.admin = "http://"+b.server.PublicAddr(), "http://"+b.server.AdminAddr()
	done := make(chan error, 1)
	go func() { done <- b.server.Serve() }()
	t.Cleanup(func() {
		b.client.CloseIdleConnections()
		stop, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := b.server.Shutdown(stop); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := host.Close(ctx); err != nil {
			t.Errorf("close the host: %v", err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// apply puts files in force for a tenant.
func (b *bench) apply(id string, files map[string][]byte) {
	b.t.Helper()
	if _, err := b.server.Apply(context.Background(), id, files, false); err != nil {
		b.t.Fatalf("apply %s: %v", id, err)
	}
}

// call sends a request and returns the answer with its body.
func (b *bench) call(method, url, key string, body []byte, headers ...string) (*http.Response, []byte) {
	b.t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return res, answer
}

// winery gives the files of the sample tenant with keys for the test.
func winery(t testing.TB) map[string][]byte { return sample(t, "winery", "") }

// sample reads a sample tenant's documents and builds its modules. The suffix makes keys that differ between tenants.
func sample(t testing.TB, name, suffix string) map[string][]byte {
	t.Helper()
	root := filepath.Join("..", "cmd", "lotse", "samples", name)
	files := make(map[string][]byte)
	for _, doc := range []string{"tenant.yaml", "catalogue.yaml", "stages.yaml", "content.yaml", "forms.yaml"} {
		data, err := os.ReadFile(filepath.Join(root, doc))
		if err != nil {
			t.Fatal(err)
		}
		files[doc] = data
	}
	sources, err := os.ReadDir(filepath.Join(root, "rules"))
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		name := filepath.Join(root, "rules", source.Name())
		switch {
		case source.IsDir():
			files["rules/"+source.Name()+".wasm"] = guest(t, name)
		case strings.HasSuffix(name, ".yaml") && !strings.HasSuffix(name, ".test.yaml"):
			if files["rules/"+source.Name()], err = os.ReadFile(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A visitor's id is random, so whether one is in a control group is not for a test to know.
	files["content.yaml"] = regexp.MustCompile(`control: \d+`).ReplaceAll(files["content.yaml"], []byte("control: 0"))
	files["keys.yaml"] = []byte("keys:\n" +
		"  - {name: site, scope: write, hash: " + keyHash(writeKey+suffix) + "}\n" +
		"  - {name: crm, scope: server, hash: " + keyHash(serverKey+suffix) + "}\n")
	return files
}

func keyHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// guests keeps the modules that this test process has built.
var guests sync.Map

// guest builds a module with the stock toolchain, as lotse build does.
func guest(t testing.TB, dir string) []byte {
	t.Helper()
	if built, ok := guests.Load(dir); ok {
		return built.([]byte)
	}
	out := filepath.Join(t.TempDir(), "module.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-buildmode=c-shared", "-o", out, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", dir, err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	if wasm, err = abi.AppendManifest(wasm, manifest); err != nil {
		t.Fatal(err)
	}
	guests.Store(dir, wasm)
	return wasm
}

// files of the data folder must not hold a text: what was never granted is nowhere.
func (b *bench) mustNotHold(texts ...string) {
	b.t.Helper()
	seen := 0
	err := filepath.Walk(b.dir, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		seen += len(data)
		for _, text := range texts {
			if strings.Contains(string(data), text) {
				b.t.Errorf("%s holds %q", filepath.Base(name), text)
			}
		}
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	if seen == 0 {
		b.t.Fatal("the data folder is empty: nothing was looked at")
	}
}

// holds tells whether a file of the data folder holds a text.
func (b *bench) holds(text string) (found bool) {
	b.t.Helper()
	err := filepath.Walk(b.dir, func(name string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		found = found || strings.Contains(string(data), text)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}
