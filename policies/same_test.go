package policies

import (
	"fmt"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

func TestSameAnswer(t *testing.T) {
	for _, c := range []struct {
		interpreted, json string
		want              string // part of the error; empty: the same
	}{
		{`{"a": [1, true, null, "x"]}`, `{"a":[1,true,null,"x"]}`, ""},
		{`{3, 1, 2}`, `[2,3,1]`, ""},
		{`[{3, 1, 2}, {"b": {"x", "y"}}]`, `[[3,2,1],{"b":["y","x"]}]`, ""},
		{`{{1, 2}, {2, 3}}`, `[[3,2],[2,1]]`, ""},
		{`{[1, {2, 3}], [1, {4, 5}]}`, `[[1,[5,4]],[1,[3,2]]]`, ""},
		{`set()`, `[]`, ""},
		{`1.0`, `1`, ""},
		{`100`, `1e2`, ""},
		{`{1: "x", [2, "y"]: "z"}`, `{"1":"x","[2,\"y\"]":"z"}`, ""},
		{`0.1`, `0.1`, ""},

		{`[1, 2]`, `[2,1]`, "answer[0]: 1 in the interpreter, 2 in WebAssembly"},
		{`[1, 2]`, `[1]`, "answer: 2 elements in the interpreter, 1 in WebAssembly"},
		{`{1, 2}`, `[1,1]`, "is not in the interpreter's"},
		{`{1, 2}`, `[1,2,3]`, "a set of 2 in the interpreter, of 3"},
		{`{"a": {"b": [true]}}`, `{"a":{"b":[false]}}`, "answer.a.b[0]: true in the interpreter, false in WebAssembly"},
		{`{"a": 1}`, `{"b":1}`, `the key "a" is not in WebAssembly's answer`},
		{`{"a": 1}`, `{"a":1,"b":1}`, "1 keys in the interpreter, 2 in WebAssembly"},
		{`{"a": 1}`, `[1]`, "object in the interpreter, array in WebAssembly"},
		{`{"a": {1}}`, `{"a":{"1":1}}`, "answer.a: set in the interpreter, object in WebAssembly"},
		{`[]`, `{}`, "array in the interpreter, object in WebAssembly"},
		{`"1"`, `1`, "string in the interpreter, number in WebAssembly"},
		{`null`, `false`, "null in the interpreter, boolean in WebAssembly"},
		{`9007199254740993`, `9007199254740992`, "9007199254740993 in the interpreter"},
		{`{{1}, {2}}`, `[[1],[1]]`, "is not in the interpreter's"},
	} {
		err := sameAnswer(ast.MustParseTerm(c.interpreted).Value, fmt.Appendf(nil, `[{"result":%s}]`, c.json))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s and %s: got %v, want %q", c.interpreted, c.json, err, c.want)
		}
	}
	for _, c := range []struct {
		interpreted ast.Value
		set         string
		want        string
	}{
		{nil, `[]`, ""},
		{nil, `[{"result":null}]`, "WebAssembly gives an answer: the interpreter does not"},
		{ast.Null{}, `[]`, "WebAssembly gives no answer: the interpreter does"},
		{ast.Null{}, `[{"result":null},{"result":null}]`, "gives 2 answers"},
		{ast.Null{}, `[{"x":null}]`, "is not named result"},
		{ast.Null{}, `[{"result":null,"x":1}]`, "is not named result"},
		{ast.Null{}, `[{"result":`, "read the answer of WebAssembly"},
		{ast.Null{}, ``, "read the answer of WebAssembly"},
	} {
		err := sameAnswer(c.interpreted, []byte(c.set))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v and %s: got %v, want %q", c.interpreted, c.set, err, c.want)
		}
	}
}

// FuzzSameAnswer: two JSON texts are the same answer exactly if OPA takes them for the same value.
func FuzzSameAnswer(f *testing.F) {
	for _, text := range []string{`null`, `[1,2,{"a":[]}]`, `{"a":1,"b":"x"}`, `1.50`, `1.5`, `-0`, `"\u00fc"`, `[[],{}]`} {
		f.Add(text, text)
		f.Add(text, `[1,2,{"a":[0]}]`)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		var x, y any
		if util.UnmarshalJSON([]byte(a), &x) != nil || util.UnmarshalJSON([]byte(b), &y) != nil {
			return
		}
		v, err := ast.InterfaceToValue(x)
		if err != nil {
			return
		}
		other, err := ast.InterfaceToValue(y)
		if err != nil {
			return
		}
		err = sameAnswer(v, fmt.Appendf(nil, `[{"result":%s}]`, b))
		if equal := v.Compare(other) == 0; equal != (err == nil) {
			t.Errorf("%s and %s: equal %t, but %v", a, b, equal, err)
		}
	})
}
