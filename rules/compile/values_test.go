package compile_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

// family gives texts that are nearly the same: one of any length, its beginnings, its ends, what is longer by something, and
// itself with one byte changed, at any place. Whoever compares a part too few or too many of two of them is found out.
func family(rng *rand.Rand) []string {
	const letters = "abcdefgh"
	base := make([]byte, []int{1 + rng.IntN(8), 9 + rng.IntN(8), 17 + rng.IntN(48), 65 + rng.IntN(30), 1 + rng.IntN(80)}[rng.IntN(5)])
	for i := range base {
		base[i] = letters[rng.IntN(1+rng.IntN(len(letters)))]
	}
	list := []string{string(base)}
	for range 3 {
		other := slices.Clone(base)
		at := rng.IntN(len(base))
		other[at] = 'a' + (other[at]-'a'+1)%8
		list = append(list, string(other), string(base[:at]), string(base[at:]), string(base[rng.IntN(at+1):at+1]))
	}
	list = append(list, string(base)+"a", "a"+string(base), string(base)+string(base), string(base)+"\x00", string(base)+"é")
	other := slices.Clone(base)
	other[len(base)-1] = 'x'
	return append(list, string(other), "x"+string(base[1:]))
}

// What random values are picked from: those at which something changes.
var (
	texts = []string{
		"", "a", "b", "ab", "abc", "abcd", "abcde", "abcdefg", "abcdefgh", "abcdefghi", "bcd", "gh", "äöü", "ä", "日本語", "日本",
		strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("abcdefgh", 12), "aab", "aaab", "quote\"d", "line\nline", "zero\x00",
		"\x00", "\x00\x00", "😀", "e\u0301", "a😀b", "\u00ff", "\U0010ffff", "\u07ff\u0800\uffff\U00010000",
	}
	integers = []int64{
		0, 1, -1, 2, 3, 7, 10, -10, 60, 100, 1000, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1,
		1 << 31, -1 << 31, 1 << 32, 3037000499, 3037000500, -3037000500, 1 << 53, 1<<53 + 1, -1<<53 - 1, 1 << 62, -1 << 62, math.MaxInt64 / 2, math.MaxInt64/2 + 1,
		math.MaxInt64 - 511, math.MaxInt64 - 512, math.MaxInt64 - 513, 4294967296 * 2147483647,
	}
	doubles = []float64{
		0, math.Copysign(0, -1), 1, -1, 0.5, 1.5, -2.5, 3, 7, 10, 100, 1e15, 1e18, 1 << 53, 1<<53 + 2, 1 << 63, -1 << 63, 1e19, -1e19, math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0x1p-1022, 9007199254740993, 0.1, 0.2, 0.3, 1e9, math.Nextafter(1e9, 2e9), -0.999, 0.999,
		math.Nextafter(1<<63, 0), math.Nextafter(-1<<63, 0), math.Nextafter(-1<<63, -1e300), 1 << 62,
	}
	instants = []int64{
		0, -1, 1, 999, 1000, 86_399_999, 86_400_000, 951_782_400_000, 1_709_164_800_000, 1_769_860_800_000, -62_135_596_800_000, 253_402_300_799_999,
		-2_203_891_200_000, 4_107_542_400_000, 1_735_689_599_999, 1_735_689_600_000, -1_000_000_000_001, -62_135_596_799_999, 253_402_300_799_000, -999, -1000, -1001,
	}
	spans = []string{"0s", "1ms", "-1ms", "1s", "-1.5s", "24h", "-24h", "720h", "8760h", "2562047h", "-2562047h", "61m1.001s", "9223372036.854s", "-9223372036.854s", "-0.999s", "999ms"}
	days  = []float64{0, 1, -1, 58, 59, 60, 365, 10957, 11016, 11017, 20000, -719162, 2932896, -719163, 2932897, 1e300, -135140, 47540, -719162.5, 2932896.5, -0.5}
)

// likes are few values of each sort, of which some are the same and some differ by the least that there is.
type likes struct {
	rng      *rand.Rand
	texts    []string
	integers []int64
	doubles  []float64
	days     []float64
	instants []int64
	spans    []int64
}

func newLikes(rng *rand.Rand) *likes {
	l := &likes{rng: rng, texts: family(rng)}
	for range 2 {
		n := pick(rng, integers)
		if rng.IntN(2) == 0 {
			n = int64(rng.Uint64()) >> rng.IntN(64)
		}
		v := pick(rng, doubles)
		l.integers = append(l.integers, n-1, n, n+1, int64(float64(n)/2))
		l.doubles = append(l.doubles, v, math.Nextafter(v, 0), float64(n))
	}
	day := pick(rng, days)
	if rng.IntN(2) == 0 {
		day = float64(rng.IntN(2932897+719162) - 719162)
	}
	at := pick(rng, instants)
	if rng.IntN(2) == 0 {
		at = rng.Int64N(253_402_300_800_000+62_135_596_800_000) - 62_135_596_800_000
	}
	midnight := int64(max(-719162, min(2932896, math.Trunc(day)))) * 86_400_000
	span, _ := time.ParseDuration(pick(rng, spans))
	l.days = []float64{day, day + 1}
	l.instants = []int64{at, max(at, -62_135_596_799_999) - 1, midnight}
	l.spans = []int64{span.Milliseconds(), at - midnight, rng.Int64N(1 << (1 + rng.IntN(40)))}
	for i, v := range l.spans {
		l.spans[i] = max(-9_223_372_036_854, min(v, 9_223_372_036_854))
	}
	return l
}

// some gives one of the likes, or of all.
func some[T any](rng *rand.Rand, likes, all []T) T {
	if rng.IntN(6) == 0 {
		return pick(rng, all)
	}
	return pick(rng, likes)
}

func (l *likes) text() string { return some(l.rng, l.texts, texts) }

func (l *likes) integer() int64 { return some(l.rng, l.integers, integers) }

// double is finite.
func (l *likes) double() float64 {
	v := some(l.rng, l.doubles, doubles)
	if l.rng.IntN(12) == 0 {
		v = math.Round(l.rng.NormFloat64()*1000) / 8
	}
	return max(-math.MaxFloat64, min(v, math.MaxFloat64))
}

func (l *likes) day() float64 { return some(l.rng, l.days, days) }

func (l *likes) instant() int64 { return some(l.rng, l.instants, instants) }

func (l *likes) span() string {
	if l.rng.IntN(8) == 0 {
		return pick(l.rng, spans)
	}
	return fmt.Sprintf("%dms", pick(l.rng, l.spans))
}
