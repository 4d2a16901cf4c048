/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_rtld.c - any bytes as a table: refused, or bound without harm
 *
 * An input is one byte of options, then text, objects and table, which are
 * laid out in that order in one block of memory that ends where the table
 * does, so that ASan sees a read behind it.
 *
 * A table with a valid checksum is trusted in one point: where its text and
 * its marks are.  Nothing in the format could bound them.  So tables whose
 * text or marks lie elsewhere are opened and then left alone; ranges within
 * the block are bound, unbound, checked and dumped, and what must hold then is
 * tested.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rtld.h"
#include "../lib/rts_build.h"
#include "../../rtld/internal.h"

enum { TEXT = 512, OBJECTS = 128, TABLE = TEXT + OBJECTS };

/* Options. */
#define FIX_CRC		0x01
#define FIX_SIZE	0x02
#define DEAD		0x04	/* some text is gone */
#define FORGE		0x08	/* memory changes between binds */
#define ELSEWHERE	0x10	/* runs at another address */

unsigned long fuzz_reached[4];
const char *const fuzz_reached_names[4] = {
	"tables opened", "tables within the block", "binds that went through",
	"binds that were refused",
};

static unsigned char *block, *before;
static size_t block_size;
static unsigned options;

#define MUST(condition)	must(condition, #condition, __LINE__)

static void must(int condition, const char *what, int line)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_rtld.c:%d: %s\n", line, what);
	abort();
}

/* ---- the host --------------------------------------------------------- */

static int live(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	MUST(n >= 1 && n <= RTS_SITE_MAX);
	MUST((const unsigned char *)text >= block);
	MUST((const unsigned char *)text + n <= block + TEXT);
	return !(options & DEAD) || !((uintptr_t)text >> 4 & 1);
}

static void write_text(void *ctx, void *text, const void *bytes, size_t n)
{
	MUST(live(ctx, text, n));
	memcpy(text, bytes, n);
}

static void print(void *ctx, const char *line, size_t n)
{
	(void)ctx;
	MUST(n > 5 && n <= RTLD_DUMP_LINE_);
	MUST(!memcmp(line, "rts: ", 5) && line[n - 1] == '\n');
	MUST(!memchr(line, 0, n));
}

static size_t symbol(void *ctx, uint64_t address, char *buf, size_t size)
{
	(void)ctx;
	return address & 1 ? (size_t)snprintf(buf, size, "f%0300d", 1) : 0;
}

static const struct rtld_host host = {
	.write = write_text, .live = live, .print = print, .symbol = symbol,
};

static int change(void *arg)
{
	unsigned char *objects = block + TEXT;

	if (!arg)
		return -1;
	for (unsigned i = 0; i < OBJECTS; i += 3)
		objects[i] ^= 0x55;
	return 0;
}

/* ---- what may be bound ------------------------------------------------ */

static int within(int64_t relative, uint64_t size, int64_t from, int64_t to)
{
	return relative >= from && relative <= to &&
	       size <= (uint64_t)(to - relative);
}

static int all_within(const struct rtld *rt)
{
	struct rts_text text;
	struct rts_mark mark;
	uint32_t i;

	for (i = 0; rtld_text_(rt, i, &text); i++) {
		if (!within(text.start, text.size, -TABLE, -OBJECTS))
			return 0;
	}
	for (i = 0; rtld_mark_(rt, i, &mark); i++) {
		if (!within(mark.address, mark.size, -OBJECTS, 0))
			return 0;
	}
	return 1;
}

/* Sites of different slots overlap: ld-wrap proves that they do not, and rtld
 * relies on it.  Then it must still do no harm, but need not be right. */
static int overlapping(struct rtld *rt)
{
	static unsigned char used[TEXT];
	struct rtld_site_ s;
	size_t at;
	int any = 0;

	memset(used, 0, sizeof(used));
	for (uint32_t i = 0; i < RTLD_HEAD_(rt, slot_count); i++) {
		rtld_start_(rt, &s, i);
		while (!rtld_next_(rt, &s)) {
			at = (size_t)(rtld_pointer_(rt, rt->fault.address) -
				      block);
			for (unsigned k = 0; k < s.length; k++)
				any |= used[at + k]++;
		}
	}
	return any;
}

/* ---- what must hold --------------------------------------------------- */

static void remember(void)
{
	memcpy(before, block, block_size);
}

static void nothing_changed(void)
{
	MUST(!memcmp(before, block, block_size));
}

static void only_text_changed(void)
{
	MUST(!memcmp(before + TEXT, block + TEXT, block_size - TEXT));
}

