//! Segments: which groups someone belongs to, and the persona that suits. Someone may be in several segments and has one
//! persona at most. No segment asks for more than two things.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record};

fn evaluate(record: Record, answer: &mut Answer) {
    let (occupation, specialization) = (record.occupation(), record.specialization());
    if occupation == "Working Professional" && record.country() == "India" {
        answer.segment_at_work_in_india();
    }
    if occupation == "Unemployed" && record.motivation() == "Better Career Prospects" {
        answer.segment_career_changers();
    }
    if specialization == "Finance Management" || specialization == "Banking, Investment And Insurance" {
        answer.segment_finance();
    }
    if record.lead_source() == "Reference" {
        answer.segment_referred();
    }
    if record.minutes_on_site() >= 15.0 && record.pages() >= 3.0 {
        answer.segment_readers();
    }
    if record.forms() > 0.0 || record.chats() > 0.0 {
        answer.segment_talkers();
    }

    if occupation == "Working Professional" || occupation == "Businessman" {
        answer.persona_professional();
    } else if occupation == "Student" {
        answer.persona_graduate();
    } else if occupation == "Unemployed" || occupation == "Housewife" {
        answer.persona_returner();
    }
}
