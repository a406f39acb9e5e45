package policies

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
)

// Keys are the public keys that a bundle's signature may come from, by id. The zero value has none: no signature is asked
// for.
type Keys struct{ byID map[string]*bundle.KeyConfig }

// ParseKeys reads public keys in PEM by id: Ed25519, ECDSA on P-256, P-384 or P-521, or RSA of 2,048 bits and more. Each
// kind of key goes with one algorithm, so a signature cannot choose another: not "none", and not one that takes a public key
// for a secret. An id has up to 64 letters, digits, dots, dashes and underscores.
func ParseKeys(publicPEM map[string]string) (Keys, error) {
	k := Keys{byID: map[string]*bundle.KeyConfig{}}
	for _, id := range slices.Sorted(maps.Keys(publicPEM)) {
		block, err := pemBlock(id, publicPEM[id])
		if err != nil {
			return Keys{}, err
		}
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if block.Type != "PUBLIC KEY" || err != nil {
			return Keys{}, fmt.Errorf("read the key %s: it is no public key in PEM (-----BEGIN PUBLIC KEY-----)", id)
		}
		algorithm, err := algorithmOf(key)
		if err != nil {
			return Keys{}, fmt.Errorf("read the key %s: %w", id, err)
		}
		k.byID[id] = &bundle.KeyConfig{Key: string(pem.EncodeToMemory(block)), Algorithm: algorithm}
	}
	return k, nil
}

// IDs lists the ids of the keys, sorted.
func (k Keys) IDs() []string { return slices.Sorted(maps.Keys(k.byID)) }

// Signer signs bundles with a private key.
type Signer struct{ id, key, algorithm string }

// ParseSigner reads a private key in PEM (PKCS #8), of a kind that ParseKeys takes. The id is that of its public key.
func ParseSigner(id, privatePEM string) (*Signer, error) {
	block, err := pemBlock(id, privatePEM)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if block.Type != "PRIVATE KEY" || err != nil {
		return nil, fmt.Errorf("read the key %s: it is no private key in PEM (-----BEGIN PRIVATE KEY-----)", id)
	}
	signer, ok := key.(interface{ Public() crypto.PublicKey })
	if !ok {
		return nil, fmt.Errorf("read the key %s: it cannot sign", id)
	}
	algorithm, err := algorithmOf(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("read the key %s: %w", id, err)
	}
	return &Signer{id: id, key: string(pem.EncodeToMemory(block)), algorithm: algorithm}, nil
}

func pemBlock(id, text string) (*pem.Block, error) {
	if id == "" || len(id) > 64 || strings.Trim(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		return nil, fmt.Errorf("read a key: the id %q is not 1 to 64 letters, digits, dots, dashes and underscores", id)
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("read the key %s: it is not one key in PEM", id)
	}
	return block, nil
}

// algorithmOf is the one signature algorithm (RFC 7518, RFC 8037) of a kind of key.
func algorithmOf(key any) (string, error) {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return "EdDSA", nil
	case *ecdsa.PublicKey:
		if name, ok := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[key.Curve.Params().Name]; ok {
			return name, nil
		}
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 {
			return "RS256", nil
		}
		return "", errors.New("an RSA key needs 2,048 bits")
	}
	return "", errors.New("it is neither Ed25519, nor ECDSA on P-256, P-384 or P-521, nor RSA")
}

// verify checks the signature over all files of a bundle and returns the id of its key; empty: not signed.
func (k Keys) verify(files map[string]string, f *faults) string {
	at := &ast.Location{File: signaturesFile}
	text, signed := files[signaturesFile]
	switch {
	case !signed && len(k.byID) == 0:
		return ""
	case !signed:
		f.add(at, "is missing: the bundle is not signed, and it must be, by one of the keys %s", strings.Join(k.IDs(), ", "))
		return ""
	case len(k.byID) == 0:
		f.add(at, "cannot be checked: no key is pinned. Give the public key that the bundle was signed with")
		return ""
	}
	id, covered, err := k.open(text)
	if err != nil {
		f.add(at, "%v", err)
		return ""
	}
	n := len(*f)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == signaturesFile {
			continue
		}
		switch file, ok := covered[name]; {
		case !ok:
			f.add(&ast.Location{File: name}, "is not covered by the signature: it was added after signing")
		case !matches(name, files[name], file):
			f.add(&ast.Location{File: name}, "is not what was signed: it was changed after signing, or its hash is none of SHA-256, SHA-384 and SHA-512")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(covered)) {
		if _, ok := files[name]; !ok {
			f.add(at, "covers %q, which is not in the bundle: it was removed after signing", name)
		}
	}
	if len(*f) > n {
		return ""
	}
	return id
}

