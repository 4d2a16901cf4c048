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
 *
 * FUZZ_STEPS: which calls, so that a fuzzer can spend its hours on one of them:
 * OPEN tables that are opened and validated, BIND, SWITCH, or all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "fuzz_rtld.h"
#include "../lib/rts_build.h"
#include "rtld.h"
#include "../../rtld/internal.h"

/* Steps. */
#define OPEN		1
#define BIND		2
#define SWITCH		4
#ifndef FUZZ_STEPS
#define FUZZ_STEPS	(OPEN | BIND | SWITCH)
#endif

enum reached {
	OPENED, WITHIN, NOT_OPENED,
#if FUZZ_STEPS & BIND
	BOUND, NOT_BOUND, UNBOUND, NOT_UNBOUND, REFUSED_INSIDE,
#endif
#if FUZZ_STEPS & SWITCH
	SWITCHED, NOT_SWITCHED, NOT_CHANGED,
#endif
#if FUZZ_STEPS & (BIND | SWITCH)
	WINDOWS, OPERANDS, RANGES, NEGATIONS, FUNCTIONS,
#endif
#if FUZZ_STEPS & (BIND | SWITCH)
	REFUSED_BEGIN, NESTED, FOREIGN, STALE, BAD_STREAM, OVERLAP,
	OUT_OF_TEXT, OUT_OF_REACH,
#endif
	REACHED
};
unsigned long fuzz_reached[REACHED];
const char *const fuzz_reached_names[] = {
	"tables opened", "tables within the block", "tables refused",
#if FUZZ_STEPS & BIND
	"binds that went through", "binds that were refused",
	"unbinds that went through", "unbinds that were refused",
	"refused because of a context inside",
#endif
#if FUZZ_STEPS & SWITCH
	"switches that went through", "switches that were refused",
	"changes that were refused",
#endif
#if FUZZ_STEPS & (BIND | SWITCH)
	"sites that hold a window", "sites with an operand",
	"guards of a range", "guards that are negated",
	"guards for a function",
	"refused by the host", "nested calls", "refused: foreign bytes",
	"refused: a stale value", "refused: a malformed stream",
	"refused: two sites overlap", "refused: a site outside text",
	"refused: the linked encoding does not reach",
#endif
	NULL
};

static unsigned char *block, *before;
static size_t block_size;
static unsigned options, host_is;
static struct rtld *current;
static int begun;
static int somebody;	/* is inside some text */

#define MUST(condition)	must(condition, #condition, __LINE__)

static void must(int condition, const char *what, int line)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_rtld.c:%d: %s\n", line, what);
	abort();
}

/* ---- the host --------------------------------------------------------- */

/* Nobody may call again meanwhile, and who does disturbs nothing. */
static void nest(void)
{
#if FUZZ_STEPS & (BIND | SWITCH)
	const struct rtld saved = *current;

	if (!(host_is & NESTS))
		return;
	MUST(saved.busy);
	MUST(rtld_bind(current, NULL) == -RTLD_E_BUSY);
	MUST(rtld_check(current, NULL) == -RTLD_E_BUSY);
	MUST(rtld_validate(current) == -RTLD_E_BUSY);
	MUST(!memcmp(&saved, current, sizeof(saved)));
	fuzz_reached[NESTED]++;
#endif
}

/* Where it refuses, then each second time. */
static int begin(void *ctx, const struct rtld *rt)
{
	static unsigned times;

	(void)ctx;
	MUST(rt == current && !begun);
	nest();
	if (host_is & REFUSES && times++ % 2)
		return -5;
	begun = 1;
	return 0;
}

static void end(void *ctx, const struct rtld *rt)
{
	(void)ctx;
	MUST(rt == current && begun);
	nest();
	begun = 0;
}

static int live(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	nest();
	MUST(n >= 1 && n <= RTS_SITE_MAX);
	MUST((const unsigned char *)text >= block);
	MUST((const unsigned char *)text + n <= block + TEXT);
	return !(options & DEAD) || !((uintptr_t)text >> 4 & 1);
}

static struct rtld_host host;

static void write_text(void *ctx, void *text, const void *bytes, size_t n)
{
	MUST(begun && (!host.live || live(ctx, text, n)));
	nest();
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

static int inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	MUST(begun);
	nest();
	MUST((const unsigned char *)text >= block);
	MUST((const unsigned char *)text + n <= block + TEXT);
	return somebody && !((uintptr_t)text >> 3 & 1);
}

