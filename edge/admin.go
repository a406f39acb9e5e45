package edge

import (
	"net/url"
	"strings"

	"github.com/valyala/fasthttp"
)

// maxFolder bounds the body of an upload: a tenant's folder with its modules.
const maxFolder = 64 << 20

// adminCall is one call of the admin listener: its pattern has {} for the parts of the path that vary.
type adminCall struct {
	method, pattern string
	scope           Scope
	handle          func(ctx *fasthttp.RequestCtx, parts []string) error
}

// aboutTenant tells whether the first part of the path that varies is a tenant.
func (c *adminCall) aboutTenant() bool { return strings.HasPrefix(c.pattern, tenantsPath+"/{}") }

const tenantsPath = "/admin/v1/tenants"

func (s *Server) adminCalls() []adminCall {
	return []adminCall{
		{"GET", "/admin/v1/tenants", ScopeRead, s.listTenants},
		{"PUT", "/admin/v1/tenants/{}", ScopeRules, s.putTenant},
		{"GET", "/admin/v1/tenants/{}/modules", ScopeRead, s.listModules},
		{"PUT", "/admin/v1/tenants/{}/modules/{}", ScopeRules, s.putModule},
		{"POST", "/admin/v1/tenants/{}/modules/{}/activate", ScopeRules, s.activateModule},
		{"POST", "/admin/v1/tenants/{}/modules/{}/rollback", ScopeRules, s.rollbackModule},
		{"DELETE", "/admin/v1/tenants/{}/modules/{}/shadow", ScopeRules, s.endShadow},
		{"GET", "/admin/v1/tenants/{}/versions", ScopeRead, s.listVersions},
		{"POST", "/admin/v1/tenants/{}/modules/{}/versions", ScopeRules, s.postVersion},
		{"GET", "/admin/v1/tenants/{}/modules/{}/versions/{}", ScopeRead, s.getVersion},
		{"GET", "/admin/v1/tenants/{}/modules/{}/versions/{}/diff", ScopeRead, s.diffVersion},
		{"GET", "/admin/v1/tenants/{}/modules/{}/versions/{}/module", ScopePolicy, s.getVersionModule},
		{"POST", "/admin/v1/tenants/{}/modules/{}/versions/{}/shadow", ScopeRules, s.shadowVersion},
		{"POST", "/admin/v1/tenants/{}/modules/{}/versions/{}/activate", ScopeRules, s.activateVersion},
		{"POST", "/admin/v1/tenants/{}/modules/{}/versions/{}/approval", ScopePolicy, s.approveVersion},
		{"GET", "/admin/v1/tenants/{}/report", ScopeRead, s.getReport},
		{"GET", "/admin/v1/tenants/{}/transitions", ScopePrivacy, s.getTransitions},
		{"GET", "/admin/v1/tenants/{}/profiles/{}", ScopePrivacy, s.adminProfile},
		{"DELETE", "/admin/v1/tenants/{}/profiles/{}", ScopePrivacy, s.eraseProfile},
		{"GET", "/admin/v1/policy", ScopeRead, s.getPolicy},
		{"POST", "/admin/v1/policy", ScopePolicy, s.postPolicy},
		{"GET", "/admin/v1/policy/counts", ScopeRead, s.getCounts},
		{"GET", "/admin/v1/policy/sources/{}", ScopeRead, s.getSources},
		{"POST", "/admin/v1/policy/officers", ScopePolicy, s.postOfficer},
		{"DELETE", "/admin/v1/policy/officers/{}", ScopePolicy, s.deleteOfficer},
		{"POST", "/admin/v1/policy/candidates/{}/approvals", ScopePolicy, s.postApproval},
		{"POST", "/admin/v1/policy/candidates/{}/release", ScopePolicy, s.releasePolicy},
		{"DELETE", "/admin/v1/policy/candidates/{}", ScopePolicy, s.withdrawPolicy},
	}
}

// serveAdmin routes the admin listener.
func (s *Server) serveAdmin(ctx *fasthttp.RequestCtx) {
	switch string(ctx.Path()) {
	case "/healthz":
		ctx.SetBodyString("ok\n")
	case "/readyz":
		s.serveReady(ctx)
	case "/metrics":
		s.serveMetrics(ctx)
	default:
		if err := s.routeAdmin(ctx); err != nil {
			s.answerError(ctx, "admin", err)
		}
	}
}

func (s *Server) serveReady(ctx *fasthttp.RequestCtx) {
	if !s.ready.Load() {
		newProblem(503, "not-ready", "Not ready", "The server is starting or stopping.").retry(1).write(ctx)
		return
	}
	ctx.SetBodyString("ready\n")
}

func (s *Server) serveMetrics(ctx *fasthttp.RequestCtx) {
	s.metrics.inFlight.Set(float64(s.inFlight.Load()))
	text, err := s.metrics.text()
	if err != nil {
		s.config.Log.Error("gather metrics", "error", err)
		problemOf(err).write(ctx)
		return
	}
	ctx.SetContentType("text/plain; version=0.0.4; charset=utf-8")
	ctx.SetBody(text)
}

func (s *Server) routeAdmin(ctx *fasthttp.RequestCtx) error {
	var allowed []string
	for _, c := range s.adminCalls() {
		parts, ok := matchPath(c.pattern, string(ctx.URI().PathOriginal()))
		if !ok {
			continue
		}
		if c.method != string(ctx.Method()) {
			allowed = append(allowed, c.method)
			continue
		}
		t, err := s.authorize(&ctx.Request.Header)
		if err != nil {
			return err
		}
		if err := t.allows(&c, parts); err != nil {
			return err
		}
		ctx.SetUserValue(tokenOfCall{}, t)
		return c.handle(ctx, parts)
	}
	if len(allowed) > 0 {
		ctx.Response.Header.Set("Allow", strings.Join(allowed, ", "))
		return newProblem(405, "method", "This call takes another method", "Allowed: "+strings.Join(allowed, ", ")+".")
	}
	return notFound("There is no such admin call.")
}

// matchPath compares a path as it was sent with a pattern and returns what stands for each {}, decoded: a tenant's own id of a
// profile may hold a slash.
func matchPath(pattern, path string) (parts []string, ok bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i := range want {
		switch {
		case want[i] == "{}" && have[i] != "":
			part, err := url.PathUnescape(have[i])
			if err != nil {
				return nil, false
			}
			parts = append(parts, part)
		case want[i] != have[i]:
			return nil, false
		}
	}
	return parts, true
}
