package profile

import "sync"

// OnMaps makes a Config open maps in place of Badger; a second Open finds what the first one left. The function gives the
// engines, in the order of the shards.
func OnMaps(c *Config) (engines func() []*mapEngine) {
	var mu sync.Mutex
	var all []*mapEngine
	byDir := make(map[string]*mapEngine)
	c.open = func(dir string) (engine, error) {
		mu.Lock()
		defer mu.Unlock()
		if byDir[dir] == nil {
			byDir[dir] = newMapEngine()
			all = append(all, byDir[dir])
		}
		return byDir[dir], nil
	}
	return func() []*mapEngine { return all }
}

// Fail makes the next commits of a map fail half-way.
func (m *mapEngine) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// Hold stops all commits until the function that it gives is called.
func (m *mapEngine) Hold() (release func()) {
	m.gate.Lock()
	return m.gate.Unlock
}

// Len gives the number of rows.
func (m *mapEngine) Len() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.rows)
}

// Encode gives a profile's row.
func Encode(p *Profile) ([]byte, error) { return appendProfile(nil, p) }

// Decode reads it back.
func Decode(b []byte, id VisitorID) (*Profile, error) { return decodeProfile(b, id) }

// TransitionCount counts the transitions that a profile has had.
func (p *Profile) TransitionCount() int { return int(p.transitions) }

// AppendEncoded appends a profile's body to dst.
func AppendEncoded(dst []byte, p *Profile) ([]byte, error) { return appendProfile(dst, p) }

// CoarsenWith gives a profile that no store made what a store gives to the one of an update.
func (p *Profile) CoarsenWith(c Coarsen) { p.coarsen = c }
