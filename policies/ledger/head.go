package ledger

import (
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is a signed tree head: so many entries, and the one hash that stands for all of them.
type Head struct {
	Size int64
	Hash Digest
}

// text is a checkpoint of C2SP tlog-checkpoint: the log's name, the size, the hash.
func (h Head) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", LogName, h.Size, base64.StdEncoding.EncodeToString(h.Hash[:]))
}

func (h Head) sign(s note.Signer) (string, error) {
	signed, err := note.Sign(&note.Note{Text: h.text()}, s)
	if err != nil {
		return "", fmt.Errorf("sign the head of the log: %w", err)
	}
	return string(signed), nil
}

// OpenHead checks the signature of a head, as Log.Head gives it, by the log's public key.
func OpenHead(text, logKey string) (Head, error) {
	v, err := logVerifier(logKey)
	if err != nil {
		return Head{}, err
	}
	return openHead(text, v)
}

func openHead(text string, v note.Verifier) (Head, error) {
	n, err := openNote(text, v)
	if err != nil {
		return Head{}, fmt.Errorf("check the head of the log: %w", err)
	}
	var h Head
	var hash string
	if _, err := fmt.Sscanf(n.Text, LogName+"\n%d\n%s\n", &h.Size, &hash); err == nil {
		if raw, err := base64.StdEncoding.DecodeString(hash); err == nil && len(raw) == len(h.Hash) {
			h.Hash = Digest(raw)
		}
	}
	if h.Size < 0 || h.text() != n.Text {
		return Head{}, errors.New("check the head of the log: the log's key signed something that is no head")
	}
	return h, nil
}

// tree is a Merkle tree in the order in which tlog stores one: after each leaf the nodes that it completes.
type tree struct{ hashes []tlog.Hash }

// grow adds the leaf of the next entry, which is number n, and returns what has to be stored.
func (t *tree) grow(n int64, text string) ([]tlog.Hash, error) {
	more, err := tlog.StoredHashes(n, []byte(text), t)
	if err != nil {
		return nil, fmt.Errorf("add entry %d to the tree: %w", n, err)
	}
	t.hashes = append(t.hashes, more...)
	return more, nil
}

func (t *tree) head(size int64) (Head, error) {
	hash, err := tlog.TreeHash(size, t)
	if err != nil {
		return Head{}, fmt.Errorf("compute the head of the tree: %w", err)
	}
	return Head{size, Digest(hash)}, nil
}

// ReadHashes is for tlog.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(t.hashes)) {
			return nil, fmt.Errorf("there is no hash %d", at)
		}
		hashes[i] = t.hashes[at]
	}
	return hashes, nil
}

func bytesOf(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}
