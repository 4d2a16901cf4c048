// SPDX-License-Identifier: GPL-3.0-or-later
/* uses.c - one declared use a function, in each width; compiled in all ways */
#include "uses.h"

#define IF(name)							\
	NOINLINE int if_##name(void) { return rts_if(name) ? 10 : 20; }	\
	NOINLINE int unless_##name(int a)				\
	{								\
		if (!rts_if(name))					\
			a *= 3;						\
		return a + 1;						\
	}
IF(truth)
IF(byte)
IF(half)
IF(word)
IF(quad)
IF(pointer)

/* Several in a condition, in a loop, and with other things in registers. */
NOINLINE int if_many(int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++) {
		if (rts_if(byte) && !rts_if(word))
			sum += i;
		else if (rts_if(quad) || rts_if(pointer))
			sum -= 2 * i;
		sum += rts_if(half);
	}
	return sum;
}

#define SHIFT(name)							\
	NOINLINE uint32_t shift32_##name(uint32_t v)			\
	{								\
		return rts_shift_right(v, name);			\
	}								\
	NOINLINE uint64_t shift64_##name(uint64_t v)			\
	{								\
		return rts_shift_right(v, name);			\
	}
SHIFT(count8)
SHIFT(count32)
SHIFT(count64)

/* More live values than there are registers: each gets its turn. */
NOINLINE uint64_t shift_many(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
			     uint64_t e, uint64_t f)
{
	uint64_t g = a + 7 * b, h = c + 5 * d, i = e + 3 * f, j = a ^ f;

	a = rts_shift_right(a, count8);
	b = rts_shift_right(b, count8);
	c = rts_shift_right(c, count8);
	d = rts_shift_right(d, count8);
	e = rts_shift_right(e, count8);
	f = rts_shift_right(f, count8);
	g = rts_shift_right(g, count8);
	h = rts_shift_right(h, count8);
	i = rts_shift_right(i, count8);
	j = rts_shift_right(j, count8);
	return a * 3 + b * 5 + c * 7 + d * 11 + e * 13 + f * 17 + g * 19 +
		h * 23 + i * 29 + j * 31;
}

NOINLINE uint64_t const_big(void) { return rts_const(big); }
NOINLINE void *const_pointer(void) { return rts_const(pointer); }
NOINLINE int const_word(void) { return rts_const(word); }
NOINLINE long const_half(void) { return rts_const(half); }
NOINLINE _Bool const_truth(void) { return rts_const(truth); }

NOINLINE uint64_t mask64(uint64_t v) { return rts_mask(v, big); }
NOINLINE uint32_t mask32(uint32_t v) { return rts_mask(v, count32); }
NOINLINE uint64_t mask_mixed(uint32_t v) { return rts_mask(v, big); }
NOINLINE uint64_t mask_narrow(uint64_t v) { return rts_mask(v, byte); }

RTS_DEFINE_FUNC_NULLABLE(notify);

NOINLINE int call_notify(int x)
{
	notify(x, x + 1);
	return x + 1;
}
NOINLINE void jump_notify(int x) { notify(x, 5); }
