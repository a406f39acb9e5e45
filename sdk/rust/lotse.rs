//! The kit for rule modules in Rust: what the host calls, the record that it writes, and the answer that it reads. The
//! accessors of a module's own features are in manifest.rs; `lotse rules generate` writes both files.
//!
//! A module is a crate whose root has these lines and a function `evaluate`:
//!
//! ```ignore
//! #![cfg_attr(target_arch = "wasm32", no_std)]
//! mod lotse;
//! mod manifest;
//! use lotse::{Answer, Record};
//!
//! fn evaluate(record: Record, answer: &mut Answer) {}
//! ```
//!
//! It is evaluated in a single thread, and nothing that it writes to memory outlives a call. It has no clock but the
//! record's, no files and no allocator. Natively the crate compiles with the standard library, so that `#[test]` works.
#![allow(dead_code)] // no module needs all of it

use core::cell::UnsafeCell;

/// The contract, version 1.
const MAX_RECORD: usize = 16 << 10;
const MAX_ENTRIES: usize = 256;
const HEADER: usize = 32;
const SLOT: usize = 16;

const SCORE: u16 = 1;
const SEGMENT: u16 = 2;
const TRAIT: u16 = 3;

/// The record is not one of version 1 with the manifest's features.
const REFUSED_RECORD: i32 = -1;
/// The rules said more than fits into an answer.
const REFUSED_ANSWER: i32 = -2;

/// What the host tells of a visitor. A feature that is not known, and one that may not be seen, are both `None`.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    raw: &'a [u8; MAX_RECORD],
}

impl<'a> Record<'a> {
    /// The moment of evaluation, in Unix milliseconds. It is the only clock.
    pub fn unix_millis(self) -> i64 {
        i64::from_le_bytes(self.bytes(24))
    }

    // What follows is for manifest.rs.

    pub(crate) fn number_at(self, feature: usize) -> Option<f64> {
        self.is_there(feature).then(|| f64::from_le_bytes(self.bytes(HEADER + feature * SLOT + 8)))
    }

    pub(crate) fn flag_at(self, feature: usize) -> Option<bool> {
        self.is_there(feature).then(|| self.raw[HEADER + feature * SLOT + 8] == 1)
    }

    pub(crate) fn text_at(self, feature: usize) -> Option<Text<'a>> {
        self.is_there(feature).then(|| {
            let length = self.word(HEADER + feature * SLOT + 4) as usize;
            let offset = self.word(HEADER + feature * SLOT + 8) as usize;
            Text(self.raw.get(offset..offset.wrapping_add(length)).unwrap_or(&[]))
        })
    }

    fn is_there(self, feature: usize) -> bool {
        self.raw[HEADER + feature * SLOT] == 1
    }

    fn word(self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.raw[at..at + N]);
        bytes
    }

    fn is_whole(self, length: i32, features: usize) -> bool {
        length >= HEADER as i32
            && length <= MAX_RECORD as i32
            && self.bytes(0) == *b"LTS1\x01\0\0\0"
            && self.word(8) == length as u32
            && self.word(12) as usize == features
    }
}

/// A text of the record, where it stands there: UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub fn starts_with(self, other: &str) -> bool {
        self.0.starts_with(other.as_bytes())
    }

    /// Compares as people do: capitals and small letters of ASCII are the same, and spaces, hyphens and underscores do not
    /// count. So "Working Professional" is "working_professional".
    pub fn same(self, other: &str) -> bool {
        letters(self.0).eq(letters(other.as_bytes()))
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Text(text.as_bytes())
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

fn letters(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    text.iter().filter(|c| !matches!(c, b' ' | b'-' | b'_')).map(u8::to_ascii_lowercase)
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Entry {
    kind: u16,
    index: u16,
    reason: u16,
    zero: u16,
    number: f64,
}

const EMPTY: Entry = Entry { kind: 0, index: 0, reason: 0, zero: 0, number: 0.0 };

/// Takes what a module says.
pub struct Answer<'a> {
    entries: &'a mut [Entry; MAX_ENTRIES],
    count: usize, // may pass the maximum, by what was lost
}

impl Answer<'_> {
    // For manifest.rs. No points are not worth a word and are left out.

    pub(crate) fn points_for(&mut self, score: u16, reason: u16, points: f64) {
        if points != 0.0 {
            self.say(SCORE, score, reason, points);
        }
    }

    pub(crate) fn segment_at(&mut self, segment: u16) {
        self.say(SEGMENT, segment, 0, 0.0);
    }

    pub(crate) fn trait_at(&mut self, index: u16, value: u16) {
        self.say(TRAIT, index, value, 0.0);
    }

    fn say(&mut self, kind: u16, index: u16, reason: u16, number: f64) {
        if let Some(entry) = self.entries.get_mut(self.count) {
            *entry = Entry { kind, index, reason, zero: 0, number };
        }
        self.count += 1;
    }
}

/// A buffer that the host knows the address of.
#[repr(C, align(8))]
struct Buffer<T>(UnsafeCell<T>);

// A module has one thread: the host evaluates one record in an instance at a time.
unsafe impl<T> Sync for Buffer<T> {}

static INPUT: Buffer<[u8; MAX_RECORD]> = Buffer(UnsafeCell::new([0; MAX_RECORD]));
static OUTPUT: Buffer<[Entry; MAX_ENTRIES]> = Buffer(UnsafeCell::new([EMPTY; MAX_ENTRIES]));

#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn lotse_input() -> *mut u8 {
    INPUT.0.get().cast()
}

#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn lotse_output() -> *mut u8 {
    OUTPUT.0.get().cast()
}

#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn lotse_evaluate(length: i32) -> i32 {
    // Safe because nothing else refers to the buffers while the host waits for the answer.
    let (record, mut answer) = unsafe { (Record { raw: &*INPUT.0.get() }, Answer { entries: &mut *OUTPUT.0.get(), count: 0 }) };
    if !record.is_whole(length, crate::manifest::FEATURES) {
        return REFUSED_RECORD;
    }
    crate::evaluate(record, &mut answer);
    if answer.count > MAX_ENTRIES {
        return REFUSED_ANSWER;
    }
    answer.count as i32
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
