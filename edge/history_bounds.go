package edge

import (
	"maps"
	"slices"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// Bounds of a history.
const (
	maxVersions = 20                        // of one module
	maxStored   = tenant.MaxFiles - 1       // of a tenant: a file each, beside the index
	maxSources  = tenant.MaxFolder - 16<<20 // bytes of all of them; the rest is for the index
	maxGranted  = 4096                      // lines of one module, unless its versions do more than that
	maxNote     = 300                       // characters
)

// prune lets the oldest versions go that are too many or too large together; never one that runs or can be rolled back to. Where
// more was granted than maxGranted, what no version does that is left has to be approved again, and so has all of a module without
// any.
func (h history) prune() {
	h.pruneVersions()
	for name, m := range h {
		if len(m.Versions) == 0 {
			delete(h, name)
		} else if len(m.Granted) > maxGranted {
			m.forget()
		}
	}
}

// forget takes back what was granted and no version does that is left.
func (m *moduleHistory) forget() {
	used := map[string]bool{}
	for _, v := range m.Versions {
		for _, line := range slices.Concat(v.Extent, v.Meant) {
			used[line] = true
		}
	}
	m.Granted = slices.DeleteFunc(slices.Clone(m.Granted), func(line string) bool { return !used[line] })
}

func (h history) pruneVersions() {
	type place struct {
		module *moduleHistory
		*storedVersion
	}
	var idle []place
	count, size := 0, 0
	for _, name := range slices.Sorted(maps.Keys(h)) {
		m := h[name]
		spare := len(m.Versions) - maxVersions
		m.Versions = slices.DeleteFunc(m.Versions, func(v *storedVersion) bool {
			if spare <= 0 || m.runs(v) {
				return false
			}
			spare--
			return true
		})
		for _, v := range m.Versions {
			count, size = count+1, size+len(v.bytes)
			if !m.runs(v) {
				idle = append(idle, place{m, v})
			}
		}
	}
	slices.SortStableFunc(idle, func(a, b place) int { return a.At.Compare(b.At) })
	for _, p := range idle {
		if count <= maxStored && size <= maxSources {
			return
		}
		p.module.Versions = slices.DeleteFunc(p.module.Versions, func(v *storedVersion) bool { return v == p.storedVersion })
		count, size = count-1, size-len(p.bytes)
	}
}

// runs tells whether a version is in use, or can be rolled back to.
func (m *moduleHistory) runs(v *storedVersion) bool {
	return v.Digest == m.Active || v.Digest == m.Previous || v.Digest == m.Shadow
}
