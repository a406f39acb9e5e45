package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// sameAnswer compares the answers of the two engines to one question. The interpreter's is a value, nil where the question
// is undefined; the other is the result set in JSON as CompiledPolicy gives it. Sets come out of WebAssembly as arrays in
// no order, so they are compared as sets where the interpreter's value is one; all else must be equal in structure, arrays
// in their order, numbers exactly. The error names the path of the first difference.
func sameAnswer(interpreted ast.Value, resultSet []byte) error {
	var results []map[string]any
	d := json.NewDecoder(bytes.NewReader(resultSet))
	d.UseNumber()
	if err := d.Decode(&results); err != nil {
		return fmt.Errorf("read the answer of WebAssembly: %w", err)
	}
	switch {
	case len(results) > 1:
		return fmt.Errorf("WebAssembly gives %d answers", len(results))
	case len(results) == 0 && interpreted == nil:
		return nil
	case len(results) == 0:
		return errors.New("WebAssembly gives no answer: the interpreter does")
	}
	answer, ok := results[0]["result"]
	switch {
	case !ok || len(results[0]) != 1:
		return errors.New("the answer of WebAssembly is not named result")
	case interpreted == nil:
		return errors.New("WebAssembly gives an answer: the interpreter does not")
	}
	return same("answer", interpreted, answer)
}

// same compares a value with what encoding/json read.
func same(path string, want ast.Value, got any) error {
	switch want := want.(type) {
	case *ast.Array:
		list, ok := got.([]any)
		if !ok {
			return differ(path, want, got)
		}
		if len(list) != want.Len() {
			return fmt.Errorf("%s: %d elements in the interpreter, %d in WebAssembly", path, want.Len(), len(list))
		}
		for i := range list {
			if err := same(path+"["+strconv.Itoa(i)+"]", want.Elem(i).Value, list[i]); err != nil {
				return err
			}
		}
		return nil
	case ast.Set:
		return sameSet(path, want, got)
	case ast.Object:
		return sameObject(path, want, got)
	case ast.Number:
		if n, ok := got.(json.Number); ok && want.Compare(ast.Number(n)) == 0 {
			return nil
		}
	case ast.String:
		if s, ok := got.(string); ok && s == string(want) {
			return nil
		}
	case ast.Boolean:
		if b, ok := got.(bool); ok && b == bool(want) {
			return nil
		}
	case ast.Null:
		if got == nil {
			return nil
		}
	}
	return differ(path, want, got)
}

func sameObject(path string, want ast.Object, got any) error {
	object, ok := got.(map[string]any)
	if !ok {
		return differ(path, want, got)
	}
	if len(object) != want.Len() {
		return fmt.Errorf("%s: %d keys in the interpreter, %d in WebAssembly", path, want.Len(), len(object))
	}
	return want.Iter(func(k, v *ast.Term) error {
		key, err := keyOf(k.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		value, ok := object[key]
		if !ok {
			return fmt.Errorf("%s: the key %q is not in WebAssembly's answer", path, key)
		}
		return same(path+"."+key, v.Value, value)
	})
}

// keyOf is a key as JSON has it, where it can only be a string.
func keyOf(k ast.Value) (string, error) {
	if s, ok := k.(ast.String); ok {
		return string(s), nil
	}
	plain, err := ast.JSON(k)
	if err != nil {
		return "", fmt.Errorf("read a key: %w", err)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return "", fmt.Errorf("read a key: %w", err)
	}
	return string(text), nil
}

// sameSet finds a partner for every element. An element that equals the JSON as it stands goes first; only sets of sets
// need the second look. Sets of arrays and sets with the same content could be paired the wrong way, which is an error
// where there is none; never the reverse, for a full pairing is what equal means.
func sameSet(path string, want ast.Set, got any) error {
	list, ok := got.([]any)
	if !ok {
		return differ(path, want, got)
	}
	if len(list) != want.Len() {
		return fmt.Errorf("%s: a set of %d in the interpreter, of %d in WebAssembly", path, want.Len(), len(list))
	}
	left := want
	var unmatched []any
	for _, element := range list {
		v, err := ast.InterfaceToValue(element)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if t := ast.NewTerm(v); left.Contains(t) {
			left = left.Diff(ast.NewSet(t))
		} else {
			unmatched = append(unmatched, element)
		}
	}
	for _, element := range unmatched {
		found := false
		left.Until(func(t *ast.Term) bool {
			if found = same(path, t.Value, element) == nil; found {
				left = left.Diff(ast.NewSet(t))
			}
			return found
		})
		if !found {
			return fmt.Errorf("%s: an element of WebAssembly's set is not in the interpreter's", path)
		}
	}
	return nil
}

// differ tells two scalars, or what kinds of values differ; no value of an answer is ever more than a policy's own words.
func differ(path string, want ast.Value, got any) error {
	other, err := ast.InterfaceToValue(got)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if a, b := ast.ValueName(want), ast.ValueName(other); a != b {
		return fmt.Errorf("%s: %s in the interpreter, %s in WebAssembly", path, a, b)
	}
	return fmt.Errorf("%s: %v in the interpreter, %v in WebAssembly", path, want, other)
}
