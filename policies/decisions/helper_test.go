package decisions_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/policies/decisions"
)

var errFull = errors.New("no space left on device")

// memory is a folder in memory with a disk of a certain size.
type memory struct {
	mu    sync.Mutex
	files map[string][]byte
	safe  map[string]int // how much of a file a power loss leaves
	room  int            // bytes that still fit; -1: any
	delay time.Duration  // of each write
	hold  chan struct{}  // a write waits until it is closed; nil: none waits
}

func newMemory() *memory {
	return &memory{files: make(map[string][]byte), safe: make(map[string]int), room: -1}
}

// take gives how much of n bytes fits.
func (m *memory) take(n int) (int, error) {
	if m.room < 0 {
		return n, nil
	}
	if n > m.room {
		n, m.room = m.room, 0
		return n, errFull
	}
	m.room -= n
	return n, nil
}

func (m *memory) setRoom(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.room = n
}

func (m *memory) Create(name string) (io.WriteCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; ok {
		return nil, fs.ErrExist
	}
	m.files[name] = []byte{}
	return &memoryFile{m, name}, nil
}

func (m *memory) Sync(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; !ok {
		return fs.ErrNotExist
	}
	m.safe[name] = len(m.files[name])
	return nil
}

func (m *memory) Open(name string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(content[:len(content):len(content)])), nil
}

func (m *memory) Replace(name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n, err := m.take(len(content)); err != nil {
		m.room += n // a file that was not finished takes no room
		return err
	}
	m.files[name] = bytes.Clone(content)
	return nil
}

func (m *memory) List() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.files)), nil
}

func (m *memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; !ok {
		return fs.ErrNotExist
	}
	delete(m.files, name)
	return nil
}

// clone is what a crash leaves: the files as they are.
func (m *memory) clone() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := newMemory()
	for name, content := range m.files {
		c.files[name] = bytes.Clone(content)
	}
	c.safe = maps.Clone(m.safe)
	return c
}

// cut takes a part of what a power loss may take: the end of the last segment.
func (m *memory) cut(part func(n int) int) (cut bool) {
	names := m.segments()
	if len(names) == 0 {
		return false
	}
	last := names[len(names)-1]
	unsafe := len(m.files[last]) - m.safe[last]
	if unsafe == 0 {
		return false
	}
	n := part(unsafe + 1)
	m.files[last] = m.files[last][:len(m.files[last])-n]
	return n > 0
}

// segments names the segments in order.
func (m *memory) segments() []string {
	names, _ := m.List()
	names = slices.DeleteFunc(names, func(n string) bool { return n == "counts" })
	slices.Sort(names)
	return names
}

type memoryFile struct {
	m    *memory
	name string
}

func (f *memoryFile) Write(p []byte) (int, error) {
	time.Sleep(f.m.delay)
	f.m.mu.Lock()
	hold := f.m.hold
	f.m.mu.Unlock()
	if hold != nil {
		<-hold
	}
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	n, err := f.m.take(len(p))
	f.m.files[f.name] = append(f.m.files[f.name], p[:n]...)
	return n, err
}

func (f *memoryFile) Close() error { return nil }

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// digest is a table's digest, told by one number.
func digest(n byte) decisions.Digest { return decisions.Digest{0: n, 31: ^n} }

// manual is a Config under which nothing is flushed unasked, and nothing may be reported.
func manual(t testing.TB, m *memory) decisions.Config {
	return decisions.Config{
		Files: m, Now: newClock().Now, FlushEvery: time.Hour,
		Report: func(err error) { t.Errorf("reported: %v", err) },
	}
}

func open(t testing.TB, c decisions.Config) *decisions.Log {
	t.Helper()
	l, err := decisions.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// readAll gives the entries from a sequence on, and what was damaged.
func readAll(t testing.TB, m *memory, from uint64) (entries []decisions.Entry, damages []*decisions.DamageError, torn error) {
	t.Helper()
	r, err := decisions.Read(m, from)
	must(t, err)
	defer r.Close()
	for {
		e, err := r.Next()
		damage, ok := errors.AsType[*decisions.DamageError](err)
		switch {
		case errors.Is(err, io.EOF):
			return entries, damages, r.Torn()
		case ok:
			damages = append(damages, damage)
		case err != nil:
			t.Fatal(err)
		default:
			entries = append(entries, e)
		}
	}
}
