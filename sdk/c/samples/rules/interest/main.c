// Interest: how much someone wants to hear of our courses, from what they do. The points model of marketing practice: a
// message opened or a page is worth 1, a deliberate click 5, a form or a call 10; whoever does not want our mail, or cannot
// be reached by it, loses 10. Each reason has a cap, so that nobody reads up to a sales call.
#include "manifest.h"

// Five minutes of reading are as deliberate as a click, fifteen as much as a form.
static double attention(double minutes) { return minutes >= 15 ? 10 : minutes >= 5 ? 5 : 0; }

void evaluate(void) {
	answer_interest_message(at_most(record_messages_opened_or(0), 5));
	answer_interest_page(at_most(record_pages_or(0), 10));
	answer_interest_attention(attention(record_minutes_on_site_or(0)));
	answer_interest_click(at_most(5 * (record_messages_clicked_or(0) + record_chats_or(0)), 20));
	answer_interest_form(at_most(10 * record_forms_or(0), 20));
	answer_interest_call(at_most(10 * record_calls_or(0), 20));
	if (record_do_not_email_or(false) || record_bounces_or(0) > 0 || record_unsubscribed_or(0) > 0)
		answer_interest_silence(-10);
}
