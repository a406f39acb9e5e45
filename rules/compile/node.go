package compile

// kind is the type of an expression's value. What CEL has beyond these types cannot be compiled.
type kind uint8

const (
	noKind  kind = iota
	aBool        // on the stack an i32, 0 or 1
	anInt        // i64
	aDouble      // f64
	aString      // a constant, or an address and a length in two locals
	aTime        // i64: milliseconds since 1970
	aSpan        // a duration; i64: milliseconds
)

// operation is what a node does with its operands.
type operation uint8

const (
	constant   operation = iota
	feature              // the value in a slot; an error where it is absent
	present              // has(): whether a slot's value is there
	moment               // now
	not                  // !a
	all                  // a && b && ...
	some                 // a || b || ...
	choice               // a ? b : c
	equal                // a == b
	unequal              // a != b
	less                 // a < b, and so on
	lessEqual            //
	greater              //
	moreEqual            //
	add                  //
	subtract             //
	multiply             //
	divide               //
	modulo               //
	negate               //
	within               // a in [constants]
	startsWith           // a.startsWith(b), and so on
	endsWith             //
	contains             //
	size                 // size(a): code points
	toInt                //
	toDouble             //
	part                 // a part of a date: getFullYear() and so on
)

// node is an expression that can be compiled: typed, and free of everything that CEL has beyond the subset.
type node struct {
	op   operation
	kind kind
	args []*node
	id   int64 // of the expression in CEL's tree, for its position

	slot   int     // of feature and present
	zero   bool    // of feature: absent is zero, as of a count
	whole  bool    // of feature: a count, which CEL takes as an int
	number int64   // of a constant bool, int, time or duration; of part: which
	double float64 // of a constant double
	text   string  // of a constant string
	list   []*node // of within: the constants
	again  bool    // what stands before it, for another constant of a list
}

// join adds an operand. Of a && b && c the node has one list.
func (n *node) join(operand *node, again bool) {
	args := []*node{operand}
	if (n.op == all || n.op == some) && operand.op == n.op {
		args = operand.args
	}
	for _, a := range args {
		a.again = a.again || again
	}
	n.args = append(n.args, args...)
}

// fails tells whether the evaluation can end in an error.
func (n *node) fails() bool {
	switch n.op {
	case constant, present, moment:
		return false
	case feature:
		return !n.zero || n.whole
	case divide, modulo, negate, add, subtract, multiply:
		if n.kind != aDouble {
			return true
		}
	case toInt:
		if n.args[0].kind == aDouble {
			return true
		}
	}
	for _, a := range n.args {
		if a.fails() {
			return true
		}
	}
	return false
}

// walk visits a node and all below it.
func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, a := range n.args {
		a.walk(visit)
	}
}
