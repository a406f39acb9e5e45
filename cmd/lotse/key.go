package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

const keyAbout = `
Makes a new key for a tenant and adds its hash to DIR/keys.yaml; apply the folder to make it valid. The key itself is shown
once and kept nowhere. A write key is for a website and may be seen by anybody; a server key may name a profile by the
tenant's own id, so it stays on your servers.`

func keyCommand() command {
	return command{"key", "make a key for a website or a server", runKey}
}

func runKey(_ context.Context, env *environment, args []string) int {
	f := newFlags(env, "key", "DIR NAME", keyAbout)
	server := f.Bool("server", false, "make a server key")
	out := f.String("out", "", "write the key to this new `file` (mode 0600) instead of showing it")
	operands, exit, ok := f.parse(args, 2)
	if !ok {
		return exit
	}
	entry := keyEntry{Name: operands[1], Scope: "write"}
	if *server {
		entry.Scope = "server"
	}
	if !keyName.MatchString(entry.Name) {
		return f.misuse("a key's name begins with a letter a-z and has at most 48 letters, digits, - and _")
	}
	key := newKey(rand.Reader, *server)
	entry.Hash = hashKey(key)
	file := filepath.Join(env.path(operands[0]), "keys.yaml")
	changed, err := withKey(file, entry)
	if err != nil {
		return env.fail("key", err)
	}
	// The key first: a hash whose key is lost would be of no use, a key without its hash is just not valid.
	if *out != "" {
		if err := writeNew(env.path(*out), key+"\n"); err != nil {
			return env.fail("key", fmt.Errorf("write the key: %w", err))
		}
	}
	if err := writeAtomic(file, changed, 0o644); err != nil {
		if *out != "" {
			os.Remove(env.path(*out))
		}
		return env.fail("key", fmt.Errorf("write the hash: %w", err))
	}
	if *out == "" {
		fmt.Fprintln(env.stdout, key)
	}
	fmt.Fprintf(env.stderr, "added %s key %q to keys.yaml; 'lotse apply' makes it valid\n", entry.Scope, entry.Name)
	return exitOK
}

// keyEntry is one entry of keys.yaml.
type keyEntry struct {
	Name  string `yaml:"name"`
	Hash  string `yaml:"hash"`
	Scope string `yaml:"scope"`
}

var (
	keyName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,47}$`)
	keyHash = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// newKey makes a key of 256 random bits. The prefix tells people, and scanners for leaked secrets, what they found.
func newKey(random io.Reader, server bool) string {
	prefix := "lk_w_"
	if server {
		prefix = "lk_s_"
	}
	return prefix + randomKey(random)
}

func randomKey(random io.Reader) string {
	var raw [32]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		panic("BUG: no random numbers: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// hashKey is what a tenant's folder holds instead of the key. The key is random, so one plain hash is enough.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// withKey gives the file's content with one more entry. What is there stays byte for byte, comments included.
func withKey(file string, entry keyEntry) ([]byte, error) {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	entries, err := parseKeys(old)
	if err != nil {
		return nil, fmt.Errorf("keys.yaml: %w", err)
	}
	for _, e := range entries {
		if e.Name == entry.Name {
			return nil, fmt.Errorf("keys.yaml has a key %q already; choose another name, or remove that entry first", e.Name)
		}
	}
	switch {
	case len(bytes.TrimSpace(old)) == 0:
		old = []byte("keys:\n")
	case old[len(old)-1] != '\n':
		old = append(old, '\n')
	}
	// A list may be indented or not, and written as [] too: reading it again tells which of the two fits, if any.
	for _, indent := range []string{"  ", ""} {
		changed := fmt.Appendf(slices.Clip(old), "%[1]s- name: %[2]q\n%[1]s  hash: %[3]s\n%[1]s  scope: %[4]s\n", indent, entry.Name, entry.Hash, entry.Scope)
		if again, err := parseKeys(changed); err == nil && slices.Equal(again, append(slices.Clip(entries), entry)) {
			return changed, nil
		}
	}
	return nil, errors.New("keys.yaml is not laid out as 'keys:' and then '  - name: ...', each on a line; lay it out so")
}

func parseKeys(raw []byte) ([]keyEntry, error) {
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	var document struct {
		Keys []keyEntry `yaml:"keys"`
	}
	if err := d.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document")
	}
	for i, e := range document.Keys {
		if e.Name == "" || !keyHash.MatchString(e.Hash) || (e.Scope != "write" && e.Scope != "server") {
			return nil, fmt.Errorf("entry %d needs a name, a hash (64 hex digits) and a scope (write or server)", i+1)
		}
	}
	return document.Keys, nil
}

// writeNew writes a secret to a file that must not be there yet, for the owner's eyes only.
func writeNew(path, content string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(content); err != nil {
		f.Close()
		os.Remove(path)
		return err
	}
	return f.Close()
}
