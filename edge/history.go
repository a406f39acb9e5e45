package edge

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// history is what a tenant's modules are and have been, by their names. One that a Server holds is not changed any more: changes
// are made to a clone, which takes its place when it is on the disk.
type history map[string]*moduleHistory

// moduleHistory is the history of one module.
type moduleHistory struct {
	// Granted is the extent (rules.Extent) of all versions that were in force or ran as a shadow, sorted. What a version does
	// beyond it waits for a privacy officer. It outlives the versions.
	Granted []string `json:"granted"`

	// Digests; empty: none.
	Active   string `json:"active,omitempty"`
	Previous string `json:"previous,omitempty"` // in force before
	Shadow   string `json:"shadow,omitempty"`

	Versions []*storedVersion `json:"versions"` // in the order in which they came
}

// storedVersion is one version of a module. It never changes but in Since.
type storedVersion struct {
	Digest  string    `json:"digest"` // of the module: of a rule file, of what it was compiled to
	Version string    `json:"version"`
	File    string    `json:"file"` // in the tenant's folder: rules/NAME.wasm or rules/NAME.yaml
	Size    int       `json:"size"` // of the module, in bytes
	Extent  []string  `json:"extent"`
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"` // the name of the token that uploaded it
	At      time.Time `json:"at"`
	Since   time.Time `json:"since,omitzero"` // when it last came into force

	bytes []byte // as it was uploaded
}

// source is a version as it was uploaded: a module, or the rule file that one is compiled from.
type source struct {
	file  string
	bytes []byte
}

func (v *storedVersion) source() source { return source{v.File, v.bytes} }

// Bounds of a history.
const (
	maxVersions = 20                       // of one module
	maxStored   = tenant.MaxFiles - 1      // of a tenant: a file each, beside the index
	maxSources  = tenant.MaxFolder - 8<<20 // bytes of all of them; the rest is for the index
	maxNote     = 300                      // characters
)

// The states of a version.
const (
	stateUploaded = "uploaded" // never in force
	stateShadow   = "shadow"
	stateActive   = "active"
	stateRetired  = "retired"
)

func (m *moduleHistory) state(v *storedVersion) string {
	switch {
	case v.Digest == m.Active:
		return stateActive
	case v.Digest == m.Shadow:
		return stateShadow
	case !v.Since.IsZero():
		return stateRetired
	}
	return stateUploaded
}

func (h history) clone() history {
	next := make(history, len(h))
	for name, m := range h {
		c := *m
		c.Versions = make([]*storedVersion, len(m.Versions))
		for i, v := range m.Versions {
			w := *v
			c.Versions[i] = &w
		}
		next[name] = &c
	}
	return next
}

// find gives a version by its digest, or by the beginning of it where that is enough to tell it from the others.
func (h history) find(module, digest string) (*moduleHistory, *storedVersion) {
	m := h[module]
	if m == nil || len(digest) < 6 {
		return m, nil
	}
	var found *storedVersion
	for _, v := range m.Versions {
		if strings.HasPrefix(v.Digest, digest) {
			if found != nil {
				return m, nil
			}
			found = v
		}
	}
	return m, found
}

// author is who makes a change, and why.
type author struct {
	by, note string
	at       time.Time
}

// add takes a version in, unless it is there already.
func (h history) add(name, digest string, size int, manifest *abi.Manifest, s source, a author) *storedVersion {
	m := h[name]
	if m == nil {
		m = &moduleHistory{Granted: []string{}}
		h[name] = m
	}
	for _, v := range m.Versions {
		if v.Digest == digest {
			return v
		}
	}
	v := &storedVersion{
		Digest: digest, Version: manifest.Version, File: s.file, Size: size, Extent: rules.Extent(manifest),
		Note: a.note, By: a.by, At: a.at.UTC().Truncate(time.Second), bytes: s.bytes,
	}
	m.Versions = append(m.Versions, v)
	return v
}

// follow notes which versions a site that comes into force runs. What they do is granted from then on.
func (h history) follow(next *site, a author) {
	for _, m := range h {
		m.Active, m.Previous, m.Shadow = "", "", ""
	}
	for _, m := range next.modules {
		digestOf := func(v *version) string {
			if v == nil {
				return ""
			}
			return h.add(m.name, v.module.Digest(), v.module.Size(), v.module.Manifest(), v.source, a).Digest
		}
		previous, shadow, active := digestOf(m.previous), digestOf(m.shadow), digestOf(m.version)
		page := h[m.name]
		page.Active, page.Previous, page.Shadow = active, previous, shadow
		for _, v := range page.Versions {
			if v.Digest == active || v.Digest == shadow {
				page.grant(v.Extent)
			}
		}
	}
}

// come dates what is in force now and was not before.
func (h history) come(before history, at time.Time) {
	for name, m := range h {
		if was := before[name]; was != nil && was.Active == m.Active {
			continue
		}
		for _, v := range m.Versions {
			if v.Digest == m.Active {
				v.Since = at.UTC().Truncate(time.Second)
			}
		}
	}
}

func (m *moduleHistory) grant(extent []string) {
	granted := append(slices.Clone(m.Granted), extent...)
	slices.Sort(granted)
	m.Granted = slices.Compact(granted)
}

// prune lets the oldest versions go that are too many or too large together; never one that runs or can be rolled back to.
func (h history) prune() {
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

func (m *moduleHistory) runs(v *storedVersion) bool {
	return v.Digest == m.Active || v.Digest == m.Previous || v.Digest == m.Shadow
}

// besides gives what stands beside the modules in force.
func (h history) besides() others {
	o := others{map[string]source{}, map[string]source{}}
	for name, m := range h {
		for _, v := range m.Versions {
			switch v.Digest {
			case m.Previous:
				o.previous[name] = v.source()
			case m.Shadow:
				o.shadow[name] = v.source()
			}
		}
	}
	return o
}

// newest lists the versions of a module, the last one first.
func (m *moduleHistory) newest() []*storedVersion {
	list := slices.Clone(m.Versions)
	slices.Reverse(list)
	slices.SortStableFunc(list, func(a, b *storedVersion) int { return cmp.Compare(b.At.Unix(), a.At.Unix()) })
	return list
}
