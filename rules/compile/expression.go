package compile

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/common"

	"go.yaml.in/yaml/v3"
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
			message, suggestion := f.plainWords(e, source.text)
			f.report.problem(source.lineColumn(e.Location.Line(), e.Location.Column()), suggestion, "%s", message)
			if strings.HasPrefix(e.Message, syntaxError) {
				break // what follows from it helps nobody
			}
		}
		return nil
	}
	l := &lowering{catalogue: f.catalogue, reads: f.reads, tree: tree.NativeRep(), source: source, report: f.report}
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
		f.report.problem(source.start(), "split it, or use a list after in", "the expression has %d parts, more than %d", nodes, maxNodes)
		return nil
	}
	return &expression{root, l}
}

var kindNames = map[kind]string{
	aBool: "true or false", anInt: "a number", aDouble: "a number", aString: "a text", aTime: "a timestamp", aSpan: "a duration",
}

const syntaxError = "Syntax error: "

var (
	undefinedField = regexp.MustCompile(`^undefined field '(.*)'$`)
	undeclared     = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noOverload     = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`)
)

// plainWords says an error of CEL so that it can be mended.
func (f *file) plainWords(e *common.Error, text string) (message, suggestion string) {
	if m := undefinedField.FindStringSubmatch(e.Message); m != nil {
		return "the catalogue has no field " + shown(m[1]), didYouMean(m[1], f.catalogue.fieldNames())
	}
	if m := undeclared.FindStringSubmatch(e.Message); m != nil {
		switch name := m[1]; {
		case f.catalogue.field(name) != nil:
			return "a field is named by its profile", "write profile." + name
		default:
			suggestion = didYouMean(name, append(slices.Sorted(maps.Keys(functions)), profileVariable, nowVariable))
			if near := didYouMean(name, f.catalogue.fieldNames()); suggestion == "" && near != "" {
				suggestion = strings.Replace(near, "mean ", "mean profile.", 1)
			}
			switch {
			case suggestion != "":
			case strings.Contains(text, name+"("):
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
	return syntaxWords(strings.TrimSpace(strings.TrimPrefix(e.Message, syntaxError)), text)
}

// syntaxWords says an error of CEL's grammar in a text. What people write who know other languages is known.
func syntaxWords(message, text string) (said, suggestion string) {
	message, _, _ = strings.Cut(message, " expecting ")
	if strings.Contains(message, "'<EOF>'") {
		return "the expression ends where something is missing", "look for a bracket or a quote that is not closed, and for what stands after the last sign"
	}
	for written, instead := range map[string]string{
		"'=>'": ">= for at least", "'=<'": "<= for at most", "'= '": "== to compare", "'='": "== to compare", "'<>'": "!= for is not",
		"'and'": "&& for and", "'AND'": "&& for and", "'or'": "|| for or", "'OR'": "|| for or", "'& '": "&& for and", "'| '": "|| for or",
		"'m'": `a window in quotes, such as "90d"`, "'h'": `a window in quotes, such as "90d"`, "'d'": `a window in quotes, such as "90d"`, "'w'": `a window in quotes, such as "90d"`,
	} {
		if strings.HasSuffix(message, written) {
			return "not CEL: " + message, "write " + instead
		}
	}
	switch {
	case strings.Contains(message, ` at: '"`), strings.Contains(message, ` at: ''`):
		suggestion = "close the quote"
	case strings.HasPrefix(text, "not "), strings.Contains(text, " not "):
		suggestion = "write ! for not"
	}
	return "not CEL: " + message, suggestion
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
