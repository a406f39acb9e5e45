//go:build !race

package decisions_test

import "testing"

// A request's decisions cost no memory.
func TestAllocations(t *testing.T) {
	m := newMemory()
	l := open(t, manual(t, m))
	a, b := l.Table(digest(1)), l.Table(digest(2))
	keys := []uint32{1, 2, 3, 4, 5}
	if n := testing.AllocsPerRun(2000, func() { l.Append(a, keys); l.Append(b, keys[:1]) }); n != 0 {
		t.Errorf("Append takes %v allocations", n)
	}
	must(t, l.Close())
}
