// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * faults.c - what rtld does when something is wrong with a linked image
 *
 *	faults IMAGE WHAT
 *
 * IMAGE is a program linked by ld-wrap at fixed addresses.  Its segments are
 * laid out in a buffer, as a loader would, and rtld is told the addresses: so
 * everything may be damaged, and any value set, and nothing has to be run.
 * WHAT is a name from `faults', below; each ends in a line of figures.
 *
 * Outcomes that are defined: refused with a fault record and not a byte
 * changed; or gone through, with text as it must be: sites that could not take
 * the value are linked and counted as kept.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

/* ---- a damaged table ------------------------------------------------------- */

/* Every byte of the table, by every bit; of the header by every value. */
static void bad_table(void)
{
	size_t n = RTLD_HEAD_(&rt, size);
	unsigned long refused = 0;

	for (size_t at = 0; at < n; at++) {
		unsigned char was = table[at];
		unsigned step = at < sizeof(struct rts_header) ? 1 : 0;

		for (unsigned x = 1; x < 256; x = step ? x + 1 : x * 2) {
			table[at] = was ^ (unsigned char)x;
			MUST(open_at(table_address) < 0);
			MUST(rt.fault.code && !rt.image);
			MUST(rtld_bind(&rt, NULL) == -RTLD_E_ARGUMENT);
			refused++;
		}
		table[at] = was;
	}
	MUST(!memcmp(memory, linked, size));
	MUST(!open_at(table_address));
	printf("bad-table: %lu tables refused\n", refused);
}

static int within(int64_t start, uint64_t n)
{
	/* From the buffer's begin: behind its end, too, if it is before. */
	uint64_t at = (uint64_t)start + (uint64_t)(table - memory);

	return n <= size && at <= size - n;
}

/* Where text and marks are, a table with a good checksum is believed. */
static int all_within(void)
{
	for (uint32_t i = 0; i < RTLD_HEAD_(&rt, text_count); i++) {
		const unsigned char *p = RTLD_AT_(&rt, text, i);
		int64_t start = (int64_t)RTLD_GET64_(p, struct rts_text, start);
		uint64_t n = RTLD_GET64_(p, struct rts_text, size);

		if (!within(start, n) ||
		    (start < (int64_t)table_size && start + (int64_t)n > 0))
			return 0;
	}
	for (uint32_t i = 0; i < RTLD_HEAD_(&rt, mark_count); i++) {
		const unsigned char *p = RTLD_AT_(&rt, mark, i);

		if (!within((int32_t)RTLD_GET32_(p, struct rts_mark, address),
			    RTLD_GET32_(p, struct rts_mark, size)))
			return 0;
	}
	return 1;
}

/* The same with the checksum set right again: refused, and nothing written; or
 * only text written. */
static void forged_table(void)
{
	unsigned long opened = 0, refused = 0, gone = 0, same = 0;
	size_t n = RTLD_HEAD_(&rt, size), at = 0;

	for (unsigned bit = 0; at < n; bit++, at += bit / 8, bit %= 8) {
		uint32_t crc;

		table[at] ^= (unsigned char)(1 << bit);
		if (RTLD_GET32_(table, struct rts_header, size) <= table_size &&
		    RTLD_GET32_(table, struct rts_header, size) >=
		    sizeof(struct rts_header)) {
			crc = rtld_crc_(table, RTLD_GET32_(table,
						struct rts_header, size));
			memcpy(table + offsetof(struct rts_header, crc), &crc,
			       4);
		}
		if (open_at(table_address)) {
			MUST(rt.fault.code);
			opened++;
		} else if (!all_within()) {
			gone++;
		} else if (rtld_bind(&rt, NULL)) {
			refused++;
			MUST(rt.fault.code);
			memcpy(table, linked + (table - memory), table_size);
			MUST(!memcmp(memory, linked, size));
		} else {
			memcpy(table, linked + (table - memory), table_size);
			same += !memcmp(memory, bound, size);
			gone += !!memcmp(memory, bound, size);
		}
		memcpy(memory, linked, size);
	}
	MUST(!open_at(table_address));
	MUST(opened > 1000 && refused > 100 && same > 100);
	printf("forged-table: %lu not opened, %lu not bound, %lu the same, "
	       "%lu another table\n", opened, refused, same, gone);
}

/* ---- somebody else wrote to a site ---------------------------------------------- */

/* Every byte of every site, linked and bound, by three values. */
static void foreign_bytes(void)
{
	static const unsigned char by[] = { 0xff, 0x01, 0 /* int3 */ };
	unsigned long refused = 0, stale = 0, tries = 0;
	unsigned char changed;

	for (unsigned i = 0; i < place_count * 2; i++) {
		const struct place *p = &places[i / 2];
		const unsigned char *from = i % 2 ? bound : linked;

		for (unsigned k = 0; k < p->length * 3; k++) {
			unsigned char *byte;

			reset(from);
			byte = memory + p->at + k / 3;
			changed = by[k % 3] ? *byte ^ by[k % 3] : 0xcc;
			if (changed == *byte)
				continue;
			*byte = changed;
			tries++;
			MUST(rtld_check(&rt, NULL) < 0);
			stale += rt.fault.code == RTLD_E_TEXT_STALE;
			MUST(rt.fault.code == RTLD_E_TEXT_STALE ||
			     rt.fault.code == RTLD_E_TEXT_BYTES);
			MUST(rtld_pointer_(&rt, rt.fault.address) ==
			     memory + p->at);
			MUST(rt.fault.found[k / 3] == changed);
			if (rtld_bind(&rt, NULL)) {
				refused++;
				MUST(rt.fault.code == RTLD_E_TEXT_BYTES);
				MUST(*byte == changed);
				*byte = from[byte - memory];
				MUST(!memcmp(memory, from, size));
			} else {	/* one of its encodings, another value */
				MUST(!memcmp(memory, bound, size));
			}
		}
	}
	MUST(refused && stale && refused + stale >= tries);
	printf("foreign-bytes: %lu tried, %lu refused, %lu stale values\n",
	       tries, refused, stale);
}

/* ---- values ------------------------------------------------------------------------ */

static uint64_t in_text(uint32_t i)
{
	return table_address + RTLD_GET64_(RTLD_AT_(&rt, text, 0),
					   struct rts_text, start) + i;
}

/* Sites of other slots are as they were when all was bound. */
static void others_are_bound(uint64_t slot_address)
{
	for (unsigned i = 0; i < place_count; i++) {
		const struct place *p = &places[i];
		const unsigned char *r = RTLD_AT_(&rt, slot, p->slot);

		/* Slots of several widths may be of one address. */
		if ((uint64_t)(int64_t)(int32_t)RTLD_GET32_(r, struct rts_slot,
			address) + 8 - slot_address < 16)
			continue;
		MUST(!memcmp(memory + p->at, bound + p->at, p->length));
	}
}

static unsigned slot_sites(uint32_t slot, const unsigned char *as)
{
	unsigned n = 0;

	for (unsigned i = 0; i < place_count; i++) {
		n += places[i].slot == slot &&
		     (!as || !memcmp(memory + places[i].at, as + places[i].at,
				     places[i].length));
	}
	return n;
}

/* What fits nowhere, NULL, and beyond 2 GiB: bound or kept, and counted. */
static void odd_values(void)
{
	uint64_t values[] = { 0, 1, UINT64_MAX, (uint64_t)1 << 31,
		(uint64_t)1 << 32, (uint64_t)1 << 63, 0x123456789abcdef0, 0, 0 };
	unsigned long kept = 0, binds = 0, far_kept = 0;

	values[7] = in_text(0) + ((uint64_t)3 << 30);
	values[8] = in_text(0) - ((uint64_t)5 << 30);
	for (uint32_t i = 0; i < RTLD_HEAD_(&rt, slot_count); i++) {
		const unsigned char *r = RTLD_AT_(&rt, slot, i);
		const unsigned char *m = RTLD_AT_(&rt, mark,
			RTLD_GET16_(r, struct rts_slot, mark));
		unsigned width = RTLD_GET8_(r, struct rts_slot, width);
		int32_t at = (int32_t)RTLD_GET32_(r, struct rts_slot, address);
		int is_var = RTLD_GET32_(m, struct rts_mark, kind) ==
			RTS_KIND_VAR;

		for (unsigned v = 0; v < 9; v++) {
			reset(bound);
			memcpy(table + at, &values[v], width);
			MUST(!rtld_bind(&rt, NULL));
			MUST(rt.stats.bound + rt.stats.kept == place_count);
			kept += rt.stats.kept;
			binds++;
			others_are_bound((uint64_t)(int64_t)at);
			MUST(!rtld_check(&rt, NULL));
			if (v >= 7 && !is_var) {
				/* calls and jumps cannot reach it */
				MUST(rt.stats.kept >= slot_sites(i, linked));
				far_kept += slot_sites(i, linked);
			}
			MUST(!rtld_unbind(&rt, NULL));
			memcpy(table + at, linked + (table - memory) + at,
			       width);
			MUST(!memcmp(memory, linked, size));
		}
	}
	MUST(far_kept > 10);
	printf("odd-values: %lu binds, %lu times a site was kept, %lu calls "
	       "and jumps beyond 2 GiB\n", binds, kept, far_kept);
}

/* ---- before the image has been relocated ---------------------------------------------- */

/* What a loader does to the slots that hold functions. */
static void relocate(uint64_t bias)
{
	for (uint32_t i = 0; i < RTLD_HEAD_(&rt, slot_count); i++) {
		const unsigned char *r = RTLD_AT_(&rt, slot, i);
		const unsigned char *m = RTLD_AT_(&rt, mark,
			RTLD_GET16_(r, struct rts_slot, mark));
		unsigned char *p = table + (int32_t)RTLD_GET32_(r,
						struct rts_slot, address);
		uint64_t v = rts_ld64(p) + bias;

		if (RTLD_GET32_(m, struct rts_mark, kind) != RTS_KIND_VAR)
			memcpy(p, &v, sizeof(v));
	}
}

static int no_change(void *arg)
{
	(void)arg;
	return 0;
}

/*
 * The table is opened for where the image will stand, but its pointers still
 * speak of where it was linked: rtld binds to what they say, or keeps what they
 * say out of reach.  That is no harm as long as nobody runs it: once they have
 * been relocated a check finds it stale, a switch-over is refused, and a bind
 * puts it right.
 */
static void too_early(void)
{
	static const uint64_t biases[] = { 0x1000, 0x200000, 1 << 30,
		(uint64_t)1 << 32, (uint64_t)-(1 << 30), 0xffffffff00000000 };
	unsigned char *in_time = calloc(1, size);
	unsigned kept = 0, stale = 0;
	int rc;

	MUST(in_time != NULL);
	for (unsigned i = 0; i < sizeof(biases) / sizeof(*biases); i++) {
		memcpy(memory, linked, size);
		MUST(!open_at(table_address + biases[i]));
		relocate(biases[i]);
		MUST(!rtld_bind(&rt, NULL));
		memcpy(in_time, memory, size);
		memcpy(memory, linked, size);
		MUST(!rtld_bind(&rt, NULL));
		MUST(rt.stats.bound + rt.stats.kept == place_count);
		kept += rt.stats.kept;
		relocate(biases[i]);
		/* Kept everywhere is as good as not bound. */
		rc = rtld_check(&rt, NULL);
		MUST(!rc || rc == -RTLD_E_TEXT_STALE);
		stale += !!rc;
		MUST(rtld_switch(&rt, NULL, no_change, NULL) == rc);
		MUST(!rtld_bind(&rt, NULL));
		MUST(!memcmp(memory, in_time, size));
		MUST(!rtld_unbind(&rt, NULL));
		relocate(-biases[i]);
		MUST(!memcmp(memory, linked, size));
	}
	MUST(stale >= 4);
	free(in_time);
	printf("too-early: %zu biases, %u times stale, %u times a site was "
	       "kept\n", sizeof(biases) / sizeof(*biases), stale, kept);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} faults[] = {
		{ "bad-table", bad_table }, { "forged-table", forged_table },
		{ "foreign-bytes", foreign_bytes },
		{ "odd-values", odd_values }, { "callbacks", callback_faults },
		{ "too-early", too_early },
	};

	MUST(argc == 3);
	begin(argv[1]);
	for (unsigned i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		if (!strcmp(faults[i].name, argv[2])) {
			faults[i].run();
			return 0;
		}
	}
	return 2;
}
