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
		if key, at, ok := inputKey(m, ref); ok {
			if _, known := inputDomain[key]; !known {
				f.add(ref[at].Loc(), "input.%s does not exist: a situation has %s", key, strings.Join(slices.Sorted(maps.Keys(inputDomain)), ", "))
			} else if len(ref) > at+1 {
				f.add(ref[at+1].Loc(), "input.%s has no parts: it is a single value", key)
			}
		}
		return false
	})
	for _, rule := range m.Rules {
		lintLiterals(m, rule, f)
	}
	lintWith(m, f)
}

// inputKey returns the key of a situation that a ref like input.status or input["status"] names, and where in the ref it
// stands. The input of a law is not a situation but holds one.
func inputKey(m *ast.Module, ref ast.Ref) (key string, at int, ok bool) {
	if len(ref) < 2 || !ref[0].Equal(ast.InputRootDocument) {
		return "", 0, false
	}
	at = 1
	if m.Package.Path.HasPrefix(lawPackage) {
		if len(ref) < 3 || !ref[1].Equal(term("situation")) {
			return "", 0, false
		}
		at = 2
	}
	name, ok := ref[at].Value.(ast.String)
	return string(name), at, ok
}

// lintInput finds uses of the whole situation or of a key that is computed. A decision must say of which parts of a
// situation it depends: that is what makes it possible to prove it, and to explain it.
func lintInput(m *ast.Module, f *faults) {
	if m.Package.Path.HasPrefix(lawPackage) {
		return
	}
	const why = "which cannot be proved or explained: name the part, such as input.status"
	ast.NewGenericVisitor(func(x any) bool {
		ref, ok := x.(ast.Ref)
		if !ok {
			if t, is := x.(*ast.Term); is && t.Equal(ast.InputRootDocument) {
				f.add(t.Loc(), "the rule reads the whole situation, %s", why)
			}
			return false
		}
		if !ref[0].Equal(ast.InputRootDocument) {
			return false
		}
		switch {
		case len(ref) == 1:
			f.add(ref[0].Loc(), "the rule reads the whole situation, %s", why)
		case !isText(ref[1]):
			f.add(ref[1].Loc(), "the rule reads a part of the situation that it computes, %s", why)
		}
		return true
	}).Walk(m)
}

func isText(t *ast.Term) bool {
	_, ok := t.Value.(ast.String)
	return ok
}

// lintWith finds rules that answer another situation than the one that is asked about.
func lintWith(m *ast.Module, f *faults) {
	ast.WalkWiths(m, func(w *ast.With) bool {
		f.add(w.Loc(), "`with` is for tests only: a rule answers the situation that it is asked about, and no other")
		return false
	})
}

// lintCalls finds calls of builtins that the capabilities do not have.
func lintCalls(m *ast.Module, caps *ast.Capabilities, f *faults) {
	have := map[string]bool{}
	for _, b := range caps.Builtins {
		have[b.Name] = true
	}
	operators(m, func(operator *ast.Term) {
		name := operator.String()
		if b, builtin := ast.BuiltinMap[name]; builtin && !have[name] {
			f.add(operator.Loc(), "%s %s. A policy may call %s", name, whyNot(b), strings.Join(shown(have), ", "))
		}
	})
}

// operators visits the operators of all calls, those of expressions and those inside of terms.
func operators(x any, visit func(operator *ast.Term)) {
	ast.WalkNodes(x, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Expr:
			if n.IsCall() {
				visit(n.OperatorTerm())
			}
		case *ast.Term:
			if call, ok := n.Value.(ast.Call); ok {
				visit(call[0])
			}
		}
		return false
	})
}

// whyNot says why a builtin is not to be called.
func whyNot(b *ast.Builtin) string {
	switch {
	case b.Name == "print" || b.Name == "trace":
		return "is for trying out: remove it"
	case b.Nondeterministic:
		return "may not be called: its answer depends on the clock, the network or chance, and a decision may depend on the situation alone"
	}
	return "may not be called: it is not among the few functions that both engines have and that a decision needs"
}

// shown lists the builtins that are written by name, not as an operator.
func shown(have map[string]bool) (names []string) {
	for name := range have {
		if b := ast.BuiltinMap[name]; b != nil && b.Infix == "" && !strings.HasPrefix(name, "internal.") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
