package compile_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lotse-edge/lotse/rules/compile"
)

// form is one way to write an expression of a kind.
type form struct {
	name     string   // the operation, and what it works on
	text     string   // with a verb for each operand
	operands []string // their kinds; behind a word and a colon where the operand must be of one sort: "field:int"
	often    int      // beside the other forms of its kind
}

var (
	allKinds   = []string{"bool", "int", "double", "string", "time", "span"}
	fieldKinds = []string{compile.String: "string", compile.Number: "double", compile.Boolean: "bool", compile.Date: "time"}
)

// forms are all ways to write an expression, by its kind: every operation that can be compiled with every type that it
// takes, and those shapes for which the compiler has code of their own.
var forms = func() map[string][]form {
	all := map[string][]form{}
	add := func(kind string, often int, name, text string, operands ...string) {
		all[kind] = append(all[kind], form{name, text, operands, often})
	}
	for _, text := range []string{"(%s && %s)", "(%s || %s)", "(%s && %s && %s || %s)", "((%s || %s) && (%s || %s))", "!(%s && !%s)"} {
		add("bool", 16, strings.ReplaceAll(text, "%s", "_"), text, slices.Repeat([]string{"bool"}, strings.Count(text, "%s"))...)
	}
	add("bool", 16, "!", "!(%s)", "bool")
	// What people write about a field that may be absent, with what holds for a value of all zeros, too.
	for _, text := range []string{
		"(has(%x) && %t)", "(!has(%x) && %t)", "(%t && has(%x))", "(!has(%x) || %t)", "(has(%x) || %t)", "(%t || !has(%x))", "(%b || %t) && %t", "(%t || %b) && %t",
		"((%b && %t) || %t)", "((%b || has(%x)) && %t)", "(%t && %t)", "(%t || %t)", "!(has(%x) && %t)", "(has(%x) ? %t : %b)", "(%b ? %t : %b) && %t", "(%b ? has(%x) : %t) && %t",
		"(%t ? %b : %t)", "!%t && %t", "(%t == %b) && %t", "(!(%b && %t) || %t)",
	} {
		var operands []string
		for _, verb := range strings.Split(text, "%")[1:] {
			operands = append(operands, map[byte]string{'x': "name:", 't': "test:", 'b': "bool"}[verb[0]])
		}
		add("bool", 3, text, "("+strings.NewReplacer("%x", "%s", "%t", "%s", "%b", "%s").Replace(text)+")", operands...)
	}
	for _, kind := range allKinds {
		for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
			add("bool", 2, op+" "+kind, "(%s "+op+" %s)", kind, kind)
			if kind != "span" {
				add("bool", 2, "field "+op+" constant "+kind, "(%s "+op+" %s)", "field:"+kind, "constant:"+kind)
			}
			add("bool", 1, "constant "+op+" "+kind, "(%s "+op+" %s)", "constant:"+kind, kind)
		}
		for _, sort := range []string{"none", "few", "many"} {
			add("bool", 2, "in "+sort+" "+kind, "(%s in %s)", kind, sort+":"+kind)
			if kind != "span" {
				add("bool", 2, "field in "+sort+" "+kind, "(%s in %s)", "field:"+kind, sort+":"+kind)
			}
		}
		add(kind, 12, "?: "+kind, "(%s ? %s : %s)", "bool", kind, kind)
		add(kind, 4, "has ? : "+kind, "(%s ? %s : %s)", "has:", kind, "constant:"+kind)
		add(kind, 1, "conversion to itself of "+kind, cmp.Or(map[string]string{"time": "timestamp", "span": "duration"}[kind], kind)+"(%s)", kind)
	}
	for _, op := range []string{"<", "<=", ">", ">="} {
		add("bool", 2, "int "+op+" double", "(%s "+op+" %s)", "int", "double")
		add("bool", 2, "double "+op+" int", "(%s "+op+" %s)", "double", "int")
		add("bool", 1, "field double "+op+" constant int", "(%s "+op+" %s)", "field:double", "constant:int")
	}
	for _, op := range []string{"startsWith", "endsWith", "contains"} {
		add("bool", 5, op, "%s."+op+"(%s)", "string", "string")
		add("bool", 5, op+" constant", "%s."+op+"(%s)", "field:string", "constant:string")
	}
	for _, op := range []string{"+", "-", "*", "/", "%%"} {
		add("int", 6, strings.TrimPrefix(op, "%")+" int", "(%s "+op+" %s)", "int", "int")
		if op != "%%" {
			add("double", 6, op+" double", "(%s "+op+" %s)", "double", "double")
		}
	}
	add("int", 6, "- int of one", "-(%s)", "int")
	add("double", 6, "- double of one", "-(%s)", "double")
	add("double", 6, "double(int)", "double(%s)", "int")
	add("int", 6, "int(double)", "int(%s)", "double")
	add("int", 6, "int(time)", "int(%s)", "time")
	add("int", 3, "size()", "size(%s)", "string")
	add("int", 3, ".size()", "%s.size()", "string")
	for _, part := range []string{
		"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
	} {
		add("int", 2, part+" of time", "%s."+part+"()", "time")
		if n := slices.Index([]string{"getHours", "getMinutes", "getSeconds", "getMilliseconds"}, part); n >= 0 {
			add("int", 2, part+" of span", "%s."+part+"()", "span")
		}
	}
	add("time", 5, "time + span", "(%s + %s)", "time", "span")
	add("time", 5, "span + time", "(%s + %s)", "span", "time")
	add("time", 5, "time - span", "(%s - %s)", "time", "span")
	add("span", 9, "time - time", "(%s - %s)", "time", "time")
	add("span", 5, "span + span", "(%s + %s)", "span", "span")
	add("span", 5, "span - span", "(%s - %s)", "span", "span")
	return all
}()

