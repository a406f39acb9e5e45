package profile

import (
	"bytes"
	"slices"
	"strings"
	"sync"
)

// mapEngine is an engine that keeps everything in a map: what the contract means, without a disk. It can be opened again.
type mapEngine struct {
	mu   sync.RWMutex
	rows map[string][]byte
	gate sync.Mutex // held: apply waits
	fail error      // what the next apply gives, after it has done half of its work
}

func newMapEngine() *mapEngine { return &mapEngine{rows: make(map[string][]byte)} }

func (m *mapEngine) get(dst, key []byte) ([]byte, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.rows[string(key)]
	return append(dst, v...), ok, nil
}

func (m *mapEngine) apply(rows []row) error {
	m.gate.Lock()
	defer m.gate.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		rows = rows[:len(rows)/2]
	}
	for _, r := range rows {
		if r.value == nil {
			delete(m.rows, string(r.key))
		} else {
			m.rows[string(r.key)] = bytes.Clone(r.value)
		}
	}
	return m.fail
}

func (m *mapEngine) scan(prefix, from []byte, falling bool, visit func(key, value []byte) bool) error {
	m.mu.RLock()
	var keys []string
	for k := range m.rows {
		if strings.HasPrefix(k, string(prefix)) && (from == nil || !falling && k >= string(from) || falling && k <= string(from)) {
			keys = append(keys, k)
		}
	}
	m.mu.RUnlock()
	slices.Sort(keys)
	if falling {
		slices.Reverse(keys)
	}
	for _, k := range keys {
		m.mu.RLock()
		v, ok := m.rows[k]
		m.mu.RUnlock()
		if ok && !visit([]byte(k), v) {
			break
		}
	}
	return nil
}

func (m *mapEngine) drop(prefixes [][]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k := range m.rows {
		for _, p := range prefixes {
			if strings.HasPrefix(k, string(p)) {
				delete(m.rows, k)
			}
		}
	}
	return nil
}

func (m *mapEngine) bounds() (rows, size int) { return 40, 64 << 10 }
func (m *mapEngine) close() error             { return nil }
