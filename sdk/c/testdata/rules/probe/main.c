// Probe says all that the kit can read and say, so that the kits can be compared with each other.
#include "manifest.h"

void evaluate(void) {
	double first = record_first_or(0), second = record_second_or(-0.5);
	answer_echo_first(first);
	answer_echo_second(second);
	answer_echo_type(record_type_or(0));
	answer_echo_views(record_views_90d_or(7));
	answer_echo_fading(record_fading_or(0));
	answer_echo_since_first(record_since_first_or(1e9));
	answer_echo_since_last(record_since_last_or(1e9));
	answer_echo_clock((double)record_unix_millis());
	answer_made_sum(first + second);
	answer_made_product(first * 3);
	answer_made_least(at_most(first, second));
	answer_made_most(at_least(first, second));
	answer_made_half(first / 2);

	if (record_has_first())
		answer_segment_has_first();
	if (record_has_wine_style())
		answer_segment_has_style();
	if (record_has_city())
		answer_segment_has_city();
	if (record_has_member())
		answer_segment_has_member();
	if (record_member_or(false))
		answer_segment_member();

	lotse_text style = record_wine_style_or(text_of("none")), city = record_city_or(text_of("dry"));
	if (style.length == 0)
		answer_segment_style_empty();
	if (text_is(city, "dry") && text_is(style, "dry"))
		answer_segment_city_is_style();
	if (text_is(style, "Working Professional"))
		answer_segment_is_ascii();
	if (text_is(style, "Grüner Veltliner 東京 🍷"))
		answer_segment_is_wide();
	if (text_begins(style, "Work"))
		answer_segment_begins_ascii();
	if (text_begins(style, "Grüner Veltliner 東京 🍷"))
		answer_segment_begins_wide();
	if (text_begins(style, ""))
		answer_segment_begins_nothing();
	if (text_same(style, "working_Professional"))
		answer_segment_same_ascii();
	if (text_same(style, "-grüner VELTLINER_東京🍷 "))
		answer_segment_same_wide();
	if (text_same(style, "- _"))
		answer_segment_same_nothing();

	for (int i = 0; i < (int)record_type_or(0); i++)
		answer_segment_many();
	if (first > second)
		answer_default_high();
	else
		answer_default_low();
}
