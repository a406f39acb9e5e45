package edge

import (
	"context"
	"maps"
	"slices"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// withModule is a tenant's files with one module exchanged or added. A rule file of the same name gives way to it.
func withModule(files map[string][]byte, name string, wasm []byte) map[string][]byte {
	files = maps.Clone(files)
	delete(files, "rules/"+name+".yaml")
	files["rules/"+name+".wasm"] = wasm
	return files
}

func (s *Server) listModules(ctx *fasthttp.RequestCtx, parts []string) error {
	site, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer site.release()
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
			w := m.watched
			one.Shadow = &shadowAnswer{m.shadow.describe(m.name), w.calls.Load(), w.different.Load(), w.faults.Load()}
		}
		list = append(list, one)
	}
	return writeJSON(ctx, map[string]any{"modules": list})
}

// putModule applies the tenant's folder with one module exchanged or added; as a shadow, the module in force stays.
func (s *Server) putModule(ctx *fasthttp.RequestCtx, parts []string) error {
	wasm, shadow := slices.Clone(ctx.PostBody()), ctx.QueryArgs().GetBool("shadow")
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		files := withModule(now.files, parts[1], wasm)
		if !shadow {
			return change{files: files}, nil
		}
		if m == nil {
			return change{}, notFound("No module of this name is in force: a shadow needs one to be compared with.")
		}
		// The folder must be sound with the shadow in it, or it could never be activated.
		_, _, err := tenant.LoadWith(files, RuleFiles{})
		return change{files: now.files, shadows: map[string][]byte{parts[1]: wasm}}, err
	})
}

// activateModule puts the shadow in force.
func (s *Server) activateModule(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		if m == nil || m.shadow == nil {
			return change{}, newProblem(409, "no-shadow", "There is no shadow to activate", "Upload one with ?shadow=1.")
		}
		return now.exchange(parts[1], m.shadow.wasm), nil
	})
}

// rollbackModule puts the version before in force again. The one that was in force becomes the one before.
func (s *Server) rollbackModule(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeModule(ctx, parts, func(now *site, m *siteModule) (change, error) {
		if m == nil || m.previous == nil {
			return change{}, newProblem(409, "no-previous", "There is no version to go back to", "The module has had one version only.")
		}
		return now.exchange(parts[1], m.previous.wasm), nil
	})
}

// change is what a call makes of the site in force.
type change struct{ files, shadows map[string][]byte }

func (s *site) exchange(name string, wasm []byte) change {
	return change{files: withModule(s.files, name, wasm)}
}

// changeModule applies what a function makes of the site in force. Both happen under one lock, so that of two changes at
// once none is lost.
func (s *Server) changeModule(ctx *fasthttp.RequestCtx, parts []string, make func(*site, *siteModule) (change, error)) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	now, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer now.release()
	var module *siteModule
	for _, m := range now.modules {
		if m.name == parts[1] {
			module = m
		}
	}
	made, err := make(now, module)
	if err != nil {
		return err
	}
	done, err := s.apply(context.WithoutCancel(ctx), parts[0], made.files, made.shadows, ctx.QueryArgs().GetBool("dry_run"))
	if err != nil {
		return err
	}
	return writeJSON(ctx, done)
}
