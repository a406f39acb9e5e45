package policies

import (
	"math/bits"
	"slices"
	"strings"
)

// A Cube is a set of situations that a person can read: for each question of a situation it names the answers that belong, and a
// situation is in the cube when all its answers do. Questions that are not free of each other (see digits) are one question here.
type Cube struct{ values [digitCount]uint16 } // the values of each digit, one bit each; never 0

// everywhere is the cube of all situations.
func everywhere() Cube {
	var c Cube
	for i := range digits {
		c.values[i] = 1<<len(digits[i].values) - 1
	}
	return c
}

// Factor takes out of several cubes what all of them ask for alike: a situation is in one of the cubes if it is in the common one and
// in one of the rest.
func Factor(cubes []Cube) (common Cube, rest []Cube) {
	common, all := everywhere(), everywhere()
	rest = slices.Clone(cubes)
	for i := range digits {
		if len(cubes) == 0 || slices.ContainsFunc(cubes, func(c Cube) bool { return c.values[i] != cubes[0].values[i] }) {
			continue
		}
		common.values[i] = cubes[0].values[i]
		for j := range rest {
			rest[j].values[i] = all.values[i]
		}
	}
	return common, rest
}

// Count is the number of situations in the cube.
func (c Cube) Count() int {
	n := 1
	for _, v := range c.values {
		n *= bits.OnesCount16(v)
	}
	return n
}

// Holds tells whether a situation is in the cube.
func (c Cube) Holds(s Situation) bool {
	key := s.Key()
	if key >= SituationCount {
		return false
	}
	for i, v := range digitsOf(key) {
		if c.values[i]&(1<<v) == 0 {
			return false
		}
	}
	return true
}

// A Condition is one question that a cube narrows, for tools: the keys of one part or two, and every combination of their values
// that belongs.
type Condition struct {
	Parts  []string   `json:"parts"`
	Values [][]string `json:"values"`
}

// Conditions lists what the cube asks for, in the order of a situation; empty for all situations.
func (c Cube) Conditions() []Condition {
	out := []Condition{}
	for i := range digits {
		if !c.narrows(i) {
			continue
		}
		d := &digits[i]
		var condition Condition
		for _, p := range d.parts {
			condition.Parts = append(condition.Parts, parts[p].key)
		}
		for v, values := range d.values {
			if c.values[i]&(1<<v) == 0 {
				continue
			}
			names := make([]string, len(d.parts))
			for j, p := range d.parts {
				names[j] = parts[p].names[values[j]]
			}
			condition.Values = append(condition.Values, names)
		}
		out = append(out, condition)
	}
	return out
}

func (c Cube) narrows(digit int) bool { return c.values[digit] != 1<<len(digits[digit].values)-1 }

// Describe says in words which situations are in the cube.
func (c Cube) Describe(language string) string {
	var lines []string
	for i := range digits {
		if c.narrows(i) {
			lines = append(lines, c.describeDigit(i, language))
		}
	}
	if len(lines) == 0 {
		return words("every situation", "jede Lage")[language]
	}
	return strings.Join(lines, "; ")
}

// describeDigit says which values of one digit belong. Where a second part counts only for some values of the first, it stands in
// brackets after them: "agreed (proof of the answer: none)".
func (c Cube) describeDigit(i int, language string) string {
	d := &digits[i]
	first := &parts[d.parts[0]]
	all := make([][]uint8, len(first.names)) // values of the second part that go with each of the first
	in := make([][]uint8, len(first.names))
	for v, values := range d.values {
		all[values[0]] = append(all[values[0]], values[1])
		if c.values[i]&(1<<v) != 0 {
			in[values[0]] = append(in[values[0]], values[1])
		}
	}
	var whole, missing []uint8
	var phrases []string
	for v := range first.names {
		switch {
		case len(in[v]) == len(all[v]):
			whole = append(whole, uint8(v))
		case len(in[v]) == 0:
			missing = append(missing, uint8(v))
		}
	}
	title := first.title[language] + ": "
	if len(first.names) > 3 && len(missing) == 1 && len(whole) == len(first.names)-1 {
		return title + words("anything but ", "alles außer ")[language] + first.words[missing[0]][language]
	}
	for _, v := range whole {
		phrases = append(phrases, first.words[v][language])
	}
	told := map[uint8]bool{}
	for v := range first.names {
		if len(in[v]) == 0 || len(in[v]) == len(all[v]) || told[uint8(v)] {
			continue
		}
		var same []string
		for w := v; w < len(first.names); w++ {
			if slices.Equal(in[w], in[v]) && slices.Equal(all[w], all[v]) {
				told[uint8(w)] = true
				same = append(same, first.words[w][language])
			}
		}
		second := &parts[d.parts[1]]
		phrases = append(phrases, either(same, language)+" ("+second.title[language]+": "+either(second.wordsOf(in[v], language), language)+")")
	}
	last := words(" or ", " oder ")[language]
	if len(phrases) > len(whole) {
		last = "," + last // so that what stands before a bracket stays together
	}
	return title + join(phrases, last)
}

func (p *part) wordsOf(values []uint8, language string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = p.words[v][language]
	}
	return out
}

// either joins alternatives as a sentence does.
func either(list []string, language string) string {
	return join(list, words(" or ", " oder ")[language])
}

// both joins things that come together.
func both(list []string, language string) string {
	return join(list, words(" and ", " und ")[language])
}

func join(list []string, last string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + last + list[len(list)-1]
}
