/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_conditions.c - predicates of V, against flags computed bit by bit
 *
 * The model knows nothing of intervals: it subtracts as an adder does and
 * looks at the carries.  8 bits are tried whole, wider ones at their edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/sequence.h"

struct flags { int c, p, z, s, o; };

/* ---- the model ------------------------------------------------------------ */

static struct flags flags_of(uint64_t result, unsigned width)
{
	struct flags f = { 0 };

	f.z = 1;
	f.p = 1;
	for (unsigned i = 0; i < width; i++) {
		int bit = result >> i & 1;

		if (bit)
			f.z = 0;
		if (i < 8)
			f.p ^= bit;
		f.s = bit;
	}
	return f;
}

static struct flags model_cmp(uint64_t a, uint64_t b, unsigned width)
{
	int carry = 1, before = 1;	/* a + ~b + 1 */
	uint64_t result = 0;
	struct flags f;

	for (unsigned i = 0; i < width; i++) {
		int x = a >> i & 1, y = !(b >> i & 1), sum = x + y + carry;

		result |= (uint64_t)(sum & 1) << i;
		before = carry;
		carry = sum >> 1;
	}
	f = flags_of(result, width);
	f.c = !carry;
	f.o = carry != before;
	return f;
}

static int model_holds(const struct flags *f, unsigned condition)
{
	int holds;

	switch (condition >> 1) {
	case 0:
		holds = f->o;
		break;
	case 1:
		holds = f->c;
		break;
	case 2:
		holds = f->z;
		break;
	case 3:
		holds = f->c | f->z;
		break;
	case 4:
		holds = f->s;
		break;
	case 5:
		holds = f->p;
		break;
	case 6:
		holds = f->s ^ f->o;
		break;
	default:
		holds = f->z | (f->s ^ f->o);
		break;
	}
	return holds ^ (condition & 1);
}

/* ---- what an image would do ------------------------------------------------- */

static int guard_holds(const struct lw_predicate *p, unsigned i, uint64_t v)
{
	uint64_t a = p->at[i].data[0], b = p->at[i].data[1];

	switch (p->at[i].guard) {
	case RTS_GUARD_ALWAYS:
		return 1;
	case RTS_GUARD_EQUAL:
		return v == a;
	case RTS_GUARD_MASKED:
		return (v & a) == b;
	case RTS_GUARD_RANGE:
		return v - a <= b;
	default:
		fail_msg("guard %u", p->at[i].guard);
		return 0;
	}
}

static uint64_t extend(uint64_t v, unsigned bits, bool is_signed)
{
	if (is_signed && bits < 64 && v >> (bits - 1) & 1)
		v |= ~(uint64_t)0 << bits;
	return v;
}

static int image_holds(const struct lw_predicate *p, uint64_t v, unsigned bits)
{
	unsigned i = 0;

	v = extend(v, bits, p->is_signed);
	assert_int_equal(p->at[p->count - 1].guard, RTS_GUARD_ALWAYS);
	while (!guard_holds(p, i, v))
		i++;
	return p->at[i].holds;
}

/* ---- both -------------------------------------------------------------------- */

/* What the register holds is compared in width bits. */
static int expected(const struct lw_comparison *by, unsigned condition,
		    uint64_t v)
{
	uint64_t x = extend(v, by->content, by->is_signed), max;
	struct flags f;

	max = ~(uint64_t)0 >> (64 - by->width);
	x &= max;
	if (by->kind == LW_COMPARE_CMP) {
		f = model_cmp(x, by->constant & max, by->width);
	} else if (by->kind == LW_COMPARE_TEST) {
		f = flags_of(x & by->constant & max, by->width);
	} else {
		memset(&f, 0, sizeof(f));
		f.c = !!(x & by->constant);
	}
	return model_holds(&f, condition);
}

static unsigned long compared;

static void one_value(const struct lw_comparison *by, unsigned condition,
		      const struct lw_predicate *p, uint64_t v)
{
	v &= ~(uint64_t)0 >> (64 - by->content);
	if (image_holds(p, v, by->content) == expected(by, condition, v)) {
		compared++;
		return;
	}
	fail_msg("kind %d condition %x width %u content %u %s constant %#llx "
		 "V %#llx: holds %d", by->kind, condition, by->width,
		 by->content, by->is_signed ? "signed" : "unsigned",
		 (unsigned long long)by->constant, (unsigned long long)v,
		 image_holds(p, v, by->content));
}

/* Around the edges of each width, and of the constant. */
static void each_value(const struct lw_comparison *by, unsigned condition,
		       const struct lw_predicate *p)
{
	static const unsigned edges[] = { 7, 8, 15, 16, 31, 32, 63 };
	uint64_t half = (uint64_t)1 << (by->width - 1);

	for (uint64_t v = 0; by->content == 8 && v < 256; v++)
		one_value(by, condition, p, v);
	for (int d = -2; by->content > 8 && d <= 2; d++) {
		uint64_t delta = (uint64_t)(int64_t)d;

		one_value(by, condition, p, delta);
		one_value(by, condition, p, by->constant + delta);
		one_value(by, condition, p, by->constant + half + delta);
		one_value(by, condition, p, ~by->constant + delta);
		for (unsigned i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
			uint64_t edge = (uint64_t)1 << edges[i];

			one_value(by, condition, p, edge + delta);
			one_value(by, condition, p, edge + by->constant +
				  delta);
			one_value(by, condition, p, delta - edge);
		}
	}
}

