package edge

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
	"github.com/lotse-edge/lotse/rules"
)

// Applied tells what an apply did.
type Applied struct {
	Tenant   string          `json:"tenant"`
	Digest   string          `json:"digest"`
	Previous string          `json:"previous,omitempty"`
	Modules  []AppliedModule `json:"modules"`
	Warnings []Finding       `json:"warnings,omitempty"`
}

// AppliedModule is one module that is in force.
type AppliedModule struct {
	Name    string   `json:"name"`
	Version string   `json:"version"`
	Digest  string   `json:"digest"`
	Size    int      `json:"size"`
	New     []string `json:"new,omitempty"` // what no version of it did before, in words (rules.Extent); nobody had to approve it
}

// change is what an apply makes of a tenant.
type change struct {
	files   map[string][]byte
	shadows map[string]source // by module: to run beside the version in force; without bytes: none any more
	digests map[string]string // by module: of the version that has to come of it, where the caller named one
	author  author
}

// Apply builds a tenant's configuration from its files, checks it as a whole, keeps it in the archive and puts it in force
// by one pointer. When it fails, nothing has changed. A dry run stops before the first change.
func (s *Server) Apply(ctx context.Context, id string, files map[string][]byte, dryRun bool) (*Applied, error) {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	return s.apply(ctx, id, change{files: files, author: author{by: "server", at: s.config.Now()}}, dryRun)
}

