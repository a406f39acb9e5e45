// Fit: how well a guest suits the winery, from what the guest is: where we deliver, whom we serve, and budget, authority,
// need and time (BANT). A region that we do not serve, and being still in education, cost points. What we do not know
// costs nothing: it is a question for a form.
package main

import lotse "github.com/lotse-edge/lotse/sdk/go"

// The features, in the order of "reads" in manifest.json.
const (
	country = iota
	customerType
	authority
	budget
	companySize
	need
	timeframe
	occupation
	customerStatus
)

// The score and its reasons, in the order of "emits".
const fit = 0

const (
	byRegion = iota
	byCustomerType
	byAuthority
	byBudget
	byNeed
	byTimeframe
	byEducation
)

func evaluate(r lotse.Record, out *lotse.Result) {
	out.Points(fit, byRegion, region(r))
	out.Points(fit, byCustomerType, customer(r))
	out.Points(fit, byAuthority, role(r))
	out.Points(fit, byBudget, means(r))
	if what, ok := r.Text(need); ok && !lotse.Same(what, "curiosity") {
		out.Points(fit, byNeed, 5)
	}
	out.Points(fit, byTimeframe, urgency(r))
	if is(r, occupation, "student") || is(r, customerStatus, "student") {
		out.Points(fit, byEducation, -10)
	}
}

// region: our own vans and the parcel service reach the countries around us.
func region(r lotse.Record) float64 {
	where, ok := r.Text(country)
	if !ok {
		return 0
	}
	switch where {
	case "DE", "AT", "CH", "LI", "BE", "NL", "LU", "DK":
		return 10
	default:
		return -10
	}
}

func customer(r lotse.Record) float64 {
	switch {
	case is(r, customerType, "gastronomy"), is(r, customerType, "trade"):
		return 10
	case is(r, customerType, "private"):
		return 5
	default:
		return 0
	}
}

func role(r lotse.Record) float64 {
	switch {
	case is(r, authority, "decision_maker"):
		return 10
	case is(r, authority, "influencer"):
		return 5
	case is(r, authority, "user"):
		return 1
	default:
		return 0
	}
}

// means: a budget in euros a year, or a house large enough to have one.
func means(r lotse.Record) float64 {
	euros, _ := r.Number(budget)
	people, _ := r.Number(companySize)
	switch {
	case euros >= 5000:
		return 10
	case euros >= 500, people >= 10:
		return 5
	default:
		return 0
	}
}

func urgency(r lotse.Record) float64 {
	switch {
	case is(r, timeframe, "now"):
		return 10
	case is(r, timeframe, "quarter"):
		return 5
	case is(r, timeframe, "year"):
		return 1
	default:
		return 0
	}
}

func is(r lotse.Record, feature int, value string) bool {
	text, _ := r.Text(feature)
	return lotse.Same(text, value)
}

var _ = lotse.Handle(evaluate)

func main() {}
