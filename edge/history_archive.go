package edge

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/tenant"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// historySuffix is behind a tenant's id in the archive's name for the versions of its modules. No id has a dot.
const historySuffix = ".versions"

// The files of a history in the archive: the index, and each version as it was uploaded.
const (
	historyIndex  = "index.json"
	historyFormat = 1
)

type indexFile struct {
	Format  int     `json:"format"`
	Modules history `json:"modules"`
}

func (v *storedVersion) path(module string) string {
	return "versions/" + module + "/" + v.Digest + path.Ext(v.File)
}

// saveHistory writes a history to the archive, and no more than readHistory reads. Where versions that run are too many or too large
// together, the bytes of some are left out, first those of the active ones, which are in the tenant's folder, too: without those of a
// version before, a roll back is possible until the next start only.
func (s *Server) saveHistory(id string, h history) error {
	index, err := json.Marshal(indexFile{historyFormat, h})
	if err != nil {
		return fmt.Errorf("write the index of the versions of %s: %w", id, err)
	}
	files, size := map[string][]byte{historyIndex: index}, len(index)
	for _, p := range h.byWeight() {
		if len(files) <= maxStored && size+len(p.bytes) <= tenant.MaxFolder {
			files[p.path(p.module)] = p.bytes
			size += len(p.bytes)
		}
	}
	var b bytes.Buffer
	if err = tenant.WriteFiles(&b, files); err == nil {
		err = s.config.Archive.Save(id+historySuffix, b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("keep the versions of %s: %w", id, err)
	}
	return nil
}

// dropMissing forgets versions whose bytes are nowhere.
func (h history) dropMissing() {
	for _, m := range h {
		m.Versions = slices.DeleteFunc(m.Versions, func(v *storedVersion) bool { return v.bytes == nil })
	}
}

// placedVersion is a version with the module that it is of, and how much it matters to keep its bytes.
type placedVersion struct {
	*storedVersion
	module string
	weight int
}

// byWeight lists the versions of all modules: first those that run and are in no other place, then the others, the newest first, then
// those in force.
func (h history) byWeight() []placedVersion {
	var list []placedVersion
	for _, name := range slices.Sorted(maps.Keys(h)) {
		m := h[name]
		for _, v := range m.Versions {
			weight := 1
			switch v.Digest {
			case m.Active:
				weight = 0
			case m.Previous, m.Shadow:
				weight = 2
			}
			list = append(list, placedVersion{v, name, weight})
		}
	}
	slices.SortStableFunc(list, func(a, b placedVersion) int { return cmp.Or(b.weight-a.weight, b.At.Compare(a.At)) })
	return list
}

// readHistory reads what saveHistory wrote. A version whose bytes are not there, or not the same any more, is
// forgotten, but for the active one: follow finds its bytes in the site.
func readHistory(documents []byte, now time.Time) (history, error) {
	h := history{}
	if documents == nil {
		return h, nil
	}
	files, err := tenant.ReadTar(bytes.NewReader(documents))
	if err != nil {
		return nil, err
	}
	if files[historyIndex] == nil {
		return readBare(files, now), nil
	}
	index := indexFile{Modules: h}
	if err := json.Unmarshal(files[historyIndex], &index); err != nil {
		return nil, fmt.Errorf("read %s: %w", historyIndex, err)
	}
	if index.Format != historyFormat {
		return nil, fmt.Errorf("read %s: it is of format %d, and this program reads %d", historyIndex, index.Format, historyFormat)
	}
	for name, m := range h {
		m.Versions = slices.DeleteFunc(m.Versions, func(v *storedVersion) bool {
			v.bytes = files[v.path(name)]
			if v.bytes == nil {
				return v.Digest != m.Active // which the tenant's folder has
			}
			return !v.source().isRules() && digestOf(v.bytes) != v.Digest
		})
	}
	return h, nil
}

// readBare reads an archive without an index, which held the modules before and beside those in force only, as previous/NAME and
// shadow/NAME. What they do was in use.
func readBare(files map[string][]byte, now time.Time) history {
	h := history{}
	for file, wasm := range files {
		place, name := path.Split(file)
		manifest, err := abi.ManifestOf(wasm)
		if err != nil {
			continue // it could not run either
		}
		v := h.add(name, newVersion(digestOf(wasm), len(wasm), manifest, source{"rules/" + name + ".wasm", wasm}, author{by: "server", at: now}))
		switch m := h[name]; place {
		case "previous/":
			m.Previous, v.Since = v.Digest, v.At
			m.grant(v.Extent)
		case "shadow/":
			m.Shadow = v.Digest
			m.grant(v.Extent)
		}
	}
	return h
}

// digestOf is what a module is known by.
func digestOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}
