package edge

import (
	"crypto/sha256"
	"encoding/hex"
	"sync/atomic"

	"golang.org/x/time/rate"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
)

// site is one applied tenant: immutable, whole, and swapped as one. Requests hold it while they run, so that its modules
// are closed only when the last one has left.
type site struct {
	config *tenant.Config
	files  map[string][]byte
	tablePair
	log     decisions.TableID // of the policy
	modules []*siteModule
	origins map[string]bool
	address *tenant.Field // where the catalogue has a field for the visitor's network address
	rate    *rate.Limiter
	users   atomic.Int64
}

// retired is far below any number of users, so that a site that was taken out of use can be told by the sign.
const retired = -1 << 40

// acquire counts a user in. It fails on a retired site: the caller looks for its successor.
func (s *site) acquire() bool {
	for {
		n := s.users.Load()
		if n < 0 {
			return false
		}
		if s.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release counts a user out.
func (s *site) release() {
	if s.users.Add(-1) == retired {
		s.closeModules()
	}
}

// retire takes the site out of use; its modules are given back when the last user leaves.
func (s *site) retire() {
	if s.users.Add(retired) == retired {
		s.closeModules()
	}
}

// closeModules lets go of the modules. A site that never served does so at once.
func (s *site) closeModules() {
	for _, m := range s.modules {
		for _, v := range m.versions() {
			v.module.letGo()
		}
	}
}

// siteSet is all sites at a moment, and the policy under which they were built. It is immutable.
type siteSet struct {
	policy *policies.Table
	byID   map[string]*site
	byKey  map[[sha256.Size]byte]caller
}

// sites holds the current set behind one pointer.
type sites struct{ current atomic.Pointer[siteSet] }

// byKey finds and acquires the site of a key.
func (s *sites) byKey(hash [sha256.Size]byte) (caller, bool) {
	for {
		ref, ok := s.current.Load().byKey[hash]
		if !ok {
			return caller{}, false
		}
		if ref.site.acquire() {
			return ref, true
		}
	}
}

// byID finds and acquires a tenant's site.
func (s *sites) byID(id string) (*site, bool) {
	for {
		found, ok := s.current.Load().byID[id]
		if !ok {
			return nil, false
		}
		if found.acquire() {
			return found, true
		}
	}
}

// Has tells whether a tenant is in force.
func (s *Server) Has(tenant string) bool {
	_, ok := s.sites.current.Load().byID[tenant]
	return ok
}

func (s *sites) anyOrigin(origin string) bool {
	for _, site := range s.current.Load().byID {
		if site.origins[origin] {
			return true
		}
	}
	return false
}

// swap puts a site in place of the one with the same id. Callers hold the apply lock.
func (s *sites) swap(next *site) { s.swapPolicy(s.current.Load().policy, []*site{next}) }

// swapPolicy puts sites in place of those with the same ids, and the policy that they were built on in force, all at once. Callers
// hold the apply lock.
func (s *sites) swapPolicy(policy *policies.Table, next []*site) {
	old := s.current.Load()
	set := &siteSet{policy: policy, byID: make(map[string]*site, len(old.byID)+len(next)), byKey: make(map[[sha256.Size]byte]caller)}
	for id, site := range old.byID {
		set.byID[id] = site
	}
	for _, site := range next {
		set.byID[site.config.ID] = site
	}
	for _, site := range set.byID {
		for _, k := range site.config.Keys {
			var hash [sha256.Size]byte
			if n, err := hex.Decode(hash[:], []byte(k.Hash)); err != nil || n != len(hash) {
				panic("BUG: a checked configuration holds a key hash that is not one")
			}
			set.byKey[hash] = caller{site, k.Server}
		}
	}
	s.current.Store(set)
	for _, site := range next {
		if before, ok := old.byID[site.config.ID]; ok {
			before.retire()
		}
	}
}

// close retires all sites.
func (s *sites) close() {
	for _, site := range s.current.Swap(&siteSet{policy: s.current.Load().policy}).byID {
		site.retire()
	}
}
