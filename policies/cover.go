package policies

import (
	"cmp"
	"math/bits"
	"slices"
)

// Cover describes a set of situations, given by rising key, by few cubes: exactly these situations are in them and no other. Cubes may
// overlap, as "a child; or somebody who objected" does. The fewest possible would take too long to find: each step takes the
// largest cube that it sees, so that the first ones say most.
func Cover(keys []uint32) []Cube {
	if len(keys) == 0 {
		return nil
	}
	g := newGrid(keys)
	var boxes []box
	for cell := range g.full {
		if g.full[cell] && g.times[cell] == 0 {
			b := g.best(cell)
			g.each(b, func(cell int) bool { g.times[cell]++; return true })
			boxes = append(boxes, b)
		}
	}
	boxes = g.needed(boxes)
	cubes := make([]Cube, len(boxes))
	for i, b := range boxes {
		cubes[i] = g.cube(b)
	}
	slices.SortStableFunc(cubes, func(a, b Cube) int { return cmp.Compare(b.Count(), a.Count()) })
	return cubes
}

// grid is the space of all situations, made smaller for one set: values of a digit that make no difference to the set are one
// value, and those that never occur are none.
type grid struct {
	classes [digitCount][]uint16 // for each digit, the values of each class, one bit each
	weight  [digitCount]int
	full    []bool // whether a cell is in the set
	times   []int  // how many boxes cover it
}

// box is a set of cells: for each digit, a set of its classes.
type box [digitCount]uint16

func newGrid(keys []uint32) *grid {
	g := &grid{}
	weight := uint32(1) // of the digit in the key
	cells := 1
	for i := digitCount - 1; i >= 0; i-- {
		g.classes[i] = classesOf(keys, weight, uint32(len(digits[i].values)))
		g.weight[i] = cells
		cells *= len(g.classes[i])
		weight *= uint32(len(digits[i].values))
	}
	g.full, g.times = make([]bool, cells), make([]int, cells)
	for _, key := range keys {
		if cell, ok := g.cell(digitsOf(key)); ok {
			g.full[cell] = true
		}
	}
	return g
}

// classesOf puts values of one digit together behind which the set is the same.
func classesOf(keys []uint32, weight, radix uint32) []uint16 {
	behind := make([][]uint32, radix) // keys with the value, without the digit: rising, as the keys are
	for _, key := range keys {
		v := key / weight % radix
		behind[v] = append(behind[v], key-v*weight)
	}
	var classes []uint16
	var firsts []int
	for v := range behind {
		if len(behind[v]) == 0 {
			continue
		}
		same := slices.IndexFunc(firsts, func(first int) bool { return slices.Equal(behind[first], behind[v]) })
		if same < 0 {
			same = len(classes)
			classes, firsts = append(classes, 0), append(firsts, v)
		}
		classes[same] |= 1 << v
	}
	return classes
}

// cell finds a situation's cell. There is one for the first value of each class only.
func (g *grid) cell(digits [digitCount]uint8) (int, bool) {
	cell := 0
	for i, v := range digits {
		class := slices.IndexFunc(g.classes[i], func(values uint16) bool { return bits.TrailingZeros16(values) == int(v) })
		if class < 0 {
			return 0, false
		}
		cell += class * g.weight[i]
	}
	return cell, true
}

// best grows boxes around a cell, each in another order of the digits, and gives the one that covers most of what is still open.
func (g *grid) best(cell int) box {
	var start box
	for i := range start {
		start[i] = 1 << (cell / g.weight[i] % len(g.classes[i]))
	}
	best, most := start, 0
	for _, order := range growOrders {
		b := g.grow(start, order)
		open := 0
		g.each(b, func(cell int) bool {
			if g.times[cell] == 0 {
				open++
			}
			return true
		})
		if open > most {
			best, most = b, open
		}
	}
	return best
}

// growOrders are ways to grow a box; nil is the way that gains most at each step.
var growOrders = func() [][]int {
	forward := make([]int, digitCount)
	for i := range forward {
		forward[i] = i
	}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	return [][]int{nil, forward, backward}
}()

// grow makes a box larger until nothing more fits.
func (g *grid) grow(b box, order []int) box {
	if order != nil {
		for _, i := range order {
			b[i] = g.wider(b, i)
		}
		return b
	}
	for {
		best, gain, values := -1, 1.0, uint16(0)
		for i := range b {
			wider := g.wider(b, i)
			if now := float64(bits.OnesCount16(wider)) / float64(bits.OnesCount16(b[i])); now > gain {
				best, gain, values = i, now, wider
			}
		}
		if best < 0 {
			return b
		}
		b[best] = values
	}
}

// wider gives the classes that a digit of a box can have so that the box stays within the set.
func (g *grid) wider(b box, digit int) uint16 {
	out := b[digit]
	for class := range g.classes[digit] {
		slab := b
		slab[digit] = 1 << class
		if out&slab[digit] == 0 && g.each(slab, func(cell int) bool { return g.full[cell] }) {
			out |= slab[digit]
		}
	}
	return out
}

// each calls f for the cells of a box until it answers false, and tells whether it never did.
func (g *grid) each(b box, f func(cell int) bool) bool { return g.walk(&b, 0, 0, f) }

func (g *grid) walk(b *box, digit, cell int, f func(cell int) bool) bool {
	if digit == digitCount {
		return f(cell)
	}
	for rest := b[digit]; rest != 0; rest &= rest - 1 {
		if !g.walk(b, digit+1, cell+bits.TrailingZeros16(rest)*g.weight[digit], f) {
			return false
		}
	}
	return true
}

// needed leaves out boxes that later ones made superfluous.
func (g *grid) needed(boxes []box) []box {
	return slices.DeleteFunc(boxes, func(b box) bool {
		if !g.each(b, func(cell int) bool { return g.times[cell] > 1 }) {
			return false
		}
		g.each(b, func(cell int) bool { g.times[cell]--; return true })
		return true
	})
}

func (g *grid) cube(b box) Cube {
	var c Cube
	for i := range b {
		for rest := b[i]; rest != 0; rest &= rest - 1 {
			c.values[i] |= g.classes[i][bits.TrailingZeros16(rest)]
		}
	}
	return c
}
