// Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
// persona at most. No segment asks for more than two things.
#include "manifest.h"

void evaluate(void) {
	lotse_text none = text_of(""), occupation = record_occupation_or(none), specialization = record_specialization_or(none);
	if (text_is(occupation, "Working Professional") && text_is(record_country_or(none), "India"))
		answer_segment_at_work_in_india();
	if (text_is(occupation, "Unemployed") && text_is(record_motivation_or(none), "Better Career Prospects"))
		answer_segment_career_changers();
	if (text_is(specialization, "Finance Management") || text_is(specialization, "Banking, Investment And Insurance"))
		answer_segment_finance();
	if (text_is(record_lead_source_or(none), "Reference"))
		answer_segment_referred();
	if (record_minutes_on_site_or(0) >= 15 && record_pages_or(0) >= 3)
		answer_segment_readers();
	if (record_forms_or(0) > 0 || record_chats_or(0) > 0)
		answer_segment_talkers();

	if (text_is(occupation, "Working Professional") || text_is(occupation, "Businessman"))
		answer_persona_professional();
	else if (text_is(occupation, "Student"))
		answer_persona_graduate();
	else if (text_is(occupation, "Unemployed") || text_is(occupation, "Housewife"))
		answer_persona_returner();
}
