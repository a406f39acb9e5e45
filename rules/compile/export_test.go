package compile

import (
	"slices"

	"cel.dev/cel-go/cel"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// Expressions is a module that evaluates expressions one by one, for tests that compare values: the function of each
// answers 1 and leaves the value at ValueAt, or answers 0 for an error.
type Expressions struct {
	Wasm  []byte
	Reads []abi.Feature
	Kinds []string // of each expression; empty where it cannot be compiled
	Errs  []error
}

// Where an expression's value is left, where a record belongs, and where constants begin.
const (
	ValueAt  = outputBase
	RecordAt = inputBase

	ConstantsAt = dataBase
)

// NewEnv is the environment that expressions are checked in.
func NewEnv(c *Catalogue) (*cel.Env, error) { return newEnv(c) }

// CompileExpressions compiles expressions; function n of the module is called "e" and n as a letter or more.
func CompileExpressions(texts []string, c Catalogue) (*Expressions, error) {
	m := newModule()
	h := newHelpers(m)
	env, err := newEnv(&c)
	if err != nil {
		return nil, err
	}
	out := &Expressions{Kinds: make([]string, len(texts)), Errs: make([]error, len(texts))}
	all := &reads{slots: map[string]int{}}
	m.exports = append(m.exports, export{"memory", exportMemory, 0})
	for i, text := range texts {
		f := &file{catalogue: &c, env: env, report: &report{file: "test"}, reads: all, lines: [][]rune{[]rune(text)}}
		x := f.expression(&yaml.Node{Kind: yaml.ScalarNode, Value: text, Line: 1, Column: 1}, "the expression", aBool, anInt, aDouble, aString, aTime, aSpan)
		if x == nil {
			out.Errs[i] = f.report.err()
			continue
		}
		out.Kinds[i] = map[kind]string{aBool: "bool", anInt: "int", aDouble: "double", aString: "string", aTime: "time", aSpan: "span"}[x.kind]
		f2 := m.declare(nil, []valueType{i32})
		g := h.generator(0)
		fail := g.block(opBlock)
		if x.kind == aString {
			p, length := g.located(g.text(x.node, fail))
			for at, local := range []uint32{p, length} {
				g.i32(ValueAt + int32(at)*4)
				g.get(local)
				g.memory(0x36, 0)
			}
		} else {
			t := stackTypes[x.kind]
			v := g.local(t)
			g.value(x.node, fail)
			g.set(v)
			g.i32(ValueAt)
			g.get(v)
			g.memory(map[valueType]byte{i32: 0x36, i64: opI64Store, f64: opF64Store}[t], 0)
		}
		g.i32(1)
		g.op(opReturn)
		g.end()
		g.i32(0)
		m.define(f2, g.code)
		m.exportFunction(Name(i), f2)
		// A condition must say the same with less code.
		if x.kind == aBool {
			a := &assembly{module: m, helpers: h}
			m.exportFunction("when-"+Name(i), a.condition(x))
		}
	}
	out.Reads = slices.Clone(all.features)
	out.Wasm = m.encode()
	return out, nil
}

// Name is the export of expression n.
func Name(n int) string {
	s := "e"
	for ; n > 0; n /= 26 {
		s += string(rune('a' + n%26))
	}
	return s
}

// MostSteps is the budget of a file's search for warnings.
const MostSteps = mostSteps

// CompileWithin is Compile with another budget for the search for warnings. It tells how much of it was spent.
func CompileWithin(data []byte, name string, catalogue Catalogue, steps int) (result *Result, spent int, err error) {
	f := newFile(name, &catalogue)
	f.steps = steps
	result, err = f.compile(data, name)
	return result, steps - f.steps, err
}
