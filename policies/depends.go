package policies

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// inputRefs finds what the documents at the given refs can read of the input, at most depth keys deep: themselves and, through
// everything that they refer to, all rules below. It may name more than is ever read, never less: what is not a literal key
// counts as all that is above it.
func inputRefs(c *ast.Compiler, depth int, rules ...*ast.Rule) []ast.Ref {
	var found []ast.Ref
	seen := map[*ast.Rule]bool{}
	add := func(ref ast.Ref) {
		end := 1
		for end < len(ref) && end <= depth {
			if _, literal := ref[end].Value.(ast.String); !literal {
				break
			}
			end++
		}
		if !slices.ContainsFunc(found, func(r ast.Ref) bool { return r.Equal(ref[:end]) }) {
			found = append(found, ref[:end])
		}
	}
	var visit func(x any)
	follow := func(rules []*ast.Rule) {
		for _, rule := range rules {
			if !seen[rule] {
				seen[rule] = true
				visit(rule)
			}
		}
	}
	visit = func(x any) {
		ast.NewGenericVisitor(func(x any) bool {
			switch v := x.(type) {
			case ast.Var:
				if v.Equal(ast.InputRootDocument.Value) {
					add(ast.InputRootRef)
				}
			case ast.Ref:
				switch {
				case v[0].Equal(ast.InputRootDocument):
					add(v)
				case v[0].Equal(ast.DefaultRootDocument):
					follow(c.GetRulesDynamicWithOpts(v, ast.RulesOptions{}))
				default:
					visit(v[0])
				}
				for _, t := range v[1:] {
					visit(t)
				}
				return true
			}
			return false
		}).Walk(x)
	}
	follow(rules)
	return found
}

// readMask is the mask of the parts of a situation that a document can read.
func readMask(c *ast.Compiler, document ast.Ref) partMask {
	var mask partMask
	for _, ref := range inputRefs(c, 1, c.GetRulesDynamicWithOpts(document, ast.RulesOptions{})...) {
		if len(ref) == 1 {
			return allParts
		}
		key := string(ref[1].Value.(ast.String))
		for i := range parts {
			if parts[i].key == key {
				mask |= 1 << i
			}
		}
	}
	return mask
}
