//! Probe says all that the kit can read and say, so that the kits can be compared with each other.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record, Text};

fn evaluate(record: Record, answer: &mut Answer) {
    let (first, second) = (record.first().unwrap_or(0.0), record.second().unwrap_or(-0.5));
    answer.echo_first(first);
    answer.echo_second(second);
    answer.echo_type(record.type_().unwrap_or(0.0));
    answer.echo_views(record.views_90d().unwrap_or(7.0));
    answer.echo_fading(record.fading().unwrap_or(0.0));
    answer.echo_since_first(record.since_first().unwrap_or(1e9));
    answer.echo_since_last(record.since_last().unwrap_or(1e9));
    answer.echo_clock(record.unix_millis() as f64);
    answer.made_sum(first + second);
    answer.made_product(first * 3.0);
    answer.made_least(first.min(second));
    answer.made_most(first.max(second));
    answer.made_half(first / 2.0);

    if record.first().is_some() {
        answer.segment_has_first();
    }
    if record.wine_style().is_some() {
        answer.segment_has_style();
    }
    if record.city().is_some() {
        answer.segment_has_city();
    }
    if record.member().is_some() {
        answer.segment_has_member();
    }
    if record.member() == Some(true) {
        answer.segment_member();
    }

    let (style, city) = (record.wine_style().unwrap_or("none".into()), record.city().unwrap_or(Text::from("dry")));
    if style.is_empty() {
        answer.segment_style_empty();
    }
    if city == "dry" && style == "dry" {
        answer.segment_city_is_style();
    }
    if style == "Working Professional" {
        answer.segment_is_ascii();
    }
    if style == "Grüner Veltliner 東京 🍷" {
        answer.segment_is_wide();
    }
    if style.starts_with("Work") {
        answer.segment_begins_ascii();
    }
    if style.starts_with("Grüner Veltliner 東京 🍷") {
        answer.segment_begins_wide();
    }
    if style.starts_with("") {
        answer.segment_begins_nothing();
    }
    if style.same("working_Professional") {
        answer.segment_same_ascii();
    }
    if style.same("-grüner VELTLINER_東京🍷 ") {
        answer.segment_same_wide();
    }
    if style.same("- _") {
        answer.segment_same_nothing();
    }

    for _ in 0..record.type_().unwrap_or(0.0) as i32 {
        answer.segment_many();
    }
    if first > second {
        answer.default_high();
    } else {
        answer.default_low();
    }
}
