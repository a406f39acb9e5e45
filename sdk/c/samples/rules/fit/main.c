// Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay for
// it: authority and budget. A motive is a need, a specialization a product chosen, a recommendation the best source there is.
// A region that we do not serve, and being still in education, cost points; what we do not know costs nothing.
#include "manifest.h"

void evaluate(void) {
	lotse_text none = text_of("");
	if (record_has_country())
		answer_fit_region(text_is(record_country_or(none), "India") ? 10 : -10);
	lotse_text occupation = record_occupation_or(none);
	if (text_is(occupation, "Working Professional") || text_is(occupation, "Businessman")) {
		answer_fit_authority(10);
		answer_fit_budget(10);
	} else if (text_is(occupation, "Unemployed") || text_is(occupation, "Housewife")) {
		answer_fit_authority(5); // decides alone, and has to find the money
	} else if (text_is(occupation, "Student")) {
		answer_fit_education(-10);
	}
	if (record_has_motivation())
		answer_fit_need(5);
	if (record_has_specialization())
		answer_fit_specialization(5);
	if (text_is(record_lead_source_or(none), "Reference") || text_is(record_heard_from_or(none), "Word Of Mouth"))
		answer_fit_referral(10);
}
