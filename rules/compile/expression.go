package compile

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file reads one expression: CEL parses and checks it, and what CEL says is said again in the words of whoever writes
// rules.

// expression is one that can be compiled, and its place.
type expression struct {
	*node
	lowering *lowering
}

// slots are the features that the expression reads; none where there is no expression.
func (x *expression) slots() (list []int) {
	if x == nil {
		return nil
	}
	x.walk(func(n *node) {
		if n.op == feature || n.op == present {
			list = append(list, n.slot)
		}
	})
	return list
}

// start is where the expression begins.
func (x *expression) start() position { return x.lowering.source.start() }

// at is the place of a part of the expression.
func (x *expression) at(n *node) position { return x.lowering.place(n.id) }

// expression reads a scalar as an expression of one of the kinds. It gives nil where there is a problem, which is
// reported.
func (f *file) expression(n *yaml.Node, what string, allowed ...kind) *expression {
	if f.report.full() || len(f.reads.features) > abi.MaxReads {
		return nil // the file is refused already
	}
	if n.Kind != yaml.ScalarNode {
		f.report.problem(placeOf(n), "write it on one line, or after | on the lines below", "%s must be an expression", what)
		return nil
	}
	source := newSource(n, f.lines)
	if strings.TrimSpace(source.text) == "" {
		f.report.problem(source.start(), "", "%s is empty", what)
		return nil
	}
	tree, issues := f.env.Compile(source.text)
	if issues.Err() != nil {
		for _, e := range issues.Errors() {
			message, suggestion, parsed := f.plainWords(source, e)
			f.report.problem(source.lineColumn(e.Location.Line(), e.Location.Column()), suggestion, "%s", message)
			if !parsed {
				break // what the parser says after its first error follows from that
			}
		}
		return nil
	}
	l := &lowering{catalogue: f.catalogue, reads: f.reads, tree: tree.NativeRep(), source: source, report: f.report, written: &f.written}
	root := l.lower(l.tree.Expr())
	if root == nil {
		return nil
	}
	switch nodes := root.count(); {
	case !slices.Contains(allowed, root.kind):
		f.report.problem(source.start(), "", "%s must be %s, and this is %s", what, kindNames[allowed[0]], kindNames[root.kind])
		return nil
	case root.levels() > maxLevels:
		f.report.problem(source.start(), "write it with fewer parentheses, or split it", "the expression is nested more than %d levels deep", maxLevels)
		return nil
	case nodes > maxNodes:
		suggestion := "split it, or use a list after in"
		if l.unrolled {
			suggestion = "split it; what exists and all ask counts once for each constant of their list"
		}
		f.report.problem(source.start(), suggestion, "the expression has %d parts, more than %d", nodes, maxNodes)
		return nil
	}
	return &expression{root, l}
}

var kindNames = map[kind]string{
	aBool: "true or false", anInt: "a number", aDouble: "a number", aString: "a text", aTime: "a timestamp", aSpan: "a duration",
}

// syntaxError begins what CEL's parser says.
const syntaxError = "Syntax error: "

var (
	undefinedField = regexp.MustCompile(`^undefined field '(.*)'$`)
	undeclared     = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noOverload     = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
)

// plainWords says an error of CEL so that it can be mended; parsed is false where the expression could not even be read.
func (f *file) plainWords(s *source, e *common.Error) (message, suggestion string, parsed bool) {
	if strings.HasPrefix(e.Message, syntaxError) {
		message, suggestion = s.syntaxWords(s.index(e.Location.Line(), e.Location.Column()), strings.TrimPrefix(e.Message, syntaxError))
		return message, suggestion, false
	}
	message, suggestion = f.checkerWords(s, e)
	return message, suggestion, true
}

// checkerWords says an error of an expression that is well formed.
func (f *file) checkerWords(s *source, e *common.Error) (message, suggestion string) {
	if m := undefinedField.FindStringSubmatch(e.Message); m != nil {
		return "the catalogue has no field " + shown(m[1]), didYouMean(m[1], f.catalogue.fieldNames())
	}
	if m := undeclared.FindStringSubmatch(e.Message); m != nil {
		switch name := m[1]; {
		case f.catalogue.field(name) != nil:
			return "a field is named by its profile", "write profile." + name
		default:
			if f.catalogue.event(name) != nil {
				return "the event " + name + " is named in quotes", `write "` + name + `"`
			}
			suggestion = didYouMean(name, append(slices.Sorted(maps.Keys(functions)), profileVariable, nowVariable))
			if near := didYouMean(name, f.catalogue.fieldNames()); suggestion == "" && near != "" {
				suggestion = strings.Replace(near, "mean ", "mean profile.", 1)
			}
			switch {
			case suggestion != "":
			case strings.Contains(s.text, name+"("):
				suggestion = "the functions are " + strings.Join(slices.Sorted(maps.Keys(functions)), ", ") + "; startsWith, endsWith, contains and size of a text"
			default:
				suggestion = "a text stands in quotes: \"" + name + "\""
			}
			return "the name " + shown(name) + " is not known", suggestion
		}
	}
	if m := noOverload.FindStringSubmatch(e.Message); m != nil {
		return f.mismatch(m[1], m[2])
	}
	return "the expression cannot be compiled: " + e.Message, ""
}

// mismatch explains operands that do not go together.
func (f *file) mismatch(function, operands string) (message, suggestion string) {
	if h, ok := functions[function]; ok {
		return function + " cannot be called with " + operands, "such as " + h.example
	}
	message = strings.Trim(function, "_@") + " cannot be applied to " + operands
	switch op, known := plain[function]; {
	case known && op >= startsWith && op <= size:
		suggestion = "it goes with texts"
	case known && op >= less && op <= moreEqual && strings.HasPrefix(operands, "(bool"):
		suggestion = "a chain of comparisons is written a < b && b < c"
	case strings.Contains(operands, "null"):
		suggestion = "write has(profile.NAME) for a field that is known, !has(profile.NAME) for one that is not"
	case strings.Contains(operands, "string") && (strings.Contains(operands, "double") || strings.Contains(operands, "int")):
		suggestion = "a number stands without quotes, a text within"
	case strings.Contains(operands, "string") && strings.Contains(operands, "bool"):
		suggestion = "true and false stand without quotes"
	case strings.Contains(operands, "string") && strings.Contains(operands, "timestamp"):
		suggestion = `such as timestamp("2026-01-31T00:00:00Z")`
	case strings.Contains(operands, "double") && strings.Contains(operands, "int"):
		suggestion = "numbers of a profile, sums and days are doubles: write 5.0 for 5; a count is an int: double(count(...)) beside a double"
	}
	return message, suggestion
}

// count is the number of nodes.
func (n *node) count() (nodes int) {
	n.walk(func(n *node) { nodes += 1 + len(n.list)/8 })
	return nodes
}

// levels is how deep the nodes are nested.
func (n *node) levels() (deepest int) {
	for _, a := range n.args {
		deepest = max(deepest, a.levels())
	}
	return deepest + 1
}
