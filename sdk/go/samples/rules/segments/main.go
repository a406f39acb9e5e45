// Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
// persona at most. No segment asks for more than two things.
package main

func evaluate(record Record, answer Answer) {
	occupation, specialization := record.occupation(), record.specialization()
	if occupation == "Working Professional" && record.country() == "India" {
		answer.segmentAtWorkInIndia()
	}
	if occupation == "Unemployed" && record.motivation() == "Better Career Prospects" {
		answer.segmentCareerChangers()
	}
	if specialization == "Finance Management" || specialization == "Banking, Investment And Insurance" {
		answer.segmentFinance()
	}
	if record.leadSource() == "Reference" {
		answer.segmentReferred()
	}
	if record.minutesOnSite() >= 15 && record.pages() >= 3 {
		answer.segmentReaders()
	}
	if record.forms() > 0 || record.chats() > 0 {
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
