package edge

import (
	"context"
	"fmt"
	"maps"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// others are the versions that stand beside those in force, as they were uploaded, by the module's name.
type others struct{ previous, shadow map[string]source }

// besides finds what stands beside the modules of a configuration that comes into force. Where a module changes, its
// version up to now becomes the one before; a shadow stays until it is in force itself, or another one, or none, takes its place.
func besides(before *site, config *tenant.Config, shadows map[string]source) others {
	o := others{map[string]source{}, map[string]source{}}
	if before != nil {
		for _, m := range before.modules {
			if m.previous != nil {
				o.previous[m.name] = m.previous.source
			}
			if m.shadow != nil {
				o.shadow[m.name] = m.shadow.source
			}
			for i := range config.Modules {
				if next := &config.Modules[i]; next.Name == m.name && next.Digest != m.module.Digest() {
					o.previous[m.name] = m.version.source
				}
			}
		}
	}
	maps.Copy(o.shadow, shadows)
	return o
}

// byDigest gives the modules that a site holds.
func (s *site) byDigest() map[string]*sharedModule {
	held := make(map[string]*sharedModule)
	if s != nil {
		for _, m := range s.modules {
			for _, v := range m.versions() {
				held[v.module.Digest()] = v.module
			}
		}
	}
	return held
}

// loader makes the modules of one site.
type loader struct {
	server  *Server
	config  *tenant.Config
	files   map[string][]byte
	running map[string]*sharedModule // of the site before, which is in force and so holds them
}

// module makes a module with the versions beside it. One of these that cannot be used under the new configuration is left
// out: it must not stand in the way of what comes into force.
func (l *loader) module(ctx context.Context, m *tenant.Module, before *site, beside others) (*siteModule, error) {
	active, err := l.version(ctx, m.Name, m.Wasm, m.Digest, &m.Manifest)
	if err != nil {
		return nil, err
	}
	active.source = source{m.File, l.files[m.File]}
	made := &siteModule{name: m.Name, version: active}
	made.previous = l.beside(ctx, "previous", m, beside.previous[m.Name])
	if made.shadow = l.beside(ctx, "shadow", m, beside.shadow[m.Name]); made.shadow != nil {
		made.watched = newShadowCounts(active.module.Manifest(), made.shadow.module.Manifest())
		if before != nil {
			for _, old := range before.modules {
				if old.name == m.Name && old.shadow != nil && old.shadow.module == made.shadow.module && old.module == active.module {
					made.watched = old.watched
				}
			}
		}
	}
	return made, nil
}

func (l *loader) beside(ctx context.Context, what string, m *tenant.Module, from source) *version {
	if from.bytes == nil {
		return nil
	}
	module, err := l.compiled(m.Name, from)
	if err == nil && module.Digest == m.Digest {
		return nil
	}
	var v *version
	if err == nil {
		v, err = l.version(ctx, m.Name, module.Wasm, module.Digest, &module.Manifest)
	}
	if err != nil {
		l.server.config.Log.Warn("version left out", "tenant", l.config.ID, "module", m.Name, "version", what, "error", err)
		return nil
	}
	v.source = from
	return v
}

// compiled makes the module of what was uploaded.
func (l *loader) compiled(name string, from source) (*tenant.Module, error) {
	wasm := from.bytes
	if from.isRules() {
		made, err := RuleFiles{}.CompileRules(name, from.bytes, l.config)
		if err != nil {
			return nil, err
		}
		wasm = made.Wasm
	}
	manifest, err := abi.ManifestOf(wasm)
	if err != nil {
		return nil, err
	}
	return &tenant.Module{Name: name, File: from.file, Wasm: wasm, Digest: digestOf(wasm), Manifest: *manifest}, nil
}

func (l *loader) version(ctx context.Context, name string, wasm []byte, digest string, manifest *abi.Manifest) (*version, error) {
	purpose, ok := l.config.PurposeByName(manifest.Purpose)
	if _, problems := rules.NewPlan(manifest, l.config); !ok || len(problems) > 0 {
		return nil, fmt.Errorf("module %s reads what this configuration does not have", name)
	}
	v := &version{purpose: purpose}
	if v.module = l.running[digest]; v.module == nil {
		module, err := l.server.config.Host.Load(ctx, name, wasm)
		if err != nil {
			return nil, fmt.Errorf("load module %s: %w", name, err)
		}
		v.module = &sharedModule{Module: module}
	}
	v.module.sites.Add(1)
	return v, nil
}

func (v *version) describe(name string) AppliedModule {
	return AppliedModule{Name: name, Version: v.module.Manifest().Version, Digest: v.module.Digest(), Size: v.module.Size()}
}
