//! The rule NAME. Build it with lotse rules build; its words come from manifest.json.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record};

fn evaluate(record: Record, answer: &mut Answer) {
    if record.visits().unwrap_or(0.0) >= 3.0 {
        answer.segment_regular();
    }
}
