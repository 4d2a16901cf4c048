// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_sweep.c - any bytes at all: what a form must be whatever it came from
 *
 * Random bytes, and random instructions that look like those of which forms
 * are made: prefixes, REX, opcode, ModRM, then anything.  Some are cut short.
 * No answer may crash, and every form that is built must have the properties
 * that rtld, and a CPU that was interrupted in a site, rely on.
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

#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/lw.h"
#include "../lib/form_fault.h"

#define ROUNDS	400000
#define PLACE	0x401000u
#define SIZE	64

static uint64_t any(void)
{
	static uint64_t x = 0x2545f4914f6cdd1d;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static unsigned below(unsigned n)
{
	return (unsigned)((any() >> 11) % n);
}

#define PICK(array) ((array)[below(sizeof(array))])

struct code {
	unsigned char *bytes;	/* from malloc: a sanitizer sees each read
				   behind the end */
	unsigned size, field;
};

/* Something like an instruction with a 32-bit field. */
static unsigned plausible(unsigned char *b)
{
	static const unsigned char prefixes[] = {
		0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2,
		0xf3
	};
	static const unsigned char opcodes[] = {
		0x8b, 0x8b, 0x8b, 0x63, 0xff, 0xff, 0xe8, 0xe9, 0x0f, 0x8d,
		0x89, 0x03, 0xc7, 0x81, 0x68, 0xa1, 0x8a, 0x23, 0x3b, 0x3a,
		0x85, 0xa0, 0x0f
	};
	static const unsigned char second[] = {
		0xb6, 0xb7, 0xbe, 0xbf, 0xaf, 0x44, 0xa3
	};
	/* What the macros of rtstatic.h write, now and then. */
	static const char declared[] = "\x2e\x2e\x2e\x48\x8b\x05";
	unsigned n = 0, k;

	if (!below(64)) {
		n = below(2);
		memcpy(b, declared + n, sizeof(declared) - n);
		b[4 - n] = n ? 0x23 : 0x8b;
		return 6 - n;
	}
	for (k = below(4); k && below(2); k--)
		b[n++] = PICK(prefixes);
	if (below(2))
		b[n++] = (unsigned char)(0x40 | below(16));
	b[n++] = PICK(opcodes);
	if (b[n - 1] == 0x0f && below(2)) {
		b[n++] = PICK(second);
	} else if (b[n - 1] == 0x0f) {
		b[n++] = (unsigned char)(0x80 | below(16));
		return n;
	}
	if ((b[n - 1] & 0xfe) == 0xe8 || (b[n - 1] & 0xfe) == 0xa0)
		return n;
	b[n] = (unsigned char)(below(8) << 3 | (below(2) ? 5 : 4));
	if ((b[n++] & 7) == 4)
		b[n++] = below(4) ? 0x25 : (unsigned char)any();
	return n;
}

static struct code make(unsigned round)
{
	unsigned char b[LW_INSTRUCTION_MAX];
	struct code c;
	unsigned i;

	for (i = 0; i < sizeof(b); i++)
		b[i] = (unsigned char)(any() >> 20);
	c.field = below(sizeof(b) + 1);
	if (round % 4)
		c.field = plausible(b);
	c.size = below(8) ? sizeof(b) : below(sizeof(b)) + 1;
	c.bytes = malloc(c.size);
	assert_non_null(c.bytes);
	memcpy(c.bytes, b, c.size);
	return c;
}

/* ---- the sweep ------------------------------------------------------- */

static const char *const tags[RTS_TAG_COUNT] = {
#define RTS_TAG(id, number, name, text) [number] = name,
#include "rts/tags.def"
#undef RTS_TAG
};

static unsigned bound[RTS_TAG_COUNT], kept[LW_REASON_COUNT], addresses;

/* A mark, or its stub, just where the instruction points, or near it. */
static struct lw_mark mark_for(const struct lw_instruction *i)
{
	struct lw_mark m = { .name = "x", .kind = RTS_KIND_VAR, .size = SIZE };

	m.address = i->target - 8 * below(SIZE / 8);
	if (!below(16))
		m.address += below(2 * SIZE) - SIZE;
	if (i->operand == LW_OPERAND_BRANCH && below(8)) {
		m.kind = RTS_KIND_FUNC;
		m.size = 8;
		m.address = 0x600000000;
		m.stub = i->target;
	}
	return m;
}

static void classify(const struct lw_instruction *i)
{
	struct lw_mark m = mark_for(i);
	enum lw_reason why = LW_REASON_COUNT;
	struct lw_form f = { 0 };
	const char *fault;

	switch (lw_form_x86(i, &m, i->target, &f, &why)) {
	case LW_CLASS_BOUND:
		assert_int_equal(why, LW_KEPT_NONE);
		fault = form_fault(&f, i, i->target);
		if (fault)
			fail_msg("%s: %s", tags[f.tag], fault);
		bound[f.tag]++;
		break;
	case LW_CLASS_KEPT:
		assert_in_range(why, LW_KEPT_NONE + 1, LW_REASON_COUNT - 1);
		kept[why]++;
		break;
	case LW_CLASS_ADDRESS:
		addresses++;
		break;
	default:
		fail_msg("no class");
	}
}

static void test_sweep(void **state)
{
	struct lw_instruction i;
	struct lw_fields fields;
	unsigned round;

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		struct code c = make(round);
		unsigned machine = round & 16 ? EM_386 : EM_X86_64;
		bool known = lw_decode_fields(machine, c.bytes, c.size,
					      &fields);

		if (known)
			assert_in_range(fields.length, 1, c.size);
		if (lw_decode_operand(machine, c.bytes, c.size, PLACE, c.field,
				      &i)) {
			assert_true(known);
			assert_int_equal(i.length, fields.length);
			assert_in_range(i.field.at + i.field.size, 1,
					i.length);
			classify(&i);
		}
		free(c.bytes);
	}
}

/* The forms of a single instruction, which lw_form_x86() makes. */
static bool is_one_instruction(unsigned tag)
{
	return tag <= RTS_TAG_IMUL || tag == RTS_TAG_CONST ||
	       tag == RTS_TAG_MASK;
}

/* A sweep that met nothing has shown nothing. */
static void test_met(void **state)
{
	unsigned n, all = 0;

	(void)state;
	for (n = 0; n < RTS_TAG_COUNT; n++) {
		printf("# %s: %u forms\n", tags[n], bound[n]);
		if (is_one_instruction(n))
			assert_in_range(bound[n], 100, ROUNDS);
		all += bound[n];
	}
	assert_in_range(all, ROUNDS / 20, ROUNDS);
	assert_in_range(addresses, 1000, ROUNDS);
	assert_in_range(kept[LW_KEPT_PREFIX], 1000, ROUNDS);
	assert_in_range(kept[LW_KEPT_STORE], 1000, ROUNDS);
	assert_in_range(kept[LW_KEPT_READ_WRITE], 100, ROUNDS);
	assert_in_range(kept[LW_KEPT_INDEXED], 1000, ROUNDS);
	assert_in_range(kept[LW_KEPT_OUTSIDE], 100, ROUNDS);
	assert_in_range(kept[LW_KEPT_STRADDLE], 10, ROUNDS);
	assert_in_range(kept[LW_KEPT_CONDITIONAL], 100, ROUNDS);
	assert_in_range(kept[LW_KEPT_CONSTANTS], 100, ROUNDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_met),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