// open verifies the signature itself and returns its key and what it covers.
func (k Keys) open(text string) (id string, covered map[string]bundle.FileInfo, err error) {
	var sc bundle.SignaturesConfig
	if err := json.Unmarshal([]byte(text), &sc); err != nil || len(sc.Signatures) != 1 || sc.Plugin != "" && sc.Plugin != "_default" {
		return "", nil, errors.New(`does not hold one signature, as in {"signatures": ["..."]}`)
	}
	id, algorithm, err := claimed(sc.Signatures[0])
	if err != nil {
		return "", nil, err
	}
	pinned, ok := k.byID[id]
	switch {
	case id == "":
		return "", nil, fmt.Errorf("does not say which key signed: sign with a key id, one of %s", strings.Join(k.IDs(), ", "))
	case !ok:
		return "", nil, fmt.Errorf("is by a key %q that is not pinned: the pinned keys are %s", id, strings.Join(k.IDs(), ", "))
	case algorithm != pinned.Algorithm:
		return "", nil, fmt.Errorf("is of the algorithm %q, but the key %s signs by %s only", algorithm, id, pinned.Algorithm)
	}
	covered, err = bundle.VerifyBundleSignature(sc, bundle.NewVerificationConfig(k.byID, id, "", nil))
	if err != nil {
		return "", nil, fmt.Errorf("is not by the pinned key %s: %w", id, err)
	}
	return id, covered, nil
}

// claimed reads which key and algorithm a signature says it is by. Nothing of it is trusted: it only chooses among the
// pinned keys.
func claimed(token string) (id, algorithm string, err error) {
	header, rest, _ := strings.Cut(token, ".")
	payload, _, _ := strings.Cut(rest, ".")
	var h struct {
		Algorithm string `json:"alg"`
		Key       string `json:"kid"`
	}
	var p struct {
		Key string `json:"keyid"` // how OPA named the key before it used the header
	}
	decode := func(part string, into any) bool {
		text, err := base64.RawURLEncoding.DecodeString(part)
		return err == nil && json.Unmarshal(text, into) == nil
	}
	if !decode(header, &h) || !decode(payload, &p) {
		return "", "", errors.New("holds no signature that can be read (a JSON web signature)")
	}
	if h.Key == "" {
		h.Key = p.Key
	}
	return h.Key, h.Algorithm, nil
}

// matches compares a file with what was signed. It hashes what Lotse itself reads of a JSON document, so that no second
// reader can see another one.
func matches(name, text string, signed bundle.FileInfo) bool {
	switch bundle.HashingAlgorithm(signed.Algorithm) {
	case bundle.SHA256, bundle.SHA384, bundle.SHA512:
	default:
		return false
	}
	hash, err := hashOf(name, text, bundle.HashingAlgorithm(signed.Algorithm))
	return err == nil && strings.EqualFold(hash, signed.Hash)
}

// hashOf is a file's hash as OPA signs it: of the document, where it is JSON, and else of the bytes.
func hashOf(name, text string, algorithm bundle.HashingAlgorithm) (string, error) {
	hasher, err := bundle.NewSignatureHasher(algorithm)
	if err != nil {
		return "", err
	}
	var value any = []byte(text)
	if base := path.Base(name); base == "data.json" || base == manifestFile {
		if value, err = readData(text); err != nil {
			return "", fmt.Errorf("read %s: %w", name, err)
		}
	}
	sum, err := hasher.HashFile(value)
	return hex.EncodeToString(sum), err
}

// sign makes the signatures file over all other files.
func (s *Signer) sign(files map[string]string) (string, error) {
	var covered []bundle.FileInfo
	for _, name := range slices.Sorted(maps.Keys(files)) {
		hash, err := hashOf(name, files[name], bundle.SHA256)
		if err != nil {
			return "", err
		}
		covered = append(covered, bundle.NewFile(name, hash, bundle.SHA256.String()))
	}
	token, err := bundle.GenerateSignedToken(covered, bundle.NewSigningConfig(s.key, s.algorithm, ""), s.id)
	if err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(bundle.SignaturesConfig{Signatures: []string{token}}, "", "  ")
	return string(text), err
}