static void sums(const struct rtld *rt)
{
	const struct rtld_stats *s = &rt->stats;

	MUST(s->sites == s->bound + s->kept + s->dropped);
	MUST(s->sites == RTLD_HEAD_(rt, site_count));
	MUST(s->written <= s->bound + s->kept);
}

static void went_well(struct rtld *rt, int rc, int clean)
{
	if (rc) {
		MUST(rc == -rt->fault.code);
		nothing_changed();
		fuzz_reached[3]++;
		return;
	}
	only_text_changed();
	sums(rt);
	if (clean)
		MUST(!rtld_check(rt, &host));
	fuzz_reached[2]++;
}

static void exercise(struct rtld *rt)
{
	struct rts_mark mark;
	int clean = !overlapping(rt), rc;

	remember();
	rtld_dump(rt, &host, 7);
	rtld_check(rt, &host);
	nothing_changed();
	went_well(rt, rtld_bind(rt, &host), clean);
	if (options & FORGE)
		change(rt);
	remember();
	if (rtld_mark_(rt, 0, &mark)) {
		rc = rtld_bind_object(rt, &host, rt->image + mark.address);
		MUST(rc != -RTLD_E_NO_OBJECT);
		if (rc)
			nothing_changed();
	}
	remember();
	rc = rtld_switch(rt, &host, change, NULL);
	MUST(rc);
	nothing_changed();
	rc = rtld_switch(rt, &host, change, rt);
	if (!rc && clean)
		MUST(!rtld_check(rt, &host));
	remember();
	rtld_dump(rt, &host, 7);
	nothing_changed();
	rc = rtld_unbind(rt, &host);
	went_well(rt, rc, clean);
	if (!rc)
		MUST(!rt->stats.bound || !clean);
}

/* ---- one input -------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtld rt;
	unsigned char *table;
	size_t table_size;
	uint64_t address;

	if (size < 1 + TABLE)
		return 0;
	options = data[0];
	block_size = size - 1;
	table_size = block_size - TABLE;
	block = malloc(block_size);
	before = malloc(block_size);
	if (!block || !before)
		abort();
	memcpy(block, data + 1, block_size);
	table = block + TABLE;
	if (options & FIX_SIZE && table_size >= 16)
		for (unsigned i = 0; i < 4; i++)
			table[12 + i] = (unsigned char)(table_size >> 8 * i);
	if (options & FIX_CRC && table_size >= sizeof(struct rts_header) &&
	    rts_ld32(table + 12) <= table_size)
		rts_build_crc(table);
	remember();
	address = options & ELSEWHERE ? 0xffffffff82000000 : (uintptr_t)table;
	if (!rtld_open_at(&rt, table, table_size, address) &&
	    !rtld_validate(&rt)) {
		fuzz_reached[0]++;
		nothing_changed();
		if (all_within(&rt)) {
			fuzz_reached[1]++;
			exercise(&rt);
		}
	} else {
		MUST(rt.fault.code && !rt.image);
		MUST(rt.fault.offset <= table_size);
	}
	free(block);
	free(before);
	return 0;
}

/* ---- seeds ------------------------------------------------------------ */

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
	link_site(250, "\x48\x8b\x05", 3, seed_objects + 16);
	rts_build_site(b, slot, seed_text + 250, first + 1, NULL);
}

size_t fuzz_seed(unsigned n, uint8_t *to, size_t room)
{
	static const unsigned char some_options[] = {
		FIX_CRC, FIX_CRC | FIX_SIZE, 0, FIX_CRC | FORGE,
		FIX_CRC | DEAD, FIX_CRC | ELSEWHERE,
		FIX_CRC | FORGE | ELSEWHERE, FIX_CRC | FORGE | DEAD,
	};
	struct rts_build b;

	if (n >= 3 * sizeof(some_options))
		return 0;
	to[0] = some_options[n / 3];
	seed_text = to + 1;
	seed_objects = seed_text + TEXT;
	seed_table = seed_objects + OBJECTS;
	memset(seed_text, 0x90, TEXT);
	memset(seed_objects, n & 1 ? 0 : 1, OBJECTS);
	rts_build_begin(&b);
	b.address = 0x400000;	/* the seeds do not depend on where we run */
	rts_build_text(&b, seed_text, 256);
	rts_build_text(&b, seed_text + 256, 128);
	if (n % 3 != 1)
		seed_code(&b, n % 3 == 2);
	if (n % 3 != 0)
		seed_loads(&b);
	return 1 + TABLE + rts_build_end(&b, seed_table, room - 1 - TABLE);
}
