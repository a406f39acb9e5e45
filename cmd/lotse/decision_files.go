package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// decisionFiles is a folder for the decision log, for the owner's eyes only. It is made with its first file. It is
// decisions.Files.
type decisionFiles struct{ dir string }

func (d decisionFiles) Create(name string) (io.WriteCloser, error) {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(filepath.Join(d.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d decisionFiles) Sync(name string) error {
	return errors.Join(syncPath(filepath.Join(d.dir, name)), syncPath(d.dir))
}

func (d decisionFiles) Open(name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(d.dir, name))
}

func (d decisionFiles) Replace(name string, content []byte) error {
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	return writeAtomic(filepath.Join(d.dir, name), content, 0o600)
}

func (d decisionFiles) List() (names []string, err error) {
	entries, err := os.ReadDir(d.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func (d decisionFiles) Remove(name string) error { return os.Remove(filepath.Join(d.dir, name)) }

// syncPath puts a file's content, or a folder's list of files, on the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
