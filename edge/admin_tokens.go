package edge

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"slices"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"
)

// Scope is what an admin token allows.
type Scope string

// The scopes.
const (
	ScopeRules   Scope = "rules"   // apply folders and modules
	ScopePolicy  Scope = "policy"  // propose, approve and release policies; approve modules; name officers
	ScopePrivacy Scope = "privacy" // read and erase profiles
	ScopeRead    Scope = "read"    // lists and reports: aggregates only
)

// Scopes lists all of them.
func Scopes() []Scope { return []Scope{ScopeRules, ScopePolicy, ScopePrivacy, ScopeRead} }

// AdminToken is a token of the admin listener, known by its hash.
type AdminToken struct {
	Name    string            // told beside what it changed; no person's, unless they agree to that
	Hash    [sha256.Size]byte // of the token, which is random: one plain hash is enough
	Scopes  []Scope
	Tenants []string // the only ones that it may be used for; empty: all, and what concerns the whole server
}

// TokenArchive holds admin tokens that come and go while a Server runs. It is asked at each call of the admin listener, twice, from
// several goroutines: a token that it no longer holds opens nothing any more.
type TokenArchive interface {
	// Token finds a token by its hash; false where there is none.
	Token(hash [sha256.Size]byte) (AdminToken, bool, error)
}

// tokenOfCall is under what key a call carries the token that it was authorized by.
type tokenOfCall struct{}

// callersToken is the token that an admin call was authorized by. It stays the same for the whole call, whatever is removed meanwhile.
func callersToken(ctx *fasthttp.RequestCtx) *AdminToken {
	t, ok := ctx.UserValue(tokenOfCall{}).(*AdminToken)
	if !ok {
		panic("BUG: an admin call that nobody authorized")
	}
	return t
}

// mayUse tells whether the token may be used for a tenant.
func (t *AdminToken) mayUse(tenant string) bool {
	return len(t.Tenants) == 0 || slices.Contains(t.Tenants, tenant)
}

// allows refuses a call that the token is not for. Whether a tenant is there, a token for others does not learn.
func (t *AdminToken) allows(c *adminCall, parts []string) error {
	switch {
	case !slices.Contains(t.Scopes, c.scope):
		return forbidden("This token lacks the scope " + string(c.scope) + ".")
	case c.aboutTenant() && !t.mayUse(parts[0]):
		return forbidden("This token is for other tenants.")
	case !c.aboutTenant() && c.pattern != tenantsPath && len(t.Tenants) > 0:
		return forbidden("This token is for some tenants only, and this call concerns the whole server.")
	}
	return nil
}

// authorize finds out whose call it is. Guessing is slowed down: failures share one small rate.
func (s *Server) authorize(h *fasthttp.RequestHeader) (*AdminToken, error) {
	t, err := s.adminToken(h)
	if err != nil {
		return nil, err
	}
	if t != nil {
		return t, nil
	}
	if !s.adminFailures.Allow() {
		return nil, newProblem(429, "rate", "Too many failed attempts", "").retry(1)
	}
	return nil, unauthorized("Send the header Authorization: Bearer TOKEN with an admin token.")
}

// adminToken finds the admin token of a request; nil where it has none that is valid.
func (s *Server) adminToken(h *fasthttp.RequestHeader) (*AdminToken, error) {
	token, ok := bytes.CutPrefix(h.Peek("Authorization"), []byte("Bearer "))
	if !ok {
		return nil, nil
	}
	hash := sha256.Sum256(token)
	for i := range s.config.Tokens {
		if t := &s.config.Tokens[i]; subtle.ConstantTimeCompare(hash[:], t.Hash[:]) == 1 {
			return t, nil
		}
	}
	if s.config.TokenArchive == nil {
		return nil, nil
	}
	t, ok, err := s.config.TokenArchive.Token(hash)
	if err != nil {
		return nil, fmt.Errorf("read an admin token: %w", err)
	}
	if !ok {
		return nil, nil
	}
	return &t, nil
}

// maxStranger bounds the body of an admin call without a valid token.
const maxStranger = maxBody

// limitStrangers keeps who has no token from having a large body read at all.
func (s *Server) limitStrangers(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if t, err := s.adminToken(h); err == nil && t != nil {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: maxStranger}
}

// newFailureLimit allows a few mistakes and slows down guessing.
func newFailureLimit() *rate.Limiter { return rate.NewLimiter(5, 20) }
