package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/lotse-edge/lotse/runtime"
)

// workshop is the host's runtime.Workshop: each module is prepared by a child of our own binary, with bounds on its
// processor time and memory, and what came out is kept in a folder for the next start.
//
// What is kept holds native code that will run in the server, so each file is sealed with the server's secret: a stranger
// who can write into the folder, or who brings a folder from elsewhere, can make us compile again and nothing else. The
// engine reads code from a folder only, and trusts it: it gets a private copy of the bytes that were verified, never the
// kept file itself, which could change between the look and the use.
type workshop struct {
	dir     string
	seal    seal
	prepare func(ctx context.Context, request []byte, folder string) ([]byte, error)

	probe       sync.Once
	fingerprint string
	probeErr    error
}

// newWorkshop keeps its files in a folder that nobody else can read.
func newWorkshop(dir string, secret []byte) (*workshop, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of compiled modules: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("close the folder of compiled modules: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(dir, workPattern))
	if err != nil {
		return nil, err
	}
	for _, path := range left { // of a process that was killed
		if err := os.RemoveAll(path); err != nil {
			return nil, fmt.Errorf("clean the folder of compiled modules: %w", err)
		}
	}
	if err := dropOld(dir, time.Now().Add(-keptFor)); err != nil {
		return nil, fmt.Errorf("clean the folder of compiled modules: %w", err)
	}
	return &workshop{dir: dir, seal: newSeal(secret, "lotse: seal of compiled modules, version 2"), prepare: prepareInChild}, nil
}

const workPattern = "work-*"

// keptFor is how long a compiled module is kept that no start has used.
const keptFor = 30 * 24 * time.Hour

func dropOld(dir string, before time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && info.ModTime().Before(before) {
			err = os.Remove(filepath.Join(dir, e.Name()))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Prepare implements runtime.Workshop.
func (w *workshop) Prepare(ctx context.Context, request []byte) (*runtime.Prepared, error) {
	name, err := w.name(ctx, request)
	if err != nil {
		return nil, err
	}
	if p, err := w.open(name); err == nil {
		return p, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(filepath.Join(w.dir, name)) // it did not verify: made again below
	}
	work, err := os.MkdirTemp(w.dir, workPattern)
	if err != nil {
		return nil, fmt.Errorf("make a folder to compile in: %w", err)
	}
	p := w.prepared(name, work)
	if p.Product, err = w.prepare(ctx, request, work); err == nil {
		err = w.keep(name, work, p.Product)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (w *workshop) prepared(name, work string) *runtime.Prepared {
	return &runtime.Prepared{
		Folder:  work,
		Close:   func() { _ = os.RemoveAll(work) },
		Discard: func() { _ = os.Remove(filepath.Join(w.dir, name)) },
	}
}

// name of the file for a request: it holds all that the product depends on, the engine's version and the processor's
// features included, which the engine puts into the path of what it keeps.
func (w *workshop) name(ctx context.Context, request []byte) (string, error) {
	w.probe.Do(func() {
		var work string
		if work, w.probeErr = os.MkdirTemp(w.dir, workPattern); w.probeErr != nil {
			return
		}
		defer os.RemoveAll(work)
		if w.probeErr = runtime.Probe(ctx, work); w.probeErr == nil {
			w.fingerprint, _, w.probeErr = codeIn(work)
		}
	})
	if w.probeErr != nil {
		return "", fmt.Errorf("ask the engine for its version: %w", w.probeErr)
	}
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(w.fingerprint))))
	h.Write([]byte(w.fingerprint))
	h.Write(request)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// codeIn finds the one file of compiled code that the engine has put into a folder; none, for a module that was refused.
func codeIn(folder string) (name string, code []byte, err error) {
	err = fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if name != "" {
			return errors.New("the engine wrote more than one file")
		}
		name = path
		code, err = os.ReadFile(filepath.Join(folder, path))
		return err
	})
	return name, code, err
}

// A kept file is the seal over its name and all the rest, then three parts with their lengths before them: the path of
// the code, the code, the product.
func (w *workshop) keep(name, work string, product []byte) error {
	path, code, err := codeIn(work)
	if err != nil {
		return fmt.Errorf("read the compiled module: %w", err)
	}
	content := make([]byte, 0, len(path)+len(code)+len(product)+16)
	for _, part := range [][]byte{[]byte(path), code, product} {
		content = append(binary.LittleEndian.AppendUint32(content, uint32(len(part))), part...)
	}
	if err := writeAtomic(filepath.Join(w.dir, name), w.seal.close(name, content), 0o600); err != nil {
		return fmt.Errorf("keep the compiled module: %w", err)
	}
	return nil
}

var errSeal = errors.New("the seal is not ours")

// open verifies a kept file and lays its code out for the engine.
func (w *workshop) open(name string) (*runtime.Prepared, error) {
	b, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		return nil, err
	}
	content, ok := w.seal.open(name, b)
	if !ok {
		return nil, errSeal
	}
	now := time.Now()
	_ = os.Chtimes(filepath.Join(w.dir, name), now, now) // still in use; where it fails, the module is prepared again some day
	r := bytes.NewBuffer(content)
	part := func() []byte { return r.Next(int(binary.LittleEndian.Uint32(r.Next(4)))) } // sealed, so as we wrote it
	path, code, product := string(part()), part(), part()
	work, err := os.MkdirTemp(w.dir, workPattern)
	if err != nil {
		return nil, err
	}
	p := w.prepared(name, work)
	p.Product = product
	if path != "" {
		at := filepath.Join(work, path)
		if err = os.MkdirAll(filepath.Dir(at), 0o700); err == nil {
			err = os.WriteFile(at, code, 0o600)
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}
