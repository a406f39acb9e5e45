package policies

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/util"
)

// What the engines do differently. A policy whose answers depend on any of it is refused, because its answers differ.
const (
	causeOrder = "sets and objects are walked in the order of their keys in the interpreter, in the order of hashes in " +
		"WebAssembly: an array that is collected from one has the same elements in another order"
	causeKey      = "a number finds the key of that name in data in the interpreter, which looks for paths there; in WebAssembly it does not"
	causeExponent = "WebAssembly keeps the text of a number that is too big to count with; the interpreter refuses it"
	causeInteger  = "WebAssembly formats integers of up to 64 bits and gives up beyond"
)

// knownDifferences are the cases in which the engines differ, with the cause.
var knownDifferences = map[string]string{
	"compositereferences/complete doc unify":                                   causeOrder,
	"compositereferences/partial doc unify":                                    causeOrder,
	"compositereferences/unify array":                                          causeOrder,
	"compositereferences/unify partial ground array":                           causeOrder,
	"logic_op/comprehension: walk-bound iteration with and as filter":          causeOrder,
	"logic_op/comprehension: walk-bound iteration with or as filter":           causeOrder,
	"walkbuiltin/objects no path":                                              causeOrder,
	"data/nested integer":                                                      causeKey,
	"data/toplevel integer":                                                    causeKey,
	"jsonbuiltins/unmarshal number beyond the supported exponent is undefined": causeExponent,
	"jsonbuiltins/unmarshal number with too big an exponent is undefined":      causeExponent,
	"strings/format_int: bignum exact (>64-bit integer, all bases + negative)": causeInteger,
}

// errOrder says that two answers differ in nothing but the order of the elements of arrays.
var errOrder = errors.New("the same elements in another order")

// inOrder tells a difference in order from others. It changes nothing where the case wants an order.
func inOrder(different error, interpreted ast.Value, answer []byte) error {
	plain, err := ast.JSON(interpreted)
	if err != nil {
		return errors.Join(different, err)
	}
	var results []map[string]any
	if err := util.UnmarshalJSON(answer, &results); err != nil || len(results) != 1 {
		return errors.Join(different, err)
	}
	if text, err := json.Marshal(plain); err != nil || util.UnmarshalJSON(text, &plain) != nil {
		return errors.Join(different, err)
	}
	if util.Compare(sortedWithin(plain), sortedWithin(results[0]["result"])) == 0 {
		return errOrder
	}
	return different
}

// sortedWithin sorts every array within.
func sortedWithin(x any) any {
	switch x := x.(type) {
	case []any:
		for i := range x {
			x[i] = sortedWithin(x[i])
		}
		slices.SortFunc(x, util.Compare)
	case map[string]any:
		for k := range x {
			x[k] = sortedWithin(x[k])
		}
	}
	return x
}
