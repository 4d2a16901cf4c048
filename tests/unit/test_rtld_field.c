/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rtld_field.c - the encoder: ranges at their edges, slices as the other
 * machines need them, guards
 *
 * Each row is a form of two encodings, the one under test and a linked one
 * without field, in a table of its own.  What rtld_look_() chooses tells
 * whether the value fits, and wanted is what would be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rtld.h"
#include "../lib/rts_build.h"
#include "../../rtld/internal.h"
#include "../lib/rts_open.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* ---- one encoding in a table of its own ------------------------------- */

static struct {
	unsigned char text[64];
	uint64_t object;
	unsigned char table[1024];
} world;
static struct rtld rt;
static struct rtld_site_ site;

#define SITE_AT	16	/* in the text */

static void look(const struct rts_build_encoding *first, uint64_t value,
		 uint64_t site_address)
{
	static char linked_bytes[3 * RTS_SITE_MAX];
	struct rts_build_encoding pair[2] = { *first, { .bytes = "90" } };
	struct rts_build b;
	size_t size, n = (strlen(first->bytes) + 1) / 3;

	linked_bytes[0] = 0;
	for (size_t i = 0; i < n; i++)
		strcat(linked_bytes, i ? " 90" : "90");
	pair[1].bytes = linked_bytes;
	rts_build_begin(&b);
	rts_build_text(&b, world.text, sizeof(world.text));
	rts_build_mark(&b, "x", RTS_KIND_VAR, &world.object, 8, NULL);
	rts_build_slot(&b, 0, 0, 8);
	rts_build_form(&b, 0, 0, pair, 2);
	rts_build_site(&b, 0, world.text + SITE_AT, 0, NULL);
	size = rts_build_end(&b, world.table, sizeof(world.table));
	world.object = value;
	/* Where the site shall seem to be. */
	assert_int_equal(rts_open_at(&rt, world.table, size, site_address +
				(uintptr_t)world.table -
				(uintptr_t)(world.text + SITE_AT)), 0);
	rtld_start_(&rt, &site, 0);
	assert_int_equal(rtld_next_(&rt, &site), 0);
	assert_int_equal(rt.fault.address, site_address);
	assert_int_equal(site.source[RTS_SOURCE_VALUE], value);
	assert_int_equal(rtld_look_(&rt, &site, world.text + SITE_AT), 1);
}

static int fits(const struct rts_build_encoding *e, uint64_t value,
		uint64_t site_address)
{
	look(e, value, site_address);
	return rtld_index_(&site, site.chosen) == 0;
}

/* ---- ranges ----------------------------------------------------------- */

struct range_row {
	const char *name;
	uint8_t range, bits, shift;
	int64_t low, high;	/* inclusive; of x, before the shift */
	int all;		/* no limits */
};

#define SIGNED	RTS_RANGE_SIGNED
#define UNSIGNED	RTS_RANGE_UNSIGNED
#define BITFIELD	RTS_RANGE_BITFIELD

static const struct range_row ranges[] = {
	{ "signed 8", SIGNED, 8, 0, -128, 127, 0 },
	{ "signed 1", SIGNED, 1, 0, -1, 0, 0 },
	{ "signed 12", SIGNED, 12, 0, -2048, 2047, 0 },
	{ "signed 32", SIGNED, 32, 0, INT32_MIN, INT32_MAX, 0 },
	{ "signed 63", SIGNED, 63, 0, INT64_MIN / 2, INT64_MAX / 2, 0 },
	{ "signed 64", SIGNED, 64, 0, 0, 0, 1 },
	{ "unsigned 1", UNSIGNED, 1, 0, 0, 1, 0 },
	{ "unsigned 8", UNSIGNED, 8, 0, 0, 255, 0 },
	{ "unsigned 32", UNSIGNED, 32, 0, 0, UINT32_MAX, 0 },
	{ "unsigned 63", UNSIGNED, 63, 0, 0, INT64_MAX, 0 },
	{ "unsigned 64", UNSIGNED, 64, 0, 0, 0, 1 },
	{ "bitfield 8", BITFIELD, 8, 0, -128, 255, 0 },
	{ "bitfield 16", BITFIELD, 16, 0, -32768, 65535, 0 },
	{ "bitfield 32", BITFIELD, 32, 0, INT32_MIN, UINT32_MAX, 0 },
	{ "bitfield 63", BITFIELD, 63, 0, INT64_MIN / 2, INT64_MAX, 0 },
	{ "bitfield 64", BITFIELD, 64, 0, 0, 0, 1 },
	{ "none 8", RTS_RANGE_NONE, 8, 0, 0, 0, 1 },
	{ "none 32", RTS_RANGE_NONE, 32, 0, 0, 0, 1 },
	{ "signed 26 << 2", SIGNED, 26, 2, -(1 << 27), (1 << 27) - 4, 0 },
	{ "signed 20 << 1", SIGNED, 20, 1, -(1 << 20), (1 << 20) - 2, 0 },
	{ "unsigned 12 << 3", UNSIGNED, 12, 3, 0, 4095 * 8, 0 },
};

