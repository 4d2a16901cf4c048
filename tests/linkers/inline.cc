// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * inline.cc - inline functions of C++ (COMDAT groups) that use marks
 *
 * Compiled twice; the linker takes each function once, and drops the other
 * copy with its references.
 */
#include "marks.h"

inline __attribute__((noinline)) long group_load(long x)
{
	return (x << shift) + (long)near;
}

template <int N> __attribute__((noinline)) long group_call(long x)
{
	return choose((int)x) + N * ops.first((int)x);
}

#ifdef TWO
extern "C" long inline_two(long x)
#else
extern "C" long inline_one(long x)
#endif
{
	return group_load(x) + group_call<3>(x) + group_call<4>(x + 1);
}
