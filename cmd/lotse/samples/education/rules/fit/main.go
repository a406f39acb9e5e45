// Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay
// for it: authority and budget. A motive is a need, a specialization is a product chosen, and a recommendation is the best
// source there is. A region that we do not serve, and being still in education, cost points; what we do not know costs
// nothing. The points are set by those rules of marketing and not fitted to who enrolled.
package main

import lotse "github.com/lotse-edge/lotse/sdk/go"

// The features, in the order of "reads" in manifest.json.
const (
	country = iota
	occupation
	motivation
	specialization
	leadSource
	heardFrom
)

// The score and its reasons, in the order of "emits".
const fit = 0

const (
	byRegion = iota
	byAuthority
	byBudget
	byNeed
	bySpecialization
	byReferral
	byEducation
)

func evaluate(r lotse.Record, out *lotse.Result) {
	if where, ok := r.Text(country); ok {
		// The courses and their counsellors keep Indian hours.
		if lotse.Same(where, "India") || lotse.Same(where, "IN") {
			out.Points(fit, byRegion, 10)
		} else {
			out.Points(fit, byRegion, -10)
		}
	}
	switch {
	case is(r, occupation, "working_professional"), is(r, occupation, "businessman"):
		out.Points(fit, byAuthority, 10)
		out.Points(fit, byBudget, 10)
	case is(r, occupation, "unemployed"), is(r, occupation, "housewife"):
		out.Points(fit, byAuthority, 5) // decides alone, and has to find the money
	case is(r, occupation, "student"):
		out.Points(fit, byEducation, -10)
	}
	if r.Has(motivation) {
		out.Points(fit, byNeed, 5)
	}
	if r.Has(specialization) {
		out.Points(fit, bySpecialization, 5)
	}
	if is(r, leadSource, "reference") || is(r, heardFrom, "word_of_mouth") {
		out.Points(fit, byReferral, 10)
	}
}

func is(r lotse.Record, feature int, value string) bool {
	text, _ := r.Text(feature)
	return lotse.Same(text, value)
}

var _ = lotse.Handle(evaluate)

func main() {}