static void test_ranges(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++) {
		const struct range_row *r = &ranges[i];
		struct rts_build_encoding e = {
			.bytes = ".. .. .. .. .. .. .. ..",
			.guard = RTS_GUARD_FITS, .source = RTS_SOURCE_VALUE,
			.range = r->range, .bits = r->bits, .shift = r->shift,
			.slices = { { 0, r->bits, 0 } },
		};
		uint64_t unit = (uint64_t)1 << r->shift;
		const struct { uint64_t x; int want; } cases[] = {
			{ (uint64_t)r->low, 1 }, { (uint64_t)r->high, 1 },
			{ (uint64_t)r->low - unit, r->all },
			{ (uint64_t)r->high + unit, r->all },
			{ 0, 1 }, { -unit, r->all || r->low < 0 },
			{ (uint64_t)INT64_MIN, r->all },
			{ (uint64_t)INT64_MAX & -unit,
			  r->all || r->high == INT64_MAX },
		};

		for (size_t k = 0; k < COUNT(cases); k++) {
			if (fits(&e, cases[k].x, 0x400000) != cases[k].want)
				fail_msg("%s: case %zu, value %llx: not %d",
					 r->name, k,
					 (unsigned long long)cases[k].x,
					 cases[k].want);
		}
		/* What is not a multiple of the unit never fits. */
		for (uint64_t odd = 1; odd < unit; odd++) {
			if (fits(&e, odd, 0x400000))
				fail_msg("%s: misaligned", r->name);
		}
	}
}

/* A fault says which limits were missed. */
static void test_limits(void **state)
{
	const struct rts_build_encoding far[1] = {
		{ "e9 .. .. .. ..", .source = RTS_SOURCE_STUB,
		  .flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED },
	};
	struct rts_build b;
	size_t size;

	(void)state;
	rts_build_begin(&b);
	rts_build_text(&b, world.text, sizeof(world.text));
	rts_build_mark(&b, "f", RTS_KIND_FUNC, &world.object, 8, world.table);
	rts_build_slot(&b, 0, 0, 8);
	rts_build_form(&b, 0, 0, far, 1);
	rts_build_site(&b, 0, world.text, 0, NULL);
	size = rts_build_end(&b, world.table, sizeof(world.table));
	/* The stub 2 GiB and a bit away: the highest that 32 bits can say is
	 * 0x7fffffff behind the instruction, so one more is too far. */
	for (int64_t more = 0; more < 2; more++) {
		int64_t stub = (int64_t)0x7fffffff + more + 5 +
			(int64_t)((uintptr_t)world.text -
				  (uintptr_t)world.table);
		unsigned char *mark = world.table + rts_ld32(world.table +
				offsetof(struct rts_header, mark_off));

		for (unsigned i = 0; i < 4; i++)
			mark[4 + i] = (unsigned char)((uint64_t)stub >> 8 * i);
		rts_build_crc(world.table);
		assert_int_equal(rts_open(&rt, world.table, size), 0);
		rtld_start_(&rt, &site, 0);
		assert_int_equal(rtld_next_(&rt, &site), 0);
		site.source[RTS_SOURCE_STUB] = (uintptr_t)world.text + 5 +
					       0x7fffffff + (uint64_t)more;
		assert_int_equal(rtld_look_(&rt, &site, world.text), !more);
		assert_int_equal(rt.fault.low, more ? INT32_MIN : 0);
		assert_int_equal(rt.fault.high, more ? INT32_MAX : 0);
	}
}

/* ---- slices ----------------------------------------------------------- */

