package edge

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/profile"
)

const (
	headerVisitor = "X-Lotse-Visitor"
	cookieDays    = 395 // about 13 months, the longest that supervisory authorities accept for such a cookie
	tokenVersion  = 1
	tokenMAC      = 16
	tokenSize     = 1 + 16 + tokenMAC
)

// signer makes and checks the visitor tokens of all tenants. A token carries a random id and proves that this server gave
// it out for this tenant; it says nothing about the visitor. It is safe for concurrent use.
type signer struct{ macs *sync.Pool }

func newSigner(secret []byte) signer {
	return signer{&sync.Pool{New: func() any { return &keyed{Hash: hmac.New(sha256.New, secret)} }}}
}

// keyed is an HMAC to be used again and again, with room for what goes in and out of it.
type keyed struct {
	hash.Hash
	text []byte
	sum  [sha256.Size]byte
}

func (s signer) mac(tenant, use string, data []byte) [sha256.Size]byte {
	k := s.macs.Get().(*keyed)
	defer s.macs.Put(k)
	k.Reset()
	k.text = append(append(append(append(append(k.text[:0], use...), 0), tenant...), 0), data...)
	k.Write(k.text)
	k.Sum(k.sum[:0])
	return k.sum
}

// token signs a visitor's id for a tenant.
func (s signer) token(tenant string, id profile.VisitorID) string {
	raw := make([]byte, 0, tokenSize)
	raw = append(raw, tokenVersion)
	raw = append(raw, id[:]...)
	mac := s.mac(tenant, "visitor", raw)
	raw = append(raw, mac[:tokenMAC]...)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// visitor checks a token and returns the id in it.
func (s signer) visitor(tenant string, token []byte) (profile.VisitorID, bool) {
	var id profile.VisitorID
	var raw [tokenSize]byte
	if base64.RawURLEncoding.DecodedLen(len(token)) != tokenSize {
		return id, false
	}
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], token)
	if err != nil || n != tokenSize || raw[0] != tokenVersion {
		return id, false
	}
	signed := raw[:tokenSize-tokenMAC]
	if mac := s.mac(tenant, "visitor", signed); !hmac.Equal(raw[tokenSize-tokenMAC:], mac[:tokenMAC]) {
		return id, false
	}
	copy(id[:], signed[1:])
	return id, true
}

// external gives the id of a profile that a tenant's server names by its own id. The id cannot be computed without the
// server's secret, so that the store holds no id of the tenant's.
func (s signer) external(tenant, name string) profile.VisitorID {
	var id profile.VisitorID
	mac := s.mac(tenant, "external", []byte(name))
	copy(id[:], mac[:])
	return id
}

// newVisitor makes a random id.
func newVisitor() profile.VisitorID {
	var id profile.VisitorID
	rand.Read(id[:]) //nolint:errcheck // never fails since Go 1.24
	return id
}

// cookieName is the name of a tenant's cookie: tenants on one host must not take each other's. Over TLS the browser guards it
// against other hosts of the domain (the prefix __Host-).
func cookieName(tenant string, secure bool) string {
	if secure {
		return "__Host-lotse_" + tenant
	}
	return "lotse_" + tenant
}

// setVisitorCookie gives the browser its token. Only called when a purpose permits storage on the device.
func setVisitorCookie(ctx *fasthttp.RequestCtx, tenant, token string, secure bool) {
	writeCookie(ctx, tenant, token, cookieDays*24*60*60, secure)
}

// clearVisitorCookie takes the token back.
func clearVisitorCookie(ctx *fasthttp.RequestCtx, tenant string, secure bool) {
	writeCookie(ctx, tenant, "", -1, secure)
}

func writeCookie(ctx *fasthttp.RequestCtx, tenant, value string, maxAge int, secure bool) {
	c := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(c)
	c.SetKey(cookieName(tenant, secure))
	c.SetValue(value)
	c.SetPath("/")
	c.SetHTTPOnly(true)
	c.SetSecure(secure)
	c.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	if maxAge < 0 {
		c.SetExpire(fasthttp.CookieExpireDelete)
	} else {
		c.SetMaxAge(maxAge)
	}
	ctx.Response.Header.SetCookie(c)
}

// tokenSource says where a token came from.
type tokenSource uint8

const (
	noToken tokenSource = iota
	headerToken
	cookieToken
)

// tokenOf reads the visitor's token of a request. One that is not ours is an error, so that a broken integration is seen;
// a cookie that is not ours is taken back with it, so that the browser's next request works.
func (s *Server) tokenOf(ctx *fasthttp.RequestCtx, tenant string) (profile.VisitorID, tokenSource, error) {
	if token := ctx.Request.Header.Peek(headerVisitor); len(token) > 0 {
		id, ok := s.signer.visitor(tenant, token)
		if !ok {
			return id, noToken, invalidHeader(headerVisitor, "this is not a visitor token of this tenant.")
		}
		return id, headerToken, nil
	}
	if token := ctx.Request.Header.Cookie(cookieName(tenant, s.secure(ctx))); len(token) > 0 {
		id, ok := s.signer.visitor(tenant, token)
		if !ok {
			clearVisitorCookie(ctx, tenant, s.secure(ctx))
			return id, noToken, invalidHeader("Cookie", "this is not a visitor token of this tenant; it is taken back with this answer.")
		}
		return id, cookieToken, nil
	}
	return profile.VisitorID{}, noToken, nil
}
