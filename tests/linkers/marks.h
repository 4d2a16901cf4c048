/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * marks.h - what is marked in the program that every linker links
 *
 * Each kind of mark, defined in main.c; and what the other files have that
 * main.c calls.  Of default visibility on purpose where a mark may have it:
 * then code that may stand anywhere (-fPIC) goes through the GOT, and what
 * linkers make of that differs.
 */
#ifndef MARKS_H
#define MARKS_H

#include "rtstatic.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ops {
	int (*first)(int);
	int (*second)(int);
};

extern unsigned shift;
RTS_VAR(shift);
extern unsigned long wide;
RTS_VAR(wide);
extern unsigned char flag;
RTS_VAR(flag);
extern struct ops ops;
RTS_OPS(ops);
/* What code through the GOT cannot be bound to, this can be. */
extern unsigned near __attribute__((visibility("hidden")));
RTS_VAR(near);
RTS_DECLARE_FUNC(int, choose, (int x));

int twice(int x);		/* marked by option: --rts-func=twice */
extern unsigned plain;		/* marked by option: --rts-var=plain */

/* What each file computes from the contents: the sum of all its uses. */
long one_sum(long x), two_sum(long x), inline_one(long x), inline_two(long x);
long asm_sum(long x);

#ifdef __cplusplus
}
#endif

#endif
