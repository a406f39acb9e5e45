package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	policyledger "github.com/lotse-edge/lotse/policies/ledger"
)

// Where the log of policies is in a data folder. The folder of the log may be copied and given away; the private key stays.
const (
	policyLogFolder = "policy-log"
	policyLogKey    = "policy-log.key"
	policyLogPublic = "key.pub" // in the folder
)

// openPolicyLog opens the log of policies in a data folder, and begins it with a new key where there is neither. One process at a
// time may have it open.
func openPolicyLog(data string) (*policyledger.Log, error) {
	s := fileStorage{filepath.Join(data, policyLogFolder)}
	key, err := s.key(filepath.Join(data, policyLogKey))
	if err != nil {
		return nil, fmt.Errorf("read the key of the policy log: %w", err)
	}
	return policyledger.Open(s, key)
}

// fileStorage keeps the log as files of one folder, which only its owner may read. It is ledger.Storage.
type fileStorage struct{ dir string }

func (s fileStorage) Read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.dir, name))
}

func (s fileStorage) Append(name string, data []byte) error {
	f, err := os.OpenFile(filepath.Join(s.dir, name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncFolder(s.dir) // the file may be new
}

func (s fileStorage) Replace(name string, data []byte) error {
	return writeAtomic(filepath.Join(s.dir, name), data, 0o600)
}

// key reads the log's private key. It makes one only where there is no log yet: a log whose key is lost is not to be gone on with
// under another one.
func (s fileStorage) key(file string) (string, error) {
	raw, err := os.ReadFile(file)
	if err == nil {
		return string(raw), s.publish(string(raw))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if left, err := os.ReadDir(s.dir); err == nil && len(left) > 0 {
		return "", fmt.Errorf("%s is missing beside a log that was begun with it: put it back from a copy", filepath.Base(file))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	private, _, err := policyledger.NewLogKey(rand.Reader)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", err
	}
	if err := writeAtomic(file, []byte(private+"\n"), 0o600); err != nil {
		return "", err
	}
	return private, s.publish(private)
}

// publish puts the public key beside the log, where it is not yet.
func (s fileStorage) publish(private string) error {
	public, err := policyledger.PublicLogKey(private)
	if err != nil {
		return err
	}
	file := filepath.Join(s.dir, policyLogPublic)
	have, err := os.ReadFile(file)
	switch {
	case err == nil && strings.TrimSpace(string(have)) == public:
		return nil
	case err == nil:
		return fmt.Errorf("%s is not the public key to %s: put back the files that belong together", policyLogPublic, policyLogKey)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(s.dir)); err != nil {
		return err
	}
	return writeAtomic(file, []byte(public+"\n"), 0o600)
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
