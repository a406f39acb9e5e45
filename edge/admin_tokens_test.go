package edge_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/lotse-edge/lotse/edge"
)

// memoryTokens is an edge.TokenArchive.
type memoryTokens struct {
	mu     sync.Mutex
	held   map[[sha256.Size]byte]edge.AdminToken
	broken error
}

func (m *memoryTokens) Token(hash [sha256.Size]byte) (edge.AdminToken, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, ok := m.held[hash]
	return t, ok, m.broken
}

func (m *memoryTokens) set(token string, t *edge.AdminToken) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hash := sha256.Sum256([]byte(token))
	if t == nil {
		delete(m.held, hash)
		return
	}
	m.held[hash] = *t
}

// TestTokensComeAndGo: a token of the archive opens what it is for, as long as it is there, and what it changes bears its name.
func TestTokensComeAndGo(t *testing.T) {
	tokens := &memoryTokens{held: map[[sha256.Size]byte]edge.AdminToken{}}
	b := startVersions(t, func(c *edge.Config) { c.TokenArchive = tokens })
	b.apply("v", small("v"))
	push := func() int {
		t.Helper()
		res, _ := b.send(t, "POST", b.admin+modulesOf+"/versions", "lk_a_anna", pointsFile("2.0.0", 2, ""), "Content-Type", "application/yaml")
		return res.StatusCode
	}
	if got := push(); got != http.StatusUnauthorized {
		t.Errorf("before it is added: status %d", got)
	}
	tokens.set("lk_a_anna", &edge.AdminToken{Name: "anna", Scopes: []edge.Scope{edge.ScopeRead}})
	if got := push(); got != http.StatusForbidden {
		t.Errorf("without the scope: status %d", got)
	}
	tokens.set("lk_a_anna", &edge.AdminToken{Name: "anna", Scopes: []edge.Scope{edge.ScopeRules}})
	if got := push(); got != http.StatusOK {
		t.Errorf("with the scope: status %d", got)
	}
	var list struct{ Versions []versionAnswer }
	if b.ask("GET", "/admin/v1/tenants/v/versions", nil, 200, &list); list.Versions[0].By != "anna" || list.Versions[1].By != "server" {
		t.Errorf("uploaded by %s and %s", list.Versions[0].By, list.Versions[1].By)
	}
	tokens.set("lk_a_anna", nil)
	if got := push(); got != http.StatusUnauthorized {
		t.Errorf("after it is removed: status %d", got)
	}
	tokens.broken = errors.New("canary of the disk")
	res, body := b.send(t, "GET", b.admin+"/admin/v1/tenants", "lk_a_anna", nil)
	if res.StatusCode != 500 || strings.Contains(string(body), "canary") || !strings.Contains(b.log.String(), "canary of the disk") {
		t.Errorf("where the archive fails: status %d: %s", res.StatusCode, body)
	}
	if res, _ := b.send(t, "GET", b.admin+"/admin/v1/tenants", adminKey, nil); res.StatusCode != 200 {
		t.Errorf("a token of the configuration then: status %d", res.StatusCode)
	}
}

// TestTokensEndAtTheirTenants: a token for one tenant opens no call about another, whether that is there or not, and none about the
// whole server, whatever its scopes.
func TestTokensEndAtTheirTenants(t *testing.T) {
	const key = "lk_a_agency"
	b := start(t, func(c *edge.Config) {
		c.Tokens = append(c.Tokens, edge.AdminToken{Name: "agency", Hash: sha256.Sum256([]byte(key)), Scopes: edge.Scopes(), Tenants: []string{"ours"}})
	})
	for _, id := range []string{"ours", "theirs"} {
		b.apply(id, small(id))
	}
	refused := map[string]int{}
	for _, c := range edge.AdminPatterns() {
		method, pattern, _ := strings.Cut(c, " ")
		if pattern == "/admin/v1/tenants" {
			continue
		}
		for _, id := range []string{"theirs", "nobody", "%74heirs", "ours%2F..%2Ftheirs"} {
			path := strings.ReplaceAll(strings.Replace(pattern, "/tenants/{}", "/tenants/"+id, 1), "{}", "points")
			res, body := b.send(t, method, b.admin+path, key, tarOf(t, small("theirs")))
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s: status %d: %s", method, path, res.StatusCode, body)
			}
			refused[pattern]++
			if !strings.Contains(pattern, "/tenants/") {
				break
			}
		}
	}
	if len(refused) < 20 {
		t.Errorf("only %d patterns were tried", len(refused))
	}
	// The folder of another tenant under the own address.
	res, body := b.send(t, "PUT", b.admin+"/admin/v1/tenants/ours", key, tarOf(t, small("theirs")))
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("another tenant's folder: status %d: %s", res.StatusCode, body)
	}
	var list struct{ Tenants []struct{ Tenant string } }
	_, body = b.send(t, "GET", b.admin+"/admin/v1/tenants", key, nil)
	if err := json.Unmarshal(body, &list); err != nil || len(list.Tenants) != 1 || list.Tenants[0].Tenant != "ours" {
		t.Errorf("tenants: %s", body)
	}
	for _, path := range []string{"/modules", "/versions", "/report", "/transitions"} {
		if res, body := b.send(t, "GET", b.admin+"/admin/v1/tenants/ours"+path, key, nil); res.StatusCode != 200 {
			t.Errorf("own %s: status %d: %s", path, res.StatusCode, body)
		}
	}
}
