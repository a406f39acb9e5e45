package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// The files of a bundle that are not part of the policy (OPA's bundle format).
const (
	manifestFile   = ".manifest"
	signaturesFile = ".signatures.json"
)

// manifest is what we take of a bundle's manifest. Everything else in one is refused: it would change how the policy is read.
type manifest struct {
	Revision    string         `json:"revision"`
	Roots       []string       `json:"roots"`
	RegoVersion int            `json:"rego_version,omitempty"`
	Metadata    map[string]any `json:"metadata,omitempty"`
}

// manifestKeys are the keys of a manifest with why we refuse one; empty: we take it.
var manifestKeys = map[string]string{
	"revision": "", "roots": "", "rego_version": "", "metadata": "",
	"wasm":               "names compiled modules: Lotse compiles the rules itself, leave it out",
	"file_rego_versions": "gives files a version of Rego of their own: every file is in Rego v2, leave it out",
}

// readManifest reads and checks a manifest.
func readManifest(text string, f *faults) manifest {
	var m manifest
	at := &ast.Location{File: manifestFile}
	document, err := readData(text)
	if err != nil {
		f.add(at, "cannot be read: %v", err)
		return m
	}
	for _, key := range slices.Sorted(maps.Keys(document)) {
		switch why, known := manifestKeys[key]; {
		case !known:
			f.add(at, "has a key %q that Lotse does not know: it may have revision, roots, rego_version and metadata", key)
		case why != "":
			f.add(at, "has a key %q that %s", key, why)
		}
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		f.add(at, "cannot be read: %v", err)
		return m
	}
	if len(m.Roots) != 1 || strings.Trim(m.Roots[0], "/") != "privacy" {
		f.add(at, "has the roots %s: a base policy has roots [\"privacy\"] and nothing else", rootsOf(m.Roots))
	}
	if _, has := document["rego_version"]; has && m.RegoVersion != 1 && m.RegoVersion != 2 {
		f.add(at, "has rego_version %d: Lotse reads 2 (and 1, as every file imports rego.v2)", m.RegoVersion)
	}
	if len(m.Revision) > 128 || strings.ContainsFunc(m.Revision, unprintable) {
		f.add(at, "has a revision that is no short line of plain characters, such as \"2026-11-22.1\"")
	}
	return m
}

func rootsOf(roots []string) string {
	if len(roots) == 0 {
		return "of everything (none are given)"
	}
	return fmt.Sprintf("%q", roots)
}

// manifest is the manifest of a bundle that we write.
func (s Source) manifest() ([]byte, error) {
	return json.MarshalIndent(manifest{Revision: s.Revision, Roots: []string{"privacy"}, RegoVersion: 2, Metadata: s.Metadata}, "", "  ")
}
