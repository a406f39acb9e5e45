package edge

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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

// saveHistory writes a history to the archive. Where versions that run are too large together, the bytes of the last ones are left out:
// the active one is in the tenant's folder, too, and without the others a roll back is possible until the next start only.
func (s *Server) saveHistory(id string, h history) error {
	index, err := json.Marshal(indexFile{historyFormat, h})
	if err != nil {
		return fmt.Errorf("write the index of the versions of %s: %w", id, err)
	}
	files, size := map[string][]byte{historyIndex: index}, 0
	for name, m := range h {
		// What is in no other place comes first.
		list := slices.Clone(m.Versions)
		slices.SortStableFunc(list, func(a, b *storedVersion) int { return m.weight(b) - m.weight(a) })
		for _, v := range list {
			if size+len(v.bytes) <= maxSources {
				files[v.path(name)] = v.bytes
				size += len(v.bytes)
			}
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

func (m *moduleHistory) weight(v *storedVersion) int {
	switch v.Digest {
	case m.Previous, m.Shadow:
		return 2
	case m.Active:
		return 1
	}
	return 0
}

// readHistory reads what saveHistory wrote. A version whose bytes are not there is forgotten.
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
			return v.bytes == nil
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
		sum := sha256.Sum256(wasm)
		v := h.add(name, hex.EncodeToString(sum[:]), len(wasm), manifest, source{"rules/" + name + ".wasm", wasm}, author{by: "server", at: now})
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