static void set_host(void)
{
	host.begin = begin;
	host.end = end;
	host.write = host_is & NO_WRITE ? NULL : write_text;
	host.live = host_is & NO_LIVE ? NULL : live;
	host.print = print;
	host.symbol = host_is & NO_SYMBOL ? NULL : symbol;
	host.inside = options & (INSIDE | NOBODY) ? inside : NULL;
	if (options & INSIDE)
		options &= ~(unsigned)NOBODY;
	somebody = 0;
	begun = 0;
}

static int change(void *arg)
{
	unsigned char *objects = block + TEXT;

	if (current->busy)
		nest();
	if (!arg)
		return -1;
	for (unsigned i = 0; i < OBJECTS; i += 3)
		objects[i] ^= 0x55;
	return 0;
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

static void count_forms(const struct rtld *rt)
{
#if FUZZ_STEPS & (BIND | SWITCH)
	struct rts_encoding e;

	for (uint32_t i = 0; rtld_encoding_(rt, i, &e); i++) {
		fuzz_reached[RANGES] += (e.guard & 7) == RTS_GUARD_RANGE;
		fuzz_reached[NEGATIONS] += !!(e.guard & RTS_GUARD_NOT);
		fuzz_reached[FUNCTIONS] += !!(e.guard & RTS_GUARD_RELATIVE);
	}
#else
	(void)rt;
#endif
}

/* Which sites have an operand, and which hold a window. */
static void count_sites(struct rtld *rt)
{
#if FUZZ_STEPS & (BIND | SWITCH)
	const struct rtld saved = *rt;
	struct rtld_site_ s;

	for (uint32_t i = 0; i < RTLD_HEAD_(rt, slot_count); i++) {
		rtld_start_(rt, &s, i);
		while (!rtld_next_(rt, &s)) {
			rtld_look_(rt, &s, rtld_pointer_(rt,
							 rt->fault.address));
			fuzz_reached[WINDOWS] += s.holds && s.in_window;
			fuzz_reached[OPERANDS] +=
				!!(s.form[1] & RTS_FORM_OPERAND);
		}
	}
	*rt = saved;
#else
	(void)rt;
#endif
}

/*
 * A call that was refused: nothing has changed, and it says why.  Of sites that
 * overlap, the second pass finds the second one overwritten by the first: too
 * late to change nothing.
 */
static void refused(const struct rtld *rt, int rc, int clean)
{
	MUST(rc == -rt->fault.code && !begun && !rt->busy);
	MUST((rc == -RTLD_E_HOST) == (rt->fault.host == -5));
	if (clean)
		nothing_changed();
	MUST(!memcmp(before + TABLE, block + TABLE, block_size - TABLE));
#if FUZZ_STEPS & (BIND | SWITCH)
	fuzz_reached[REFUSED_BEGIN] += rc == -RTLD_E_HOST;
	fuzz_reached[FOREIGN] += rc == -RTLD_E_TEXT_BYTES;
	fuzz_reached[STALE] += rc == -RTLD_E_TEXT_STALE;
	fuzz_reached[BAD_STREAM] += rc == -RTLD_E_STREAM;
	fuzz_reached[OVERLAP] += rc == -RTLD_E_TEXT_OVERLAP;
	fuzz_reached[OUT_OF_TEXT] += rc == -RTLD_E_TEXT_BOUNDS;
	fuzz_reached[OUT_OF_REACH] += rc == -RTLD_E_TEXT_UNBOUND;
#endif
}

/* Bind or unbind; what must hold.  A check goes by what could stand there, not
 * by what the host gave leave for. */
static void went_well(struct rtld *rt, int rc, int clean, unsigned through)
{
	if (rc) {
		refused(rt, rc, clean);
#if FUZZ_STEPS & BIND
		fuzz_reached[REFUSED_INSIDE] += rc == -RTLD_E_TEXT_INSIDE;
#endif
		fuzz_reached[through + 1]++;
		return;
	}
	only_text_changed();
	sums(rt);
	if (clean && options & NOBODY)
		MUST(!rtld_check(rt, &host));
	fuzz_reached[through]++;
	count_sites(rt);
}

static void exercise_bind(struct rtld *rt, int clean)
{
#if FUZZ_STEPS & BIND
	struct rts_mark mark;
	int rc;

	remember();
	went_well(rt, rtld_bind(rt, &host), clean, BOUND);
	somebody = options & INSIDE;
	if (options & FORGE)
		change(rt);
	remember();
	if (rtld_mark_(rt, 0, &mark)) {
		rc = rtld_bind_object(rt, &host, rt->image + mark.address);
		MUST(rc != -RTLD_E_NO_OBJECT);
		if (rc)
			refused(rt, rc, clean);
	}
#else
	(void)rt;
	(void)clean;
#endif
}

static void exercise_unbind(struct rtld *rt, int clean)
{
#if FUZZ_STEPS & BIND
	int rc;

	remember();
	rc = rtld_unbind(rt, &host);
	went_well(rt, rc, clean, UNBOUND);
	if (!rc)
		MUST(!rt->stats.bound || !clean);
#else
	(void)rt;
	(void)clean;
#endif
}

static void exercise_switch(struct rtld *rt, int clean)
{
#if FUZZ_STEPS & SWITCH
	int rc;

	remember();
	rc = rtld_switch(rt, &host, change, NULL);
	MUST(rc);
	fuzz_reached[NOT_CHANGED] += rc == -RTLD_E_CHANGE;
	nothing_changed();
	for (unsigned i = 0; i < 2; i++) {
		remember();
		rc = rtld_switch(rt, &host, change, rt);
		somebody = options & INSIDE;
		if (rc) {
			refused(rt, rc, clean);
			fuzz_reached[NOT_SWITCHED]++;
			continue;
		}
		sums(rt);
		if (clean && options & NOBODY)
			MUST(!rtld_check(rt, &host));
		fuzz_reached[SWITCHED]++;
		count_sites(rt);
	}
#else
	(void)rt;
	(void)clean;
#endif
}

static void look(struct rtld *rt)
{
	remember();
	rtld_dump(rt, &host, 7);
	rtld_check(rt, &host);
	nothing_changed();
}

static void exercise(struct rtld *rt)
{
	int clean = !fuzz_overlaps(rt, block);

	if (FUZZ_STEPS == OPEN)
		return;
	current = rt;
	set_host();
	count_forms(rt);
	look(rt);
	exercise_bind(rt, clean);
	exercise_switch(rt, clean);
	look(rt);
	exercise_unbind(rt, clean);
}

/* What an input cannot know is where it will stand. */
static void relocate(uint64_t address)
{
	unsigned char *p = block + TEXT;

	for (unsigned i = 0; i < OBJECTS / 8; i++, p += 8) {
		uint64_t x = rts_ld64(p) + address;

		memcpy(p, &x, 8);
	}
}

/* ---- one input -------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtld rt;
	unsigned char *table;
	size_t table_size;
	uint64_t address;

	if (size < HEAD + TABLE)
		return 0;
	options = data[0];
	host_is = data[1];
	/* Who looks at open() alone tries wrong checksums often enough. */
	if (!(FUZZ_STEPS & OPEN))
		options |= FIX_CRC | FIX_SIZE;
	block_size = size - HEAD;
	table_size = block_size - TABLE;
	block = malloc(block_size);
	before = malloc(block_size);
	if (!block || !before)
		abort();
	memcpy(block, data + HEAD, block_size);
	table = block + TABLE;
	if (options & FIX_SIZE && table_size >= 16)
		for (unsigned i = 0; i < 4; i++)
			table[12 + i] = (unsigned char)(table_size >> 8 * i);
	if (options & FIX_CRC && table_size >= sizeof(struct rts_header) &&
	    rts_ld32(table + 12) <= table_size)
		rts_build_crc(table);
	address = options & ELSEWHERE ? FAR_AWAY : (uintptr_t)table;
	if (options & POINTERS)
		relocate(address);
	remember();
	if (!rtld_open_at(&rt, table, table_size, address) &&
	    !rtld_validate(&rt)) {
		fuzz_reached[OPENED]++;
		nothing_changed();
		if (fuzz_within(&rt)) {
			fuzz_reached[WITHIN]++;
			exercise(&rt);
		}
	} else {
		fuzz_reached[NOT_OPENED]++;
		MUST(rt.fault.code && !rt.image);
		MUST(rt.fault.offset <= table_size);
	}
	free(block);
	free(before);
	return 0;
}
