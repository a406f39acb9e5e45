// The kit for rule modules in C: what the host calls, the record that it writes, and the answer that it reads. The
// accessors of a module's own features are in manifest.h, which includes this file; `lotse rules generate` writes both.
//
// A module is one C file that includes manifest.h and defines
//
//	void evaluate(void);
//
// It is evaluated in a single thread, and nothing that it writes to memory outlives a call. It has no clock but the
// record's, no files and no C library. On a machine of its own it compiles as well, so that rules can be debugged natively.
#ifndef LOTSE_H
#define LOTSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__wasm__)
#define LOTSE_EXPORT(name) __attribute__((export_name(name)))
#else
#define LOTSE_EXPORT(name)
#endif

// The contract, version 1.
enum {
	LOTSE_MAX_RECORD = 16 << 10,
	LOTSE_MAX_ENTRIES = 256,
	LOTSE_HEADER = 32,
	LOTSE_SLOT = 16,

	LOTSE_SCORE = 1,
	LOTSE_SEGMENT = 2,
	LOTSE_TRAIT = 3,

	LOTSE_REFUSED_RECORD = -1, // the record is not one of version 1 with the manifest's features
	LOTSE_REFUSED_ANSWER = -2, // the rules said more than fits into an answer
};

typedef struct {
	uint16_t kind, index, reason, zero;
	double number;
} lotse_entry;

_Static_assert(sizeof(lotse_entry) == 16, "an entry has 16 bytes");

// A text of the record, where it stands there, or a literal's: UTF-8 without a zero at its end.
typedef struct {
	const char *bytes;
	uint32_t length;
} lotse_text;

// The text of a literal: record_country_or(text_of("")).
#define text_of(literal) ((lotse_text){"" literal, sizeof("" literal) - 1})

// The buffers that the host writes to and reads from. They never move. The count stands before the entries, so that a
// short answer touches one piece of memory.
static _Alignas(8) uint8_t lotse_record[LOTSE_MAX_RECORD];
static struct {
	uint64_t count; // may pass the maximum, by what was lost
	lotse_entry entries[LOTSE_MAX_ENTRIES];
} lotse_answer;

// lotse_load reads up to eight little-endian bytes of the record.
#define lotse_load(type, at)                                              \
	__extension__({                                                       \
		type value_;                                                      \
		__builtin_memcpy(&value_, lotse_record + (at), sizeof value_);    \
		value_;                                                           \
	})

// The moment of evaluation, in Unix milliseconds. It is the only clock.
static inline int64_t record_unix_millis(void) { return lotse_load(int64_t, 24); }

// What follows is for manifest.h. The value of an absent feature is 0, false or an empty text.

static inline bool lotse_has(uint32_t feature) { return lotse_record[LOTSE_HEADER + feature * LOTSE_SLOT] == 1; }

static inline double lotse_number(uint32_t feature) {
	return lotse_load(double, LOTSE_HEADER + feature * LOTSE_SLOT + 8);
}

static inline bool lotse_flag(uint32_t feature) { return lotse_record[LOTSE_HEADER + feature * LOTSE_SLOT + 8] == 1; }

static inline lotse_text lotse_string(uint32_t feature) {
	uint32_t slot = LOTSE_HEADER + feature * LOTSE_SLOT;
	return (lotse_text){(const char *)lotse_record + lotse_load(uint32_t, slot + 8), lotse_load(uint32_t, slot + 4)};
}

static inline void lotse_say(uint16_t kind, uint16_t index, uint16_t reason, double number) {
	if (lotse_answer.count < LOTSE_MAX_ENTRIES)
		lotse_answer.entries[lotse_answer.count] = (lotse_entry){kind, index, reason, 0, number};
	lotse_answer.count++;
}

// No points are not worth a word and are left out.
static inline void lotse_points(uint16_t score, uint16_t reason, double points) {
	if (points != 0)
		lotse_say(LOTSE_SCORE, score, reason, points);
}

// What rules are made with.

static inline double at_most(double a, double b) { return a < b ? a : b; }
static inline double at_least(double a, double b) { return a > b ? a : b; }

// lotse_differ compares bytes of that type, which become one constant where they are of a literal.
#define lotse_differ(type, a, b)                                     \
	__extension__({                                                  \
		type a_, b_;                                                 \
		__builtin_memcpy(&a_, a, sizeof a_);                         \
		__builtin_memcpy(&b_, b, sizeof b_);                         \
		a_ != b_;                                                    \
	})

static inline bool lotse_begins(lotse_text text, const char *other, size_t length) {
	if (text.length < length)
		return false;
	size_t i = 0;
	for (; i + 8 <= length; i += 8)
		if (lotse_differ(uint64_t, text.bytes + i, other + i))
			return false;
	if (length & 4 && lotse_differ(uint32_t, text.bytes + i, other + i))
		return false;
	i += length & 4;
	if (length & 2 && lotse_differ(uint16_t, text.bytes + i, other + i))
		return false;
	i += length & 2;
	return !(length & 1) || text.bytes[i] == other[i];
}

static inline bool lotse_equal(lotse_text text, const char *other, size_t length) {
	return text.length == length && lotse_begins(text, other, length);
}

// lotse_letter gives the next byte that counts as a small letter, or -1 at the end, and moves on.
static inline int lotse_letter(lotse_text *text) {
	while (text->length > 0) {
		unsigned char c = *text->bytes++;
		text->length--;
		if (c != ' ' && c != '-' && c != '_')
			return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
	}
	return -1;
}

static inline bool lotse_alike(lotse_text a, lotse_text b) {
	for (;;) {
		int x = lotse_letter(&a), y = lotse_letter(&b);
		if (x != y || x < 0)
			return x == y;
	}
}

// Whether a text is a literal, byte for byte: text_is(country, "India").
#define text_is(text, literal) lotse_equal(text, literal, sizeof("" literal) - 1)

// Whether a text begins with a literal.
#define text_begins(text, literal) lotse_begins(text, literal, sizeof("" literal) - 1)

// Whether a text is a literal as people compare: capitals and small letters of ASCII are the same, and spaces, hyphens and
// underscores do not count. So "Working Professional" is "working_professional".
#define text_same(text, literal) lotse_alike(text, text_of(literal))

// The rules.
void evaluate(void);

LOTSE_EXPORT("lotse_input") void *lotse_input(void) { return lotse_record; }

LOTSE_EXPORT("lotse_output") void *lotse_output(void) { return lotse_answer.entries; }

// lotse_begin tells whether the record is one of version 1 with so many features.
static inline bool lotse_begin(int32_t length, uint32_t features) {
	lotse_answer.count = 0;
	return length >= LOTSE_HEADER && length <= LOTSE_MAX_RECORD && lotse_load(uint32_t, 0) == 0x3153544C && // "LTS1"
		lotse_load(uint32_t, 4) == 1 && lotse_load(uint32_t, 8) == (uint32_t)length && lotse_load(uint32_t, 12) == features;
}

static inline int32_t lotse_end(void) {
	return lotse_answer.count > LOTSE_MAX_ENTRIES ? LOTSE_REFUSED_ANSWER : (int32_t)lotse_answer.count;
}

#endif
