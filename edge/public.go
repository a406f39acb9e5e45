package edge

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"
)

// servePublic routes the public listener.
func (s *Server) servePublic(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/healthz":
		ctx.SetBodyString("ok\n")
		return
	case "/v1/decide":
		s.call(ctx, "decide", "POST", s.decide)
	case "/v1/consent":
		if ctx.IsPost() {
			s.call(ctx, "consent", "GET, POST", s.postConsent)
		} else {
			s.call(ctx, "consent", "GET, POST", s.getConsent)
		}
	case "/v1/profile":
		s.call(ctx, "profile", "GET", s.getProfile)
	case "/.well-known/gpc.json":
		ctx.SetContentType("application/json")
		ctx.SetBodyString(`{"gpc":true,"lastUpdate":"2026-11-22"}` + "\n")
	default:
		if !s.servePage(ctx) {
			notFound("The calls are POST /v1/decide, GET and POST /v1/consent, and GET /v1/profile.").write(ctx)
		}
	}
}

// caller is who calls: a tenant's website or server.
type caller struct {
	site   *site
	server bool // showed a server key
}

// call does what all calls need: limits, CORS, the key; then it runs the call and answers its error.
func (s *Server) call(ctx *fasthttp.RequestCtx, route, methods string, handle func(*fasthttp.RequestCtx, caller) error) {
	begin := time.Now()
	defer func() { s.metrics.observe(route, ctx.Response.StatusCode(), time.Since(begin)) }()
	if ctx.IsOptions() {
		s.preflight(ctx, methods)
		return
	}
	if !methodAllowed(ctx, methods) {
		ctx.Response.Header.Set("Allow", methods)
		newProblem(405, "method", "This call takes another method", "Allowed: "+methods+".").write(ctx)
		return
	}
	if s.inFlight.Add(1) > int64(s.config.InFlight) {
		s.inFlight.Add(-1)
		s.metrics.refused.WithLabelValues("overload").Inc()
		newProblem(503, "overload", "Too much is going on", "Nothing was stored. Try again.").retry(1).write(ctx)
		return
	}
	defer s.inFlight.Add(-1)
	who, err := s.identify(ctx)
	if err == nil {
		defer who.site.release()
		err = handle(ctx, who)
	}
	if err != nil {
		s.answerError(ctx, route, err)
	}
}

func methodAllowed(ctx *fasthttp.RequestCtx, methods string) bool {
	method := string(ctx.Method())
	for m := range strings.SplitSeq(methods, ", ") {
		if m == method {
			return true
		}
	}
	return false
}

// identify finds the tenant by the key, and checks that the page that calls is one of the tenant's. The site that it
// returns must be released.
func (s *Server) identify(ctx *fasthttp.RequestCtx) (caller, error) {
	key, ok := bytes.CutPrefix(ctx.Request.Header.Peek("Authorization"), []byte("Bearer "))
	if !ok || len(key) == 0 {
		return caller{}, unauthorized("Send the header Authorization: Bearer KEY with a key of the tenant.")
	}
	if len(key) > 256 {
		return caller{}, unauthorized("The key is not known.")
	}
	who, ok := s.sites.byKey(sha256.Sum256(key))
	if !ok {
		return caller{}, unauthorized("The key is not known.")
	}
	if err := s.admitOrigin(ctx, who.site); err != nil {
		who.site.release()
		return caller{}, err
	}
	limiters := []*rate.Limiter{who.site.rate}
	if !who.server {
		limiters = []*rate.Limiter{s.addresses.of(s.remoteIP(ctx)), who.site.rate}
	}
	for _, l := range limiters {
		if ok, wait := take(l, s.config.Now()); !ok {
			who.site.release()
			s.metrics.refused.WithLabelValues("rate").Inc()
			return caller{}, newProblem(429, "rate", "Too many requests", "The rate of this address or of this tenant is used up.").retry(wait)
		}
	}
	return who, nil
}

// admitOrigin lets a browser's page call when the tenant names its origin, or when the page came from this server.
func (s *Server) admitOrigin(ctx *fasthttp.RequestCtx, site *site) error {
	origin := ctx.Request.Header.Peek("Origin")
	if len(origin) == 0 {
		return nil
	}
	if !site.origins[string(origin)] && !s.sameOrigin(ctx, origin) {
		return forbidden("This page's origin is not one of the tenant's. Add it to origins in tenant.yaml.")
	}
	h := &ctx.Response.Header
	h.SetBytesV("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Expose-Headers", headerVisitor+", "+policyHeader)
	h.Add("Vary", "Origin")
	return nil
}

func (s *Server) sameOrigin(ctx *fasthttp.RequestCtx, origin []byte) bool {
	scheme := "http://"
	if s.secure(ctx) {
		scheme = "https://"
	}
	host, ok := bytes.CutPrefix(origin, []byte(scheme))
	return ok && bytes.Equal(host, ctx.Host())
}

// preflight answers a browser's question whether a page may call. It has no key, so an origin of any tenant is allowed;
// the call itself is checked against its own tenant.
func (s *Server) preflight(ctx *fasthttp.RequestCtx, methods string) {
	origin := ctx.Request.Header.Peek("Origin")
	if len(origin) == 0 || !(s.sites.anyOrigin(string(origin)) || s.sameOrigin(ctx, origin)) {
		forbidden("This page's origin is not known here.").write(ctx)
		return
	}
	h := &ctx.Response.Header
	h.SetBytesV("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Credentials", "true")
	h.Set("Access-Control-Allow-Methods", methods)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, "+headerVisitor)
	h.Set("Access-Control-Max-Age", "600")
	h.Add("Vary", "Origin")
	ctx.SetStatusCode(204)
}

// secure tells whether the browser came over TLS.
func (s *Server) secure(ctx *fasthttp.RequestCtx) bool {
	if s.config.TrustForwarded {
		return string(ctx.Request.Header.Peek("X-Forwarded-Proto")) == "https"
	}
	return ctx.IsTLS()
}

// remoteIP is the visitor's address.
func (s *Server) remoteIP(ctx *fasthttp.RequestCtx) string {
	if s.config.TrustForwarded {
		// The last entry of the last line is the one that our own proxy wrote; those before it are the client's word.
		var list string
		if lines := ctx.Request.Header.PeekAll("X-Forwarded-For"); len(lines) > 0 {
			list = string(lines[len(lines)-1])
		}
		if i := strings.LastIndexByte(list, ','); i >= 0 {
			list = list[i+1:]
		}
		return strings.TrimSpace(list)
	}
	return ctx.RemoteIP().String()
}
