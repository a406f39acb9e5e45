package edge

import (
	"cmp"
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
	Before   string `json:"before,omitempty"` // what Previous was before Active came into force

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
	was := map[string]moduleHistory{}
	for name, m := range h {
		was[name] = *m
		m.Active, m.Previous, m.Shadow, m.Before = "", "", "", ""
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
		page.Active, page.Previous, page.Shadow, page.Before = active, previous, shadow, was[m.name].Before
		if before := was[m.name]; before.Active != active {
			page.Before = before.Previous
		}
		for _, v := range m.running() {
			page.grant(rules.Extent(v.module.Manifest()))
			page.grant(meaningsOf(v.module.Manifest(), next.config))
		}
	}
}

// settle takes back what never came into force, because the machine stopped between the versions and the folder: what the folder has is
// in force, and what was before that is before it again.
func (h history) settle(folder *tenant.Config) {
	for i := range folder.Modules {
		in := &folder.Modules[i]
		if m := h[in.Name]; m != nil && m.Active != in.Digest && m.Previous == in.Digest {
			m.Active, m.Previous = m.Previous, m.Before
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
