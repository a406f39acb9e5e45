package policies

// pureBuiltins is all that a policy may call: what gives the same answer to the same arguments whenever and wherever it is
// asked, and what OPA's WebAssembly does by itself. So neither the clock, the network, randomness nor the process can be
// in an answer, nothing can be printed, and both engines can be asked everything. A test holds the list against OPA's own:
// there is no other builtin of this kind that is not deprecated.
var pureBuiltins = []string{
	// comparing and assigning
	"assign", "eq", "equal", "gt", "gte", "lt", "lte", "neq", "internal.member_2", "internal.member_3",
	// kinds of values
	"is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name",
	// numbers
	"abs", "ceil", "div", "floor", "format_int", "minus", "mul", "numbers.range", "plus", "rem", "round", "to_number",
	"bits.and", "bits.lsh", "bits.negate", "bits.or", "bits.rsh", "bits.xor",
	// sets and collections
	"and", "count", "intersection", "max", "min", "or", "product", "sort", "sum", "union",
	"array.concat", "array.flatten", "array.reverse", "array.slice",
	"object.filter", "object.get", "object.keys", "object.remove", "object.union", "object.union_n",
	"json.filter", "json.remove", "graph.reachable", "walk",
	// texts
	"concat", "contains", "endswith", "indexof", "internal.template_string", "lower", "replace", "split", "startswith",
	"strings.replace_n", "strings.reverse", "substring", "trim", "trim_left", "trim_prefix", "trim_right", "trim_space",
	"trim_suffix", "upper",
	"base64.decode", "base64.encode", "base64.is_valid", "base64url.decode", "base64url.encode",
	"glob.match", "json.is_valid", "json.marshal", "json.unmarshal", "net.cidr_contains", "net.cidr_intersects",
	"regex.find_all_string_submatch_n", "regex.is_valid", "regex.match",
}

// growingBuiltins are those of pureBuiltins that a tenant's rules may not call: one call builds something huge from
// something small, or a chain of n rules that each calls it once makes something 2 to the power of n large. The limit of
// steps does not see that: a call is one step.
var growingBuiltins = []string{
	"array.concat", "array.flatten", "base64.encode", "base64url.encode", "bits.lsh", "concat", "format_int",
	"internal.template_string", "json.marshal", "mul", "numbers.range", "product", "replace", "strings.replace_n",
}
