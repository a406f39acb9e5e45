package compile_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// writer writes random expressions that are well typed, in two forms: ours, and the same with features as plain values.
type writer struct {
	*likes
	fields map[string][]string // by kind, those of which expressions speak
	parts  int                 // of the expression that is being written
	about  subject
	listed int     // constants of the list before a macro
	macros []macro // around what is being written
}

// macro is a variable of exists or all, and how many constants its list has.
type macro struct {
	name, kind string
	constants  int
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
	around, parts := w.macros, w.parts
	for i, kind := range f.operands {
		w.about = of
		a[i], b[i] = w.operand(kind, depth-1)
	}
	if len(w.macros) > len(around) { // what it asks is written out for each constant
		w.parts += (w.parts - parts) * max(0, w.macros[len(around)].constants-1)
	}
	w.macros = around
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
		ours = w.element(of)
	case "has":
		ours = w.has()
	case "name":
		ours = w.about.text
	case "test":
		ours = w.test()
	case "variable":
		ours = pick(w.rng, []string{"x", "y", "z"})
		w.macros = append(slices.Clip(w.macros), macro{ours, of, w.listed})
	case "condition": // of a macro, about its variable
		return w.condition(depth)
	default: // a list
		n := map[string]int{"one": 1, "few": 1 + w.rng.IntN(1+w.rng.IntN(20)), "many": 9 + w.rng.IntN(40)}[sort]
		items := make([]string, n)
		for i := range items {
			items[i] = w.element(of)
		}
		ours, w.listed = "["+strings.Join(items, ", ")+"]", n
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
		s := w.element(kind)
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

// variable is a name that stands for a constant of a kind; empty where there is none. The innermost of a name hides the others.
func (w *writer) variable(kind string) string {
	var names []string
	hidden := map[string]bool{}
	for _, m := range slices.Backward(w.macros) {
		if m.kind == kind && m.constants > 0 && !hidden[m.name] { // without constants CEL gives it no type
			names = append(names, m.name)
		}
		hidden[m.name] = true
	}
	if len(names) == 0 {
		return ""
	}
	return pick(w.rng, names)
}

// element is a constant, or what stands for one.
func (w *writer) element(kind string) string {
	if s := w.variable(kind); s != "" && w.rng.IntN(2) == 0 {
		return s
	}
	return w.constant(kind)
}

// condition asks about the variable of a macro, and about other things.
func (w *writer) condition(depth int) (ours, theirs string) {
	x := w.macros[len(w.macros)-1]
	if x.constants == 0 || w.rng.IntN(3) == 0 {
		return w.expression("bool", depth)
	}
	form := "(%s " + pick(w.rng, []string{"==", "!=", "<", "<=", ">", ">="}) + " " + x.name + ")"
	if x.kind == "string" && w.rng.IntN(2) == 0 {
		form = "%s." + pick(w.rng, []string{"startsWith", "endsWith", "contains"}) + "(" + x.name + ")"
	}
	ours, theirs = w.expression(x.kind, depth)
	w.parts += 2
	return fmt.Sprintf(form, ours), fmt.Sprintf(form, theirs)
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
