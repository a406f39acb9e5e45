package edge

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/tenant"
)

type tenantAnswer struct {
	Tenant  string `json:"tenant"`
	Name    string `json:"name"`
	Digest  string `json:"digest"`
	Modules int    `json:"modules"`
}

// listTenants lists those that the caller's token is for.
func (s *Server) listTenants(ctx *fasthttp.RequestCtx, _ []string) error {
	list, who := []tenantAnswer{}, callersToken(ctx)
	for id, site := range s.sites.current.Load().byID {
		if who.mayUse(id) {
			list = append(list, tenantAnswer{id, site.config.Name, site.config.Digest, len(site.modules)})
		}
	}
	slices.SortFunc(list, func(a, b tenantAnswer) int { return strings.Compare(a.Tenant, b.Tenant) })
	return writeJSON(ctx, map[string]any{"tenants": list})
}

// putTenant applies a folder.
func (s *Server) putTenant(ctx *fasthttp.RequestCtx, parts []string) error {
	files, err := tenant.ReadTar(bytes.NewReader(ctx.PostBody()))
	if err != nil {
		return err
	}
	a, err := s.authorOf(ctx)
	if err != nil {
		return err
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	done, err := s.apply(context.WithoutCancel(ctx), parts[0], change{files: files, author: a}, ctx.QueryArgs().GetBool("dry_run"))
	if err != nil {
		return err
	}
	return writeJSON(ctx, done)
}

// site finds a tenant for an admin call; it must be released.
func (s *Server) site(id string) (*site, error) {
	found, ok := s.sites.byID(id)
	if !ok {
		return nil, notFound("No tenant of this name has been applied.")
	}
	return found, nil
}
