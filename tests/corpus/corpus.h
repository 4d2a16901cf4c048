/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corpus.h - the marked variables, and what the functions of corpus.py use
 */
#ifndef TESTS_CORPUS_H
#define TESTS_CORPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtstatic.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

typedef u64 function_t(u64, u64);

struct corpus {
	function_t *run;	/* NULL: not on this machine */
	const char *name;
};

extern const struct corpus corpus[];
extern const unsigned corpus_count;

#define EACH_TYPE(X)	X(u8) X(s8) X(u16) X(s16) X(u32) X(s32) X(u64) X(s64)

struct cfg {
	u8 u8;
	s8 s8;
	u16 u16;
	s16 s16;
	u32 u32;
	s32 s32;
	u64 u64;
	s64 s64;
	bool flag;
};

struct bits {
	unsigned a : 3, b : 1, c : 12, d : 2, e : 2;
};

/* ---- marked ---------------------------------------------------------- */

#define DECLARE(t)	extern t x_##t, arr_##t[4];
EACH_TYPE(DECLARE)
extern struct cfg cfg, bank[3];
extern struct bits bits;
extern bool flag;
extern u8 amount;		/* less than 32 */
extern const u32 *pointer, *nothing;
extern const struct cfg *holder;
extern const char *name;
extern double real;
extern struct ops {
	function_t *first, *second, *none;
} ops;

RTS_VAR(x_u8);
RTS_VAR(x_s8);
RTS_VAR(x_u16);
RTS_VAR(x_s16);
RTS_VAR(x_u32);
RTS_VAR(x_s32);
RTS_VAR(x_u64);
RTS_VAR(x_s64);
RTS_VAR(arr_u8);
RTS_VAR(arr_s8);
RTS_VAR(arr_u16);
RTS_VAR(arr_s16);
RTS_VAR(arr_u32);
RTS_VAR(arr_s32);
RTS_VAR(arr_u64);
RTS_VAR(arr_s64);
RTS_VAR(cfg);
RTS_VAR(bank);
RTS_VAR(bits);
RTS_VAR(flag);
RTS_VAR(amount);
RTS_VAR(pointer);
RTS_VAR(nothing);
RTS_VAR(holder);
RTS_VAR(name);
RTS_VAR(real);
RTS_OPS(ops);
RTS_DECLARE_FUNC(u64, chosen, (u64, u64));
RTS_DECLARE_FUNC(void, maybe, (u64, u64));

/* Statics of the functions' own file: value(n) is for the n-th of them. */
void set_statics(u64 (*value)(unsigned n));

/* ---- not marked: the functions' company (driver.c) ------------------- */

extern const u32 table[16];
extern struct cfg out;
u64 one(u64 x), two(u64 x), three(u64 x, u64 y, u64 z);
u64 sum_of(const u32 *from, u64 n);
u64 call_it(function_t *f, u64 x);
void call_void(void (*f)(u64, u64), u64 x);
const void *pick_pointer(const void *p, u64 a);

/* Memory may be anything from here on. */
#define KEEP		__asm__ volatile("" : : : "memory")

/* Twelve values that live across what stands between the two. */
#define HOLD(x)		__asm__ volatile("" : "+r"(x))
#define PRESS								\
	size_t p0 = (size_t)a, p1 = p0 * 3, p2 = p0 + 5, p3 = p0 ^ 9,	\
	       p4 = p0 - 7, p5 = p0 * 5, p6 = p0 + 11, p7 = p0 ^ 13,	\
	       p8 = p0 * 9, p9 = p0 - 21, p10 = p0 + 31, p11 = p0 ^ 77;	\
	HOLD(p0); HOLD(p1); HOLD(p2); HOLD(p3); HOLD(p4); HOLD(p5);	\
	HOLD(p6); HOLD(p7); HOLD(p8); HOLD(p9); HOLD(p10); HOLD(p11);
#define RELEASE								\
	HOLD(p0); HOLD(p1); HOLD(p2); HOLD(p3); HOLD(p4); HOLD(p5);	\
	HOLD(p6); HOLD(p7); HOLD(p8); HOLD(p9); HOLD(p10); HOLD(p11);	\
	r += p0 + p1 + p2 + p3 + p4 + p5 + p6 + p7 + p8 + p9 + p10 + p11;

/* One instruction with a marked operand; v and a flag are its results.  The
 * byte registers are those that every machine has. */
#define ASM_(text, x)	do {						\
	__asm__(text : "+&q"(v), "=&q"(w) : "m"(x) : "cc");		\
	r = (u64)v * 2 + w;						\
} while (0)
#define ASM_8(text, x)	ASM_(text, x)
#define ASM_16(text, x)	ASM_(text, x)
#define ASM_32(text, x)	ASM_(text, x)
#define ASM_64(text, x)	ASM_(text, x)

#endif /* TESTS_CORPUS_H */
