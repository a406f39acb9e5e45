package compile_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// What random values are picked from: those at which something changes.
var (
	texts = []string{
		"", "a", "b", "ab", "abc", "abcd", "abcde", "abcdefg", "abcdefgh", "abcdefghi", "bcd", "gh", "äöü", "ä", "日本語", "日本",
		strings.Repeat("x", 63), strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("abcdefgh", 12), "aab", "aaab", "quote\"d", "line\nline", "zero\x00",
	}
	integers = []int64{
		0, 1, -1, 2, 3, 7, 10, -10, 60, 100, 1000, math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, math.MinInt64 + 1,
		1 << 31, -1 << 31, 1 << 32, 3037000499, 3037000500, 1 << 53, 1<<53 + 1, 1 << 62, -1 << 62,
	}
	doubles = []float64{
		0, math.Copysign(0, -1), 1, -1, 0.5, 1.5, -2.5, 3, 7, 10, 100, 1e15, 1e18, 1 << 53, 1 << 63, -1 << 63, 1e19, -1e19, math.MaxFloat64, -math.MaxFloat64,
		math.SmallestNonzeroFloat64, 9007199254740993, 0.1, 0.2, 0.3,
	}
	instants = []int64{
		0, -1, 1, 999, 1000, 86_399_999, 86_400_000, 951_782_400_000, 1_709_164_800_000, 1_769_860_800_000, -62_135_596_800_000, 253_402_300_799_999,
		-2_203_891_200_000, 4_107_542_400_000, 1_735_689_599_999, 1_735_689_600_000, -1_000_000_000_001,
	}
	spans = []string{"0s", "1ms", "-1ms", "1s", "-1.5s", "24h", "-24h", "720h", "8760h", "2562047h", "-2562047h", "61m1.001s"}
	days  = []float64{0, 1, -1, 58, 59, 60, 365, 10957, 11016, 11017, 20000, -719162, 2932896, -719163, 2932897, 1e300, -135140, 47540}
)

func pick[T any](rng *rand.Rand, from []T) T { return from[rng.IntN(len(from))] }

func someDouble(rng *rand.Rand) float64 {
	if rng.IntN(3) == 0 {
		return math.Round(rng.NormFloat64()*1000) / 8
	}
	return pick(rng, doubles)
}

func someDay(rng *rand.Rand) float64 {
	if rng.IntN(2) == 0 {
		return float64(rng.IntN(2932896+719162) - 719162)
	}
	return pick(rng, days)
}

// writer writes random expressions that are well typed, in two forms: ours, and the same with features as plain values.
type writer struct{ rng *rand.Rand }

func (w *writer) expression(kind string, depth int) (ours, theirs string) {
	if depth <= 0 || w.rng.IntN(8) == 0 {
		return w.leaf(kind)
	}
	// f writes a form in which each verb is replaced by an expression of a kind.
	f := func(form string, kinds ...string) (string, string) {
		a, b := make([]any, len(kinds)), make([]any, len(kinds))
		for i, k := range kinds {
			a[i], b[i] = w.expression(k, depth-1)
		}
		return fmt.Sprintf(form, a...), fmt.Sprintf(form, b...)
	}
	if w.rng.IntN(9) == 0 {
		return f("(%s ? %s : %s)", "bool", kind, kind)
	}
	n := w.rng.IntN
	switch kind {
	case "bool":
		return w.boolean(f)
	case "int":
		switch n(9) {
		case 0:
			return f("size(%s)", "string")
		case 1:
			return f("int(%s)", "double")
		case 2:
			return f("int(%s)", "time")
		case 3:
			return f("-(%s)", "int")
		case 4:
			return f("(%s)."+pick(w.rng, []string{"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds"})+"()", "time")
		case 5:
			return f("(%s)."+pick(w.rng, []string{"getHours", "getMinutes", "getSeconds", "getMilliseconds"})+"()", "span")
		default:
			return f("(%s "+pick(w.rng, []string{"+", "-", "*", "/", "%%"})+" %s)", "int", "int")
		}
	case "double":
		switch n(6) {
		case 0:
			return f("double(%s)", "int")
		case 1:
			return f("-(%s)", "double")
		default:
			return f("(%s "+pick(w.rng, []string{"+", "-", "*", "/"})+" %s)", "double", "double")
		}
	case "time":
		return f("(%s "+pick(w.rng, []string{"+", "-"})+" %s)", "time", "span")
	case "span":
		if n(2) == 0 {
			return f("(%s - %s)", "time", "time")
		}
		return f("(%s "+pick(w.rng, []string{"+", "-"})+" %s)", "span", "span")
	default:
		return f("(%s ? %s : %s)", "bool", "string", "string")
	}
}

