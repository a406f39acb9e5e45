// The kit for rule modules in AssemblyScript: the record that the host writes, and the answer that it reads. The accessors
// of a module's own features are in manifest.ts, and what the host calls is in module.ts; `lotse rules generate` writes all
// three. A module has a file main.ts beside them with
//
//	import { record, answer } from "./manifest";
//
//	export function evaluate(): void {}
//
// It is evaluated in a single thread, and nothing that it writes to memory outlives a call. It has no clock but the
// record's, no files, no console and no random numbers. Texts are compared where the record holds them: nothing allocates.

// The contract, version 1.
const MAX_RECORD = 16 << 10;
const MAX_ENTRIES = 256;
const ENTRY: usize = 16;
const HEADER: usize = 32;
const SLOT: usize = 16;

const SCORE: u16 = 1;
const SEGMENT: u16 = 2;
const TRAIT: u16 = 3;

export const REFUSED_RECORD = -1; // the record is not one of version 1 with the manifest's features
const REFUSED_ANSWER = -2; // the rules said more than fits into an answer

// The buffers that the host writes to and reads from. They never move.
export const INPUT = memory.data(16384, 8);
export const OUTPUT = memory.data(4096, 8);

let count = 0; // entries of the answer; may pass the maximum, by what was lost

/** Whether the record is one of version 1 with so many features. */
export function begin(length: i32, features: i32): bool {
  count = 0;
  return (
    length >= <i32>HEADER &&
    length <= MAX_RECORD &&
    load<u64>(INPUT) == 0x1_3153_544c && // "LTS1" and the version
    load<i32>(INPUT, 8) == length &&
    load<i32>(INPUT, 12) == features
  );
}

/** The number of entries, or a refusal. */
export function end(): i32 {
  return count > MAX_ENTRIES ? REFUSED_ANSWER : count;
}

/** The moment of evaluation, in Unix milliseconds. It is the only clock. */
// @ts-ignore: decorator
@inline
export function unixMillis(): i64 {
  return load<i64>(INPUT, 24);
}

// What follows is for manifest.ts. The value of an absent feature is 0, false or null.

// @ts-ignore: decorator
@inline
export function has(feature: usize): bool {
  return load<u8>(INPUT + HEADER + feature * SLOT) == 1;
}

// @ts-ignore: decorator
@inline
export function number(feature: usize): f64 {
  return load<f64>(INPUT + HEADER + feature * SLOT, 8);
}

// @ts-ignore: decorator
@inline
export function flag(feature: usize): bool {
  return load<u8>(INPUT + HEADER + feature * SLOT, 8) == 1;
}

// @ts-ignore: decorator
@inline
export function text(feature: usize): Text | null {
  return has(feature) ? changetype<Text>(INPUT + HEADER + feature * SLOT) : null;
}

/** Gives points for one of a score's reasons. No points are not worth a word and are left out. */
export function points(score: u16, reason: u16, n: f64): void {
  if (n != 0) say(SCORE, score, reason, n);
}

export function segment(index: u16): void {
  say(SEGMENT, index, 0, 0);
}

export function trait(index: u16, value: u16): void {
  say(TRAIT, index, value, 0);
}

function say(kind: u16, index: u16, reason: u16, n: f64): void {
  if (count < MAX_ENTRIES) {
    const entry = OUTPUT + <usize>count * ENTRY;
    store<u64>(entry, <u64>kind | (<u64>index << 16) | (<u64>reason << 32));
    store<f64>(entry, n, 8);
  }
  count++;
}

/** Whether a text is there, and is the string. */
export function is(text: Text | null, other: string): bool {
  return text ? text.is(other) : false;
}

/** A text of the record: its slot is seen as an object, so there is nothing to copy. It is UTF-8, a string is UTF-16. */
@unmanaged
export class Text {
  private tag: u32; // presence and type
  /** Bytes. */
  length: u32;
  private offset: u32;
  private zero: u32;

  /** Whether the text is the string, character by character. */
  is(other: string): bool {
    return other.length <= <i32>this.length && this.begins(other) == <i32>this.length;
  }

  /** Whether the text begins with the string. */
  startsWith(other: string): bool {
    return this.begins(other) >= 0;
  }

  /**
   * Whether the text is the string as people compare: capitals and small letters of ASCII are the same, and spaces, hyphens
   * and underscores do not count. So "Working Professional" is "working_professional".
   */
  same(other: string): bool {
    let at: u32 = 0;
    const from = INPUT + this.offset;
    for (let i = 0, n = other.length; i < n; ) {
      const c = character(other, i);
      i += c > 0xffff ? 2 : 1;
      if (fillsIn(c)) continue;
      while (at < this.length && fillsIn(load<u8>(from + at))) at++;
      const size = width(c);
      if (at + size > this.length) return false;
      if (size == 1 ? small(load<u8>(from + at)) != small(c) : !encodes(from + at, c, size)) return false;
      at += size;
    }
    while (at < this.length && fillsIn(load<u8>(from + at))) at++;
    return at == this.length;
  }

  // The bytes of the string, where the text begins with it; otherwise -1.
  private begins(other: string): i32 {
    let at: u32 = 0;
    const from = INPUT + this.offset;
    for (let i = 0, n = other.length; i < n; ) {
      let c = unit(other, i);
      if (c < 0x80) {
        if (at >= this.length || load<u8>(from + at) != c) return -1;
        at++;
        i++;
        continue;
      }
      c = character(other, i);
      i += c > 0xffff ? 2 : 1;
      const size = width(c);
      if (at + size > this.length || !encodes(from + at, c, size)) return -1;
      at += size;
    }
    return at;
  }
}

// The 16 bits of a string at i, which is within it.
// @ts-ignore: decorator
@inline
function unit(s: string, i: i32): u32 {
  return load<u16>(changetype<usize>(s) + (<usize>i << 1));
}

// The character of a string at i: two halves beyond the first 65,536 characters.
function character(s: string, i: i32): u32 {
  const c = unit(s, i);
  if ((c & 0xfc00) != 0xd800 || i + 1 >= s.length) return c;
  const low = unit(s, i + 1);
  return (low & 0xfc00) == 0xdc00 ? 0x10000 + ((c & 0x3ff) << 10) + (low & 0x3ff) : c;
}

function width(c: u32): u32 {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

// Whether the bytes there are the character in UTF-8.
function encodes(at: usize, c: u32, size: u32): bool {
  if (size == 1) return load<u8>(at) == c;
  for (let i = size - 1; i > 0; i--) {
    if (load<u8>(at + i) != (0x80 | (c & 0x3f))) return false;
    c >>= 6;
  }
  return load<u8>(at) == (((0xf00 >> size) & 0xff) | c);
}

function fillsIn(c: u32): bool {
  return c == 0x20 || c == 0x2d || c == 0x5f;
}

function small(c: u32): u32 {
  return c >= 0x41 && c <= 0x5a ? c + 0x20 : c;
}