/* Instructions as the manuals of their machines have them; P is 0x10000. */
struct slice_row {
	const char *name;
	struct rts_build_encoding e;
	uint64_t value;
	unsigned char want[8];
	unsigned length;
};

#define P	0x10000

static const struct slice_row slices[] = {
	{ "x86 imm8", { .bytes = "6a ..", .range = SIGNED },
	  0x7f, { 0x6a, 0x7f }, 2 },
	{ "x86 imm32", { .bytes = "b8 .. .. .. .." }, 0x12345678,
	  { 0xb8, 0x78, 0x56, 0x34, 0x12 }, 5 },
	{ "x86 imm64", { .bytes = "48 b8 .. .. .. .. .. .." , .bits = 48,
			 .slices = { { 0, 48, 16 } } }, 0x123456789abc,
	  { 0x48, 0xb8, 0xbc, 0x9a, 0x78, 0x56, 0x34, 0x12 }, 8 },
	{ "x86 rel32",
	  { .bytes = "e8 .. .. .. ..", .flags = RTS_ENCODING_PLACE },
	  P + 5 - 2, { 0xe8, 0xfe, 0xff, 0xff, 0xff }, 5 },
	/* a64 bl .+0x100: 0x94000040 */
	{ "a64 bl",
	  { .bytes = ".. .. .. 94", .flags = RTS_ENCODING_PLACE,
	    .shift = 2, .range = SIGNED, .bits = 26, .bias = -1,
	    .slices = { { 0, 26, 0 } } },
	  P + 0x100, { 0x40, 0x00, 0x00, 0x94 }, 4 },
	/* a64 movz x0, #0xabcd: 0xd2800000 | imm16 << 5 */
	{ "a64 movz", { .bytes = "00 .. .. d2", .range = UNSIGNED, .bits = 16,
			.slices = { { 0, 16, 5 } } },
	  0xabcd, { 0xa0, 0x79, 0x15, 0xd2 }, 4 },
	/* a64 adr x3, .+0x12345: immlo in 29..30, immhi in 5..23 */
	{ "a64 adr",
	  { .bytes = "03 .. .. 10", .flags = RTS_ENCODING_PLACE,
	    .range = SIGNED, .bits = 21, .bias = -1,
	    .slices = { { 0, 2, 29 }, { 2, 19, 5 } } },
	  P + 0x12345, { 0x23, 0x1a, 0x09, 0x30 }, 4 },
	/* a64 b.eq .+0x20: 0x54000100 */
	{ "a64 b.cond",
	  { .bytes = "00 .. .. 54", .flags = RTS_ENCODING_PLACE,
	    .shift = 2, .range = SIGNED, .bits = 19, .bias = -1,
	    .slices = { { 0, 19, 5 } } },
	  P + 0x20, { 0x00, 0x01, 0x00, 0x54 }, 4 },
	/* rv jal x1, .+0x2abcc: imm[20|10:1|11|19:12] = 0x3cd2a0ef */
	{ "rv jal",
	  { .bytes = "ef 00 .. ..", .flags = RTS_ENCODING_PLACE,
	    .shift = 1, .range = SIGNED, .bits = 20, .bias = -1,
	    .slices = { { 11, 8, 12 }, { 10, 1, 20 }, { 0, 10, 21 },
			{ 19, 1, 31 } } },
	  P + 0x2abcc, { 0xef, 0xa0, 0xd2, 0x3c }, 4 },
	/* rv beq x1, x2, .-2: imm[12|10:5] .. imm[4:1|11] = 0xfe208fe3 */
	{ "rv beq",
	  { .bytes = "63 80 20 00", .flags = RTS_ENCODING_PLACE,
	    .shift = 1, .range = SIGNED, .bits = 12, .bias = -1,
	    .slices = { { 10, 1, 7 }, { 0, 4, 8 }, { 4, 6, 25 },
			{ 11, 1, 31 } } },
	  P - 2, { 0xe3, 0x8f, 0x20, 0xfe }, 4 },
	/* rv sw x5, -4(x6): imm[11:5], imm[4:0] = 0xfe532e23 */
	{ "rv sw", { .bytes = "23 20 53 00", .range = SIGNED, .bits = 12,
		     .slices = { { 0, 5, 7 }, { 5, 7, 25 } } },
	  (uint64_t)-4, { 0x23, 0x2e, 0x53, 0xfe }, 4 },
	/* rv c.j .+0x156: imm[11|4|9:8|10|6|7|3:1|5] in 12..2 = 0xaa99 */
	{ "rv c.j",
	  { .bytes = "01 a0", .flags = RTS_ENCODING_PLACE,
	    .shift = 1, .range = SIGNED, .bits = 11, .bias = -1,
	    .slices = { { 4, 1, 2 }, { 0, 3, 3 }, { 6, 1, 6 },
			{ 5, 1, 7 }, { 7, 2, 9 }, { 3, 1, 11 } } },
	  P + 0x156, { 0x99, 0xaa }, 2 },
	{ "one bit at a time", { .bytes = "00 00", .range = UNSIGNED, .bits = 4,
		.slices = { { 3, 1, 0 }, { 2, 1, 5 }, { 1, 1, 10 },
			    { 0, 1, 15 } } },
	  0xb, { 0x01, 0x84 }, 2 },
	{ "64 bits at bit 3", { .bytes = "07 00 00 00 00 00 00 00", .bits = 61,
		.slices = { { 0, 61, 3 } } },
	  0x1fffffffffffffff, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				0xff }, 8 },
};

