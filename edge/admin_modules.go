package edge

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// sourceOf is what a call uploads: a rule file, where its type says so (application/yaml, RFC 9512), or a module.
func sourceOf(ctx *fasthttp.RequestCtx, name string) source {
	kind, _, _ := strings.Cut(string(ctx.Request.Header.ContentType()), ";")
	if strings.TrimSpace(kind) == "application/yaml" {
		return source{"rules/" + name + ".yaml", slices.Clone(ctx.PostBody())}
	}
	return source{"rules/" + name + ".wasm", slices.Clone(ctx.PostBody())}
}

func (f source) isRules() bool { return path.Ext(f.file) == ".yaml" }

// withSource is a tenant's files with one module exchanged or added; there is one file of a name, a module or a rule file.
func withSource(files map[string][]byte, name string, from source) map[string][]byte {
	files = maps.Clone(files)
	delete(files, "rules/"+name+".yaml")
	delete(files, "rules/"+name+".wasm")
	files[from.file] = from.bytes
	return files
}

func (s *Server) listModules(ctx *fasthttp.RequestCtx, parts []string) error {
	site, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer site.release()
	type shadowAnswer struct {
		AppliedModule
		*seen
	}
	type module struct {
		AppliedModule
		Manifest any            `json:"manifest"`
		Open     bool           `json:"open,omitempty"` // failed too often: not asked for a while
		Previous *AppliedModule `json:"previous,omitempty"`
		Shadow   *shadowAnswer  `json:"shadow,omitempty"`
	}
	now := s.config.Now()
	list := []module{}
	for _, m := range site.modules {
		one := module{AppliedModule: m.describe(m.name), Manifest: m.module.Manifest(), Open: m.module.breaker.isOpen(now)}
		if m.previous != nil {
			previous := m.previous.describe(m.name)
			one.Previous = &previous
		}
		if m.shadow != nil {
			one.Shadow = &shadowAnswer{m.shadow.describe(m.name), m.watched.tell()}
		}
		list = append(list, one)
	}
	return writeJSON(ctx, map[string]any{"modules": list})
}

// putModule applies the tenant's folder with one module exchanged or added; as a shadow, the module in force stays.
func (s *Server) putModule(ctx *fasthttp.RequestCtx, parts []string) error {
	from, shadow := sourceOf(ctx, parts[1]), ctx.QueryArgs().GetBool("shadow")
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		files := withSource(now.files, parts[1], from)
		if !shadow {
			return change{files: files}, nil
		}
		if m == nil {
			return change{}, errNothingBeside
		}
		// The folder must be sound with the shadow in it, or it could never be activated.
		_, _, err := tenant.LoadWith(files, RuleFiles{})
		return change{files: now.files, shadows: map[string]source{parts[1]: from}}, err
	})
}

// activateModule puts the shadow in force.
func (s *Server) activateModule(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		if m == nil || m.shadow == nil {
			return change{}, newProblem(409, "no-shadow", "There is no shadow to activate", "Upload one with ?shadow=1.")
		}
		return now.exchange(parts[1], m.shadow.source), nil
	})
}

// endShadow has the shadow run no longer. Its version stays.
func (s *Server) endShadow(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		if m == nil || m.shadow == nil {
			return change{}, newProblem(409, "no-shadow", "There is no shadow", "The module runs without one.")
		}
		return change{files: now.files, shadows: map[string]source{parts[1]: {}}}, nil
	})
}

// rollbackModule puts the version before in force again. The one that was in force becomes the one before.
func (s *Server) rollbackModule(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		if m == nil || m.previous == nil {
			return change{}, newProblem(409, "no-previous", "There is no version to go back to", "The module has had one version only.")
		}
		return now.exchange(parts[1], m.previous.source), nil
	})
}

func (s *site) exchange(name string, from source) change {
	return change{files: withSource(s.files, name, from)}
}

// module finds a module by its name; nil where there is none.
func (s *site) module(name string) *siteModule {
	for _, m := range s.modules {
		if m.name == name {
			return m
		}
	}
	return nil
}

// changeModule applies what a function makes of the site in force. Both happen under one lock, so that of two changes at
// once none is lost.
func (s *Server) changeModule(ctx *fasthttp.RequestCtx, parts []string, make func(*site, *siteModule) (change, error)) error {
	a, err := s.authorOf(ctx)
	if err != nil {
		return err
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	now, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer now.release()
	made, err := make(now, now.module(parts[1]))
	if err != nil {
		return err
	}
	made.author = a
	done, err := s.apply(context.WithoutCancel(ctx), parts[0], made, ctx.QueryArgs().GetBool("dry_run"))
	if err != nil {
		return err
	}
	return writeJSON(ctx, done)
}
