// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_clobbers.c - what code may change, and what a body becomes at a site
 *
 * The rows: clobbers-rows.h.  A body that is filled up must still be what it
 * was, so each is decoded again: as many instructions, the same effects.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ld-wrap/bodies.h"
#include "../../ld-wrap/clobbers-x86.h"
#include "clobbers-rows.h"

#define PLACE	0x401000

#define COUNT(rows)	(sizeof(rows) / sizeof((rows)[0]))

static unsigned machine_of(const struct row *row)
{
	return row->bits == 32 ? EM_386 : EM_X86_64;
}

static size_t read_hex(const char *text, unsigned char *to)
{
	size_t n = 0;
	char *end;

	while (*text) {
		to[n++] = (unsigned char)strtoul(text, &end, 16);
		text = *end ? end + 1 : end;
	}
	return n;
}

/* Both in one text, so that a failure shows all. */
static void expect(const struct row *row, const char *have)
{
	size_t n = *row->want == '!' ? strlen(row->want) : strlen(have) + 1;

	if (strncmp(row->want, have, n))
		fail_msg("%s: %s instead of %s", row->text, have, row->want);
}

/* ---- bodies ------------------------------------------------------------ */

static void test_body(void **state)
{
	unsigned char code[64];
	unsigned instructions;
	uint32_t clobbers;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct row *row = &bodies[i];
		unsigned machine = machine_of(row);
		size_t size = read_hex(row->bytes, code);

		why = lw_body_clobbers(machine, code, size, &clobbers,
				       &instructions);
		expect(row, why ? lw_asprintf("! %s", why) :
		       lw_asprintf("%u %s", instructions,
				   lw_clobbers_text(machine, clobbers)));
	}
	lw_free_all();
}

/* Every good body, at sites of every length. */
static void check_fill(const struct row *row, const struct lw_body *body,
		       bool tail, size_t n)
{
	unsigned machine = machine_of(row);
	unsigned char code[RTS_SITE_MAX + 1];
	struct lw_effects e;
	unsigned count = 0;
	bool single, last = false;

	memset(code, 0xcc, sizeof(code));
	assert_int_equal(lw_body_fill(machine, body, tail, code, n, &single),
			 body->size + tail <= n);
	assert_int_equal(code[n], 0xcc);
	if (body->size + tail > n)
		return;
	for (size_t at = 0; at < n; at += e.length, count++) {
		assert_true(lw_decode_effects(machine, code + at, n - at, 0,
					      &e));
		last |= e.flow == LW_WAY_RETURN;
	}
	assert_int_equal(single, count == 1);
	assert_int_equal(last, tail);
}

static void test_fill(void **state)
{
	unsigned char code[64], filled[RTS_SITE_MAX];
	struct lw_body body = { .bytes = code };
	uint32_t clobbers;
	unsigned again;
	bool single;

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct row *row = &bodies[i];
		unsigned machine = machine_of(row);

		body.size = read_hex(row->bytes, code);
		if (*row->want == '!' ||
		    lw_body_clobbers(machine, code, body.size, &body.clobbers,
				     &body.instructions))
			continue;
		for (size_t n = 1; n <= RTS_SITE_MAX; n++) {
			check_fill(row, &body, false, n);
			check_fill(row, &body, true, n);
			if (!lw_body_fill(machine, &body, false, filled, n,
					  &single))
				continue;
			assert_null(lw_body_clobbers(machine, filled, n,
						     &clobbers, &again));
			assert_int_equal(clobbers, body.clobbers);
		}
	}
	lw_free_all();
}

/* What is put around, byte by byte. */
static const struct {
	unsigned bits;
	const char *body, *want;
	bool tail, single;
} fills[] = {
	{ 64, "fa", "2e 2e 2e 2e fa", false, true },
	{ 64, "31 c0", "2e 2e 2e 31 c0", false, true },
	{ 64, "b8 01 00 00 00", "b8 01 00 00 00", false, true },
	{ 64, "", "0f 1f 44 00 00", false, true },
	{ 64, "", "66 0f 1f 44 00 00", false, true },
	{ 64, "", "0f 1f 80 00 00 00 00", false, true },
	{ 64, "", "66 66 66 0f 1f 84 00 00 00 00 00", false, true },
	{ 64, "", "66 66 66 0f 1f 84 00 00 00 00 00 90", false, false },
	{ 64, "", "2e 2e 2e 2e c3", true, true },
	{ 64, "31 c0", "31 c0 c3 66 90", true, false },
	{ 64, "9c 58", "9c 58 0f 1f 00", false, false },
	{ 64, "48 8b 07", "2e 2e 2e 48 8b 07", false, true },
	/* Beside an fs or gs no other prefix of that sort. */
	{ 64, "65 8b 07", "65 8b 07 66 90", false, false },
	{ 64, "65 8b 07", "65 8b 07", false, true },
	/* Not longer than an instruction can be. */
	{ 64, "fa", "2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e 2e fa", false,
	  true },
	{ 64, "fa", "fa 66 66 66 0f 1f 84 00 00 00 00 00 0f 1f 40 00", false,
	  false },
	/* cs means something on i386. */
	{ 32, "fa", "3e 3e 3e 3e fa", false, true },
	{ 32, "8b 00", "3e 3e 3e 8b 00", false, true },
	{ 32, "8b 45 00", "36 36 8b 45 00", false, true },
	{ 32, "64 8b 00", "64 8b 00 66 90", false, false },
	{ 32, "", "0f 1f 44 00 00", false, true },
};

