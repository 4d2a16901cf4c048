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

#define ROUNDS	200000
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
		0x89, 0x03, 0xc7, 0x81, 0x68, 0xa1
	};
	unsigned n = 0, k;

	for (k = below(4); k && below(2); k--)
		b[n++] = PICK(prefixes);
	if (below(2))
		b[n++] = (unsigned char)(0x40 | below(16));
	b[n++] = PICK(opcodes);
	if (b[n - 1] == 0x0f) {
		b[n++] = (unsigned char)(0x80 | below(16));
		return n;
	}
	if ((b[n - 1] & 0xfe) == 0xe8)
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

/* ---- what must hold ---------------------------------------------------- */

/* The site that this encoding makes with this number in its field, by the
 * slices alone. */
static void build(const struct lw_form *f, const struct lw_encoding *e,
		  uint64_t x, unsigned char *out)
{
	unsigned n, bit;

	for (n = 0; n < f->length; n++)
		out[n] = e->template[n] & e->mask[n];
	for (n = 0; n < e->slice_count; n++)
		for (bit = 0; bit < e->slices[n].length; bit++) {
			unsigned to = e->slices[n].to + bit;

			assert_in_range(to, 0, 8u * f->length - 1);
			/* Nothing stands there that is fixed. */
			assert_int_equal(e->mask[to / 8] >> to % 8 & 1, 0);
			out[to / 8] |= (unsigned char)
				((x >> (e->slices[n].from + bit) & 1)
				 << to % 8);
		}
}

/* Whatever the field holds: one instruction, as long as the site, that ends
 * with the field. */
static void one_instruction(const struct lw_form *f,
			    const struct lw_encoding *e)
{
	static const uint64_t fields[] = { 0, 1, 0x7fffffff, 0x80000000,
					   0xffffffff, 0x90909090 };
	unsigned char bytes[RTS_SITE_MAX];
	struct lw_fields found;
	unsigned i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		build(f, e, fields[i], bytes);
		assert_true(lw_decode_fields(EM_X86_64, bytes, f->length, &found));
		assert_int_equal(found.length, f->length);
		assert_int_equal(found.count, 1);
		assert_int_equal(found.at[0].at, f->length - 4);
		assert_int_equal(found.at[0].size, 4);
	}
	for (i = 0; i < RTS_SITE_MAX; i++)
		assert_int_equal(e->template[i] & ~e->mask[i], 0);
}

/* With the address that the instruction had, the linked encoding is the
 * instruction. */
static void linked(const struct lw_form *f, const struct lw_instruction *i,
		   uint64_t target)
{
	const struct lw_encoding *e = &f->encodings[f->encoding_count - 1];
	unsigned char bytes[RTS_SITE_MAX];
	uint64_t x = target;

	assert_int_equal(e->guard, RTS_GUARD_ALWAYS);
	assert_int_not_equal(e->source, RTS_SOURCE_VALUE);
	assert_int_not_equal(e->source, RTS_SOURCE_NONE);
	if (e->flags & RTS_ENCODING_PLACE)
		x -= PLACE + e->bias;
	assert_true(x + 0x80000000u <= 0xffffffffu);
	build(f, e, x, bytes);
	assert_memory_equal(bytes, i->bytes, f->length);
}

static void good_form(const struct lw_form *f, const struct lw_instruction *i,
		      uint64_t target)
{
	unsigned n;

	assert_int_equal(f->length, i->length);
	assert_in_range(f->encoding_count, 2, 4);
	assert_in_range(f->tag, 0, RTS_TAG_COUNT - 1);
	assert_true(f->width == 4 || f->width == 8);
	for (n = 0; n < f->encoding_count; n++) {
		one_instruction(f, &f->encodings[n]);
		if (n + 1u < f->encoding_count)
			assert_int_equal(f->encodings[n].source,
					 RTS_SOURCE_VALUE);
	}
	linked(f, i, target);
}

/* ---- the sweep --------------------------------------------------------- */

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

	switch (lw_form_x86(i, &m, i->target, &f, &why)) {
	case LW_CLASS_BOUND:
		assert_int_equal(why, LW_KEPT_NONE);
		good_form(&f, i, i->target);
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
		bool known = lw_decode_fields(EM_X86_64, c.bytes, c.size, &fields);

		if (known)
			assert_in_range(fields.length, 1, c.size);
		if (lw_decode_operand(EM_X86_64, c.bytes, c.size, PLACE, c.field, &i)) {
			assert_true(known);
			assert_int_equal(i.length, fields.length);
			assert_in_range(i.field.at + i.field.size, 1,
					i.length);
			classify(&i);
		}
		free(c.bytes);
	}
}

/* A sweep that met nothing has shown nothing. */
static void test_met(void **state)
{
	unsigned n, all = 0;

	(void)state;
	for (n = 0; n < RTS_TAG_COUNT; n++) {
		printf("# tag %u: %u forms\n", n, bound[n]);
		assert_in_range(bound[n], 200, ROUNDS);
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
	assert_in_range(kept[LW_KEPT_NO_FORM], 1000, ROUNDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sweep),
		cmocka_unit_test(test_met),
	};

	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
