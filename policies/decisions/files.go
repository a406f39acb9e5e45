package decisions

import (
	"encoding/hex"
	"fmt"
	"io"
)

// Files is the folder in which the log lives. Names are plain, without a folder.
type Files interface {
	// Create makes a new file. One of that name must not be there.
	Create(name string) (io.WriteCloser, error)
	// Sync makes a file that was closed durable: its content, and that it is there, survive a power loss.
	Sync(name string) error
	// Open reads a file. The error for one that is not there wraps fs.ErrNotExist.
	Open(name string) (io.ReadCloser, error)
	// Replace puts a file in place as a whole and durably: after a crash there is the old one or the new one.
	Replace(name string, content []byte) error
	// List names the files, in any order. A folder that is not there yet has none.
	List() ([]string, error)
	Remove(name string) error
}

// Digest names a proved table: the SHA-256 of its content.
type Digest [32]byte

// String writes the digest as 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads what String wrote.
func ParseDigest(s string) (d Digest, err error) {
	if n, err := hex.Decode(d[:], []byte(s[:min(len(s), 2*len(d))])); err != nil || n != len(d) || len(s) != 2*len(d) {
		return Digest{}, fmt.Errorf("digest of a table: %d characters that are not 64 hexadecimal digits", len(s))
	}
	return d, nil
}
