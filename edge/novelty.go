package edge

import (
	"fmt"
	"slices"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies/ledger"
	"github.com/lotse-edge/lotse/rules"
)

// This file keeps a version of a module from reading more, or from saying something new, before a privacy officer has approved
// it. As with policies, nobody has to before there ever was an officer: whoever runs the server answers for it.

// beyond gives what a version does that its module was not granted, and what the catalogue means otherwise by its names than it did
// when that was granted, or when the version was uploaded.
func (m *moduleHistory) beyond(v *storedVersion, meant []string) []string {
	lines := rules.Beyond(v.Extent, m.Granted)
	for _, line := range meant {
		_, granted := slices.BinarySearch(m.Granted, line)
		if !granted && (meantOtherwise(line, m.Granted) || meantOtherwise(line, v.Meant)) {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// waits gives what is new in a version beside a catalogue, and whether that waits for an approval.
func (s *Server) waits(id, module string, v *storedVersion, c *tenant.Config) (beyond []string, waits bool) {
	return s.waitsFor(id, module, v, meaningsAgain(v.Meant, c))
}

func (s *Server) waitsFor(id, module string, v *storedVersion, meant []string) (beyond []string, waits bool) {
	page := s.histories[id][module]
	if page == nil {
		page = &moduleHistory{}
	}
	beyond = page.beyond(v, meant)
	if len(beyond) == 0 || s.config.Ledger == nil || !s.config.Ledger.Governed() {
		return beyond, false
	}
	approved := func(a ledger.ModuleApproval) bool { return a.Covers(beyond) }
	return beyond, !slices.ContainsFunc(s.approvals(id, module, v), approved)
}

// asks is waits beside the tenant's catalogue in force, and beside that of a folder that was refused, for an officer to read.
func (s *Server) asks(id, module string, v *storedVersion) (beyond []string, waits bool) {
	meant := slices.Clone(v.Asked)
	if site := s.sites.current.Load().byID[id]; site != nil {
		meant = append(meant, meaningsAgain(v.Meant, site.config)...)
	}
	return s.waitsFor(id, module, v, meant)
}

// approvals lists those of a version that were given since it was uploaded: what was meant by its names is known from then on.
func (s *Server) approvals(id, module string, v *storedVersion) []ledger.ModuleApproval {
	d, err := ledger.ParseDigest(v.Digest)
	if s.config.Ledger == nil || err != nil {
		return nil
	}
	before := func(a ledger.ModuleApproval) bool { return a.Taken.Before(v.At) }
	return slices.DeleteFunc(s.config.Ledger.ModuleApprovals(id, module, d), before)
}

// permitted refuses a site with a version that waits for approval. What it refuses is kept among the versions, so that it can be
// approved. In the answer it notes what is new without having to be approved.
func (s *Server) permitted(next *site, c change, result *Applied, dryRun bool) error {
	id := next.config.ID
	refused := newProblem(409, "not-approved", "A privacy officer has to approve a module",
		"It reads more than any version of it before, or says something new. Until it is approved, what is in force stays.")
	versions := s.histories[id].clone()
	for i, m := range next.modules {
		if err := c.named(m); err != nil {
			return err
		}
		for _, v := range m.running() {
			stored, beyond, waits := s.look(next, m.name, v, c.author)
			if waits {
				stored = versions.add(m.name, stored)
				stored.Asked = slices.DeleteFunc(slices.Clone(beyond), func(l string) bool { return !OfCatalogue(l) })
				refused.Errors = append(refused.Errors, waiting(id, m.name, v.source.file, stored.Digest, beyond)...)
			} else if v == m.version && s.histories[id][m.name] != nil {
				result.Modules[i].New = beyond
			}
		}
		if m.previous == nil {
			continue
		}
		// It would answer in the place of one that fails.
		if _, _, waits := s.look(next, m.name, m.previous, c.author); waits {
			s.config.Log.Warn("version left out", "tenant", id, "module", m.name, "version", "previous", "error", "it has to be approved again")
			m.previous.module.letGo()
			m.previous = nil
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

// look gives what is new in a version of a site that is to come into force, and whether that waits, with what is or would be kept of it.
func (s *Server) look(next *site, module string, v *version, a author) (stored *storedVersion, beyond []string, waits bool) {
	id := next.config.ID
	if page := s.histories[id][module]; page != nil {
		stored = page.byDigest(v.module.Digest())
	}
	if stored == nil {
		stored = v.stored(next.config, a)
	}
	beyond, waits = s.waitsFor(id, module, stored, meaningsOf(v.module.Manifest(), next.config))
	return stored, beyond, waits
}

// waiting tells what is new in a version, and who has to do what.
func waiting(id, module, file, digest string, beyond []string) (list []Finding) {
	for _, line := range beyond {
		if !OfCatalogue(line) {
			line = "it " + line
		}
		list = append(list, Finding{File: file, Detail: "new: " + line})
	}
	return append(list, Finding{
		File: file, Detail: "a privacy officer has to approve version " + short(digest),
		Suggestion: fmt.Sprintf("lotse rules approve --tenant %s %s %s --key FILE", id, module, short(digest)),
	})
}

// named refuses a module that is not what the change was to bring: a shadow that cannot run, or another version than its caller named.
func (c *change) named(m *siteModule) error {
	if from := c.shadows[m.name]; from.bytes != nil && m.shadow == nil {
		return newProblem(422, "no-shadow", "The version cannot run as a shadow", "It is the one in force, or does not fit the tenant's catalogue any more.")
	}
	want := c.digests[m.name]
	if want != "" && !slices.ContainsFunc(m.running(), func(v *version) bool { return v.module.Digest() == want }) {
		return compiledAnew()
	}
	return nil
}

// compiledAnew refuses a rule file that makes another module than the one that its version was: beside another catalogue, or with
// another release of the compiler.
func compiledAnew() error {
	return newProblem(409, "compiled-anew", "The rule file makes another module now", "The catalogue or the compiler has changed since it was uploaded. Upload the rule file again.")
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
