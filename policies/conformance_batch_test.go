package policies

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// To compile a binary of its own for each case would take most of the time, so many share one: each case is moved, with
// its data, from `data` to `data.caseN`, and keeps to itself there.

// compiledAnswers asks WebAssembly all the cases of a batch.
func compiledAnswers(ctx context.Context, batch []*conformanceCase, caps *ast.Capabilities) (answers [][]byte, errs []error, err error) {
	modules, data, entrypoints := map[string]*ast.Module{}, map[string]any{}, []string(nil)
	for i, c := range batch {
		root := fmt.Sprintf("case%d", i)
		for name, m := range copied(c.modules) {
			move(m, ast.InternedTerm(root))
			modules[root+"/"+name] = m
		}
		data[root] = c.data()
		entrypoints = append(entrypoints, root+"/"+conformancePath)
	}
	wasm, err := compileWasm(ctx, modules, entrypoints, caps)
	if err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(data)
	if err != nil {
		return nil, nil, err
	}
	p, err := wasmHost{}.OpenPolicy(ctx, wasm, text)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, p.Close(ctx)) }()
	answers, errs = make([][]byte, len(batch)), make([]error, len(batch))
	for i, c := range batch {
		number, ok := p.Entrypoints()[entrypoints[i]]
		if !ok {
			return nil, nil, fmt.Errorf("no entry point %s", entrypoints[i])
		}
		// An instance is of no use after an error, so each case has one of its own.
		answers[i], errs[i] = c.compiledAnswer(ctx, p, number)
	}
	return answers, errs, nil
}

func (c *conformanceCase) compiledAnswer(ctx context.Context, p CompiledPolicy, entrypoint int32) (_ []byte, err error) {
	clone, err := p.Clone(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clone.Close(ctx)) }()
	var text []byte
	if c.input != nil {
		text = []byte(c.input.String())
	}
	answer, err := clone.Evaluate(ctx, entrypoint, text)
	return slices.Clone(answer), err
}

// move puts a module, and all that it asks of data, below another root.
func move(m *ast.Module, root *ast.Term) {
	m.Package.Path = slices.Insert(slices.Clone(m.Package.Path), 1, root)
	var visitor *ast.GenericVisitor
	visitor = ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Package:
			return true
		case *ast.Term:
			switch v := x.Value.(type) {
			case ast.Var:
				if v.Equal(ast.DefaultRootDocument.Value) {
					x.Value = ast.Ref{ast.DefaultRootDocument, root}
				}
			case ast.Ref:
				for _, t := range v[1:] {
					visitor.Walk(t)
				}
				if v[0].Equal(ast.DefaultRootDocument) {
					x.Value = slices.Insert(slices.Clone(v), 1, root)
				} else if _, ok := v[0].Value.(ast.Var); !ok {
					visitor.Walk(v[0])
				}
				return true
			}
		}
		return false
	})
	visitor.Walk(m)
}
