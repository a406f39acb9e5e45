package compile_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// Texts of every length up to some that are compared by a function are told from those that differ in one byte, at each
// place, or in length by one: by constants alone, in short and long lists, and beside another text of the record.
func TestTextsThatDifferInOneByte(t *testing.T) {
	const longest = 70
	w := newWriter(rand.New(rand.NewPCG(6, 6)))
	for length := range longest + 1 {
		base := strings.Repeat("abcdefghijklmnopqrstuvwxyz", 3)[:length]
		turned := func(at int) string { return base[:at] + string(base[at]^0x10) + base[at+1:] }
		others := []string{base + "a", "a" + base, base + "\x00"}
		few, many := []string{base, base}, []string{base}
		for i := range length {
			others = append(others, turned(i))
		}
		if length > 0 {
			others = append(others, base[1:], base[:length-1])
			few = append(few, turned(0)[:length-1]+"!", strings.Repeat("?", length))
		}
		for i := range 20 {
			many = append(many, strings.Repeat("~", i), base+string(rune('A'+i)))
		}
		list := func(texts []string) string {
			var quoted []string
			for _, s := range texts {
				quoted = append(quoted, celText(s))
			}
			return "[" + strings.Join(quoted, ", ") + "]"
		}
		c := celText(base)
		asked := []struct {
			text string
			want func(s string) bool
		}{
			{"profile.s0 == " + c, func(s string) bool { return s == base }},
			{"profile.s0 != " + c, func(s string) bool { return s != base }},
			{"profile.s0 == profile.s1", func(s string) bool { return s == base }},
			{"profile.s0 < " + c, func(s string) bool { return s < base }},
			{"profile.s1 < profile.s0", func(s string) bool { return base < s }},
			{"profile.s0 in " + list(few), func(s string) bool { return slices.Contains(few, s) }},
			{"profile.s0 in " + list(many), func(s string) bool { return slices.Contains(many, s) }},
			{"profile.s0.startsWith(" + c + ")", func(s string) bool { return strings.HasPrefix(s, base) }},
			{"profile.s0.endsWith(" + c + ")", func(s string) bool { return strings.HasSuffix(s, base) }},
			{"profile.s0.contains(" + c + ")", func(s string) bool { return strings.Contains(s, base) }},
			{"profile.s0.startsWith(profile.s1)", func(s string) bool { return strings.HasPrefix(s, base) }},
			{"profile.s0.endsWith(profile.s1)", func(s string) bool { return strings.HasSuffix(s, base) }},
			{fmt.Sprintf("size(profile.s0) == %d", length), func(s string) bool { return len(s) == length }},
		}
		var expressions []string
		for _, a := range asked {
			expressions = append(expressions, a.text)
		}
		x, err := compile.CompileExpressions(expressions, library)
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t, x)
		check := func(s string) {
			t.Helper()
			r := &record{values: map[string]abi.Value{"s0": {Present: true, Type: abi.String, Text: s}, "s1": {Present: true, Type: abi.String, Text: base}}}
			r.write(t, m, x.Reads, w)
			for i, a := range asked {
				if x.Errs[i] != nil {
					t.Fatal(x.Errs[i])
				}
				if got := m.run(t, i); got != outcome(fmt.Sprintf("bool %v", a.want(s))) {
					t.Errorf("%s of %q: %s", a.text, s, got)
				}
			}
		}
		for _, s := range append(others, base) {
			check(s)
			check("xy" + s + "z")
		}
		m.close()
	}
}

// Texts of few letters, in which much is found nearly everywhere, are searched, ordered and counted as Go does.
func TestTextsOfFewLetters(t *testing.T) {
	rng := rand.New(rand.NewPCG(*seed, 8))
	w := newWriter(rng)
	word := func(letters []string, most int) string {
		var b strings.Builder
		for range rng.IntN(most + 1) {
			b.WriteString(pick(rng, letters))
		}
		return b.String()
	}
	found := map[int]int{} // by the length of what is sought
	for range 60 {
		letters := pick(rng, [][]string{{"a", "b"}, {"a", "a", "a", "b"}, {"b", "c", "\x00"}, {"é", "a", "日", "😀"}, {"a", "b", "c", "d", "e", "f", "g", "h"}})
		var constants, expressions []string
		for n := range 20 {
			s := word(letters, 1+n*2)
			if n%4 == 0 {
				s = strings.Repeat(word(letters, 3), 1+rng.IntN(12))
			}
			constants = append(constants, s)
			c := celText(s)
			expressions = append(expressions, "profile.s0.contains("+c+")", "profile.s0 < "+c, "profile.s0 == profile.s1", "size(profile.s0)")
		}
		x, err := compile.CompileExpressions(expressions, library)
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t, x)
		for range 40 {
			s := word(letters, 60)
			if rng.IntN(2) == 0 {
				s = word(letters, 20) + pick(rng, constants) + word(letters, 20)
			}
			if c := pick(rng, constants); rng.IntN(3) == 0 { // found in part, and then whole
				s = word(letters, 20) + strings.ToValidUTF8(c[:min(len(c), pick(rng, []int{16, rng.IntN(40)}))], "") + c
			}
			other := word(letters, 5) + s
			r := &record{values: map[string]abi.Value{"s0": {Present: true, Type: abi.String, Text: s}, "s1": {Present: true, Type: abi.String, Text: other}}}
			r.write(t, m, x.Reads, w)
			for i, c := range constants {
				if strings.Contains(s, c) {
					found[len(c)]++
				}
				for k, want := range []string{
					fmt.Sprintf("bool %v", strings.Contains(s, c)), fmt.Sprintf("bool %v", s < c), fmt.Sprintf("bool %v", s == other), fmt.Sprintf("int %d", utf8.RuneCountInString(s)),
				} {
					if got := m.run(t, 4*i+k); got != outcome(want) {
						t.Fatalf("%s of %q and %q: got %s, want %s", expressions[4*i+k], s, other, got, want)
					}
				}
			}
		}
		m.close()
	}
	for n := range 33 {
		if found[n] == 0 {
			t.Errorf("no text of %d bytes was ever found", n)
		}
	}
}

// A short list may have the empty text, and any text twice.
func TestTheEmptyTextInAList(t *testing.T) {
	w := newWriter(rand.New(rand.NewPCG(7, 7)))
	x, err := compile.CompileExpressions([]string{`profile.s0 in ["", ""]`, `profile.s0 in ["a", "", "a", "", "b"]`, `profile.s0 in [""]`, `profile.s0 in ["a", "a"]`}, library)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, x)
	defer m.close()
	for s, want := range map[string][]bool{"": {true, true, true, false}, "a": {false, true, false, true}, "\x00": {false, false, false, false}} {
		r := &record{values: map[string]abi.Value{"s0": {Present: true, Type: abi.String, Text: s}}}
		r.write(t, m, x.Reads, w)
		for i := range want {
			if got := m.run(t, i); got != outcome(fmt.Sprintf("bool %v", want[i])) {
				t.Errorf("list %d with %q: %s", i, s, got)
			}
		}
	}
}
