package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// archive keeps the documents of applied tenants as one file each. It is edge.Archive.
type archive struct{ dir string }

func (a archive) Save(tenant string, documents []byte) error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return err
	}
	return writeAtomic(filepath.Join(a.dir, tenant+".tar"), documents, 0o600)
}

func (a archive) Load() (map[string][]byte, error) {
	entries, err := os.ReadDir(a.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	saved := make(map[string][]byte)
	for _, e := range entries {
		tenant, ok := strings.CutSuffix(e.Name(), ".tar")
		if !ok {
			continue
		}
		if saved[tenant], err = os.ReadFile(filepath.Join(a.dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return saved, nil
}

// keepSecret returns the secret in a file, which only its owner may read; it makes one when there is none. The prefix tells
// people what a secret is for.
func keepSecret(name, prefix string) (secret string, isNew bool, err error) {
	data, err := os.ReadFile(name)
	if err == nil {
		secret = strings.TrimSpace(string(data))
		if len(secret) < len(prefix)+32 {
			return "", false, fmt.Errorf("%s holds no secret: remove it to have a new one made", name)
		}
		return secret, false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", false, err
	}
	var raw [32]byte
	rand.Read(raw[:])
	if prefix == "" {
		secret = hex.EncodeToString(raw[:])
	} else {
		secret = prefix + base64.RawURLEncoding.EncodeToString(raw[:])
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return "", false, err
	}
	return secret, true, writeAtomic(name, []byte(secret+"\n"), 0o600)
}