static void test_bytes(void **state)
{
	unsigned char code[64], want[64], have[64];
	struct lw_body body = { .bytes = code };
	unsigned machine;
	size_t n;
	bool single;

	(void)state;
	for (size_t i = 0; i < COUNT(fills); i++) {
		machine = fills[i].bits == 32 ? EM_386 : EM_X86_64;
		body.size = read_hex(fills[i].body, code);
		assert_null(lw_body_clobbers(machine, code, body.size,
					     &body.clobbers,
					     &body.instructions));
		n = read_hex(fills[i].want, want);
		assert_true(lw_body_fill(machine, &body, fills[i].tail, have,
					 n, &single));
		assert_memory_equal(have, want, n);
		assert_int_equal(single, fills[i].single);
	}
	lw_free_all();
}

/* ---- functions --------------------------------------------------------- */

static struct lw_clobbers clobbers_of(unsigned machine,
				      const unsigned char *code, size_t size)
{
	struct lw_image image = { .machine = machine };
	struct lw_code *one = LW_PUSH(&image.code);

	one->address = PLACE;
	one->data = code;
	one->size = size;
	return lw_function_clobbers(&image, PLACE);
}

static void test_function(void **state)
{
	unsigned char code[64];

	(void)state;
	for (size_t i = 0; i < COUNT(functions); i++) {
		const struct row *row = &functions[i];
		unsigned machine = machine_of(row);
		size_t size = read_hex(row->bytes, code);
		struct lw_clobbers c = clobbers_of(machine, code, size);

		if (c.why)
			assert_int_equal(c.mask, lw_clobbers_all(machine));
		expect(row, c.why ? lw_asprintf("! %s", c.why) :
		       lw_clobbers_text(machine, c.mask));
	}
	lw_free_all();
}

/* On the way to what the slot holds. */
static void test_stub(void **state)
{
	static const struct row rows[] = {
		{ 64, "jmp *slot", "ff 25 00 00 00 00", "nothing" },
		{ 64, "mov slot, %r11; test; je; jmp *%r11; ret",
		  "4c 8b 1d 00 00 00 00 4d 85 db 74 03 41 ff e3 c3",
		  "r11 flags" },
		{ 32, "push %eax, twice; call, pop; mov; mov; pop; ret",
		  "50 50 e8 00 00 00 00 58 8b 40 04 89 44 24 04 58 c3",
		  "nothing" },
		{ 32, "push slot; cmp; je; ret; lea; ret",
		  "ff 35 00 00 00 00 83 3c 24 00 74 01 c3 8d 64 24 04 c3",
		  "flags" },
	};
	unsigned char code[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned machine = machine_of(&rows[i]);
		size_t size = read_hex(rows[i].bytes, code);
		struct lw_image image = { .machine = machine };
		struct lw_code *one = LW_PUSH(&image.code);
		struct lw_clobbers c;

		one->address = PLACE;
		one->data = code;
		one->size = size;
		c = lw_stub_clobbers(&image, PLACE);
		expect(&rows[i], c.why ? lw_asprintf("! %s", c.why) :
		       lw_clobbers_text(machine, c.mask));
	}
	lw_free_all();
}

/* A name of the image's symbols: a thunk is a call through a register. */
static void test_thunk(void **state)
{
	static const unsigned char code[] = {
		0xe8, 1, 0, 0, 0, 0xc3,		/* call thunk; ret */
		0xe8, 2, 0, 0, 0, 0xeb, 0xfe,	/* thunk: as it is */
		0x48, 0x89, 0x04, 0x24, 0xc3
	};
	struct lw_image image = { .machine = EM_X86_64 };
	struct lw_code *one = LW_PUSH(&image.code);
	struct lw_image_symbol *symbol = LW_PUSH(&image.symbols);
	struct lw_clobbers c;

	(void)state;
	one->address = PLACE;
	one->data = code;
	one->size = sizeof(code);
	symbol->name = "__x86_indirect_thunk_rax";
	symbol->address = PLACE + 6;
	c = lw_function_clobbers(&image, PLACE);
	assert_null(c.why);
	assert_int_equal(c.mask, RTS_CLOBBERS_C_X86_64);
	symbol->name = "another";
	c = lw_function_clobbers(&image, PLACE);
	assert_non_null(c.why);
	lw_free_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_stub),
		cmocka_unit_test(test_thunk),
	};

	return cmocka_run_group_tests_name("clobbers", tests, NULL, NULL);
}
