package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strings"
)

// A Neighbour says: if this had been different, the answer would have been that. It is what a person may ask for of a decision about
// them (Article 15(1)(h) GDPR), and every one can be checked by asking the policy again.
type Neighbour struct {
	Where   Cube      // the situations, which differ from the one asked about in what Changed names only
	Changed []string  // keys of the parts of a situation that differ
	Visitor bool      // only what the visitor does or is differs, nothing of the purpose
	Example Situation // one of Where
	Changes []Change  // of the answer
	digits  []int
}

// Describe says what would have to be different.
func (n *Neighbour) Describe(language string) string {
	lines := make([]string, len(n.digits))
	for i, d := range n.digits {
		lines[i] = n.Where.describeDigit(d, language)
	}
	return both(lines, language)
}

// maxChanged is how many questions Nearest answers differently at most.
const maxChanged = 4

// Nearest finds the situations closest to one in which other things would be kept or done: first those in which one question is
// answered differently, then two. Of those with more differences it gives the ones that reach what fewer do not, and that permit more;
// where a refusal has so many reasons that two differences do not help, it goes on to the least that do. What the visitor does or is
// comes before what the operator could do, and of the latter more than one difference counts only where nothing else leads to a permit.
func (t *Table) Nearest(s Situation) ([]Neighbour, error) {
	key := s.Key()
	if key >= SituationCount {
		return nil, s.Validate()
	}
	base := t.row(key).Effects()
	var out []Neighbour
	reached := map[string]bool{}
	for changed := 1; changed <= maxChanged && (changed <= 2 || !base.Permit && !reached[permitted]); changed++ {
		all, err := t.around(key, base, changed)
		if err != nil {
			return nil, err
		}
		for _, visitor := range []bool{true, false} {
			var found []string
			for _, n := range all {
				if n.Visitor != visitor || !visitor && changed > 1 && (base.Permit || reached[permitted]) {
					continue
				}
				if fresh := n.reaches(reached, changed == 1); len(fresh) > 0 {
					out, found = append(out, n), append(found, fresh...)
				}
			}
			for _, name := range found {
				reached[name] = true
			}
		}
	}
	return out, nil
}

// permitted names the change from a refusal to a permit.
const permitted = SubjectPermit + "  true"

// reaches names the changes that nobody reached before.
func (n *Neighbour) reaches(reached map[string]bool, less bool) (fresh []string) {
	for _, c := range n.Changes {
		if name := c.Subject + " " + c.Of + " " + c.To; !reached[name] && (less || c.Direction == Wider) {
			fresh = append(fresh, name)
		}
	}
	return fresh
}

// around finds the neighbours with so many digits changed. Those with the same consequence are put together.
func (t *Table) around(key uint32, base Effects, changed int) ([]Neighbour, error) {
	type consequence struct {
		digits  uint16
		visitor bool
		changes string
	}
	keys, changes := map[consequence][]uint32{}, map[consequence][]Change{}
	err := eachChange(key, changed, func(other uint32, which uint16) error {
		list := base.Changes(t.row(other).Effects())
		if len(list) == 0 {
			return nil
		}
		text, err := json.Marshal(list)
		if err != nil {
			return fmt.Errorf("write the changes: %w", err)
		}
		of := consequence{which, visitorsOnly(key, other), string(text)}
		keys[of], changes[of] = append(keys[of], other), list
		return nil
	})
	if err != nil {
		return nil, err
	}
	order := slices.SortedFunc(maps.Keys(keys), func(a, b consequence) int {
		return cmp.Or(cmp.Compare(slices.Min(keys[a]), slices.Min(keys[b])), strings.Compare(a.changes, b.changes))
	})
	var out []Neighbour
	for _, of := range order {
		slices.Sort(keys[of])
		for _, cube := range Cover(keys[of]) {
			n := Neighbour{Where: cube, Visitor: of.visitor, Changes: changes[of], Example: cube.first()}
			for i := range digits {
				if of.digits&(1<<i) != 0 {
					n.digits = append(n.digits, i)
				}
			}
			n.Changed = differing(key, n.Example)
			out = append(out, n)
		}
	}
	return out, nil
}

// first is the cube's situation with the least key.
func (c Cube) first() Situation {
	var s Situation
	for i := range digits {
		for j, p := range digits[i].parts {
			parts[p].set(&s, digits[i].values[bits.TrailingZeros16(c.values[i])][j])
		}
	}
	return s
}

// eachChange gives every situation that differs in just so many digits, with the digits.
func eachChange(key uint32, changed int, f func(other uint32, which uint16) error) error {
	have := digitsOf(key)
	var walk func(digit int, other uint32, which uint16, left int) error
	walk = func(digit int, other uint32, which uint16, left int) error {
		if left > digitCount-digit {
			return nil
		}
		if digit == digitCount {
			return f(other, which)
		}
		radix := len(digits[digit].values)
		for v := range radix {
			next, now := left, which
			if uint8(v) != have[digit] {
				next, now = left-1, which|1<<digit
			}
			if next < 0 {
				continue
			}
			if err := walk(digit+1, other*uint32(radix)+uint32(v), now, next); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(0, 0, 0, changed)
}

// visitorsOnly tells whether two situations differ in the visitor's moment only.
func visitorsOnly(a, b uint32) bool {
	s, errA := SituationOf(a)
	o, errB := SituationOf(b)
	if errA != nil || errB != nil {
		panic("BUG: a neighbour that is no situation")
	}
	for i := range parts {
		if parts[i].ofPurpose && parts[i].get(&s) != parts[i].get(&o) {
			return false
		}
	}
	return true
}

// differing lists the keys of the parts in which a situation differs from another.
func differing(key uint32, o Situation) []string {
	s, err := SituationOf(key)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	var out []string
	for i := range parts {
		if parts[i].get(&s) != parts[i].get(&o) {
			out = append(out, parts[i].key)
		}
	}
	return out
}
