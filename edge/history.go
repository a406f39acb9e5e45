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
	// Granted is the extent (rules.Extent) of all versions that were in force or ran as a shadow, with what the catalogue meant by
	// its names then (meaningsOf), sorted. What a version does beyond it waits for a privacy officer. It outlives the versions.
	Granted []string `json:"granted"`

	// Digests; empty: none.
	Active   string `json:"active,omitempty"`
	Previous string `json:"previous,omitempty"` // in force before
	Shadow   string `json:"shadow,omitempty"`

	Versions []*storedVersion `json:"versions"` // in the order in which they came
}

// storedVersion is one version of a module. Nothing of it changes but Since and Asked.
type storedVersion struct {
	Digest  string    `json:"digest"` // of the module: of a rule file, of what it was compiled to
	Version string    `json:"version"`
	File    string    `json:"file"` // in the tenant's folder: rules/NAME.wasm or rules/NAME.yaml
	Size    int       `json:"size"` // of the module, in bytes
	Extent  []string  `json:"extent"`
	Meant   []string  `json:"meant,omitempty"` // by its names (meaningsOf), when it was uploaded
	Asked   []string  `json:"asked,omitempty"` // meanings in a folder that was refused because of them
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
	maxVersions = 20                        // of one module
	maxStored   = tenant.MaxFiles - 1       // of a tenant: a file each, beside the index
	maxSources  = tenant.MaxFolder - 16<<20 // bytes of all of them; the rest is for the index
	maxGranted  = 4096                      // lines of one module, unless its versions do more than that
	maxNote     = 300                       // characters
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

// newVersion is what is kept of a version.
func newVersion(digest string, size int, manifest *abi.Manifest, s source, a author) *storedVersion {
	return &storedVersion{
		Digest: digest, Version: manifest.Version, File: s.file, Size: size, Extent: rules.Extent(manifest),
		Note: a.note, By: a.by, At: a.at.UTC().Truncate(time.Second), bytes: s.bytes,
	}
}

// stored is what is kept of the version, which was uploaded beside a catalogue.
func (v *version) stored(c *tenant.Config, a author) *storedVersion {
	made := newVersion(v.module.Digest(), v.module.Size(), v.module.Manifest(), v.source, a)
	made.Meant = meaningsOf(v.module.Manifest(), c)
	return made
}

// add takes a version in, unless it is there already, and gives the one that is there.
func (h history) add(name string, v *storedVersion) *storedVersion {
	m := h[name]
	if m == nil {
		m = &moduleHistory{Granted: []string{}}
		h[name] = m
	}
	if known := m.byDigest(v.Digest); known != nil {
		if known.bytes == nil {
			known.File, known.bytes = v.File, v.bytes
		}
		return known
	}
	m.Versions = append(m.Versions, v)
	return v
}

// byDigest finds a version; nil where there is none.
func (m *moduleHistory) byDigest(digest string) *storedVersion {
	for _, v := range m.Versions {
		if v.Digest == digest {
			return v
		}
	}
	return nil
}

// follow notes which versions a site that comes into force runs. What they do is granted from then on, as the site's catalogue means it.
func (h history) follow(next *site, a author) {
	for _, m := range h {
		m.Active, m.Previous, m.Shadow = "", "", ""
		for _, v := range m.Versions {
			v.Asked = nil
		}
	}
	for _, m := range next.modules {
		take := func(v *version) string {
			if v == nil {
				return ""
			}
			return h.add(m.name, v.stored(next.config, a)).Digest
		}
		previous, shadow, active := take(m.previous), take(m.shadow), take(m.version)
		page := h[m.name]
		page.Active, page.Previous, page.Shadow = active, previous, shadow
		for _, v := range m.running() {
			page.grant(rules.Extent(v.module.Manifest()))
			page.grant(meaningsOf(v.module.Manifest(), next.config))
		}
	}
}

// come dates what is in force now and was not before.
func (h history) come(before history, at time.Time) {
	for name, m := range h {
		if was := before[name]; was != nil && was.Active == m.Active {
			continue
		}
		if v := m.byDigest(m.Active); v != nil {
			v.Since = at.UTC().Truncate(time.Second)
		}
	}
}

func (m *moduleHistory) grant(extent []string) {
	granted := append(slices.Clone(m.Granted), extent...)
	slices.Sort(granted)
	m.Granted = slices.Compact(granted)
}

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
