package edge

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// versionBody is what the admin listener tells of a version of a module.
type versionBody struct {
	Module     string     `json:"module"`
	Digest     string     `json:"digest"`
	Version    string     `json:"version"`
	Kind       string     `json:"kind"` // rules or module
	Size       int        `json:"size"`
	State      string     `json:"state"`
	Previous   bool       `json:"previous,omitempty"` // a roll back puts it in force
	Note       string     `json:"note,omitempty"`
	By         string     `json:"by"`
	At         time.Time  `json:"at"`
	Since      *time.Time `json:"since,omitempty"` // when it last came into force
	New        []string   `json:"new,omitempty"`   // what no version of the module did before, in words
	Waits      bool       `json:"waits,omitempty"` // for the approval of that
	ApprovedBy []string   `json:"approved_by,omitempty"`
	Extent     []string   `json:"extent,omitempty"` // all that it does; of one version only
	Warnings   []Finding  `json:"warnings,omitempty"`
	Seen       *seen      `json:"seen,omitempty"` // of a shadow
}

// describeVersion is called under the apply lock.
func (s *Server) describeVersion(id, module string, m *moduleHistory, v *storedVersion) versionBody {
	body := versionBody{
		Module: module, Digest: v.Digest, Version: v.Version, Kind: "module", Size: v.Size, State: m.state(v),
		Previous: v.Digest == m.Previous, Note: v.Note, By: v.By, At: v.At,
	}
	if v.source().isRules() {
		body.Kind = "rules"
	}
	if !v.Since.IsZero() {
		body.Since = &v.Since
	}
	if site := s.sites.current.Load().byID[id]; site != nil && body.State == stateShadow {
		if w := site.module(module).watched; w != nil {
			body.Seen = w.tell()
		}
	}
	body.New, body.Waits = s.asks(id, module, v)
	for _, a := range s.approvals(id, module, v) {
		if !slices.Contains(body.ApprovedBy, a.By) {
			body.ApprovedBy = append(body.ApprovedBy, a.By)
		}
	}
	return body
}

// listVersions lists the versions of all modules of a tenant, those of each module from the newest to the oldest.
func (s *Server) listVersions(ctx *fasthttp.RequestCtx, parts []string) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	h, ok := s.histories[parts[0]]
	if !ok {
		return notFound("No tenant of this name has been applied.")
	}
	list := []versionBody{}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, v := range h[name].newest() {
			list = append(list, s.describeVersion(parts[0], name, h[name], v))
		}
	}
	return writeJSON(ctx, map[string]any{"versions": list})
}

// version finds the version that a path names. Callers hold the apply lock.
func (s *Server) version(parts []string) (*moduleHistory, *storedVersion, error) {
	m, v := s.histories[parts[0]].find(parts[1], parts[2])
	if v == nil {
		return nil, nil, notFound("The module has no version of this digest; the first six digits of it are enough, where they are of just one.")
	}
	return m, v, nil
}

func (s *Server) getVersion(ctx *fasthttp.RequestCtx, parts []string) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	m, v, err := s.version(parts)
	if err != nil {
		return err
	}
	body := s.describeVersion(parts[0], parts[1], m, v)
	body.Extent = v.Extent
	return writeJSON(ctx, body)
}

// authorOf is who makes a call that changes something, with the remark that came along.
func (s *Server) authorOf(ctx *fasthttp.RequestCtx) (author, error) {
	a := author{by: cmp.Or(callersToken(ctx).Name, "admin"), at: s.config.Now(), note: string(ctx.QueryArgs().Peek("note"))}
	hidden := func(r rune) bool { return !unicode.IsPrint(r) }
	if !utf8.ValidString(a.note) || utf8.RuneCountInString(a.note) > maxNote || bytes.ContainsFunc([]byte(a.note), hidden) {
		return a, newProblem(400, "invalid-note", "The note is not valid", "A note is one line of at most 300 visible characters.")
	}
	return a, nil
}