// apply is Apply under the lock.
func (s *Server) apply(ctx context.Context, id string, c change, dryRun bool) (*Applied, error) {
	config, warnings, err := tenant.LoadWith(c.files, RuleFiles{})
	if err != nil {
		return nil, err
	}
	if config.ID != id {
		return nil, invalidBody("", "The folder's tenant.yaml names another tenant than the address does.")
	}
	if err := s.keysFree(config); err != nil {
		return nil, err
	}
	running := s.sites.current.Load().byID[id]
	policy, err := tenantPolicy(ctx, s.policy(), config, running)
	if err != nil {
		return nil, err
	}
	next, err := s.build(ctx, policy, config, c.files, running, besides(running, config, c.shadows))
	if err != nil {
		return nil, err
	}
	result := &Applied{Tenant: id, Digest: config.Digest, Modules: next.list()}
	for _, w := range warnings {
		result.Warnings = append(result.Warnings, findingOf(tenant.Problem(w)))
	}
	if running != nil {
		result.Previous = running.config.Digest
	}
	err = s.permitted(next, c, result, dryRun)
	if err == nil && !dryRun {
		err = s.enforceSite(next, c.author)
	}
	if err != nil || dryRun {
		next.closeModules()
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// enforceSite puts a tenant's site in force. The numbers of the catalogue come first, and the pointer last.
func (s *Server) enforceSite(next *site, a author) error {
	id := next.config.ID
	if err := s.bind(next); err != nil {
		return err
	}
	before := s.histories[id]
	versions := before.clone()
	versions.follow(next, a)
	versions.come(before, a.at)
	versions.prune()
	if err := s.keep(next, versions); err != nil {
		return err
	}
	s.histories[id] = versions
	s.sites.swap(next)
	s.config.Log.Info("tenant applied", "tenant", id, "digest", next.config.Digest, "modules", len(next.modules))
	return nil
}

// keysFree refuses a key that another tenant has: a key names just one tenant.
func (s *Server) keysFree(config *tenant.Config) error {
	for id, site := range s.sites.current.Load().byID {
		if id == config.ID {
			continue
		}
		for _, theirs := range site.config.Keys {
			for _, ours := range config.Keys {
				if ours.Hash == theirs.Hash {
					return newProblem(409, "key-taken", "A key belongs to another tenant", "Make a new key with lotse key.")
				}
			}
		}
	}
	return nil
}

// tablePair is the policy of all tenants, and that one less what a tenant's own rules take away.
type tablePair struct{ base, policy *policies.Table }

// tenantPolicy proves a tenant's own rules, unless the site before has the same ones under the same policy.
func tenantPolicy(ctx context.Context, base *policies.Table, config *tenant.Config, before *site) (tablePair, error) {
	switch {
	case len(config.Policies) == 0:
		return tablePair{base, base}, nil
	case before != nil && before.base == base && maps.Equal(before.config.Policies, config.Policies):
		return before.tablePair, nil
	}
	table, err := base.Tenant(ctx, config.ID, config.Policies)
	if found, ok := tenantFindings(err); ok {
		p := newProblem(422, "invalid-policy", "The tenant's policy was not taken", "Nothing was changed. See errors for each place.")
		p.Errors = found
		return tablePair{}, p
	}
	return tablePair{base, table}, err
}

// build makes a site that is ready to serve. Modules whose bytes are in force already are shared with the site before.
func (s *Server) build(ctx context.Context, tables tablePair, config *tenant.Config, files map[string][]byte, before *site, beside others) (_ *site, err error) {
	made := &site{
		config: config, files: files, tablePair: tables, origins: make(map[string]bool),
		rate: newLimiter(s.config.Rate),
	}
	defer func() {
		if err != nil {
			made.closeModules()
		}
	}()
	if s.config.Decisions != nil {
		digest, err := decisions.ParseDigest(made.policy.Digest())
		if err != nil {
			return nil, fmt.Errorf("read the digest of the policy: %w", err)
		}
		made.log = s.config.Decisions.Table(digest)
	}
	for i := range config.Fields {
		if config.Fields[i].Tag == policies.TagIP {
			made.address = &config.Fields[i]
		}
	}
	for _, origin := range config.Origins {
		made.origins[origin] = true
	}
	l := loader{server: s, config: config, files: files, running: before.byDigest()}
	for i := range config.Modules {
		m, err := l.module(ctx, &config.Modules[i], before, beside)
		if err != nil {
			return nil, err
		}
		made.modules = append(made.modules, m)
	}
	return made, nil
}

// bind gives the catalogue its numbers in the store, and resolves what the modules read to them. A number is never given back,
// so this comes when nothing else can be refused.
func (s *Server) bind(next *site) error {
	dictionary, err := s.config.Store.Dictionary(next.config.ID)
	if err != nil {
		return fmt.Errorf("open the dictionary of %s: %w", next.config.ID, err)
	}
	if err := next.config.Bind(dictionary); err != nil {
		return fmt.Errorf("bind the catalogue of %s: %w", next.config.ID, err)
	}
	for _, m := range next.modules {
		for _, v := range m.versions() {
			plan, problems := rules.NewPlan(v.module.Manifest(), next.config)
			if len(problems) > 0 {
				panic("BUG: a checked configuration holds a module that does not resolve")
			}
			v.plan = plan
		}
	}
	return nil
}

// keep writes the documents to the archive. The versions go first: should the machine stop between
// the two, a version is kept twice, and none is lost.
func (s *Server) keep(next *site, versions history) error {
	if err := s.saveHistory(next.config.ID, versions); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := tenant.WriteFiles(&b, next.files); err != nil {
		return fmt.Errorf("pack the documents of %s: %w", next.config.ID, err)
	}
	if err := s.config.Archive.Save(next.config.ID, b.Bytes()); err != nil {
		return fmt.Errorf("keep the documents of %s: %w", next.config.ID, err)
	}
	return nil
}

// restore puts the archive's tenants in force at the start.
func (s *Server) restore(ctx context.Context) error {
	saved, err := s.config.Archive.Load()
	if err != nil {
		return fmt.Errorf("read the tenants' archive: %w", err)
	}
	for id, documents := range saved {
		if !strings.HasSuffix(id, historySuffix) {
			if err := s.restoreTenant(ctx, id, documents, saved[id+historySuffix]); err != nil {
				return fmt.Errorf("restore tenant %s: %w", id, err)
			}
		}
	}
	// A tenant may have versions that wait for approval, and not be in force yet.
	for id, documents := range saved {
		if id, ok := strings.CutSuffix(id, historySuffix); ok && s.histories[id] == nil {
			if s.histories[id], err = readHistory(documents, s.config.Now()); err != nil {
				s.config.Log.Error("versions not read", "tenant", id, "error", err)
				s.histories[id] = history{}
			}
			s.histories[id].dropMissing()
		}
	}
	return nil
}

func (s *Server) restoreTenant(ctx context.Context, id string, documents, kept []byte) error {
	files, err := tenant.ReadTar(bytes.NewReader(documents))
	if err != nil {
		return fmt.Errorf("unpack the documents: %w", err)
	}
	config, _, err := tenant.LoadWith(files, RuleFiles{})
	if err != nil {
		return fmt.Errorf("load the documents: %w", err)
	}
	before, err := readHistory(kept, s.config.Now())
	if err != nil { // what is in force needs none of it
		s.config.Log.Error("versions not read", "tenant", id, "error", err)
		before = history{}
	}
	policy, err := tenantPolicy(ctx, s.policy(), config, nil)
	if err != nil {
		return fmt.Errorf("prove the tenant's rules: %w", err)
	}
	before.settle(config)
	next, err := s.build(ctx, policy, config, files, nil, before.besides())
	if err != nil {
		return err
	}
	if err := s.bind(next); err != nil {
		next.closeModules()
		return err
	}
	// Another release of the compiler makes another module of a rule file: what the documents say is in force.
	versions, now := before.clone(), s.config.Now()
	versions.follow(next, author{by: "server", note: "in force at a start", at: now})
	versions.come(before, now)
	versions.dropMissing()
	s.histories[id] = versions
	s.sites.swap(next)
	return nil
}

// list describes the site's modules.
func (s *site) list() []AppliedModule {
	list := make([]AppliedModule, 0, len(s.modules))
	for _, m := range s.modules {
		list = append(list, m.version.describe(m.name))
	}
	return list
}
