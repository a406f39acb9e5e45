package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// PolicyArchive keeps the sources of policies by their digest, so that a restart finds those in force.
type PolicyArchive interface {
	// SavePolicy keeps a bundle durably.
	SavePolicy(sources string, bundle []byte) error
	// LoadPolicy gives a bundle back. The error for one that is not there wraps fs.ErrNotExist.
	LoadPolicy(sources string) ([]byte, error)
}

// policy is the one in force for all tenants.
func (s *Server) policy() *policies.Table { return s.sites.current.Load().policy }

// lockPolicy lets one proposal or release at a time go on: each takes all processors for seconds.
func (s *Server) lockPolicy() error {
	if !s.policyMu.TryLock() {
		return newProblem(503, "busy", "Another policy is being proved", "One is proved at a time. Try again.").retry(5)
	}
	return nil
}

// propose proves a policy and compares it with the one in force. Nothing that serves is changed.
func (s *Server) propose(ctx context.Context, source policies.Source) (*candidate, error) {
	if err := s.lockPolicy(); err != nil {
		return nil, err
	}
	defer s.policyMu.Unlock()
	prover := s.config.Prover
	prover.Source = source
	table, certificate, err := policies.Prove(ctx, prover)
	if err != nil {
		return nil, err
	}
	c := &candidate{table: table, certificate: certificate, source: source}
	if _, c.broken, err = s.tenantTables(ctx, table); err != nil {
		return nil, err
	}
	if c.release, err = ReleaseOf(s.policy(), table); err != nil {
		return nil, err
	}
	if !c.inForce(s.policy()) && !s.candidates.add(c) {
		return nil, newProblem(409, "candidates", "Too many policies wait for approval", "Withdraw one of them first: lotse policy withdraw.")
	}
	s.config.Log.Info("policy proposed", "digest", table.Digest(), "changed", c.release.Changed, "widened", c.release.Widened)
	return c, nil
}

// ReleaseOf is what the log of policies says of one policy that replaces another.
func ReleaseOf(before, after *policies.Table) (r ledger.Release, err error) {
	if r.Policy, err = ledger.ParseDigest(after.Digest()); err != nil {
		return r, err
	}
	if r.Sources, err = ledger.ParseDigest(after.Source()); err != nil {
		return r, err
	}
	if r.Replaces, err = ledger.ParseDigest(before.Digest()); err != nil {
		return r, err
	}
	d, err := policies.Compare(before, after)
	if err != nil {
		return r, fmt.Errorf("compare the policies: %w", err)
	}
	r.Changed, r.Widened, r.Narrowed = d.Extent()
	return r, nil
}

// approve writes an officer's approval into the log.
func (s *Server) approve(digest, signed string) (*candidate, error) {
	c, err := s.candidates.get(digest)
	if err != nil {
		return nil, err
	}
	approval, err := s.config.Ledger.Officers().Verify(signed)
	if err != nil {
		return nil, newProblem(403, "approval", "The approval does not count", sentence(err))
	}
	if approval.Release != c.release {
		return nil, newProblem(409, "approval", "The approval is of something else",
			"It names other digests or numbers than this release has beside the policy in force. Read what changes now, and sign that.")
	}
	for _, a := range s.config.Ledger.Waiting() {
		if a.Release == c.release && a.By == approval.By {
			return nil, newProblem(409, "approval", "The approval is in the log already", "Each officer approves a change once. Another one has to do what is still missing.")
		}
	}
	entry, err := s.config.Ledger.Approve(signed, s.config.Now())
	if err != nil {
		return nil, ledgerProblem("approval", "The approval was not taken", err)
	}
	s.config.Log.Info("policy approved", "digest", digest, "entry", entry)
	return c, nil
}

// missing says what a release still lacks; nil where it lacks nothing.
func (s *Server) missing(c *candidate) (missing *ledger.NotApproved, err error) {
	if err := s.config.Ledger.Check(c.release); err != nil && !errors.As(err, &missing) {
		return nil, newProblem(409, "stale", "Another policy came into force meanwhile", sentence(err))
	}
	return missing, nil
}

