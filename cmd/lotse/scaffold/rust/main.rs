// The rule module NAME. Build it with: lotse rules build. The accessors come from manifest.json.
#![cfg_attr(target_arch = "wasm32", no_std)]
mod lotse;
mod manifest;
use lotse::{Answer, Record};

fn evaluate(record: Record, answer: &mut Answer) {
    if record.visits() >= 3.0 {
        answer.segment_regular();
    }
}
