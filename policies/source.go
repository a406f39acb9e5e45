package policies

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// The base policy: one folder for each Rego package, its tests beside it.
//
//go:embed privacy
var base embed.FS

// The bounds of a policy. The base policy takes about 60 KiB.
const (
	maxSourceBytes = 4 << 20   // all files together
	maxFileBytes   = 512 << 10 // one file
	maxSourceFiles = 500
)

// Source is a policy as it was written: Rego files with their tests, data documents, and what its manifest says.
type Source struct {
	Files    map[string]string // path with slashes -> text: *.rego, with the tests *_test.rego, and data.json
	Revision string            // of the manifest; may be empty
	Metadata map[string]any    // of the manifest; may be nil
	SignedBy string            // id of the pinned key whose signature was verified; empty: not signed
}

// Base is the embedded policy with its tests.
func Base() (Source, error) { return ReadFolder(base) }

// Digest is a hex SHA-256 over the names and contents of the files. The manifest and the signature are not part of it: two
// policies with one digest decide alike.
func (s Source) Digest() string { return digestOf("policy", s.Files) }

// split tells the rules with their data from the tests.
func (s Source) split() (policy, tests map[string]string) {
	policy, tests = map[string]string{}, map[string]string{}
	for name, text := range s.Files {
		if isTest(name) {
			tests[name] = text
		} else {
			policy[name] = text
		}
	}
	return policy, tests
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

// place says what is wrong with a file's name in a policy; empty: nothing. It is the same for folders and bundles.
func place(name string) string {
	file := path.Base(name)
	switch {
	case !fs.ValidPath(name) || strings.ContainsFunc(name, unprintable):
		return "is no place in a policy: a name has neither .. nor \\ nor characters that cannot be printed"
	case file == "patch.json":
		return "makes this a delta bundle, and a delta cannot be signed: pack the whole policy"
	case strings.HasSuffix(file, ".wasm") || file == "plan.json" || file == "plan.pb":
		return "was compiled elsewhere: leave it out. Lotse compiles the rules itself, so that what runs is what you read"
	case file == "data.yaml" || file == "data.yml":
		return "is not read: write the data as data.json"
	case name == "data.json":
		return "" // opa build puts all data into one document
	case !strings.HasPrefix(name, "privacy/"):
		return "is outside the folder privacy/: a base policy has nothing elsewhere"
	case !strings.HasSuffix(file, ".rego") && file != "data.json":
		return "is not part of a policy, which is made of *.rego and data.json: remove it"
	}
	return ""
}

func unprintable(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f || r > '~' }

// readData decodes a data document and refuses what two readers could read differently.
func readData(text string) (map[string]any, error) {
	if key := repeatedKey(text); key != "" {
		return nil, fmt.Errorf("the key %q is there twice", key)
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var document map[string]any
	if err := d.Decode(&document); err != nil {
		return nil, fmt.Errorf("no JSON object: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("something follows the JSON object")
	}
	return document, nil
}

// repeatedKey finds a key that an object of a JSON text has twice; empty: there is none, or the text is no JSON.
func repeatedKey(text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	type level struct {
		keys  map[string]bool // nil: an array
		value bool            // the next token of an object is a value
	}
	var stack []level
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		if n := len(stack); n > 0 && stack[n-1].keys != nil {
			top := &stack[n-1]
			if key, ok := token.(string); ok && !top.value {
				if top.keys[key] {
					return key
				}
				top.keys[key], top.value = true, true
				continue
			}
			top.value = false
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, level{keys: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
	}
}

// digestOf is a SHA-256 over names and contents, each with its length, so that no two sets of files share it.
func digestOf(prefix string, files map[string]string) string {
	h := sha256.New()
	write := func(s string) {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(prefix)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		write(name)
		write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