// rootForms are all forms, in an order that is always the same.
var rootForms = func() (list []rootForm) {
	for _, kind := range allKinds {
		for _, f := range forms[kind] {
			list = append(list, rootForm{kind, f})
		}
	}
	slices.SortFunc(list, func(a, b rootForm) int { return strings.Compare(a.name, b.name) })
	return list
}()

type rootForm struct {
	kind string
	form
}

// writer writes random expressions that are well typed, in two forms: ours, and the same with features as plain values.
type writer struct {
	*likes
	fields map[string][]string // by kind, those of which expressions speak
	parts  int                 // of the expression that is being written
	about  subject
}

// subject is the field that a form asks more than one thing about.
type subject struct{ kind, text string }

// newWriter makes one of expressions that speak of like values.
func newWriter(rng *rand.Rand) *writer { return &writer{likes: newLikes(rng)} }

// most is how many parts an expression has: fewer than are refused.
const most = 200

// know chooses the fields that expressions speak of: so many of each kind.
func (w *writer) know(each int) {
	w.fields = map[string][]string{}
	for _, x := range library.Fields {
		kind := fieldKinds[x.Type]
		w.fields[kind] = append(w.fields[kind], x.Name)
	}
	for _, kind := range fieldKinds {
		list := w.fields[kind]
		w.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		w.fields[kind] = list[:min(each, len(list))]
	}
}

// root writes an expression of a form.
func (w *writer) root(f form, depth int) (ours, theirs string) {
	for {
		w.parts = 0
		if ours, theirs = w.write(f, depth); w.parts <= most && len(ours) <= 6000 {
			return ours, theirs
		}
		depth--
	}
}

func (w *writer) write(f form, depth int) (ours, theirs string) {
	a, b := make([]any, len(f.operands)), make([]any, len(f.operands))
	kind := pick(w.rng, fieldKinds)
	of := subject{kind, fieldText(pick(w.rng, w.fields[kind]))}
	for i, kind := range f.operands {
		w.about = of
		a[i], b[i] = w.operand(kind, depth-1)
	}
	w.parts++
	return fmt.Sprintf(f.text, a...), fmt.Sprintf(f.text, b...)
}

