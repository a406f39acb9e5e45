package main

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/edge"
)

// adminPrefix begins the tokens of the admin listener; adminName is the one of the first start.
const (
	adminPrefix = "lk_a_"
	adminName   = "admin"
)

// tokenFiles keeps the named tokens of a server, in DIR/tokens: a file for each, which is called by the token's hash and written as a
// whole. So to know a token takes one look at one file, adding and removing touch no other, and both count at once. It is
// edge.TokenArchive, and safe for concurrent use, by other processes too.
type tokenFiles struct{ data string }

// tokenEntry is what such a file says.
type tokenEntry struct {
	Name    string    `yaml:"name" json:"name"`
	Scopes  []string  `yaml:"scopes" json:"scopes"`
	Tenants []string  `yaml:"tenants,omitempty" json:"tenants,omitempty"` // empty: all
	Added   time.Time `yaml:"added" json:"added,omitzero"`

	hash string
}

func (f tokenFiles) dir() string { return filepath.Join(f.data, "tokens") }

// Token finds a token by its hash.
func (f tokenFiles) Token(hash [32]byte) (edge.AdminToken, bool, error) {
	e, err := f.read(hex.EncodeToString(hash[:]))
	if errors.Is(err, fs.ErrNotExist) {
		return edge.AdminToken{}, false, nil
	}
	if err != nil {
		return edge.AdminToken{}, false, err
	}
	t := edge.AdminToken{Name: e.Name, Hash: hash, Tenants: e.Tenants}
	for _, s := range e.Scopes {
		t.Scopes = append(t.Scopes, edge.Scope(s))
	}
	return t, true, nil
}

// read reads the file of a hash. What somebody else wrote into it and is not understood opens nothing.
func (f tokenFiles) read(hash string) (e tokenEntry, err error) {
	file, err := os.Open(filepath.Join(f.dir(), hash))
	if err != nil {
		return e, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return e, err
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&e); err != nil || len(raw) > maxSecretFile || !keyName.MatchString(e.Name) {
		return e, fmt.Errorf("tokens/%s is not a file of lotse token: remove it, and add the token anew", hash)
	}
	e.hash = hash
	return e, nil
}

// list gives all tokens, by name.
func (f tokenFiles) list() ([]tokenEntry, error) {
	entries, err := os.ReadDir(f.dir())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []tokenEntry
	for _, entry := range entries {
		if !keyHash.MatchString(entry.Name()) {
			continue // one that is being written, or was when the machine stopped
		}
		e, err := f.read(entry.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	slices.SortFunc(list, func(a, b tokenEntry) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.hash, b.hash)) })
	return list, nil
}

func (f tokenFiles) add(hash string, e tokenEntry) error {
	text, err := yaml.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.dir(), 0o700); err != nil {
		return err
	}
	return writeAtomic(filepath.Join(f.dir(), hash), text, 0o600)
}

// remove takes away each token of a name, durably: two people may have added it at one moment.
func (f tokenFiles) remove(name string) (removed int, err error) {
	list, err := f.list()
	if err != nil {
		return 0, err
	}
	for _, e := range list {
		if e.Name != name {
			continue
		}
		if err := os.Remove(filepath.Join(f.dir(), e.hash)); err != nil {
			return removed, err
		}
		removed++
	}
	if removed == 0 {
		return 0, nil
	}
	return removed, syncDir(f.dir())
}
