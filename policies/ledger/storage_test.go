package ledger_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
)

// memory is a storage that can crash: from then on it does nothing any more, and files holds what the disk would hold.
type memory struct {
	files map[string][]byte
	steps int // writes until the crash; negative: it never comes
	part  func(size int) int

	onRead func(name string) // what happens just before a file is read
}

var errCrash = errors.New("power cut")

func newMemory() *memory { return &memory{files: map[string][]byte{}, steps: -1} }

// copy is the storage after the machine has come up again.
func (m *memory) copy() *memory { return &memory{files: maps.Clone(m.files), steps: -1} }

func (m *memory) Read(name string) ([]byte, error) {
	if m.onRead != nil {
		m.onRead(name)
	}
	b, ok := m.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return bytes.Clone(b), nil
}

// step counts a write, and tells whether the crash comes in it.
func (m *memory) step() (crash bool) {
	crash = m.steps == 0
	m.steps = max(m.steps-1, -1)
	return crash
}

func (m *memory) dead() bool { return m.part != nil && m.steps < 0 }

func (m *memory) Append(name string, data []byte) error {
	if m.dead() {
		return errCrash
	}
	if m.step() {
		data = data[:m.part(len(data))]
		m.files[name] = append(bytes.Clone(m.files[name]), data...)
		return errCrash
	}
	m.files[name] = append(bytes.Clone(m.files[name]), data...)
	return nil
}

func (m *memory) Replace(name string, data []byte) error {
	if m.dead() {
		return errCrash
	}
	crash := m.step()
	if crash && m.part(len(data)) < len(data) {
		return errCrash
	}
	m.files[name] = bytes.Clone(data)
	if crash {
		return errCrash
	}
	return nil
}
