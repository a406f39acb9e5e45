package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/edge"
)

// TestTokenFiles: what no script can bring about.
func TestTokenFiles(t *testing.T) {
	files := tokenFiles{t.TempDir()}
	hash := func(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }
	if _, ok, err := files.Token(hash("one")); ok || err != nil {
		t.Errorf("without a folder: %v, %v", ok, err)
	}
	e := tokenEntry{Name: "anna", Scopes: []string{"read"}, Tenants: []string{"shop"}, Added: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	for _, token := range []string{"one", "two"} { // two people at one moment
		if err := files.add(hashKey(token), e); err != nil {
			t.Fatal(err)
		}
	}
	found, ok, err := files.Token(hash("two"))
	if err != nil || !ok || found.Name != "anna" || found.Hash != hash("two") || len(found.Scopes) != 1 || found.Scopes[0] != edge.ScopeRead || found.Tenants[0] != "shop" {
		t.Errorf("%+v, %v, %v", found, ok, err)
	}
	for _, path := range []string{files.dir(), filepath.Join(files.dir(), hashKey("one"))} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may use it: %v, %v", info.Mode(), err)
		}
	}

	// What a crash left while a token was written is none.
	if err := os.WriteFile(filepath.Join(files.dir(), ".lotse-1"), []byte("name: be"), 0o600); err != nil {
		t.Fatal(err)
	}
	if list, err := files.list(); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
	if n, err := files.remove("anna"); n != 2 || err != nil {
		t.Errorf("removed %d: %v", n, err)
	}
	if _, ok, err := files.Token(hash("two")); ok || err != nil {
		t.Errorf("after its removal: %v, %v", ok, err)
	}

	// A file that is not understood opens nothing, and says so.
	for name, text := range map[string]string{
		"empty": "", "cut off": "name: ben\nscopes: [re", "of another release": "name: ben\nscopes: [read]\nends: tomorrow\n",
		"nobody's": "scopes: [read]\n", "endless": "name: ben\nscopes: [read]\n#" + strings.Repeat("x", maxSecretFile),
	} {
		sum := hash(name)
		if err := os.WriteFile(filepath.Join(files.dir(), hex.EncodeToString(sum[:])), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := files.Token(sum); ok || err == nil || !strings.Contains(err.Error(), "not a file of lotse token") {
			t.Errorf("%s: %v, %v", name, ok, err)
		}
	}
}
