//! Fit: how well someone suits our courses, from who they are. Someone at work decides about their own career and can pay for
//! it: authority and budget. A motive is a need, a specialization a product chosen, a recommendation the best source there is.
//! A region that we do not serve, and being still in education, cost points; what we do not know costs nothing.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record};

fn evaluate(record: Record, answer: &mut Answer) {
    if record.has_country() {
        answer.fit_region(if record.country() == "India" { 10.0 } else { -10.0 });
    }
    let occupation = record.occupation();
    if occupation == "Working Professional" || occupation == "Businessman" {
        answer.fit_authority(10.0);
        answer.fit_budget(10.0);
    } else if occupation == "Unemployed" || occupation == "Housewife" {
        answer.fit_authority(5.0); // decides alone, and has to find the money
    } else if occupation == "Student" {
        answer.fit_education(-10.0);
    }
    if record.has_motivation() {
        answer.fit_need(5.0);
    }
    if record.has_specialization() {
        answer.fit_specialization(5.0);
    }
    if record.lead_source() == "Reference" || record.heard_from() == "Word Of Mouth" {
        answer.fit_referral(10.0);
    }
}
