// Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay for
// it: authority and budget. A motive is a need, a specialization a product chosen, a recommendation the best source there is.
// A region that we do not serve, and being still in education, cost points; what we do not know costs nothing.
package main

func evaluate(record Record, answer Answer) {
	if country, ok := record.country(); ok && country == "India" {
		answer.fitRegion(10)
	} else if ok {
		answer.fitRegion(-10)
	}
	switch record.occupationOr("") {
	case "Working Professional", "Businessman":
		answer.fitAuthority(10)
		answer.fitBudget(10)
	case "Unemployed", "Housewife":
		answer.fitAuthority(5) // decides alone, and has to find the money
	case "Student":
		answer.fitEducation(-10)
	}
	if _, ok := record.motivation(); ok {
		answer.fitNeed(5)
	}
	if _, ok := record.specialization(); ok {
		answer.fitSpecialization(5)
	}
	if record.leadSourceOr("") == "Reference" || record.heardFromOr("") == "Word Of Mouth" {
		answer.fitReferral(10)
	}
}
