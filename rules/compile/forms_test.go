package compile_test

import (
	"cmp"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/rules/compile"
)

// form is one way to write an expression of a kind.
type form struct {
	name     string   // the operation, and what it works on
	text     string   // with a verb for each operand
	operands []string // their kinds; behind a word and a colon where the operand must be of one sort: "field:int"
	often    int      // beside the other forms of its kind
}

var (
	allKinds   = []string{"bool", "int", "double", "string", "time", "span"}
	fieldKinds = []string{compile.String: "string", compile.Number: "double", compile.Boolean: "bool", compile.Date: "time"}
)

// forms are all ways to write an expression, by its kind: every operation that can be compiled with every type that it
// takes, and those shapes for which the compiler has code of their own.
var forms = func() map[string][]form {
	all := map[string][]form{}
	add := func(kind string, often int, name, text string, operands ...string) {
		all[kind] = append(all[kind], form{name, text, operands, often})
	}
	for _, text := range []string{"(%s && %s)", "(%s || %s)", "(%s && %s && %s || %s)", "((%s || %s) && (%s || %s))", "!(%s && !%s)"} {
		add("bool", 16, strings.ReplaceAll(text, "%s", "_"), text, slices.Repeat([]string{"bool"}, strings.Count(text, "%s"))...)
	}
	add("bool", 16, "!", "!(%s)", "bool")
	// What people write about a field that may be absent, with what holds for a value of all zeros, too.
	for _, text := range []string{
		"(has(%x) && %t)", "(!has(%x) && %t)", "(%t && has(%x))", "(!has(%x) || %t)", "(has(%x) || %t)", "(%t || !has(%x))", "(%b || %t) && %t", "(%t || %b) && %t",
		"((%b && %t) || %t)", "((%b || has(%x)) && %t)", "(%t && %t)", "(%t || %t)", "!(has(%x) && %t)", "(has(%x) ? %t : %b)", "(%b ? %t : %b) && %t", "(%b ? has(%x) : %t) && %t",
		"(%t ? %b : %t)", "!%t && %t", "(%t == %b) && %t", "(!(%b && %t) || %t)",
	} {
		var operands []string
		for _, verb := range strings.Split(text, "%")[1:] {
			operands = append(operands, map[byte]string{'x': "name:", 't': "test:", 'b': "bool"}[verb[0]])
		}
		add("bool", 3, text, "("+strings.NewReplacer("%x", "%s", "%t", "%s", "%b", "%s").Replace(text)+")", operands...)
	}
	for _, kind := range allKinds {
		for _, op := range []string{"==", "!=", "<", "<=", ">", ">="} {
			add("bool", 2, op+" "+kind, "(%s "+op+" %s)", kind, kind)
			if kind != "span" {
				add("bool", 2, "field "+op+" constant "+kind, "(%s "+op+" %s)", "field:"+kind, "constant:"+kind)
			}
			add("bool", 1, "constant "+op+" "+kind, "(%s "+op+" %s)", "constant:"+kind, kind)
		}
		for _, macro := range []string{"exists", "all"} {
			for _, sort := range []string{"none", "one", "few", "many"} {
				add("bool", 2, macro+" "+sort+" "+kind, "%s."+macro+"(%s, %s)", sort+":"+kind, "variable:"+kind, "condition:")
			}
		}
		for _, sort := range []string{"none", "few", "many"} {
			add("bool", 2, "in "+sort+" "+kind, "(%s in %s)", kind, sort+":"+kind)
			if kind != "span" {
				add("bool", 2, "field in "+sort+" "+kind, "(%s in %s)", "field:"+kind, sort+":"+kind)
			}
		}
		add(kind, 12, "?: "+kind, "(%s ? %s : %s)", "bool", kind, kind)
		add(kind, 4, "has ? : "+kind, "(%s ? %s : %s)", "has:", kind, "constant:"+kind)
		add(kind, 1, "conversion to itself of "+kind, cmp.Or(map[string]string{"time": "timestamp", "span": "duration"}[kind], kind)+"(%s)", kind)
	}
	for _, op := range []string{"<", "<=", ">", ">="} {
		add("bool", 2, "int "+op+" double", "(%s "+op+" %s)", "int", "double")
		add("bool", 2, "double "+op+" int", "(%s "+op+" %s)", "double", "int")
		add("bool", 1, "field double "+op+" constant int", "(%s "+op+" %s)", "field:double", "constant:int")
	}
	for _, op := range []string{"startsWith", "endsWith", "contains"} {
		if op == "contains" {
			add("bool", 5, op, "%s."+op+"(%s)", "string", "constant:string")
		} else {
			add("bool", 5, op, "%s."+op+"(%s)", "string", "string")
		}
		add("bool", 5, op+" constant", "%s."+op+"(%s)", "field:string", "constant:string")
	}
	for _, op := range []string{"+", "-", "*", "/", "%%"} {
		add("int", 6, strings.TrimPrefix(op, "%")+" int", "(%s "+op+" %s)", "int", "int")
		if op != "%%" {
			add("double", 6, op+" double", "(%s "+op+" %s)", "double", "double")
		}
	}
	add("int", 6, "- int of one", "-(%s)", "int")
	add("double", 6, "- double of one", "-(%s)", "double")
	add("double", 6, "double(int)", "double(%s)", "int")
	add("int", 6, "int(double)", "int(%s)", "double")
	add("int", 6, "int(time)", "int(%s)", "time")
	add("int", 3, "size()", "size(%s)", "string")
	add("int", 3, ".size()", "%s.size()", "string")
	for _, part := range []string{
		"getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
	} {
		add("int", 2, part+" of time", "%s."+part+"()", "time")
		if n := slices.Index([]string{"getHours", "getMinutes", "getSeconds", "getMilliseconds"}, part); n >= 0 {
			add("int", 2, part+" of span", "%s."+part+"()", "span")
		}
	}
	add("time", 5, "time + span", "(%s + %s)", "time", "span")
	add("time", 5, "span + time", "(%s + %s)", "span", "time")
	add("time", 5, "time - span", "(%s - %s)", "time", "span")
	add("span", 9, "time - time", "(%s - %s)", "time", "time")
	add("span", 5, "span + span", "(%s + %s)", "span", "span")
	add("span", 5, "span - span", "(%s - %s)", "span", "span")
	return all
}()

// rootForms are all forms, in an order that is always the same.
var rootForms = func() (list []rootForm) {
	for _, kind := range allKinds {
		for _, f := range forms[kind] {
			list = append(list, rootForm{kind, f})
		}
	}
	slices.SortFunc(list, func(a, b rootForm) int { return strings.Compare(a.name, b.name) })
	return list
}()

type rootForm struct {
	kind string
	form
}
