package policies

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// covered lists the situations of some cubes by rising key.
func covered(cubes []Cube) []uint32 {
	var out []uint32
	for _, c := range cubes {
		keys := []uint32{0}
		for i, values := range c.values {
			var longer []uint32
			for _, key := range keys {
				for v := range digits[i].values {
					if values&(1<<v) != 0 {
						longer = append(longer, key*uint32(len(digits[i].values))+uint32(v))
					}
				}
			}
			keys = longer
		}
		out = append(out, keys...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestCubeHolds(t *testing.T) {
	c := everywhere()
	c.values[1], c.values[6], c.values[10] = 0b10010, 0b1001, 0b1
	in := covered([]Cube{c})
	if len(in) != c.Count() {
		t.Errorf("the cube counts %d situations and has %d", c.Count(), len(in))
	}
	for key := range uint32(SituationCount) {
		s, err := SituationOf(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, is := slices.BinarySearch(in, key); is != c.Holds(s) {
			t.Fatalf("situation %d is in the cube: %v", key, !is)
		}
	}
	if c.Holds(Situation{Status: 77}) {
		t.Error("an impossible situation is in the cube")
	}
}

// A cover has exactly the situations that it is to have: for single ones, for cubes, for unions and differences of cubes, and for sets
// without any order.
func TestCoverIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	cube := func() Cube {
		c := everywhere()
		for range 4 {
			i := random.IntN(digitCount)
			if v := c.values[i] & uint16(random.Uint32()); v != 0 {
				c.values[i] = v
			}
		}
		return c
	}
	sets := map[string][]uint32{"nothing": nil, "everything": covered([]Cube{everywhere()}), "one": {4711}}
	for range 3 {
		a, b := cube(), cube()
		sets["cube "+a.Describe("en")] = covered([]Cube{a})
		sets["union of "+a.Describe("en")+" and "+b.Describe("en")] = covered([]Cube{a, b})
		other := covered([]Cube{b})
		without := slices.DeleteFunc(covered([]Cube{a}), func(key uint32) bool {
			_, in := slices.BinarySearch(other, key)
			return in
		})
		sets["difference of "+a.Describe("en")+" and "+b.Describe("en")] = without
	}
	scattered := make([]uint32, 60)
	for i := range scattered {
		scattered[i] = random.Uint32N(SituationCount)
	}
	slices.Sort(scattered)
	sets["scattered"] = slices.Compact(scattered)
	for name, want := range sets {
		cubes := Cover(want)
		if got := covered(cubes); !slices.Equal(got, want) {
			t.Errorf("%s: %d situations are covered, not %d", name, len(got), len(want))
		}
		if strings.HasPrefix(name, "cube ") && len(cubes) != 1 {
			t.Errorf("%s: %d cubes for one", name, len(cubes))
		}
	}
}

// What all cubes ask for can be said once, without a change of the set.
func TestFactor(t *testing.T) {
	a, b := everywhere(), everywhere()
	a.values[0], a.values[2], a.values[5] = 0b101, 0b1, 0b11
	b.values[0], b.values[2], b.values[7] = 0b101, 0b110, 0b1
	common, rest := Factor([]Cube{a, b})
	if got := common.Describe("en"); got != "whose law applies: Germany or United Kingdom" {
		t.Errorf("common is %s", got)
	}
	var joined []Cube
	for _, c := range rest {
		if !c.Holds(Situation{Regime: RegimeOther}) && !c.Holds(Situation{Regime: RegimeOther, Asked: ProfilingScore}) {
			t.Errorf("%s asks for the regime still", c.Describe("en"))
		}
		for i := range c.values {
			c.values[i] &= common.values[i]
		}
		joined = append(joined, c)
	}
	if !slices.Equal(covered(joined), covered([]Cube{a, b})) {
		t.Error("the set is another")
	}
	if common, rest := Factor(nil); common != everywhere() || len(rest) != 0 {
		t.Error("nothing is factored into something")
	}
}

// FuzzCover takes sets that no one thought of.
func FuzzCover(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 0, 2, 1, 4, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		var keys []uint32
		for len(data) >= 3 && len(keys) < 40 {
			keys = append(keys, (uint32(data[0])<<16|uint32(data[1])<<8|uint32(data[2]))%SituationCount)
			data = data[3:]
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		if got := covered(Cover(keys)); !slices.Equal(got, keys) {
			t.Errorf("%v is covered as %v", keys, got)
		}
	})
}

func TestDescribeCube(t *testing.T) {
	f := func(want string, narrow map[int][]int) {
		t.Helper()
		c := everywhere()
		for digit, values := range narrow {
			c.values[digit] = 0
			for _, v := range values {
				c.values[digit] |= 1 << v
			}
		}
		if got := c.Describe("en"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	f("every situation", nil)
	f("whose law applies: Germany or Switzerland", map[int][]int{0: {0, 3}})
	f("age of the visitor: anything but a child", map[int][]int{10: {0, 1, 2}})
	f("legal basis of the purpose: contract", map[int][]int{1: {1, 4}})
	f("legal basis of the purpose: consent, or contract (the visitor asked for the contract: no)", map[int][]int{1: {0, 1}})
	f("the visitor's answer: refused, or agreed or agreed explicitly (proof of the answer: a confirmed address (double opt-in))", map[int][]int{6: {3, 6, 7}})
	f("the visitor's answer: anything but none yet", map[int][]int{6: {1, 2, 3, 4, 5, 6, 7, 8, 9}})
	f("the visitor objected: yes; the visitor had processing restricted: no", map[int][]int{7: {1}, 8: {0}})
}
