package edge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// others are the versions that stand beside those in force: their bytes, by the module's name.
type others struct{ previous, shadow map[string][]byte }

// besides finds what stands beside the modules of a configuration that comes into force. Where a module changes, its
// version up to now becomes the one before; a shadow stays until it is in force itself or another one takes its place.
func besides(before *site, config *tenant.Config, shadows map[string][]byte) others {
	o := others{map[string][]byte{}, map[string][]byte{}}
	if before != nil {
		for _, m := range before.modules {
			if m.previous != nil {
				o.previous[m.name] = m.previous.wasm
			}
			if m.shadow != nil {
				o.shadow[m.name] = m.shadow.wasm
			}
			for i := range config.Modules {
				if next := &config.Modules[i]; next.Name == m.name && next.Digest != m.module.Digest() {
					o.previous[m.name] = m.version.wasm
				}
			}
		}
	}
	for name, wasm := range shadows {
		o.shadow[name] = wasm
	}
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
	running map[string]*sharedModule // of the site before, which is in force and so holds them
}

// module makes a module with the versions beside it. One of these that cannot be used under the new configuration is left
// out: it must not stand in the way of what comes into force.
func (l *loader) module(ctx context.Context, m *tenant.Module, before *site, beside others) (*siteModule, error) {
	active, err := l.version(ctx, m.Name, m.Wasm, m.Digest, &m.Manifest)
	if err != nil {
		return nil, err
	}
	made := &siteModule{name: m.Name, version: active}
	made.previous = l.beside(ctx, "previous", m, beside.previous[m.Name])
	if made.shadow = l.beside(ctx, "shadow", m, beside.shadow[m.Name]); made.shadow != nil {
		made.watched = &shadowCounts{}
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

func (l *loader) beside(ctx context.Context, what string, m *tenant.Module, wasm []byte) *version {
	if wasm == nil {
		return nil
	}
	sum := sha256.Sum256(wasm)
	digest := hex.EncodeToString(sum[:])
	if digest == m.Digest {
		return nil
	}
	manifest, err := abi.ManifestOf(wasm)
	var v *version
	if err == nil {
		v, err = l.version(ctx, m.Name, wasm, digest, manifest)
	}
	if err != nil {
		l.server.config.Log.Warn("version left out", "tenant", l.config.ID, "module", m.Name, "version", what, "digest", digest, "error", err)
		return nil
	}
	return v
}

func (l *loader) version(ctx context.Context, name string, wasm []byte, digest string, manifest *abi.Manifest) (*version, error) {
	purpose, ok := l.config.PurposeByName(manifest.Purpose)
	if _, problems := rules.NewPlan(manifest, l.config); !ok || len(problems) > 0 {
		return nil, fmt.Errorf("module %s reads what this configuration does not have", name)
	}
	v := &version{wasm: wasm, purpose: purpose}
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
	return AppliedModule{name, v.module.Manifest().Version, v.module.Digest(), v.module.Size()}
}

// othersSuffix is behind a tenant's id in the archive's name for the versions that are not in force. No id has a dot.
const othersSuffix = ".versions"

const (
	previousFolder = "previous/"
	shadowFolder   = "shadow/"
)

// keepOthers writes the versions that are not in force to the archive. What would make the documents too large to be read
// back is left out; then a roll back is possible until the next start only.
func (s *Server) keepOthers(next *site) error {
	files, total := map[string][]byte{}, 0
	add := func(name string, v *version) {
		if v != nil && total+len(v.wasm) <= tenant.MaxFolder {
			files[name] = v.wasm
			total += len(v.wasm)
		}
	}
	for _, m := range next.modules {
		add(previousFolder+m.name, m.previous)
		add(shadowFolder+m.name, m.shadow)
	}
	var b bytes.Buffer
	err := tenant.WriteFiles(&b, files)
	if err == nil {
		err = s.config.Archive.Save(next.config.ID+othersSuffix, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("keep the versions of %s: %w", next.config.ID, err)
	}
	return nil
}

func (s *Server) readOthers(id string, documents []byte) others {
	o := others{map[string][]byte{}, map[string][]byte{}}
	if documents == nil {
		return o
	}
	files, err := tenant.ReadTar(bytes.NewReader(documents))
	if err != nil {
		s.config.Log.Warn("versions not read", "tenant", id, "error", err)
		return o
	}
	for path, wasm := range files {
		if name, ok := strings.CutPrefix(path, previousFolder); ok {
			o.previous[name] = wasm
		} else if name, ok := strings.CutPrefix(path, shadowFolder); ok {
			o.shadow[name] = wasm
		}
	}
	return o
}