func (w *writer) operand(kind string, depth int) (ours, theirs string) {
	sort, of, special := strings.Cut(kind, ":")
	if !special {
		return w.expression(kind, depth)
	}
	switch sort {
	case "field":
		return w.read(of)
	case "constant":
		ours = w.constant(of)
	case "has":
		ours = w.has()
	case "name":
		ours = w.about.text
	case "test":
		ours = w.test()
	default: // a list
		n := map[string]int{"few": 1 + w.rng.IntN(1+w.rng.IntN(20)), "many": 9 + w.rng.IntN(40)}[sort]
		items := make([]string, n)
		for i := range items {
			items[i] = w.constant(of)
		}
		ours = "[" + strings.Join(items, ", ") + "]"
		w.parts += n / 8
	}
	w.parts++
	return ours, ours
}

func (w *writer) expression(kind string, depth int) (ours, theirs string) {
	if depth <= 0 || w.rng.IntN(8) == 0 || w.parts > most {
		return w.leaf(kind)
	}
	sum := 0
	for i := range forms[kind] {
		sum += forms[kind][i].often
	}
	n := w.rng.IntN(sum)
	for _, f := range forms[kind] {
		if n -= f.often; n < 0 {
			return w.write(f, depth)
		}
	}
	panic("BUG: no form")
}

// leaf is a constant, a field, a feature or the moment.
func (w *writer) leaf(kind string) (ours, theirs string) {
	w.parts++
	switch n := w.rng.IntN(9); {
	case n < 3 || kind == "span":
		s := w.constant(kind)
		return s, s
	case n == 3 && kind == "bool":
		s := w.has()
		return s, s
	case n == 3 && kind == "time":
		return "now", "now"
	}
	return w.read(kind)
}

// read is a field or a feature; of ints there are counts only.
func (w *writer) read(kind string) (ours, theirs string) {
	var choices [][2]string
	for _, name := range w.fields[kind] {
		s := fieldText(name)
		choices = append(choices, [2]string{s, s})
	}
	for i, c := range calls {
		if c.kind == kind && (kind == "int" || w.rng.IntN(4) == 0) {
			choices = append(choices, [2]string{c.text, fmt.Sprintf("feature.f%d", i)})
		}
	}
	c := pick(w.rng, choices)
	return c[0], c[1]
}

func (w *writer) has() string {
	return "has(" + fieldText(pick(w.rng, w.fields[pick(w.rng, fieldKinds)])) + ")"
}

func fieldText(name string) string {
	if strings.Contains(name, "-") {
		name = "`" + name + "`"
	}
	return "profile." + name
}

// test asks something about the subject, often something that is true of a value of all zeros.
func (w *writer) test() string {
	x := w.about.text
	constant := func() string {
		if w.rng.IntN(3) > 0 {
			return map[string]string{"bool": "false", "double": "0.0", "string": `""`, "time": `timestamp("1970-01-01T00:00:00Z")`}[w.about.kind]
		}
		return w.constant(w.about.kind)
	}
	switch n := w.rng.IntN(10); {
	case n == 0:
		return "(" + x + " in [" + constant() + ", " + constant() + "])"
	case n < 4 && w.about.kind == "bool":
		return pick(w.rng, []string{"", "!"}) + x
	case n == 1 && w.about.kind == "string":
		return "(size(" + x + ") < 1)"
	case n < 4 && w.about.kind == "string":
		return x + "." + pick(w.rng, []string{"startsWith", "endsWith", "contains"}) + "(" + constant() + ")"
	case n == 1 && w.about.kind == "time":
		return "(" + x + ".getFullYear() == 1970)"
	case n == 1 && w.about.kind == "double":
		return "(" + x + " + 1.0 == 1.0)"
	}
	return "(" + x + " " + pick(w.rng, []string{"==", "==", "!=", "<", "<=", ">", ">="}) + " " + constant() + ")"
}

func (w *writer) constant(kind string) string {
	switch kind {
	case "bool":
		return pick(w.rng, []string{"true", "false"})
	case "int":
		return strconv.FormatInt(w.integer(), 10)
	case "double":
		s := strconv.FormatFloat(w.double(), 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case "string":
		return celText(w.text())
	case "time":
		return `timestamp("` + time.UnixMilli(w.instant()).UTC().Format("2006-01-02T15:04:05.999Z") + `")`
	default:
		return `duration("` + w.span() + `")`
	}
}

// celText quotes a text as CEL reads it: nearly as Go does.
func celText(s string) string { return strconv.Quote(s) }

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
