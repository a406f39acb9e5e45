//! Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
//! persona at most. No segment asks for more than two things.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record, Text};

fn evaluate(record: Record, answer: &mut Answer) {
    let known = |text: &'static str| Some(Text::from(text));
    let (occupation, specialization) = (record.occupation(), record.specialization());
    if occupation == known("Working Professional") && record.country() == known("India") {
        answer.segment_at_work_in_india();
    }
    if occupation == known("Unemployed") && record.motivation() == known("Better Career Prospects") {
        answer.segment_career_changers();
    }
    if specialization == known("Finance Management") || specialization == known("Banking, Investment And Insurance") {
        answer.segment_finance();
    }
    if record.lead_source() == known("Reference") {
        answer.segment_referred();
    }
    if record.minutes_on_site().unwrap_or(0.0) >= 15.0 && record.pages().unwrap_or(0.0) >= 3.0 {
        answer.segment_readers();
    }
    if record.forms().unwrap_or(0.0) > 0.0 || record.chats().unwrap_or(0.0) > 0.0 {
        answer.segment_talkers();
    }

    match occupation.map(Text::as_bytes) {
        Some(b"Working Professional" | b"Businessman") => answer.persona_professional(),
        Some(b"Student") => answer.persona_graduate(),
        Some(b"Unemployed" | b"Housewife") => answer.persona_returner(),
        _ => {}
    }
}
