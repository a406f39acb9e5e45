package policies

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// literals compares the constants of one rule with the values that the parts of a situation can have.
type literals struct {
	module *ast.Module
	keys   map[ast.Var]string      // variables that stand for a part of the situation
	values map[ast.Var][]*ast.Term // variables that stand for constants
	faults *faults
}

// lawDomain is what laws read of rows that has few values, by the last name of the path.
var lawDomain = map[string][]string{"profiling": profilingNames, "verdict": verdictNames}

// lintLiterals finds the comparisons of a rule that can never hold, wherever in it they stand.
func lintLiterals(m *ast.Module, rule *ast.Rule, f *faults) {
	l := literals{module: m, keys: map[ast.Var]string{}, values: map[ast.Var][]*ast.Term{}, faults: f}
	for _, r := range m.Rules {
		if len(r.Head.Ref()) == 1 && len(r.Head.Args) == 0 && r.Head.Value != nil && ast.IsConstant(r.Head.Value.Value) {
			l.values[r.Head.Name] = append(l.values[r.Head.Name], r.Head.Value)
		}
	}
	each := func(visit func(operator string, operands []*ast.Term)) {
		ast.WalkNodes(rule, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.Expr:
				if x.IsCall() {
					visit(x.Operator().String(), x.Operands())
				}
			case *ast.SomeDecl:
				for _, t := range x.Symbols {
					if call, ok := t.Value.(ast.Call); ok {
						visit(call[0].String(), call[1:])
					}
				}
			case *ast.Every:
				visit("internal.member_2", []*ast.Term{x.Value, x.Domain})
			case *ast.Term:
				if call, ok := x.Value.(ast.Call); ok {
					visit(call[0].String(), call[1:])
				}
			}
			return false
		})
	}
	each(l.bind)
	each(l.compare)
	ast.WalkRefs(rule, func(ref ast.Ref) bool {
		l.lookup(ref)
		return false
	})
}

// bind notes the variables that one expression gives a value.
func (l *literals) bind(operator string, operands []*ast.Term) {
	if len(operands) < 2 {
		return
	}
	name, ok := operands[0].Value.(ast.Var)
	if !ok || name.IsWildcard() {
		return
	}
	switch operator {
	case "assign", "eq":
		if key, ok := l.key(operands[1]); ok {
			l.keys[name] = key
		} else if ast.IsConstant(operands[1].Value) {
			l.values[name] = append(l.values[name], operands[1])
		}
	case "internal.member_2":
		l.values[name] = append(l.values[name], l.members(operands[1])...)
	}
}

// compare checks the constants of one expression against the part of the situation that they are compared with.
func (l *literals) compare(operator string, operands []*ast.Term) {
	if len(operands) < 2 {
		return
	}
	a, b := operands[0], operands[1]
	switch operator {
	case "equal", "eq", "neq", "assign":
		for _, pair := range [][2]*ast.Term{{a, b}, {b, a}} {
			if key, ok := l.key(pair[0]); ok {
				l.check(key, l.constants(pair[1]))
			}
		}
		l.compareSets(a, b)
	case "and", "minus":
		l.compareSets(a, b)
	case "internal.member_2":
		if key, ok := l.key(a); ok {
			l.check(key, l.members(b))
		}
		if only := elements(b); len(only) == 1 { // "given" in {input.status}
			if key, ok := l.key(only[0]); ok {
				l.check(key, l.constants(a))
			}
		}
	case "object.get":
		if object, ok := a.Value.(ast.Object); ok {
			if key, ok := l.key(b); ok {
				l.check(key, object.Keys())
			}
		}
	}
}

// compareSets checks {input.age} & {"minor"}, either way around.
func (l *literals) compareSets(a, b *ast.Term) {
	for _, pair := range [][2]*ast.Term{{a, b}, {b, a}} {
		if only := elements(pair[0]); len(only) == 1 {
			if key, ok := l.key(only[0]); ok {
				l.check(key, l.members(pair[1]))
			}
		}
	}
}

// lookup checks a table that is looked up by a part of the situation: {"adult": 1}[input.age].
func (l *literals) lookup(ref ast.Ref) {
	if len(ref) < 2 {
		return
	}
	key, ok := l.key(ref[1])
	if !ok {
		return
	}
	tables := []*ast.Term{ref[0]}
	if name, is := ref[0].Value.(ast.Var); is {
		tables = l.values[name]
	}
	for _, t := range tables {
		if object, is := t.Value.(ast.Object); is {
			l.check(key, object.Keys())
		}
	}
}

// key tells which part of the situation a term stands for.
func (l *literals) key(t *ast.Term) (string, bool) {
	switch v := t.Value.(type) {
	case ast.Var:
		key, ok := l.keys[v]
		return key, ok
	case ast.Ref:
		if key, at, ok := inputKey(l.module, v); ok && len(v) == at+1 {
			return key, true
		}
		if key, ok := v[len(v)-1].Value.(ast.String); ok && l.module.Package.Path.HasPrefix(lawPackage) && lawDomain[string(key)] != nil {
			return string(key), true
		}
	}
	return "", false
}

// constants are the constants that a term stands for.
func (l *literals) constants(t *ast.Term) []*ast.Term {
	if name, ok := t.Value.(ast.Var); ok {
		return l.values[name]
	}
	if ast.IsConstant(t.Value) {
		return []*ast.Term{t}
	}
	return nil
}

// members are the constants in a collection.
func (l *literals) members(t *ast.Term) (out []*ast.Term) {
	switch v := t.Value.(type) {
	case ast.Var:
		for _, constant := range l.values[v] {
			out = append(out, elements(constant)...)
		}
	case *ast.SetComprehension:
		return l.constants(v.Term)
	case *ast.ArrayComprehension:
		return l.constants(v.Term)
	case ast.Call: // {"minor"} | {"adult"}
		if len(v) == 3 && v[0].String() == "or" {
			return append(l.members(v[1]), l.members(v[2])...)
		}
	default:
		for _, member := range elements(t) {
			out = append(out, l.constants(member)...)
		}
	}
	return out
}

// elements are the terms in a set or an array that is written out.
func elements(t *ast.Term) (out []*ast.Term) {
	switch v := t.Value.(type) {
	case ast.Set:
		return v.Slice()
	case *ast.Array:
		v.Foreach(func(t *ast.Term) { out = append(out, t) })
	}
	return out
}

// check compares constants with the values of a part of the situation.
func (l *literals) check(key string, constants []*ast.Term) {
	names, known := inputDomain[key]
	label := "input." + key
	if !known {
		if names = lawDomain[key]; names == nil {
			return
		}
		label = key
	}
	for _, c := range constants {
		switch v := c.Value.(type) {
		case ast.String:
			if names == nil {
				l.faults.add(c.Loc(), "%s is true or false, never %s", label, v)
			} else if !slices.Contains(names, string(v)) {
				l.faults.add(c.Loc(), "%s is never %s: it is one of %s", label, v, strings.Join(names, ", "))
			}
		case ast.Boolean:
			if names != nil {
				l.faults.add(c.Loc(), "%s is neither true nor false: it is one of %s", label, strings.Join(names, ", "))
			}
		default:
			l.faults.add(c.Loc(), "%s is never %s", label, c)
		}
	}
}
