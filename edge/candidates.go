package edge

import (
	"maps"
	"slices"
	"sync"

	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/ledger"
)

// candidate is a policy that was proved and is not in force. It does not change.
type candidate struct {
	table       *policies.Table
	certificate *policies.Certificate
	source      policies.Source
	release     ledger.Release // beside the policy in force
	broken      []Finding      // own rules of tenants that do not hold under it, as of when it was proposed
}

// inForce tells whether there is nothing to approve. Other sources of the same table are another release: their words differ.
func (c *candidate) inForce(now *policies.Table) bool {
	return c.table.Digest() == now.Digest() && c.table.Source() == now.Source()
}

// maxCandidates bounds the proved policies that wait for approval.
const maxCandidates = 8

// candidates are those that wait, by the digest of their table.
type candidates struct {
	mu       sync.Mutex
	byDigest map[string]*candidate
}

func (c *candidates) get(digest string) (*candidate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.byDigest[digest]; ok {
		return found, nil
	}
	return nil, notFound("No policy of this digest waits for approval. It was never sent or is withdrawn, or another policy came into force, or the server was started anew: " +
		"send it with lotse policy push. Approvals of just this change still count.")
}

// add gives false where too many wait.
func (c *candidates) add(one *candidate) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.byDigest[one.table.Digest()]; !known && len(c.byDigest) == maxCandidates {
		return false
	}
	c.byDigest[one.table.Digest()] = one
	return true
}

func (c *candidates) remove(digest string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byDigest, digest)
}

func (c *candidates) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byDigest)
}

// list gives them by digest.
func (c *candidates) list() (all []*candidate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, digest := range slices.Sorted(maps.Keys(c.byDigest)) {
		all = append(all, c.byDigest[digest])
	}
	return all
}