static void test_slices(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(slices); i++) {
		const struct slice_row *r = &slices[i];
		struct rts_build_encoding e = r->e;

		e.guard = RTS_GUARD_FITS;
		e.source = RTS_SOURCE_VALUE;
		if (!fits(&e, r->value, P))
			fail_msg("%s: does not fit", r->name);
		if (site.length != r->length ||
		    memcmp(site.wanted, r->want, r->length))
			fail_msg("%s: %02x%02x%02x%02x", r->name,
				 site.wanted[0], site.wanted[1],
				 site.wanted[2], site.wanted[3]);
	}
}

/* ---- guards ----------------------------------------------------------- */

/* Where the table shall seem to be, when the site shall at P. */
#define TABLE_AT (P + (uintptr_t)world.table -				\
		  (uintptr_t)(world.text + SITE_AT))

static void test_guards(void **state)
{
	const struct {
		uint8_t guard;
		uint64_t data[2], value;
		int holds;
	} rows[] = {
		{ RTS_GUARD_ALWAYS, { 0, 0 }, 77, 1 },
		{ RTS_GUARD_FITS, { 0, 0 }, 77, 1 },
		{ RTS_GUARD_EQUAL, { 5, 0 }, 5, 1 },
		{ RTS_GUARD_EQUAL, { 5, 0 }, 4, 0 },
		{ RTS_GUARD_EQUAL, { 0x8000000000000005, 0 }, 5, 0 },
		{ RTS_GUARD_EQUAL | RTS_GUARD_NOT, { 5, 0 }, 5, 0 },
		{ RTS_GUARD_EQUAL | RTS_GUARD_NOT, { 5, 0 }, 4, 1 },
		{ RTS_GUARD_MASKED, { 0xf0, 0x10 }, 0x1f, 1 },
		{ RTS_GUARD_MASKED, { 0xf0, 0x10 }, 0x21, 0 },
		{ RTS_GUARD_MASKED, { 0xf0, 0x11 }, 0x11, 0 },
		{ RTS_GUARD_MASKED, { 0, 0 }, 99, 1 },
		{ RTS_GUARD_MASKED | RTS_GUARD_NOT, { 1, 1 }, 3, 0 },
		{ RTS_GUARD_MASKED | RTS_GUARD_NOT, { 1, 1 }, 2, 1 },
		{ RTS_GUARD_MASKED, { (uint64_t)1 << 63, (uint64_t)1 << 63 },
		  (uint64_t)1 << 63, 1 },
		/* Intervals: both ends, one below, one above. */
		{ RTS_GUARD_RANGE, { 5, 3 }, 5, 1 },
		{ RTS_GUARD_RANGE, { 5, 3 }, 8, 1 },
		{ RTS_GUARD_RANGE, { 5, 3 }, 4, 0 },
		{ RTS_GUARD_RANGE, { 5, 3 }, 9, 0 },
		{ RTS_GUARD_RANGE | RTS_GUARD_NOT, { 5, 3 }, 8, 0 },
		{ RTS_GUARD_RANGE | RTS_GUARD_NOT, { 5, 3 }, 9, 1 },
		{ RTS_GUARD_RANGE, { (uint64_t)-2, 4 }, (uint64_t)-2, 1 },
		{ RTS_GUARD_RANGE, { (uint64_t)-2, 4 }, 2, 1 },
		{ RTS_GUARD_RANGE, { (uint64_t)-2, 4 }, 3, 0 },
		{ RTS_GUARD_RANGE, { (uint64_t)-2, 4 }, (uint64_t)-3, 0 },
		{ RTS_GUARD_RANGE, { 0, UINT64_MAX }, 77, 1 },
		/* Counted from the header, wherever it stands. */
		{ RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE, { 0x40, 0 },
		  TABLE_AT + 0x40, 1 },
		{ RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE, { 0x40, 0 }, 0x40, 0 },
		{ RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE,
		  { (uint64_t)-0x1000, 0 }, TABLE_AT - 0x1000, 1 },
		{ RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE | RTS_GUARD_NOT,
		  { 0x40, 0 }, TABLE_AT + 0x40, 0 },
		{ RTS_GUARD_RANGE | RTS_GUARD_RELATIVE, { 0x40, 1 },
		  TABLE_AT + 0x41, 1 },
		{ RTS_GUARD_RANGE | RTS_GUARD_RELATIVE, { 0x40, 1 },
		  TABLE_AT + 0x42, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rts_build_encoding e = {
			.bytes = "cc", .guard = rows[i].guard,
			.data = { rows[i].data[0], rows[i].data[1] },
		};

		if (fits(&e, rows[i].value, P) != rows[i].holds)
			fail_msg("row %zu", i);
	}
}

/* A guard that holds is not enough: the field must fit as well. */
static void test_guard_and_field(void **state)
{
	struct rts_build_encoding e = {
		.bytes = "b0 ..", .guard = RTS_GUARD_MASKED,
		.source = RTS_SOURCE_VALUE, .range = RTS_RANGE_UNSIGNED,
	};

	(void)state;
	assert_int_equal(fits(&e, 255, P), 1);
	assert_int_equal(fits(&e, 256, P), 0);
	e.guard = RTS_GUARD_ALWAYS;
	assert_int_equal(fits(&e, 255, P), 1);
	assert_int_equal(fits(&e, 256, P), 0);
}

/* ---- V ---------------------------------------------------------------- */

static void test_extension(void **state)
{
	static const struct {
		unsigned width, flags;
		uint64_t want;
	} rows[] = {
		{ 1, 0, 0x88 }, { 2, 0, 0x9988 }, { 4, 0, 0xbbaa9988 },
		{ 8, 0, 0xffeeddccbbaa9988 },
		{ 1, RTS_FORM_SIGNED, 0xffffffffffffff88 },
		{ 2, RTS_FORM_SIGNED, 0xffffffffffff9988 },
		{ 4, RTS_FORM_SIGNED, 0xffffffffbbaa9988 },
		{ 8, RTS_FORM_SIGNED, 0xffeeddccbbaa9988 },
	};
	const struct rts_build_encoding linked = { .bytes = "90" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rts_build b;
		size_t size;

		rts_build_begin(&b);
		rts_build_text(&b, world.text, sizeof(world.text));
		rts_build_mark(&b, "x", RTS_KIND_VAR, &world.object, 8, NULL);
		rts_build_slot(&b, 0, 0, rows[i].width);
		rts_build_form(&b, 0, rows[i].flags, &linked, 1);
		rts_build_site(&b, 0, world.text, 0, NULL);
		size = rts_build_end(&b, world.table, sizeof(world.table));
		world.object = 0xffeeddccbbaa9988;
		assert_int_equal(rts_open(&rt, world.table, size), 0);
		rtld_start_(&rt, &site, 0);
		assert_int_equal(rtld_next_(&rt, &site), 0);
		assert_int_equal(site.source[RTS_SOURCE_VALUE], rows[i].want);
		world.object = 0x7f7f7f7f7f7f7f7f;
		rtld_start_(&rt, &site, 0);
		assert_int_equal(rtld_next_(&rt, &site), 0);
		assert_int_equal(site.source[RTS_SOURCE_VALUE],
				 world.object >> (64 - 8 * rows[i].width));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_guard_and_field),
		cmocka_unit_test(test_extension),
	};

	return cmocka_run_group_tests_name("rtld_field", tests, NULL, NULL);
}
