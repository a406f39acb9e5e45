package policies

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// lint finds what OPA's compiler cannot know: that the input is a closed world. A misspelt key is undefined and a misspelt
// value is never equal, so a rule that names one would be silently dead, and a refusal with it.
func lint(m *ast.Module, f *faults) {
	ast.WalkRefs(m, func(ref ast.Ref) bool {
		if key, ok := inputKey(ref); ok {
			if _, known := inputDomain[key]; !known {
				f.add(ref[1].Loc(), "input.%s does not exist: a situation has %s", key, strings.Join(slices.Sorted(maps.Keys(inputDomain)), ", "))
			} else if len(ref) > 2 {
				f.add(ref[2].Loc(), "input.%s has no parts", key)
			}
		}
		return false
	})
	ast.WalkExprs(m, func(e *ast.Expr) bool {
		if e.IsCall() {
			lintComparison(e.Operator().String(), e.Operands(), f)
		}
		return false
	})
	// Comparisons inside terms, as in `x := input.age == "adult"`, are calls of their own.
	ast.WalkTerms(m, func(t *ast.Term) bool {
		if call, ok := t.Value.(ast.Call); ok && len(call) > 0 {
			lintComparison(call[0].String(), call[1:], f)
		}
		return false
	})
}

// lintComparison checks the literals that a key of the input is compared with.
func lintComparison(operator string, operands []*ast.Term, f *faults) {
	if len(operands) != 2 {
		return
	}
	switch operator {
	case "equal", "eq", "neq", "assign":
		for i, t := range operands {
			lintLiteral(operands[1-i], t, f)
		}
	case "internal.member_2":
		if set, ok := operands[1].Value.(ast.Set); ok {
			set.Foreach(func(t *ast.Term) { lintLiteral(operands[0], t, f) })
		}
		if list, ok := operands[1].Value.(*ast.Array); ok {
			list.Foreach(func(t *ast.Term) { lintLiteral(operands[0], t, f) })
		}
	}
}

func lintLiteral(variable, literal *ast.Term, f *faults) {
	ref, ok := variable.Value.(ast.Ref)
	if !ok {
		return
	}
	key, ok := inputKey(ref)
	if !ok || len(ref) != 2 || !ast.IsConstant(literal.Value) {
		return
	}
	names, known := inputDomain[key]
	if !known {
		return
	}
	switch v := literal.Value.(type) {
	case ast.String:
		if names == nil {
			f.add(literal.Loc(), "input.%s is true or false", key)
		} else if !slices.Contains(names, string(v)) {
			f.add(literal.Loc(), "input.%s is never %s: it is one of %s", key, v.String(), strings.Join(names, ", "))
		}
	case ast.Boolean:
		if names != nil {
			f.add(literal.Loc(), "input.%s is one of %s", key, strings.Join(names, ", "))
		}
	default:
		f.add(literal.Loc(), "input.%s is never %s", key, literal.String())
	}
}

// inputKey returns the key of a ref like input.status or input["status"].
func inputKey(ref ast.Ref) (string, bool) {
	if len(ref) < 2 || !ref[0].Equal(ast.InputRootDocument) {
		return "", false
	}
	key, ok := ref[1].Value.(ast.String)
	return string(key), ok
}
