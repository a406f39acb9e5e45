package compile_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/runtime"
	"github.com/lotse-edge/lotse/runtime/wasm"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// longest is the longest text that the edge takes from a website.
const longest = 4096

// used evaluates a compiled file on a record in which every text is this one, and gives the fuel that it used, which must be
// no more than the compiler says.
func used(t *testing.T, result *compile.Result, text string) int64 {
	t.Helper()
	m := load(t, result.Wasm)
	return measured(t, m, result, func(int) string { return text })
}

func measured(t *testing.T, m *runtime.Module, result *compile.Result, text func(n int) string) int64 {
	t.Helper()
	record := make([]abi.Value, len(result.Manifest.Reads))
	for i, x := range result.Manifest.Reads {
		record[i] = abi.Value{Type: x.Type, Present: true, Number: 1}
		if x.Type == abi.String {
			record[i] = abi.Value{Type: x.Type, Present: true, Text: text(i)}
		}
	}
	raw, err := abi.AppendRecord(nil, 0, record)
	if err != nil {
		t.Fatal(err)
	}
	_, usage, err := m.Measure(context.Background(), raw, nil)
	if err != nil {
		t.Fatalf("with fuel %d: %v", m.Fuel(), err)
	}
	if uint64(usage.Fuel) > result.Fuel {
		t.Errorf("used %d units of fuel, more than the %d that the compiler says", usage.Fuel, result.Fuel)
	}
	return usage.Fuel
}

func segments(count int, when string) []byte {
	var b strings.Builder
	b.WriteString(head + "segments:\n")
	for i := range count {
		fmt.Fprintf(&b, "  - {segment: s%d, when: '%s'}\n", i, when)
	}
	return []byte(b.String())
}

// The longest text that the edge takes does not use up the fuel of rules that walk through it, and what the compiler asks for
// is not much more than what they use.
func TestTheLongestTextsHaveFuel(t *testing.T) {
	long := strings.Repeat("a", longest)
	for name, c := range map[string]struct {
		rules int
		when  string
	}{
		"size":                     {32, `size(profile.path) > 10`},
		"order":                    {32, `profile.path < profile.need`},
		"equality":                 {32, `profile.path == profile.need`},
		"beginning":                {32, `profile.path.startsWith(profile.need)`},
		"end":                      {32, `profile.path.endsWith(profile.need)`},
		"in a short list":          {32, `profile.path in ["` + long[:4095] + `b", "1"]`},
		"in a long list":           {32, `profile.path in ["` + long[:4095] + `b", "1", "2", "3", "4", "5", "6", "7", "8", "9"]`},
		"contains, few rules":      {16, `profile.path.contains("b")`},
		"contains":                 {32, `profile.path.contains("b")`},
		"contains, eight letters":  {32, `profile.path.contains("aaaaaaab")`},
		"contains, nine letters":   {32, `profile.path.contains("aaaaaaaab")`},
		"contains, thirty letters": {16, `profile.path.contains("` + long[:29] + `b")`},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := compile.Compile(segments(c.rules, c.when), "test", winery)
			if err != nil {
				t.Fatal(err)
			}
			fuel := used(t, result, long)
			t.Logf("%d of %d", fuel, result.Fuel)
			want := result.Fuel
			if want <= runtime.DefaultFuel {
				want = 0
			}
			if asked := result.Manifest.Fuel; asked != want {
				t.Errorf("the manifest asks for %d units of fuel, not for %d", asked, want)
			}
			if name != "contains, thirty letters" && uint64(fuel) < result.Fuel*4/5 {
				t.Errorf("%d units of fuel are asked for, and no more than %d used", result.Fuel, fuel)
			}
		})
	}
}

