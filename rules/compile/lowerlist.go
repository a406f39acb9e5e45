package compile

import (
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// This file lowers exists and all over a list of constants: the condition is written out for each constant, joined by || or
// &&. That is what CEL means by the two, errors included: an error counts only where no other constant decides.

// variable is the name that a macro gives each constant of its list.
type variable struct {
	name     string
	constant *node
	outer    *variable // of the macro around it
}

// constantOf gives the constant for which a name stands, nil where it is no variable. The innermost macro hides the others.
func (v *variable) constantOf(name string) *node {
	for ; v != nil; v = v.outer {
		if v.name == name {
			return v.constant
		}
	}
	return nil
}

// quantifier reads a comprehension as exists or all: CEL's parser makes of them what begins with false or true and is joined
// with the condition by || or &&. Other macros do something else.
func quantifier(c ast.ComprehensionExpr) (op operation, condition ast.Expr, ok bool) {
	start, step := c.AccuInit(), c.LoopStep()
	if start.Kind() != ast.LiteralKind || step.Kind() != ast.CallKind || c.HasIterVar2() || !isIdent(c.Result(), c.AccuVar()) {
		return 0, nil, false
	}
	args := step.AsCall().Args()
	if len(args) != 2 || !isIdent(args[0], c.AccuVar()) {
		return 0, nil, false
	}
	switch step.AsCall().FunctionName() {
	case operators.LogicalOr:
		return some, args[1], start.AsLiteral() == types.False
	case operators.LogicalAnd:
		return all, args[1], start.AsLiteral() == types.True
	}
	return 0, nil, false
}

// macro lowers exists and all, and refuses the other macros.
func (l *lowering) macro(e ast.Expr) *node {
	c := e.AsComprehension()
	op, condition, ok := quantifier(c)
	if !ok {
		return l.fail(e.ID(), "write the conditions out, joined by && or ||", "macros over lists cannot be compiled, but for exists and all")
	}
	switch c.IterVar() {
	case profileVariable, eventVariable, nowVariable:
		return l.fail(e.ID(), "such as x", "the name %s is taken", c.IterVar())
	}
	l.unrolled = true
	list := l.constants(c.IterRange())
	if list == nil {
		return nil
	}
	n := &node{op: op, kind: aBool, id: e.ID()}
	outer, parts := l.variables, 0
	defer func() { l.variables = outer }()
	for i, constant := range list {
		l.variables = &variable{c.IterVar(), constant, outer}
		if *l.written > maxWritten {
			return l.fail(e.ID(), "split the file, or shorten the lists", "written out for each constant of their lists, the conditions up to here have more than %d parts", maxWritten)
		}
		warned := len(l.report.warnings)
		a := l.lower(condition)
		if a == nil {
			return nil // the same would be said of each constant
		}
		if i > 0 {
			l.report.warnings = l.report.warnings[:warned] // they do not depend on the constant
		}
		if parts += a.count(); parts > maxNodes {
			return l.fail(e.ID(), "shorten the list or the condition, or use in", "written out for %d of the %d constants of its list, the condition has more than %d parts", i+1, len(list), maxNodes)
		}
		n.join(a, i > 0)
	}
	switch len(n.args) {
	case 0:
		n.op = constant
		if op == all {
			n.number = 1
		}
	case 1:
		return n.args[0]
	}
	return n
}

// constants lowers the list before a macro; nil where it cannot be compiled.
func (l *lowering) constants(e ast.Expr) []*node {
	if e.Kind() != ast.ListKind {
		l.fail(e.ID(), `such as ["/wine", "/tasting"].exists(x, profile.path.startsWith(x))`, "exists and all need a list of constants before them")
		return nil
	}
	list := []*node{}
	for _, element := range e.AsList().Elements() {
		a := l.lower(element)
		switch {
		case a == nil:
			return nil
		case a.op != constant:
			l.fail(element.ID(), "write the condition out for it", "a list before exists and all may hold constants only")
			return nil
		case len(list) > 0 && a.kind != list[0].kind:
			l.fail(element.ID(), "write a list for each type", "a list before exists and all may hold constants of one type only")
			return nil
		}
		list = append(list, a)
	}
	return list
}
