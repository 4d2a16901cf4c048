// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * patched.c - functions that patch.c replaces, and a caller beside them
 *
 * A compiler that knew value() would call nothing at all in from_elsewhere().
 */
#include "patch.h"

RTS_PATCHABLE(value);
RTS_PATCHABLE(depth);
RTS_PATCHABLE(many);

int value(int x)
{
	return x + 100;
}

int from_elsewhere(int x)
{
	return value(x);
}

unsigned long depth(unsigned n)
{
	unsigned long more = 1;

	/* Not a loop, which would have no call to follow. */
	if (n) {
		more = depth(n - 1);
		__asm__ volatile("" : "+r"(more));
		more += 10;
	}
	return more;
}

/* Never replaced; the stub must leave each argument alone. */
long many(int a, int b, int c, int d, int e, int f, int g, int h, double i)
{
	return a * 100000000L + b * 10000000 + c * 1000000 + d * 100000 +
		e * 10000 + f * 1000 + g * 100 + h * 10 + (long)i;
}

/* For those who compile with RTS_RETPOLINE: no retpoline, just what stands for
 * one. */
#ifdef THUNK
__asm__(".pushsection .text\n"
	"	.globl	__x86_indirect_thunk_r11\n"
	"	.type	__x86_indirect_thunk_r11, @function\n"
	"__x86_indirect_thunk_r11:\n"
	"	pushq	%r11\n"
	"	ret\n"
	"	.size	__x86_indirect_thunk_r11, . - __x86_indirect_thunk_r11\n"
	".popsection");
#endif
