package policies

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// A keyPair is a key for tests, made anew each time.
type keyPair struct{ public, private string }

func newKey(t *testing.T, kind string) keyPair {
	t.Helper()
	var key crypto.Signer
	var err error
	switch kind {
	case "Ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "P-256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "RSA":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{
		public:  toPEM(t, "PUBLIC KEY", func() ([]byte, error) { return x509.MarshalPKIXPublicKey(key.Public()) }),
		private: toPEM(t, "PRIVATE KEY", func() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(key) }),
	}
}

func toPEM(t *testing.T, kind string, encode func() ([]byte, error)) string {
	t.Helper()
	der, err := encode()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func testKeys(t *testing.T, byID map[string]string) Keys {
	t.Helper()
	keys, err := ParseKeys(byID)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// packed is a bundle of the base policy, signed by a key.
func packed(t *testing.T, id string, key keyPair) []byte {
	t.Helper()
	s, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	s.Revision, s.Metadata = "2026-11-22.1", map[string]any{"approved_by": []any{"dpo"}}
	var signer *Signer
	if id != "" {
		if signer, err = ParseSigner(id, key.private); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := WriteBundle(&b, s, signer); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entry is one entry of an archive.
type entry struct {
	name, text string
	kind       byte // of tar; 0: a file
}

func unpacked(t *testing.T, archive []byte) (entries []entry) {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(gz); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{header.Name, string(text), 0})
	}
}

func pack(t *testing.T, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	w := tar.NewWriter(gz)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Typeflag: tar.TypeReg, Size: int64(len(e.text)), Mode: 0o644}
		if e.kind != 0 {
			header.Typeflag, header.Linkname, header.Size, e.text = e.kind, e.text, 0, ""
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.text); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestBundle(t *testing.T) {
	for _, kind := range []string{"Ed25519", "P-256", "P-384", "RSA"} {
		key := newKey(t, kind)
		archive := packed(t, "officer-1", key)
		s, err := ReadBundle(bytes.NewReader(archive), testKeys(t, map[string]string{"officer-1": key.public, "officer-2": newKey(t, "Ed25519").public}))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		base, err := Base()
		if err != nil {
			t.Fatal(err)
		}
		base.Revision, base.Metadata, base.SignedBy = "2026-11-22.1", map[string]any{"approved_by": []any{"dpo"}}, "officer-1"
		if diff := cmp.Diff(base, s); diff != "" {
			t.Errorf("%s: the bundle is another policy:\n%s", kind, diff)
		}
		if (kind == "Ed25519" || kind == "RSA") && !bytes.Equal(archive, packed(t, "officer-1", key)) {
			t.Errorf("%s: the same policy gives another bundle", kind)
		}
	}
	s, err := ReadBundle(bytes.NewReader(packed(t, "", keyPair{})), Keys{})
	if err != nil || s.SignedBy != "" {
		t.Errorf("without keys: signed by %q, %v", s.SignedBy, err)
	}
	if _, err := check(context.Background(), s); err != nil {
		t.Error(err)
	}
}

// OPA's own reader takes our bundles, with their signatures, and we take those of its own writer.
func TestBundleWithOPA(t *testing.T) {
	key := newKey(t, "P-256")
	pinned := map[string]*bundle.KeyConfig{"k": {Key: key.public, Algorithm: "ES256"}}
	read, err := bundle.NewReader(bytes.NewReader(packed(t, "k", key))).WithProcessAnnotations(true).
		WithBundleVerificationConfig(bundle.NewVerificationConfig(pinned, "k", "", nil)).Read()
	if err != nil {
		t.Fatal(err)
	}
	read.Signatures = bundle.SignaturesConfig{}
	if err := read.GenerateSignature(bundle.NewSigningConfig(key.private, "ES256", ""), "k", true); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := bundle.NewWriter(&b).UseModulePath(true).DisableFormat(true).Write(read); err != nil {
		t.Fatal(err)
	}
	s, err := ReadBundle(&b, testKeys(t, map[string]string{"k": key.public}))
	if err != nil {
		t.Fatal(err)
	}
	if s.SignedBy != "k" || s.Files["data.json"] == "" {
		t.Errorf("signed by %q, %d files", s.SignedBy, len(s.Files))
	}
	c, err := check(context.Background(), s)
	if err != nil || c.tests.Passed < 80 {
		t.Errorf("a bundle of OPA: %v", err)
	}
}

// Each way to smuggle something into a bundle is refused, and the message says what and how to mend it.
func TestBundleRefuses(t *testing.T) {
	key, other := newKey(t, "Ed25519"), newKey(t, "P-256")
	keys := testKeys(t, map[string]string{"officer-1": key.public, "officer-2": other.public})
	signed, unsigned := unpacked(t, packed(t, "officer-1", key)), unpacked(t, packed(t, "", keyPair{}))
	f := func(name string, keys Keys, entries []entry, want string) {
		t.Helper()
		s, err := ReadBundle(bytes.NewReader(pack(t, entries)), keys)
		if err == nil || !strings.Contains(err.Error(), want) || s.Files != nil || s.SignedBy != "" {
			t.Errorf("%s: %v, not %q", name, err, want)
		}
	}
	with := func(entries []entry, more ...entry) []entry { return append(slices.Clone(entries), more...) }
	edit := func(entries []entry, name, old, text string) []entry {
		t.Helper()
		entries = slices.Clone(entries)
		i := slices.IndexFunc(entries, func(e entry) bool { return e.name == name })
		if i < 0 || !strings.Contains(entries[i].text, old) {
			t.Fatalf("%s has no %q", name, old)
		}
		entries[i].text = strings.Replace(entries[i].text, old, text, 1)
		return entries
	}
	without := func(entries []entry, name string) []entry {
		return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.name == name })
	}
	// resigned is the bundle with a token in place of its own.
	resigned := func(token string) []entry {
		text, err := json.Marshal(bundle.SignaturesConfig{Signatures: []string{token}})
		if err != nil {
			t.Fatal(err)
		}
		return with(unsigned, entry{name: signaturesFile, text: string(text)})
	}
	token := func(private, algorithm, id string, hash bundle.HashingAlgorithm) string {
		var covered []bundle.FileInfo
		for _, e := range unsigned {
			sum, err := hashOf(e.name, e.text, hash)
			if err != nil {
				t.Fatal(err)
			}
			covered = append(covered, bundle.NewFile(e.name, sum, hash.String()))
		}
		signed, err := bundle.GenerateSignedToken(covered, bundle.NewSigningConfig(private, algorithm, ""), id)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	const basis = "privacy/basis/basis.rego"
	const sha = bundle.SHA256

	// Signatures.
	if _, err := ReadBundle(bytes.NewReader(pack(t, resigned(token(key.private, "EdDSA", "officer-1", sha)))), keys); err != nil {
		t.Fatalf("the bundle that the others are made from: %v", err)
	}
	f("not signed", keys, unsigned, ".signatures.json: is missing: the bundle is not signed, and it must be, by one of the keys officer-1, officer-2")
	f("signed, and no key to check it by", Keys{}, signed, "no key is pinned")
	f("a key that is not pinned", testKeys(t, map[string]string{"officer-2": other.public}), signed, `is by a key "officer-1" that is not pinned: the pinned keys are officer-2`)
	f("another key under that id", testKeys(t, map[string]string{"officer-1": newKey(t, "Ed25519").public}), signed, "is not by the pinned key officer-1")
	f("no key id", keys, resigned(token(key.private, "EdDSA", "", sha)), "does not say which key signed")
	f("no algorithm", keys, resigned(unsecured(t, token(key.private, "EdDSA", "officer-1", sha))), `is of the algorithm "none", but the key officer-1 signs by EdDSA only`)
	f("a public key as a secret", keys, resigned(token(other.public, "HS256", "officer-2", sha)), `is of the algorithm "HS256", but the key officer-2 signs by ES256 only`)
	f("another algorithm", keys, resigned(token(newKey(t, "RSA").private, "RS512", "officer-1", sha)), `is of the algorithm "RS512"`)
	f("an old hash", keys, resigned(token(key.private, "EdDSA", "officer-1", bundle.SHA1)), "its hash is none of SHA-256")
	f("two signatures", keys, edit(signed, signaturesFile, `"signatures": [`, `"signatures": ["x", `), "does not hold one signature")
	f("a verifier of its own", keys, edit(signed, signaturesFile, `{`, `{"plugin": "mine", `), "does not hold one signature")
	f("no JSON web signature", keys, resigned("x"), "holds no signature that can be read")
	f("a file changed", keys, edit(signed, basis, "consent", "consont"), basis+": is not what was signed")
	f("data changed", keys, edit(signed, "privacy/age/data.json", `"years": 16`, `"years": 13`), "privacy/age/data.json: is not what was signed")
	f("the manifest changed", keys, edit(signed, manifestFile, "2026-11-22.1", "2027"), ".manifest: is not what was signed")
	f("a file added", keys, with(signed, entry{name: "privacy/basis/more.rego", text: "package privacy.basis"}), "privacy/basis/more.rego: is not covered by the signature: it was added after signing")
	f("a file removed", keys, without(signed, basis), `covers "privacy/basis/basis.rego", which is not in the bundle`)

	// What a bundle may hold.
	none := Keys{}
	f("a delta", none, []entry{{name: "patch.json", text: `{"data": []}`}}, "patch.json: makes this a delta bundle")
	f("a delta, keys pinned", keys, with(signed, entry{name: "patch.json", text: `{"data": []}`}), "patch.json: makes this a delta bundle")
	f("compiled modules", none, with(unsigned, entry{name: "policy.wasm", text: "x"}), "Lotse compiles the rules itself")
	f("a plan", none, with(unsigned, entry{name: "plan.json", text: "{}"}), "Lotse compiles the rules itself")
	f("an unknown file", none, with(unsigned, entry{name: "privacy/README.md", text: "x"}), "privacy/README.md: is not part of a policy")
	f("data in YAML", none, with(unsigned, entry{name: "privacy/age/data.yaml", text: "x: 1"}), "write the data as data.json")
	f("a file elsewhere", none, with(unsigned, entry{name: "other/x.rego", text: "package other"}), "other/x.rego: is outside the folder privacy/")
	f("an absolute path", none, with(unsigned, entry{name: "/etc/passwd", text: "x"}), "etc/passwd: is outside the folder privacy/")
	f("a path upwards", none, with(unsigned, entry{name: "privacy/../../x.rego", text: "x"}), "is no place in a policy")
	f("a path upwards at once", none, with(unsigned, entry{name: "../x.rego", text: "x"}), "is no place in a policy")
	f("a path of Windows", none, with(unsigned, entry{name: `privacy\x.rego`, text: "x"}), "is no place in a policy")
	f("a name that cannot be printed", none, with(unsigned, entry{name: "privacy/\x1b[2J.rego", text: "x"}), "is no place in a policy")
	f("a link", none, with(unsigned, entry{name: "privacy/basis/link.rego", text: "/etc/passwd", kind: tar.TypeSymlink}), "privacy/basis/link.rego: is a link")
	f("a hard link", none, with(unsigned, entry{name: "privacy/basis/link.rego", text: basis, kind: tar.TypeLink}), "is a link")
	f("a device", none, with(unsigned, entry{name: "privacy/null", kind: tar.TypeChar}), "is a link or a device")
	f("a file twice", none, with(unsigned, entry{name: "./" + basis, text: "package privacy.basis"}), basis+": is there twice")
	f("a big file", none, with(unsigned, entry{name: "privacy/big.rego", text: strings.Repeat("x", maxFileBytes+1)}), "privacy/big.rego: is too big")
	f("no text", none, with(unsigned, entry{name: "privacy/x.rego", text: "\xff"}), "is not text in UTF-8")
	f("many files", none, with(unsigned, slices.Repeat([]entry{{name: "privacy/x.wasm"}}, maxEntries)...), "entries")
	many := slices.Clone(unsigned)
	for i := range maxSourceFiles {
		many = append(many, entry{name: "privacy/x" + strings.Repeat("x", i%50) + string(rune('a'+i/50)) + ".rego", text: "x"})
	}
	f("too many files", none, many, "is one file too many: a policy has at most 500")
	var large []entry
	for _, name := range strings.Split("abcdefghi", "") {
		large = append(large, entry{name: "privacy/" + name + ".rego", text: strings.Repeat("x", maxFileBytes)})
	}
	f("too much", none, with(large, unsigned...), "makes the policy too big")
	f("a bomb", none, []entry{{name: "privacy/x.rego", text: strings.Repeat("x", 20<<20)}}, "unpacks to more than")

	// Manifests.
	f("no manifest", none, without(unsigned, manifestFile), ".manifest: is missing")
	f("a manifest that is no JSON", none, edit(unsigned, manifestFile, "{", ""), ".manifest: cannot be read")
	f("other roots", none, edit(unsigned, manifestFile, `"privacy"`, `"users"`), `has the roots ["users"]`)
	f("more roots", none, edit(unsigned, manifestFile, `"privacy"`, `"privacy", "users"`), `has the roots ["privacy" "users"]`)
	f("all roots", none, edit(unsigned, manifestFile, `"privacy"`, ``), "has the roots of everything")
	f("another Rego", none, edit(unsigned, manifestFile, `"rego_version": 2`, `"rego_version": 0`), "has rego_version 0: Lotse reads 2")
	f("a Rego to come", none, edit(unsigned, manifestFile, `"rego_version": 2`, `"rego_version": 3`), "has rego_version 3: Lotse reads 2")
	f("a Rego for each file", none, edit(unsigned, manifestFile, `"rego_version": 2`, `"file_rego_versions": {"/x.rego": 0}`), `"file_rego_versions" that gives files a version`)
	f("modules in the manifest", none, edit(unsigned, manifestFile, `"rego_version": 2`, `"wasm": []`), `"wasm" that names compiled modules`)
	f("an unknown key", none, edit(unsigned, manifestFile, `"rego_version"`, `"Rego_Version"`), `has a key "Rego_Version" that Lotse does not know`)
	f("a key twice", none, edit(unsigned, manifestFile, `{`, `{"roots": [""],`), `the key "roots" is there twice`)
	f("a revision that is no line", none, edit(unsigned, manifestFile, "2026-11-22.1", `a\nb`), "has a revision that is no short line")

	if _, err := ReadBundle(strings.NewReader("PK"), none); err == nil || !strings.Contains(err.Error(), "not packed by gzip") {
		t.Errorf("no bundle at all: %v", err)
	}
	archive := pack(t, unsigned)
	if _, err := ReadBundle(bytes.NewReader(archive[:len(archive)/2]), none); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("half a bundle: %v", err)
	}
}