// postVersion takes a version in without putting it in force: a module, or a rule file. It is checked as if it came into force.
// With ?shadow=1 it then runs beside the one in force.
func (s *Server) postVersion(ctx *fasthttp.RequestCtx, parts []string) error {
	a, err := s.authorOf(ctx)
	if err != nil {
		return err
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	body, err := s.upload(context.WithoutCancel(ctx), parts, sourceOf(ctx, parts[1]), a)
	if err != nil {
		return err
	}
	if ctx.QueryArgs().GetBool("shadow") {
		if err := s.runBeside(context.WithoutCancel(ctx), []string{parts[0], parts[1], body.Digest}, a); err != nil {
			return err
		}
		m, v, err := s.version([]string{parts[0], parts[1], body.Digest})
		if err != nil {
			return err
		}
		warnings := body.Warnings
		body = s.describeVersion(parts[0], parts[1], m, v)
		body.Warnings = warnings
	}
	return writeJSON(ctx, body)
}

func (s *Server) upload(ctx context.Context, parts []string, from source, a author) (versionBody, error) {
	id, name := parts[0], parts[1]
	now, err := s.site(id)
	if err != nil {
		return versionBody{}, err
	}
	defer now.release()
	// The folder must be sound with the version in it, or it could never come into force.
	files := withSource(now.files, name, from)
	config, warnings, err := tenant.LoadWith(files, RuleFiles{})
	if err != nil {
		return versionBody{}, err
	}
	i := slices.IndexFunc(config.Modules, func(m tenant.Module) bool { return m.Name == name })
	if i < 0 {
		panic("BUG: a sound folder has no module of a file under rules")
	}
	l := loader{server: s, config: config, files: files, running: now.byDigest()}
	made, err := l.version(ctx, name, config.Modules[i].Wasm, config.Modules[i].Digest, &config.Modules[i].Manifest)
	if err != nil {
		return versionBody{}, err
	}
	defer made.module.letGo()
	versions := s.histories[id].clone()
	made.source = from
	stored := versions.add(name, made.stored(config, a))
	if err := s.setHistory(id, versions); err != nil {
		return versionBody{}, err
	}
	s.config.Log.Info("version uploaded", "tenant", id, "module", name, "digest", stored.Digest)
	body := s.describeVersion(id, name, versions[name], stored)
	for _, w := range warnings {
		if w.File == from.file {
			body.Warnings = append(body.Warnings, findingOf(tenant.Problem(w)))
		}
	}
	return body, nil
}

// shadowVersion has a version run beside the one in force, in place of the shadow before.
func (s *Server) shadowVersion(ctx *fasthttp.RequestCtx, parts []string) error {
	a, err := s.authorOf(ctx)
	if err != nil {
		return err
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	if err := s.runBeside(context.WithoutCancel(ctx), parts, a); err != nil {
		return err
	}
	m, v, err := s.version(parts)
	if err != nil {
		return err
	}
	return writeJSON(ctx, s.describeVersion(parts[0], parts[1], m, v))
}

func (s *Server) runBeside(ctx context.Context, parts []string, a author) error {
	now, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer now.release()
	_, v, err := s.version(parts)
	if err != nil {
		return err
	}
	if now.module(parts[1]) == nil {
		return errNothingBeside
	}
	c := change{files: now.files, shadows: map[string]source{parts[1]: v.source()}, digests: map[string]string{parts[1]: v.Digest}, author: a}
	_, err = s.apply(ctx, parts[0], c, false)
	return err
}

var errNothingBeside = notFound("No module of this name is in force: a shadow needs one to be compared with.")

// activateVersion puts any version in force.
func (s *Server) activateVersion(ctx *fasthttp.RequestCtx, parts []string) error {
	return s.changeModule(ctx, parts, func(now *site, _ *siteModule) (change, error) {
		_, v, err := s.version(parts)
		if err != nil {
			return change{}, err
		}
		c := now.exchange(parts[1], v.source())
		c.digests = map[string]string{parts[1]: v.Digest}
		return c, nil
	})
}

// getVersionModule gives the module itself, so that who approves it can see what it reads without believing the server.
func (s *Server) getVersionModule(ctx *fasthttp.RequestCtx, parts []string) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	_, v, err := s.version(parts)
	if err != nil {
		return err
	}
	wasm := v.bytes
	if v.source().isRules() {
		if wasm, err = s.compileAgain(parts[0], parts[1], v); err != nil {
			return err
		}
	}
	ctx.SetContentType("application/wasm")
	ctx.SetBody(wasm)
	return nil
}

// compileAgain compiles a rule file as it was uploaded.
func (s *Server) compileAgain(id, name string, v *storedVersion) ([]byte, error) {
	now, err := s.site(id)
	if err != nil {
		return nil, err
	}
	defer now.release()
	l := loader{server: s, config: now.config}
	module, err := l.compiled(name, v.source())
	if err != nil {
		return nil, err
	}
	if module.Digest != v.Digest {
		return nil, compiledAnew()
	}
	return module.Wasm, nil
}

// approveVersion takes a signed approval (a note) of a version that waits.
func (s *Server) approveVersion(ctx *fasthttp.RequestCtx, parts []string) error {
	if s.config.Ledger == nil {
		return errNoLedger()
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	m, v, err := s.version(parts)
	if err != nil {
		return err
	}
	signed := string(ctx.PostBody())
	a, err := s.config.Ledger.Officers().VerifyModule(signed)
	if err != nil {
		return newProblem(403, "approval", "The approval does not count", sentence(err))
	}
	beyond, _ := s.asks(parts[0], parts[1], v)
	switch d, err := ledger.ParseDigest(v.Digest); {
	case err != nil:
		return err
	case a.Tenant != parts[0] || a.Module != parts[1] || a.Digest != d:
		return newProblem(409, "approval", "The approval is of something else", "It names another tenant, module or version.")
	case !a.Covers(beyond):
		return newProblem(409, "approval", "The approval is of something else", "The version does more that is new than was signed. Read what is new now, and sign that.")
	}
	if _, err := s.config.Ledger.ApproveModule(signed, s.config.Now()); err != nil {
		return ledgerProblem("approval", "The approval was not taken", err)
	}
	s.config.Log.Info("version approved", "tenant", parts[0], "module", parts[1], "digest", v.Digest)
	return writeJSON(ctx, s.describeVersion(parts[0], parts[1], m, v))
}
