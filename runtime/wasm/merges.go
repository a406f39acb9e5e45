package wasm

import (
	"iter"
	"math/bits"
)

// merges counts what the compiler must bring together where branches meet: each local that is set inside a block may
// differ at its end, each that is set inside a loop may differ at its head. The compiler makes a value of it, which takes
// a slot of the stack and a move on each branch.
type merges struct {
	words int
	sets  []uint64 // words for each open block
}

func newMerges(locals int) *merges {
	m := &merges{words: (locals + 63) / 64}
	m.open()
	return m
}

func (m *merges) open() {
	for range m.words {
		m.sets = append(m.sets, 0)
	}
}

func (m *merges) set(local uint32) {
	m.sets[len(m.sets)-m.words+int(local/64)] |= 1 << (local % 64)
}

// all gives the locals that were set in the innermost block.
func (m *merges) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, w := range m.sets[len(m.sets)-m.words:] {
			for ; w != 0; w &= w - 1 {
				if !yield(i*64 + bits.TrailingZeros64(w)) {
					return
				}
			}
		}
	}
}

// close ends the innermost block and gives how many locals were set in it.
func (m *merges) close() (n int) {
	last := len(m.sets) - m.words
	for i, w := range m.sets[last:] {
		n += bits.OnesCount64(w)
		if last > 0 {
			m.sets[last-m.words+i] |= w
		}
	}
	m.sets = m.sets[:last]
	return n
}
