package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// PublicLogKey gives the public key to a log's private one.
func PublicLogKey(privateKey string) (string, error) {
	_, public, err := readLogKey(privateKey)
	return public, err
}

func readLogKey(privateKey string) (signer note.Signer, public string, err error) {
	privateKey = strings.TrimSpace(privateKey)
	signer, err = note.NewSigner(privateKey)
	if err != nil || signer.Name() != LogName {
		return nil, "", errors.New("this is not the private key of a log, as NewLogKey makes it")
	}
	parts := strings.SplitN(privateKey, "+", 5) // PRIVATE, KEY, name, hash, key
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		panic("BUG: note took a key of another form")
	}
	private := ed25519.NewKeyFromSeed(raw[1:])
	public, err = note.NewEd25519VerifierKey(LogName, private.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, "", fmt.Errorf("give the public key of the log: %w", err)
	}
	return signer, public, nil
}

func logVerifier(publicKey string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(publicKey))
	if err != nil || v.Name() != LogName {
		return nil, fmt.Errorf("the log's public key is a line that begins with %s+", LogName)
	}
	return v, nil
}