// release puts an approved policy in force: into the log, onto the disk, and then before every tenant's requests by one pointer.
// Requests at work finish on the table that they began with.
func (s *Server) release(ctx context.Context, digest string) error {
	if err := s.lockPolicy(); err != nil {
		return err
	}
	defer s.policyMu.Unlock()
	c, err := s.candidates.get(digest)
	if err != nil {
		return err
	}
	if !s.config.Ledger.Governed() {
		return newProblem(409, "no-officer", "There is nobody to approve a policy", "Name an officer first: lotse policy officers add.")
	}
	missing, err := s.missing(c)
	if err != nil {
		return err
	}
	if missing != nil {
		return newProblem(409, "not-approved", "The policy is not approved", sentence(missing))
	}
	tables, broken, err := s.tenantTables(ctx, c.table) // takes seconds, so it comes before the lock
	if err != nil {
		return err
	}
	if len(broken) > 0 {
		p := newProblem(409, "tenant-rules", "Rules of tenants do not hold under this policy",
			"Nothing was changed. Each tenant named here has to mend its own rules and apply them, or the policy has to change.")
		p.Errors = broken
		return p
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	next, err := s.underPolicy(context.WithoutCancel(ctx), c.table, tables)
	if err == nil {
		err = s.enforce(c, next)
	}
	if err != nil {
		for _, site := range next {
			site.closeModules()
		}
		return err
	}
	s.config.Log.Info("policy in force", "digest", digest, "sources", c.table.Source(), "changed", c.release.Changed, "widened", c.release.Widened)
	return nil
}

// tenantTable is a tenant's own rules, proved over a policy.
type tenantTable struct {
	rules map[string]string
	table *policies.Table
}

// tenantTables proves the own rules of all tenants over another policy, and finds those that do not hold under it.
func (s *Server) tenantTables(ctx context.Context, base *policies.Table) (tables map[string]tenantTable, broken []Finding, err error) {
	tables = map[string]tenantTable{}
	now := s.sites.current.Load().byID
	for _, id := range slices.Sorted(maps.Keys(now)) {
		rules := now[id].config.Policies
		if len(rules) == 0 {
			continue
		}
		table, err := base.Tenant(ctx, id, rules)
		if found, ok := tenantFindings(err); ok {
			for _, f := range found {
				f.Detail = "tenant " + id + ": " + f.Detail
				broken = append(broken, f)
			}
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("prove the rules of tenant %s: %w", id, err)
		}
		tables[id] = tenantTable{rules, table}
	}
	return tables, broken, nil
}

// underPolicy builds every tenant's site anew on another table. The sites that it returns beside an error are the caller's to close.
// Callers hold the apply lock.
func (s *Server) underPolicy(ctx context.Context, base *policies.Table, tables map[string]tenantTable) (next []*site, err error) {
	now := s.sites.current.Load().byID
	for _, id := range slices.Sorted(maps.Keys(now)) {
		config, _, err := tenant.LoadWith(now[id].files, RuleFiles{}) // a configuration of its own: requests read the one in force
		if err != nil {
			return next, fmt.Errorf("load tenant %s: %w", id, err)
		}
		policy := base
		if len(config.Policies) > 0 {
			if !maps.Equal(tables[id].rules, config.Policies) {
				return next, newProblem(409, "applied", "The tenant "+id+" was applied meanwhile", "Nothing was changed. Release the policy again.")
			}
			policy = tables[id].table
		}
		site, err := s.build(ctx, tablePair{base, policy}, config, now[id].files, now[id], besides(now[id], config, nil))
		if err != nil {
			return next, fmt.Errorf("build tenant %s on the new policy: %w", id, err)
		}
		next = append(next, site)
		if err := s.bind(site); err != nil {
			return next, err
		}
	}
	return next, nil
}

// enforce is the part of a release that changes something. The entry in the log is what makes it so: after a crash before it the
// policy before is in force, after it the new one, whose sources are on the disk by then.
func (s *Server) enforce(c *candidate, next []*site) error {
	var bundle bytes.Buffer
	if err := policies.WriteBundle(&bundle, c.source, nil); err != nil {
		return fmt.Errorf("pack the policy: %w", err)
	}
	if err := s.config.Policies.SavePolicy(c.table.Source(), bundle.Bytes()); err != nil {
		return fmt.Errorf("keep the policy: %w", err)
	}
	if _, err := s.config.Ledger.PutInForce(c.release, s.config.Now()); err != nil {
		return ledgerProblem("release", "The release was not taken", err)
	}
	s.candidates.clear() // what they change was said beside the policy before
	s.sites.swapPolicy(c.table, next)
	s.metrics.policyInForce(c.table.Digest())
	return nil
}

// ledgerProblem tells what the log refuses, which its caller can mend, from a log that cannot be written.
func ledgerProblem(kind, title string, err error) error {
	if errors.Is(err, ledger.ErrRefused) {
		return newProblem(409, kind, title, sentence(err))
	}
	p := newProblem(500, "ledger", "The log of policies could not be written",
		"What was in force stays so for now. Whether this counts shows when the server is started anew, which it has to be before the log takes anything more.")
	return fmt.Errorf("%w: %w", p, err)
}
