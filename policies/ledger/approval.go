package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Approval is a statement whose signature was checked.
type Approval struct {
	Statement
	Key  string // the officer's public key, as in Officers.Text
	Note string // the signed text
}

// maxNote is the longest signed text, in bytes: a statement with the longest remark, and one signature.
const maxNote = 4096

// Sign signs a statement with the officer's private key. The result is a text: the statement, a blank line, the signature.
func Sign(privateKey string, s Statement) (string, error) {
	if err := s.Validate(); err != nil {
		return "", fmt.Errorf("sign an approval: %w", err)
	}
	return sign(privateKey, s.By, s.Text())
}

// sign makes a note of a text that names who signs it.
func sign(privateKey, by, text string) (string, error) {
	signer, err := note.NewSigner(strings.TrimSpace(privateKey))
	if err != nil {
		return "", errors.New("sign an approval: this is not a private key as 'lotse policy officer' writes it")
	}
	if signer.Name() != by {
		return "", fmt.Errorf("sign an approval: the key is that of %q, the approval is by %q: each officer signs for themselves", signer.Name(), by)
	}
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return "", fmt.Errorf("sign an approval: %w", err)
	}
	return string(signed), nil
}

// Verify checks that a text from Sign is signed by one of the officers, the one whom it names, and by nobody else.
func (o Officers) Verify(text string) (Approval, error) {
	if len(text) > maxNote {
		return Approval{}, fmt.Errorf("check an approval: it is longer than %d bytes", maxNote)
	}
	n, err := o.open(text)
	if err != nil {
		return Approval{}, err
	}
	s, err := ParseStatement(n.Text)
	if err != nil {
		return Approval{}, err
	}
	key, err := o.signer(n, s.By)
	if err != nil {
		return Approval{}, err
	}
	return Approval{Statement: s, Key: key, Note: text}, nil
}

// open opens a note that one of the officers signed.
func (o Officers) open(text string) (*note.Note, error) {
	verifiers := make([]note.Verifier, len(o.list))
	for i, f := range o.list {
		verifiers[i] = f.verifier
	}
	n, err := openNote(text, verifiers...)
	if err != nil {
		return nil, fmt.Errorf("check an approval: %w", err)
	}
	return n, nil
}

// signer gives the public key behind the one signature of a note, which has to be that of the officer whom its text names.
func (o Officers) signer(n *note.Note, by string) (key string, err error) {
	if n.Sigs[0].Name != by {
		return "", fmt.Errorf("check an approval: it is by %q and signed by %q: each officer signs for themselves", by, n.Sigs[0].Name)
	}
	key, ok := o.Key(by)
	if !ok {
		panic("BUG: a signature was checked with no officer's key")
	}
	return key, nil
}

// openNote opens a note that has just one signature, by one of the verifiers, in the one form in which note.Sign writes it.
func openNote(text string, known ...note.Verifier) (*note.Note, error) {
	n, err := note.Open([]byte(text), note.VerifierList(known...))
	var stranger *note.UnverifiedNoteError
	var broken *note.InvalidSignatureError
	switch {
	case errors.As(err, &stranger):
		return nil, fmt.Errorf("the signature of %q is by no key that is known here", stranger.Note.UnverifiedSigs[0].Name)
	case errors.As(err, &broken):
		return nil, fmt.Errorf("the signature of %q does not fit the text: it was changed after it was signed, or it is forged", broken.Name)
	case err != nil:
		return nil, errors.New("this is no signed text: it has to be given whole, to the end of the last line")
	}
	again, err := note.Sign(n)
	if err != nil || string(again) != text || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return nil, errors.New("it has to have one signature and no more")
	}
	if _, err := base64.StdEncoding.Strict().DecodeString(n.Sigs[0].Base64); err != nil {
		return nil, errors.New("its signature is not written in the usual form")
	}
	return n, nil
}
