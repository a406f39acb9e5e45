package compile

import (
	"cmp"
	"slices"
)

// This file says how much fuel a module asks for. It is what an evaluation costs at most, whatever a visitor sends: a module
// that runs out of fuel says nothing, so that whoever could make it do so could rid themselves of points that they do not
// like.
const (
	usualFuel = 200_000   // what a host gives to a module that asks for none
	mostFuel  = 1_000_000 // what a host gives at most, unless it is told otherwise
)

// bound is the most that an evaluation costs.
type bound struct {
	units uint64
	of    []cost
}

// cost is what an expression adds to it.
type cost struct {
	*expression
	units uint64
}

// fuel is what the manifest asks for; 0: what is given anyway.
func (b bound) fuel() uint64 {
	if b.units <= usualFuel {
		return 0
	}
	return b.units
}

// namedCosts is how many expressions an error names.
const namedCosts = 3

// tooDear reports a file whose evaluation may cost more than a host gives, at the expressions that cost most.
func (f *file) tooDear(b bound) {
	slices.SortStableFunc(b.of, func(a, b cost) int { return cmp.Compare(b.units, a.units) })
	for _, c := range b.of[:min(namedCosts, len(b.of))] {
		f.report.problem(c.start(), "split the file, or ask less of texts here: == and startsWith with a constant cost little, contains and comparisons with another field cost much",
			"the rules may use %d units of fuel on texts of %d bytes, more than the %d that a host gives; this expression is among those that use most: %d", b.units, longestText, mostFuel, c.units)
	}
}
