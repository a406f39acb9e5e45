//! Interest: how much someone wants to hear of our courses, from what they do. The points model of marketing practice: a
//! message opened or a page is worth 1, a deliberate click 5, a form or a call 10; whoever does not want our mail, or cannot
//! be reached by it, loses 10. Each reason has a cap, so that nobody reads up to a sales call.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record};

fn evaluate(record: Record, answer: &mut Answer) {
    answer.interest_message(record.messages_opened().unwrap_or(0.0).min(5.0));
    answer.interest_page(record.pages().unwrap_or(0.0).min(10.0));
    answer.interest_attention(record.minutes_on_site().map_or(0.0, attention));
    let clicks = record.messages_clicked().unwrap_or(0.0) + record.chats().unwrap_or(0.0);
    answer.interest_click((5.0 * clicks).min(20.0));
    answer.interest_form((10.0 * record.forms().unwrap_or(0.0)).min(20.0));
    answer.interest_call((10.0 * record.calls().unwrap_or(0.0)).min(20.0));
    let unreachable = record.bounces().unwrap_or(0.0) > 0.0 || record.unsubscribed().unwrap_or(0.0) > 0.0;
    if record.do_not_email() == Some(true) || unreachable {
        answer.interest_silence(-10.0);
    }
}

/// Five minutes of reading are as deliberate as a click, fifteen as much as a form.
fn attention(minutes: f64) -> f64 {
    if minutes >= 15.0 {
        10.0
    } else if minutes >= 5.0 {
        5.0
    } else {
        0.0
    }
}