// Rules that may cost more than a host gives are refused, at those that cost most.
func TestTooMuchFuel(t *testing.T) {
	file := head + "segments:\n  - {segment: cheap, when: profile.staff}\n"
	for i := range 32 {
		file += fmt.Sprintf("  - {segment: s%d, when: 'profile.path.contains(\"%sb\")'}\n", i, strings.Repeat("a", 29+i/30*10))
	}
	result, err := compile.Compile([]byte(file), "test", winery)
	var invalid *compile.InvalidError
	if !errors.As(err, &invalid) || len(invalid.Problems) != 3 {
		t.Fatalf("%v %v", result, err)
	}
	for i, line := range []int{5, 35, 36} { // those that look for more come first
		if p := invalid.Problems[i]; p.Line != line || !strings.Contains(p.String(), "than the 1000000 that a host gives") || !strings.Contains(p.Suggestion, "split the file") {
			t.Errorf("line %d: %v", line, p)
		}
	}
	if most := uint64(runtime.DefaultMaxFuel); most != 1_000_000 {
		t.Errorf("a host gives at most %d", most)
	}
}

// No text makes a search cost more than the compiler says, whatever the length of what is sought and however often a part of
// it is found.
func TestTheFuelOfASearch(t *testing.T) {
	var sought []string
	for n := 1; n <= 18; n++ {
		sought = append(sought, strings.Repeat("a", n), strings.Repeat("a", n-1)+"b", "b"+strings.Repeat("a", n-1), strings.Repeat("abc", n)[:n])
	}
	for _, n := range []int{24, 31, 32, 33, 64, 100, 1000, 3000} { // of one letter, the longest cost too much
		sought = append(sought, strings.Repeat("a", n), strings.Repeat("a", n-1)+"b", strings.Repeat("abcdefghijklmnopqrstuvw", n)[:n])
	}
	host, err := runtime.New(context.Background(), runtime.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close(context.Background()) }()
	for _, s := range sought {
		result, err := compile.Compile(segments(1, `profile.path.contains("`+s+`")`), "test", winery)
		if repeats := len(s) >= 100 && s == strings.Repeat("a", len(s)); repeats != tooDear(err) {
			t.Errorf("%d letters: %v", len(s), err)
		}
		if tooDear(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := host.Load(context.Background(), "rules", result.Wasm)
		if err != nil {
			t.Fatal(err)
		}
		for _, piece := range []string{"a", "b", "ab", s, s[:len(s)-1] + "x", s[1:] + "x", s[:len(s)/2], s[len(s)/2:], s[:min(len(s), 16)], s[max(0, len(s)-16):]} {
			if piece == "" {
				continue
			}
			text := strings.Repeat(piece, longest/len(piece)+1)[:longest]
			measured(t, m, result, func(int) string { return text })
		}
		if err := m.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// tooDear tells whether a file is refused for what it may cost.
func tooDear(err error) bool {
	return err != nil && strings.Contains(err.Error(), "more than the 1000000 that a host gives")
}

// No random file runs out of fuel on the longest texts, made of pieces that its rules ask for.
func TestRandomFilesHaveFuel(t *testing.T) {
	const files, records = 40, 8
	library := library
	library.Purposes = []string{"profiling"}
	rng := rand.New(rand.NewPCG(*seed, 2))
	oracle := newOracle(t)
	refused := 0
	for range files {
		f := newFile(t, rng, oracle)
		result, err := compile.Compile([]byte(f.yaml.String()), "test", library)
		if tooDear(err) {
			refused++
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, f.yaml.String())
		}
		m := load(t, result.Wasm)
		texts := 0
		for _, x := range result.Manifest.Reads {
			if x.Type == abi.String {
				texts++
			}
		}
		room := abi.MaxRecord - abi.HeaderSize - len(result.Manifest.Reads)*abi.SlotSize
		for range records {
			piece := f.writer.text() + "x"
			same := strings.Repeat(piece, longest/len(piece)+1)[:min(longest, room/max(texts, 1))]
			measured(t, m, result, func(n int) string {
				if n%3 == 2 { // of which another is the beginning
					return same[:len(same)-1]
				}
				return same
			})
		}
	}
	if refused > files/4 {
		t.Errorf("%d of %d files are refused for their fuel", refused, files)
	}
}

// The compiler's prices are those of the host's table in this version.
func TestPricesOfTheHost(t *testing.T) {
	if wasm.PriceVersion != 3 {
		t.Error("compare the prices in price.go with the host's, and then this number")
	}
}
