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

// PolicyArchive keeps the sources of policies by the digest of their table, so that a restart finds the one in force.
type PolicyArchive interface {
	// SavePolicy keeps a bundle durably.
	SavePolicy(digest string, bundle []byte) error
}

// candidate is a policy that was proved and is not in force.
type candidate struct {
	table       *policies.Table
	certificate *policies.Certificate
	source      policies.Source
	release     ledger.Release
}

// maxCandidates bounds the proved policies that wait for approval.
const maxCandidates = 8

// propose proves a policy and compares it with the one in force. Nothing that serves is changed.
func (s *Server) propose(ctx context.Context, source policies.Source) (*candidate, error) {
	prover := s.config.Prover
	prover.Source = source
	table, certificate, err := policies.Prove(ctx, prover)
	if err != nil {
		return nil, err
	}
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	c := &candidate{table: table, certificate: certificate, source: source}
	if c.release, err = s.releaseOf(table); err != nil {
		return nil, err
	}
	if table.Digest() == s.policy.Digest() {
		return c, nil // it is in force: there is nothing to approve
	}
	if _, known := s.candidates[table.Digest()]; !known && len(s.candidates) == maxCandidates {
		return nil, newProblem(409, "candidates", "Too many policies wait for approval", "Withdraw one of them first.")
	}
	s.candidates[table.Digest()] = c
	return c, nil
}

// releaseOf says what a policy changes beside the one in force. Callers hold the apply lock.
func (s *Server) releaseOf(table *policies.Table) (ledger.Release, error) {
	return ReleaseOf(s.policy, table)
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

// approve writes an officer's approval into the log, and tells what is still missing; nil where nothing is.
func (s *Server) approve(digest, signed string) (missing *ledger.NotApproved, err error) {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	c, ok := s.candidates[digest]
	if !ok {
		return nil, notFound("No policy of this digest waits for approval. Send it with lotse policy push.")
	}
	approval, err := s.config.Ledger.Officers().Verify(signed)
	if err != nil {
		return nil, newProblem(403, "approval", "The approval does not count", err.Error())
	}
	if approval.Release != c.release {
		return nil, newProblem(409, "approval", "The approval is of something else",
			"It names other digests or numbers than this release has beside the policy in force. Read what changes now, and sign that.")
	}
	if _, err := s.config.Ledger.Approve(signed, s.config.Now()); err != nil {
		return nil, newProblem(409, "approval", "The log did not take the approval", err.Error())
	}
	return missing, s.missing(c, &missing)
}

// missing finds out what a release still lacks.
func (s *Server) missing(c *candidate, missing **ledger.NotApproved) error {
	err := s.config.Ledger.Check(c.release)
	if errors.As(err, missing) {
		return nil
	}
	return err
}

// release puts an approved policy in force: into the log, onto the disk, and then before every tenant's requests by one pointer.
// Requests at work finish on the table that they began with.
func (s *Server) release(ctx context.Context, digest string) error {
	s.applyMu.Lock()
	defer s.applyMu.Unlock()
	c, ok := s.candidates[digest]
	if !ok {
		return notFound("No policy of this digest waits to be put in force. Send it with lotse policy push.")
	}
	if !s.config.Ledger.Governed() {
		return newProblem(409, "no-officer", "There is nobody to approve a policy", "Name an officer first: lotse policy officer.")
	}
	var missing *ledger.NotApproved
	if err := s.missing(c, &missing); err != nil {
		return err
	}
	if missing != nil {
		return newProblem(409, "not-approved", "The policy is not approved", missing.Error())
	}
	next, err := s.underPolicy(ctx, c.table)
	if err != nil {
		return err
	}
	if err := s.enforce(c, next); err != nil {
		for _, site := range next {
			site.closeModules()
		}
		return err
	}
	s.config.Log.Info("policy in force", "digest", digest, "widened", c.release.Widened, "changed", c.release.Changed)
	return nil
}

// underPolicy builds every tenant's site anew on another table. A tenant's rules are proved over it, too.
func (s *Server) underPolicy(ctx context.Context, table *policies.Table) (next []*site, err error) {
	defer func() {
		if err != nil {
			for _, site := range next {
				site.closeModules()
			}
		}
	}()
	now := s.sites.current.Load().byID
	for _, id := range slices.Sorted(maps.Keys(now)) {
		config, _, err := tenant.LoadWith(now[id].files, RuleFiles{}) // a configuration of its own: requests read the one in force
		if err != nil {
			return next, fmt.Errorf("load tenant %s: %w", id, err)
		}
		site, err := s.build(ctx, table, config, now[id].files, now[id], besides(now[id], config, nil))
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
	if err := s.config.Policies.SavePolicy(c.table.Digest(), bundle.Bytes()); err != nil {
		return fmt.Errorf("keep the policy: %w", err)
	}
	if _, err := s.config.Ledger.PutInForce(c.release, s.config.Now()); err != nil {
		return fmt.Errorf("write the release into the log: %w", err)
	}
	s.policy = c.table
	s.candidates = map[string]*candidate{} // what they change was said beside the policy before
	s.sites.swap(next...)
	return nil
}