func (w *writer) boolean(f func(string, ...string) (string, string)) (string, string) {
	kind := pick(w.rng, []string{"bool", "int", "double", "string", "string", "time", "span"})
	order := pick(w.rng, []string{"<", "<=", ">", ">="})
	switch w.rng.IntN(14) {
	case 0, 1:
		return f("(%s && %s)", "bool", "bool")
	case 2, 3:
		return f("(%s || %s)", "bool", "bool")
	case 4:
		return f("(%s && %s && %s || %s)", "bool", "bool", "bool", "bool")
	case 5:
		return f("!(%s)", "bool")
	case 6:
		return f("(%s == %s)", kind, kind)
	case 7:
		return f("(%s != %s)", kind, kind)
	case 8:
		return f("(%s "+order+" %s)", kind, kind)
	case 9:
		return f("(%s "+order+" %s)", "int", "double")
	case 10:
		return f("(%s "+order+" %s)", "double", "int")
	case 11:
		return f("(%s)."+pick(w.rng, []string{"startsWith", "endsWith", "contains"})+"(%s)", "string", "string")
	default:
		items := make([]string, w.rng.IntN(25))
		for i := range items {
			items[i] = strings.ReplaceAll(w.constant(kind), "%", "%%")
		}
		return f("(%s in ["+strings.Join(items, ", ")+"])", kind)
	}
}

// leaf is a constant, a field, a feature or the moment.
func (w *writer) leaf(kind string) (ours, theirs string) {
	if w.rng.IntN(3) == 0 {
		s := w.constant(kind)
		return s, s
	}
	var choices [][2]string
	same := func(list ...string) {
		for _, s := range list {
			choices = append(choices, [2]string{s, s})
		}
	}
	switch kind {
	case "bool":
		same("profile.b1", "profile.b2", "has(profile.s1)", "has(profile.n2)", "has(profile.d1)", "has(profile.b1)")
	case "double":
		same("profile.n1", "profile.n2")
	case "string":
		same("profile.s1", "profile.s2", "profile.`s-3`")
	case "time":
		same("profile.d1", "profile.d2", "now")
	case "span":
		same(w.constant(kind))
	}
	for i, c := range calls {
		if c.kind == kind {
			choices = append(choices, [2]string{c.text, fmt.Sprintf("feature.f%d", i)})
		}
	}
	c := pick(w.rng, choices)
	return c[0], c[1]
}

func (w *writer) constant(kind string) string {
	switch kind {
	case "bool":
		return pick(w.rng, []string{"true", "false"})
	case "int":
		if w.rng.IntN(3) == 0 {
			return strconv.Itoa(w.rng.IntN(200) - 100)
		}
		return strconv.FormatInt(pick(w.rng, integers), 10)
	case "double":
		s := strconv.FormatFloat(someDouble(w.rng), 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case "string":
		return celText(pick(w.rng, texts))
	case "time":
		return `timestamp("` + time.UnixMilli(pick(w.rng, instants)).UTC().Format("2006-01-02T15:04:05.999Z") + `")`
	default:
		return `duration("` + pick(w.rng, spans) + `")`
	}
}

// celText quotes a text as CEL reads it.
func celText(s string) string {
	return `"` + strings.NewReplacer("\\", `\\`, `"`, `\"`, "\n", `\n`, "\x00", `\x00`).Replace(s) + `"`
}
