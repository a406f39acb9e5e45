package compile

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// This file turns CEL's checked tree into nodes, and refuses what cannot be compiled, at its place.

// lowering is one expression on its way.
type lowering struct {
	catalogue *Catalogue
	reads     *reads
	tree      *ast.AST
	source    *source
	report    *report
	variables *variable // of the macros around what is lowered
	unrolled  bool      // a condition was written out for each constant of a list
	written   *int      // parts that were written out so, of the whole file
}

// fail reports that an expression cannot be compiled.
func (l *lowering) fail(id int64, suggestion, format string, args ...any) *node {
	l.report.problem(l.place(id), suggestion, format, args...)
	return nil
}

// place is where a part of CEL's tree stands in the file.
func (l *lowering) place(id int64) position {
	if r, ok := l.tree.SourceInfo().GetOffsetRange(id); ok {
		return l.source.offset(int(r.Start))
	}
	return l.source.start()
}

// kinds are the types of CEL that can be compiled.
var kinds = map[types.Kind]kind{
	types.BoolKind: aBool, types.IntKind: anInt, types.DoubleKind: aDouble,
	types.StringKind: aString, types.TimestampKind: aTime, types.DurationKind: aSpan,
}

func (l *lowering) kindOf(e ast.Expr) kind {
	t := l.tree.GetType(e.ID())
	if t == nil {
		return noKind
	}
	return kinds[t.Kind()]
}

// lower gives the node of an expression, or nil where it cannot be compiled, which is reported then.
func (l *lowering) lower(e ast.Expr) *node {
	if l.variables != nil {
		*l.written++
	}
	switch e.Kind() {
	case ast.LiteralKind:
		return l.literal(e)
	case ast.IdentKind:
		return l.identifier(e)
	case ast.SelectKind:
		return l.field(e)
	case ast.CallKind:
		return l.call(e)
	case ast.ListKind, ast.MapKind:
		return l.fail(e.ID(), "a list of constants may stand after in", "lists and maps cannot be compiled here")
	case ast.ComprehensionKind:
		return l.macro(e)
	default:
		return l.fail(e.ID(), "", "this form of CEL cannot be compiled")
	}
}

func (l *lowering) literal(e ast.Expr) *node {
	n := &node{id: e.ID()}
	switch v := e.AsLiteral().(type) {
	case types.Bool:
		n.kind = aBool
		if v {
			n.number = 1
		}
	case types.Int:
		n.kind, n.number = anInt, int64(v)
	case types.Double:
		n.kind, n.double = aDouble, float64(v)
	case types.String:
		n.kind, n.text = aString, string(v)
	default:
		return l.fail(e.ID(), "use bool, int, double, string, timestamp or duration", "a value of type %s cannot be compiled", v.Type().TypeName())
	}
	return n
}

func (l *lowering) identifier(e ast.Expr) *node {
	if c := l.variables.constantOf(e.AsIdent()); c != nil {
		copied := *c
		return &copied
	}
	switch e.AsIdent() {
	case nowVariable:
		return &node{op: moment, kind: aTime, id: e.ID()}
	case profileVariable:
		return l.fail(e.ID(), "name a field, such as profile.country", "the profile as a whole is not a value")
	case eventVariable:
		return l.fail(e.ID(), `such as count("page_view", "90d", event.path == "/shop")`, "event is known in the filter of a function over events only")
	default:
		return l.fail(e.ID(), "", "the name %s is not a value that can be compiled", shown(e.AsIdent()))
	}
}

// field reads profile.name and has(profile.name).
func (l *lowering) field(e ast.Expr) *node {
	s := e.AsSelect()
	if isIdent(s.Operand(), eventVariable) {
		return l.identifier(s.Operand())
	}
	if !isIdent(s.Operand(), profileVariable) {
		return l.fail(e.ID(), "", "a selection on anything but profile cannot be compiled")
	}
	f := l.catalogue.field(s.FieldName())
	x := abi.Feature{Field: f.Name, Type: abi.String}
	switch f.Type {
	case Number, Date:
		x.Type = abi.Number
	case Boolean:
		x.Type = abi.Boolean
	}
	n := &node{op: feature, id: e.ID(), kind: kinds[f.Type.cel().Kind()], slot: l.reads.slot(x)}
	if s.IsTestOnly() {
		n.op, n.kind = present, aBool
	}
	return n
}