// unsecured is a token whose header says that it is not signed, without a signature.
func unsecured(t *testing.T, token string) string {
	t.Helper()
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"officer-1"}`))
	return header + "." + strings.Split(token, ".")[1] + "."
}

func TestParseKeysRefuses(t *testing.T) {
	key := newKey(t, "Ed25519")
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak := toPEM(t, "PUBLIC KEY", func() ([]byte, error) { return x509.MarshalPKIXPublicKey(&small.PublicKey) })
	f := func(id, public, want string) {
		t.Helper()
		if _, err := ParseKeys(map[string]string{id: public}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", id, err, want)
		}
	}
	f("", key.public, "1 to 64 letters")
	f("an id", key.public, "1 to 64 letters")
	f("text", "key", "not one key in PEM")
	f("two", key.public+key.public, "not one key in PEM")
	f("private", key.private, "no public key in PEM")
	f("weak", weak, "2,048 bits")
	if _, err := ParseSigner("k", key.public); err == nil || !strings.Contains(err.Error(), "no private key in PEM") {
		t.Errorf("a public key as a signer's: %v", err)
	}
	if _, err := ParseSigner("", key.private); err == nil {
		t.Error("a signer without an id")
	}
}

func TestReadFolder(t *testing.T) {
	base, err := Base()
	if err != nil {
		t.Fatal(err)
	}
	folder := func(more fstest.MapFS) fstest.MapFS {
		fsys := fstest.MapFS{"README.md": {Data: []byte("x")}, "engine/engine.rego": {Data: []byte("x")}}
		for name, text := range base.Files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		maps.Copy(fsys, more)
		return fsys
	}
	s, err := ReadFolder(folder(fstest.MapFS{".manifest": {Data: []byte(`{"revision": "7", "roots": ["privacy"], "metadata": {"regime": "eu"}}`)}}))
	if err != nil || s.Digest() != base.Digest() || s.Revision != "7" || s.Metadata["regime"] != "eu" {
		t.Errorf("revision %q, metadata %v, %v", s.Revision, s.Metadata, err)
	}
	f := func(name string, more fstest.MapFS, want string) {
		t.Helper()
		if _, err := ReadFolder(folder(more)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %q", name, err, want)
		}
	}
	f("a rule beside the folder", fstest.MapFS{"more.rego": {Data: []byte("x")}}, "more.rego: is outside the folder privacy/")
	f("compiled modules", fstest.MapFS{"policy.wasm": {Data: []byte("x")}}, "policy.wasm: was compiled elsewhere")
	f("an unknown file", fstest.MapFS{"privacy/age/.age.rego.swp": {Data: []byte("x")}}, "privacy/age/.age.rego.swp: is not part of a policy")
	f("a link", fstest.MapFS{"privacy/age/link.rego": {Data: []byte("age.rego"), Mode: 0o777 | 1<<27}}, "privacy/age/link.rego: is a link")
	f("a signature", fstest.MapFS{".signatures.json": {Data: []byte("{}")}}, "is not checked in a folder")
	f("a manifest", fstest.MapFS{".manifest": {Data: []byte(`{"roots": ["x"]}`)}}, `has the roots ["x"]`)
	f("a big file", fstest.MapFS{"privacy/age/x.rego": {Data: make([]byte, maxFileBytes+1)}}, "privacy/age/x.rego: is too big")
	if _, err := ReadFolder(fstest.MapFS{"x.txt": {}}); err == nil || !strings.Contains(err.Error(), "privacy: is missing or empty") {
		t.Errorf("an empty folder: %v", err)
	}
}
