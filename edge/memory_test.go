package edge_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// keptProofs spares the tests the proof of what was proved already.
var keptProofs = &memoryProofs{proofs: map[string][]byte{}}

type memoryProofs struct {
	mu     sync.Mutex
	proofs map[string][]byte
}

func (p *memoryProofs) Load(name string) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.proofs[name], nil
}

func (p *memoryProofs) Save(name string, proof []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.proofs[name] = proof
	return nil
}

// memoryFiles is a folder in memory: ledger.Storage, decisions.Files and edge.PolicyArchive.
type memoryFiles struct {
	mu    sync.Mutex
	files map[string][]byte
	full  bool // nothing can be written to the log of policies any more
}

var errFull = errors.New("no space left on device")

func (m *memoryFiles) Read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if content, ok := m.files[name]; ok {
		return bytes.Clone(content), nil
	}
	return nil, fs.ErrNotExist
}

func (m *memoryFiles) Append(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.full {
		return errFull
	}
	m.files[name] = append(m.files[name], data...)
	return nil
}

func (m *memoryFiles) Replace(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = bytes.Clone(data)
	return nil
}

func (m *memoryFiles) Create(name string) (io.WriteCloser, error) {
	return &memoryFile{m, name}, m.Append(name, nil)
}

type memoryFile struct {
	in   *memoryFiles
	name string
}

func (f *memoryFile) Write(p []byte) (int, error) { return len(p), f.in.Append(f.name, p) }
func (f *memoryFile) Close() error                { return nil }

func (m *memoryFiles) Sync(string) error { return nil }

func (m *memoryFiles) Open(name string) (io.ReadCloser, error) {
	content, err := m.Read(name)
	return io.NopCloser(bytes.NewReader(content)), err
}

func (m *memoryFiles) List() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.files)), nil
}

func (m *memoryFiles) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *memoryFiles) SavePolicy(sources string, bundle []byte) error {
	return m.Replace(sources+".tar.gz", bundle)
}

func (m *memoryFiles) LoadPolicy(sources string) ([]byte, error) { return m.Read(sources + ".tar.gz") }