// operators that need nothing but their operands.
var plain = map[string]operation{
	operators.LogicalNot: not, operators.LogicalAnd: all, operators.LogicalOr: some, operators.Conditional: choice,
	operators.Equals: equal, operators.NotEquals: unequal,
	operators.Less: less, operators.LessEquals: lessEqual, operators.Greater: greater, operators.GreaterEquals: moreEqual,
	operators.Add: add, operators.Subtract: subtract, operators.Multiply: multiply, operators.Divide: divide,
	operators.Modulo: modulo, operators.Negate: negate,
	"startsWith": startsWith, "endsWith": endsWith, "contains": contains, "size": size,
}

func (l *lowering) call(e ast.Expr) *node {
	call := e.AsCall()
	name := call.FunctionName()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	if f, ok := functions[name]; ok {
		return l.history(e, f)
	}
	if name == operators.In {
		return l.within(e, args)
	}
	if op, ok := plain[name]; ok {
		return l.plain(e, op, args)
	}
	if p, ok := parts[name]; ok {
		return l.part(e, p, args)
	}
	switch name {
	case "timestamp", "duration":
		return l.timeConstant(e, name, args[0])
	case "int", "double", "bool", "string":
		return l.convert(e, name, args[0])
	case "matches":
		return l.fail(e.ID(), "use ==, in, startsWith, endsWith or contains", "regular expressions cannot be compiled")
	default:
		return l.fail(e.ID(), "", "the function %s cannot be compiled", shown(name))
	}
}

// plain lowers the operands and checks that the operation can be compiled for their types.
func (l *lowering) plain(e ast.Expr, op operation, args []ast.Expr) *node {
	n := &node{op: op, id: e.ID(), kind: l.kindOf(e)}
	if n.kind == noKind {
		return l.fail(e.ID(), "use bool, int, double, string, timestamp or duration", "a value of type %s cannot be compiled", l.tree.GetType(e.ID()))
	}
	failed := false
	for _, a := range args {
		operand := l.lower(a)
		switch {
		case operand == nil:
			failed = true
		default:
			n.join(operand, false)
		}
	}
	if failed {
		return nil
	}
	if op == add && n.kind == aString {
		return l.fail(e.ID(), "write the text as one constant, or compare the parts", "joining texts cannot be compiled")
	}
	if op == contains && n.args[1].op != constant {
		return l.fail(args[1].ID(), `write a text in quotes, such as "wine"; startsWith and endsWith go with a field, too`, "contains needs a constant text in its parentheses")
	}
	return n
}

// within lowers a in [constants].
func (l *lowering) within(e ast.Expr, args []ast.Expr) *node {
	if args[1].Kind() != ast.ListKind {
		return l.fail(args[1].ID(), `write a list, such as ["DE", "AT"]`, "in needs a list of constants after it")
	}
	n := &node{op: within, kind: aBool, id: e.ID()}
	failed := false
	if a := l.lower(args[0]); a != nil {
		n.args = []*node{a}
	} else {
		failed = true
	}
	for _, a := range args[1].AsList().Elements() {
		item := l.lower(a)
		switch {
		case item == nil:
			failed = true
		case item.op != constant:
			l.fail(a.ID(), "compare with each by == and join the comparisons with ||", "a list after in may hold constants only")
			failed = true
		case !failed && item.kind != n.args[0].kind:
			l.fail(a.ID(), "compare with one type only", "a list after in may hold constants of one type only")
			failed = true
		}
		n.list = append(n.list, item)
	}
	if failed {
		return nil
	}
	return n
}

func (l *lowering) convert(e ast.Expr, name string, arg ast.Expr) *node {
	a := l.lower(arg)
	if a == nil {
		return nil
	}
	to := l.kindOf(e)
	switch {
	case a.kind == to:
		return a
	case to == anInt && (a.kind == aDouble || a.kind == aTime):
		return &node{op: toInt, kind: anInt, id: e.ID(), args: []*node{a}}
	case to == aDouble && a.kind == anInt:
		return &node{op: toDouble, kind: aDouble, id: e.ID(), args: []*node{a}}
	default:
		return l.fail(e.ID(), "compare the value as it is", "the conversion to %s from this type cannot be compiled", name)
	}
}
