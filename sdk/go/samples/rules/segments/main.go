// Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
// persona at most. No segment asks for more than two things.
package main

func evaluate(record Record, answer Answer) {
	occupation, specialization := record.occupationOr(""), record.specializationOr("")
	if occupation == "Working Professional" && record.countryOr("") == "India" {
		answer.segmentAtWorkInIndia()
	}
	if occupation == "Unemployed" && record.motivationOr("") == "Better Career Prospects" {
		answer.segmentCareerChangers()
	}
	if specialization == "Finance Management" || specialization == "Banking, Investment And Insurance" {
		answer.segmentFinance()
	}
	if record.leadSourceOr("") == "Reference" {
		answer.segmentReferred()
	}
	if record.minutesOnSiteOr(0) >= 15 && record.pagesOr(0) >= 3 {
		answer.segmentReaders()
	}
	if record.formsOr(0) > 0 || record.chatsOr(0) > 0 {
		answer.segmentTalkers()
	}

	switch occupation {
	case "Working Professional", "Businessman":
		answer.personaProfessional()
	case "Student":
		answer.personaGraduate()
	case "Unemployed", "Housewife":
		answer.personaReturner()
	}
}