/* How many conditions have a predicate. */
static unsigned each_condition(const struct lw_comparison *by)
{
	struct lw_predicate p;
	unsigned n = 0;

	for (unsigned condition = 0; condition < 16; condition++) {
		if (!lw_predicate(by, condition, &p))
			continue;
		assert_in_range(p.count, 1, 3);
		each_value(by, condition, &p);
		n++;
	}
	return n;
}

static void each_constant(struct lw_comparison by, unsigned want)
{
	static const uint64_t some[] = {
		0, 1, 2, 3, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x100, 0x7ffe,
		0x7fff, 0x8000, 0x8001, 0xfffe, 0xffff, 0x7ffffffe, 0x7fffffff,
		(uint64_t)-1, (uint64_t)-2, (uint64_t)-0x7f, (uint64_t)-0x80,
		(uint64_t)-0x81, (uint64_t)-0x7fff, (uint64_t)-0x8000,
		(uint64_t)-0x7fffffff, (uint64_t)-0x80000000,
	};
	unsigned n;

	if (by.width == 8) {
		for (by.constant = 0; by.constant < 256; by.constant++)
			assert_true((n = each_condition(&by)) == want ||
				    (!want && n));
		return;
	}
	for (unsigned i = 0; i < sizeof(some) / sizeof(*some); i++) {
		by.constant = some[i];
		assert_true((n = each_condition(&by)) == want || (!want && n));
	}
}

static const unsigned widths[] = { 8, 16, 32, 64 };

/* All conditions but the two of parity. */
static void test_cmp(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct lw_comparison by = { LW_COMPARE_CMP, widths[i],
					    widths[i], false, 0 };

		each_constant(by, 14);
		by.kind = LW_COMPARE_TEST;
		each_constant(by, 14);
	}
}

static void test_extended(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = 0; k < i; k++) {
			struct lw_comparison by = { LW_COMPARE_CMP, widths[i],
						    widths[k], false, 0 };

			each_constant(by, 14);
			by.is_signed = true;
			each_constant(by, 14);
			by.kind = LW_COMPARE_TEST;
			each_constant(by, 14);
			by.is_signed = false;
			each_constant(by, 14);
		}
	}
}

/* Of the lower part: some, and always whether it is zero, and its sign. */
static void test_part(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned k = i + 1; k < 4; k++) {
			struct lw_comparison by = { LW_COMPARE_CMP, widths[i],
						    widths[k], false, 0 };
			struct lw_predicate p;

			each_constant(by, 0);
			by.is_signed = true;
			each_constant(by, 0);
			by.constant = 0;
			for (unsigned c = 0; c < 14; c++)
				assert_int_equal(lw_predicate(&by, c, &p),
						 c >> 1 != 5);
			by.kind = LW_COMPARE_TEST;
			each_constant(by, 14);
		}
	}
}

static void test_bit(void **state)
{
	(void)state;
	for (unsigned i = 1; i < 4; i++) {
		for (unsigned k = 0; k < 8; k++) {
			struct lw_comparison by = { LW_COMPARE_BIT, widths[i],
						    widths[k & 3], k & 4, 0 };

			for (unsigned n = 0; n < widths[i]; n++) {
				by.constant = (uint64_t)1 << n;
				assert_int_equal(each_condition(&by), 2);
			}
		}
	}
	print_message("# %lu contents compared\n", compared);
}

/* ---- the flags and the names ---------------------------------------------- */

/* The model's answer depends on these flags and on no other. */
static void test_flags(void **state)
{
	static const uint32_t bits[5] = { LW_FLAG_C, LW_FLAG_P, LW_FLAG_Z,
					  LW_FLAG_S, LW_FLAG_O };

	(void)state;
	for (unsigned condition = 0; condition < 16; condition++) {
		uint32_t depends = 0;

		for (unsigned n = 0; n < 32; n++) {
			for (unsigned i = 0; i < 5; i++) {
				unsigned m = n ^ 1u << i;
				struct flags a = { n & 1, n >> 1 & 1,
						   n >> 2 & 1, n >> 3 & 1,
						   n >> 4 & 1 };
				struct flags b = { m & 1, m >> 1 & 1,
						   m >> 2 & 1, m >> 3 & 1,
						   m >> 4 & 1 };

				if (model_holds(&a, condition) !=
				    model_holds(&b, condition))
					depends |= bits[i];
			}
		}
		assert_int_equal(lw_condition_flags(condition), depends);
	}
}

static void test_thunks(void **state)
{
	(void)state;
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_rax"), 0);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_rdi"), 7);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_r8"), 8);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_r15"), 15);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_ecx"), 1);
	assert_int_equal(lw_thunk_register("__llvm_retpoline_r11"), 11);
	assert_int_equal(lw_thunk_register("__llvm_retpoline_edx"), 2);
	assert_int_equal(lw_thunk_register("__llvm_lvi_thunk_r11"), 11);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_r16"), -1);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_r11x"), -1);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_array"), -1);
	assert_int_equal(lw_thunk_register("__x86_indirect_thunk_"), -1);
	assert_int_equal(lw_thunk_register("__x86_return_thunk"), -1);
	assert_int_equal(lw_thunk_register(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cmp),
		cmocka_unit_test(test_extended),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_bit),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_thunks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
