// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * one.c - uses of every mark; compiled once for each of two objects
 *
 * With -DTWO the names are other ones and the code is the same, so that a
 * linker may fold each function of one with its twin of the other
 * (--icf=all).  What they compute differs by nothing but the statics.
 */
#include "marks.h"

#ifdef TWO
#define NAME(x)	two_##x
#define FIRST	30
#else
#define NAME(x)	one_##x
#define FIRST	20
#endif

/* A static of the same name in both objects. */
static unsigned limit = FIRST;
RTS_VAR(limit);

/* Thread-local storage beside sites: general dynamic, or relaxed to less. */
__thread int NAME(depth) = FIRST;
static __thread int inner = FIRST;

int NAME(shift)(unsigned x) { return (int)(x >> shift); }
long NAME(wide)(long x) { return x + (long)wide; }
long NAME(both)(long x) { return (x ^ (long)wide) >> shift; }
int NAME(near)(int x) { return x * 3 + (int)near; }
int NAME(plain)(int x) { return x ^ (int)plain; }
int NAME(branch)(int x) { return flag ? x * 5 : x - 9; }
int NAME(less)(int x) { return near > 7 ? x * 7 : x - 4; }
int NAME(slot)(int x) { return ops.first(x) + 1; }
int NAME(slot_tail)(int x) { return ops.second(x); }
int NAME(call)(int x) { return choose(x) + 2; }
int NAME(tail)(int x) { return choose(x); }
int NAME(twice)(int x) { return twice(x) + 3; }
int NAME(twice_tail)(int x) { return twice(x); }
int NAME(limit)(int x) { return x + (int)limit; }
unsigned *NAME(address)(void) { return &shift; }
int NAME(unused)(int x) { return choose(x) + (int)shift; }

int NAME(thread)(int x)
{
	NAME(depth) = x + (int)shift;
	inner = (int)near - 1;
	return choose(NAME(depth)) + inner;
}

/* Strings that are merged, and a constant that is. */
const char *NAME(string)(int x)
{
	return x + (int)shift > 4 ? "a string that is merged" : "merged";
}

double NAME(constant)(double x) { return x * 1.25 + (int)near; }

/* A jump table: distances, or addresses, between code and sites. */
int NAME(table)(int x)
{
	switch (x & 7) {
	case 0: return (int)shift;
	case 1: return ops.first(x);
	case 2: return choose(x) + 7;
	case 3: return (int)wide * 3;
	case 4: return twice(x) + 1;
	case 5: return (int)plain - x;
	case 6: return (int)near - 2;
	}
	return x;
}

long NAME(sum)(long n)
{
	long sum = 0;

	for (int x = 0; x < n; x++) {
		sum += NAME(shift)((unsigned)x * 99) + NAME(wide)(x) +
		       NAME(both)(x << 9) + NAME(near)(x) + NAME(plain)(x) +
		       NAME(branch)(x) + NAME(less)(x) + NAME(slot)(x) +
		       NAME(slot_tail)(x) + NAME(call)(x) + NAME(tail)(x) +
		       NAME(twice)(x) + NAME(twice_tail)(x) + NAME(limit)(x) +
		       NAME(thread)(x) + NAME(string)(x)[x % 5] +
		       (long)NAME(constant)(x) + NAME(table)(x) +
		       (long)*NAME(address)();
		sum *= 3;
	}
	return sum;
}
