//! Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay for
//! it: authority and budget. A motive is a need, a specialization a product chosen, a recommendation the best source there is.
//! A region that we do not serve, and being still in education, cost points; what we do not know costs nothing.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record, Text};

fn evaluate(record: Record, answer: &mut Answer) {
    if let Some(country) = record.country() {
        answer.fit_region(if country == "India" { 10.0 } else { -10.0 });
    }
    match record.occupation().map(Text::as_bytes) {
        Some(b"Working Professional" | b"Businessman") => {
            answer.fit_authority(10.0);
            answer.fit_budget(10.0);
        }
        Some(b"Unemployed" | b"Housewife") => answer.fit_authority(5.0), // decides alone, and has to find the money
        Some(b"Student") => answer.fit_education(-10.0),
        _ => {}
    }
    if record.motivation().is_some() {
        answer.fit_need(5.0);
    }
    if record.specialization().is_some() {
        answer.fit_specialization(5.0);
    }
    if record.lead_source() == Some(Text::from("Reference")) || record.heard_from() == Some(Text::from("Word Of Mouth")) {
        answer.fit_referral(10.0);
    }
}
