package edge

import (
	"fmt"
	"slices"

	"github.com/lotse-edge/lotse/policies/ledger"
	"github.com/lotse-edge/lotse/rules"
)

// This file keeps a version of a module from reading more, or from saying something new, before a privacy officer has approved
// it. As with policies, nobody has to before there ever was an officer: whoever runs the server answers for it.

// waits gives what a version does beyond what its module was granted, and whether that waits for an approval.
func (s *Server) waits(id, module, digest string, extent []string) (beyond []string, waits bool) {
	var granted []string
	if m := s.histories[id][module]; m != nil {
		granted = m.Granted
	}
	beyond = rules.Beyond(extent, granted)
	if len(beyond) == 0 || s.config.Ledger == nil || !s.config.Ledger.Governed() {
		return beyond, false
	}
	approved := func(a ledger.ModuleApproval) bool { return a.Covers(beyond) }
	return beyond, !slices.ContainsFunc(s.approvals(id, module, digest), approved)
}

func (s *Server) approvals(id, module, digest string) []ledger.ModuleApproval {
	d, err := ledger.ParseDigest(digest)
	if s.config.Ledger == nil || err != nil {
		return nil
	}
	return s.config.Ledger.ModuleApprovals(id, module, d)
}

// permitted refuses a site with a version that waits for approval. What it refuses is kept among the versions, so that it can be
// approved. In the answer it notes what is new without having to be approved.
func (s *Server) permitted(next *site, c change, result *Applied, dryRun bool) error {
	id := next.config.ID
	refused := newProblem(409, "not-approved", "A privacy officer has to approve a module",
		"It reads more than any version of it before, or says something new. Until it is approved, what is in force stays.")
	versions := s.histories[id].clone()
	for i, m := range next.modules {
		if given := c.shadows[m.name]; given.bytes != nil && m.shadow == nil {
			return newProblem(422, "no-shadow", "The version cannot run as a shadow", "It is the one in force, or does not fit the tenant's catalogue any more.")
		}
		for _, v := range []*version{m.version, m.shadow} {
			if v == nil {
				continue
			}
			beyond, waits := s.waits(id, m.name, v.module.Digest(), rules.Extent(v.module.Manifest()))
			switch {
			case waits:
				stored := versions.add(m.name, v.module.Digest(), v.module.Size(), v.module.Manifest(), v.source, c.author)
				for _, line := range beyond {
					refused.Errors = append(refused.Errors, Finding{File: v.source.file, Detail: "new: it " + line})
				}
				refused.Errors = append(refused.Errors, Finding{
					File: v.source.file, Detail: "a privacy officer has to approve version " + short(stored.Digest),
					Suggestion: fmt.Sprintf("lotse rules approve --tenant %s %s %s --key FILE", id, m.name, short(stored.Digest)),
				})
			case v == m.version && s.histories[id][m.name] != nil:
				result.Modules[i].New = beyond
			}
		}
	}
	if len(refused.Errors) == 0 {
		return nil
	}
	if !dryRun {
		if err := s.setHistory(id, versions); err != nil {
			return err
		}
	}
	return refused
}

// setHistory keeps another history of a tenant's modules, of whom none runs that did not before.
func (s *Server) setHistory(id string, versions history) error {
	versions.prune()
	if err := s.saveHistory(id, versions); err != nil {
		return err
	}
	s.histories[id] = versions
	return nil
}

// short is the part of a digest that people compare.
func short(digest string) string { return digest[:min(12, len(digest))] }
