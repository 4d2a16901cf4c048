// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_rtld_seeds.c - good tables to begin from, with every sort of form
 *
 * They depend on nothing but their number: the corpus can be made again.
 */
#include <string.h>

#include "fuzz.h"
#include "fuzz_rtld.h"
#include "../lib/rts_build.h"

static unsigned char *seed_text, *seed_objects, *seed_table;

static void link_site(unsigned at, const char *opcode, unsigned n,
		      const unsigned char *to)
{
	int32_t distance = (int32_t)(to - (seed_text + at + n + 4));

	memcpy(seed_text + at, opcode, n);
	memcpy(seed_text + at + n, &distance, 4);
}

static const struct rts_build_encoding branch[3] = {
	{ "2e e9 .. .. .. ..", .guard = RTS_GUARD_EQUAL,
	  .source = RTS_SOURCE_OPERAND, .flags = RTS_ENCODING_PLACE,
	  .range = RTS_RANGE_SIGNED },
	{ "66 0f 1f 44 00 00", .guard = RTS_GUARD_MASKED | RTS_GUARD_NOT,
	  .data = { 0xff, 1 } },
	{ "0f 84 .. .. .. ..", .source = RTS_SOURCE_OPERAND,
	  .flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED },
};

static const struct rts_build_encoding odd[2] = {
	{ "ef 00 .. ..", .guard = RTS_GUARD_FITS, .source = RTS_SOURCE_VALUE,
	  .shift = 1, .range = RTS_RANGE_BITFIELD, .bits = 20, .bias = -1,
	  .slices = { { 11, 8, 12 }, { 10, 1, 20 }, { 0, 10, 21 },
		      { 19, 1, 31 } } },
	{ "90 90 90 90", .guard = RTS_GUARD_ALWAYS },
};

/* push; call *slot; pop: or a body for one function, or for most values. */
static struct rts_build_encoding window[4] = {
	{ "fa 0f 1f 80 00 00 00 00", .flags = RTS_ENCODING_WINDOW,
	  .guard = RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE },
	{ "fb 0f 1f 80 00 00 00 00", .flags = RTS_ENCODING_WINDOW,
	  .guard = RTS_GUARD_RANGE | RTS_GUARD_NOT, .data = { 1, 1000 } },
	{ "50 67 e8 .. .. .. .. 58", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, .flags = RTS_ENCODING_PLACE, .bias = 7,
	  .range = RTS_RANGE_SIGNED, .bits = 32, .slices = { { 0, 32, 24 } } },
	{ "50 ff 15 .. .. .. .. 58", .source = RTS_SOURCE_SLOT,
	  .flags = RTS_ENCODING_PLACE, .bias = 7, .range = RTS_RANGE_SIGNED,
	  .bits = 32, .slices = { { 0, 32, 24 } } },
};

static void seed_windows(struct rts_build *b)
{
	unsigned slot, first = b->forms;

	rts_build_form(b, RTS_TAG_CALL_WINDOW, RTS_FORM_WINDOW, window, 4);
	rts_build_mark(b, "ops", RTS_KIND_OPS, seed_objects + 32, 8, NULL);
	slot = rts_build_slot(b, b->marks - 1, 0, 8);
	for (unsigned at = 264; at < 296; at += 12) {
		seed_text[at] = 0x50;
		link_site(at + 1, "\xff\x15", 2, seed_objects + 32);
		seed_text[at + 7] = 0x58;
		rts_build_site(b, slot, seed_text + at, first, NULL);
	}
}

static void seed_code(struct rts_build *b, int many)
{
	unsigned slot;

	rts_build_form(b, RTS_TAG_CALL, 0, rts_call, 3);
	rts_build_form(b, RTS_TAG_JMP, 0, rts_jmp, 2);
	rts_build_mark(b, "fn", RTS_KIND_FUNC, seed_objects, 8,
		       seed_text + 300);
	slot = rts_build_slot(b, 0, 0, 8);
	for (unsigned at = 8; at < (many ? 200u : 32u); at += 16) {
		link_site(at, "\xe8", 1, seed_text + 300);
		rts_build_site(b, slot, seed_text + at, 0, NULL);
		link_site(at + 5, "\xe9", 1, seed_text + 300);
		rts_build_site(b, slot, seed_text + at + 5, 1, NULL);
	}
}

static void seed_loads(struct rts_build *b)
{
	unsigned slot, first = b->forms;

	rts_build_form(b, RTS_TAG_LOAD32, 0, rts_load32, 2);
	rts_build_form(b, RTS_TAG_LOAD64, RTS_FORM_SIGNED, rts_load64, 4);
	rts_build_form(b, 0, RTS_FORM_OPERAND, branch, 3);
	rts_build_form(b, 0, 0, odd, 2);
	rts_build_mark(b, "var", RTS_KIND_VAR, seed_objects + 16, 8, NULL);
	slot = rts_build_slot(b, b->marks - 1, 0, 4);
	link_site(220, "\x8b\x05", 2, seed_objects + 16);
	rts_build_site(b, slot, seed_text + 220, first, NULL);
	link_site(230, "\x0f\x84", 2, seed_text + 260);
	rts_build_site(b, slot, seed_text + 230, first + 2, seed_text + 260);
	rts_build_site(b, slot, seed_text + 240, first + 3, NULL);
	slot = rts_build_slot(b, b->marks - 1, 0, 8);
	link_site(246, "\x48\x8b\x05", 3, seed_objects + 16);
	rts_build_site(b, slot, seed_text + 246, first + 1, NULL);
}

size_t fuzz_seed(unsigned n, uint8_t *to, size_t room)
{
	static const unsigned char some_options[] = {
		FIX_CRC, FIX_CRC | FIX_SIZE, 0, FIX_CRC | FORGE,
		FIX_CRC | DEAD, FIX_CRC | ELSEWHERE,
		FIX_CRC | FORGE | ELSEWHERE, FIX_CRC | FORGE | DEAD,
		FIX_CRC | NOBODY, FIX_CRC | INSIDE, FIX_CRC | NOBODY | FORGE,
		FIX_CRC | POINTERS, FIX_CRC | POINTERS | NOBODY,
	};
	static const unsigned char some_hosts[] = {
		0, 0, NESTS, REFUSES, NO_WRITE | NO_LIVE, NESTS | NO_SYMBOL, 0,
	};
	struct rts_build b;

	if (n >= 3 * sizeof(some_options))
		return 0;
	to[0] = some_options[n / 3];
	to[1] = some_hosts[n % sizeof(some_hosts)];
	seed_text = to + HEAD;
	seed_objects = seed_text + TEXT;
	seed_table = seed_objects + OBJECTS;
	memset(seed_text, 0x90, TEXT);
	memset(seed_objects, n & 1 ? 0 : 1, OBJECTS);
	for (unsigned i = 0; to[0] & POINTERS && i < OBJECTS; i++)
		seed_objects[i] = i % 8 ? 0xff : 0;	/* into text */
	rts_build_begin(&b);
	b.address = 0x400000;	/* the seeds do not depend on where we run */
	rts_build_text(&b, seed_text, 256);
	rts_build_text(&b, seed_text + 256, 128);
	if (n % 3 != 1)
		seed_code(&b, n % 3 == 2);
	if (n % 3 != 0)
		seed_loads(&b);
	seed_windows(&b);
	return HEAD + TABLE +
	       rts_build_end(&b, seed_table, room - HEAD - TABLE);
}
