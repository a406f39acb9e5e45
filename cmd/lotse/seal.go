package main

import (
	"crypto/hmac"
	"crypto/sha256"
)

// seal marks files of ours with a key that is made of the server's secret, so that what a stranger wrote, or a file that was moved
// under another name, is not taken for one.
type seal struct{ key []byte }

// newSeal makes the seal of one kind of file.
func newSeal(secret []byte, kind string) seal {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(kind))
	return seal{mac.Sum(nil)}
}

// of is the seal of a content under a name.
func (s seal) of(name string, content []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(name))
	mac.Write([]byte{0})
	mac.Write(content)
	return mac.Sum(nil)
}

// close puts the seal before the content.
func (s seal) close(name string, content []byte) []byte {
	return append(s.of(name, content), content...)
}

// open gives the content of a sealed file; false if the seal is not ours.
func (s seal) open(name string, file []byte) ([]byte, bool) {
	if len(file) < sha256.Size || !hmac.Equal(file[:sha256.Size], s.of(name, file[sha256.Size:])) {
		return nil, false
	}
	return file[sha256.Size:], true
}
