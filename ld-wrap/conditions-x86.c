// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * conditions-x86.c - for which contents does a condition hold?
 *
 * cmp $c,V computes V - c, and the flags are about that.  On a ring of 2^w
 * numbers, h = 2^(w-1), each condition holds for one interval of V, which may
 * go round the ring's end:
 *
 *	o	the signed difference overflows
 *			c >= 0: V in [-h, c-h-1]	c < 0: V in [h+c, h-1]
 *	b	C: borrow, V < c		[0, c-1]
 *	e	Z: the difference is 0		[c, c]
 *	be	C or Z				[0, c]
 *	s	S: V - c in [h, 2h-1]		[c+h, c+2h-1]
 *	l	S != O: signed V < c		[-h, c-1]
 *	le	Z or S != O			[-h, c]
 *
 * and no, ae, ne, a, ns, ge, g are the opposites of these.  p and np ask for
 * the parity of the lower byte of the difference: no interval, no form.
 *
 * test $c,V computes V & c, and clears C and O:
 *
 *	o, b	never			e, be	V & c is 0
 *	s, l	V & c & h is not 0	le	one of these two
 *
 * test %r,%r is the same as cmp $0,%r: nothing borrows from 0 less.
 * bt $n,V puts bit n into C; Z stays, the others are undefined.
 *
 * The guards of an image know V with 64 bits, extended with zeros or with its
 * sign, and a RANGE on the ring of 2^64.  An interval on a smaller ring is the
 * same there as long as it does not go round the end, which is between 2^w-1
 * and 0 for zeros and between h-1 and -h for signs.  If it does, its
 * complement does not.
 *
 * Where a register is compared that was loaded from fewer bits, its content is
 * V, extended; where only its lower part is compared, the upper bits of V may
 * be any: a mask can say that if the interval is an aligned power of two.
 */
#include "config.h"

#include <string.h>

#include "decode-x86.h"
#include "sequence.h"

enum condition { O = 0, B = 2, E = 4, BE = 6, S = 8, P = 10, L = 12, LE = 14 };

/* Values x of w bits with x - start <= span. */
struct set {
	enum { NEVER, SOME, ALWAYS } size;
	uint64_t start, span;
};

uint32_t lw_condition_flags(unsigned condition)
{
	static const uint32_t flags[8] = {
		LW_FLAG_O, LW_FLAG_C, LW_FLAG_Z, LW_FLAG_C | LW_FLAG_Z,
		LW_FLAG_S, LW_FLAG_P, LW_FLAG_S | LW_FLAG_O,
		LW_FLAG_Z | LW_FLAG_S | LW_FLAG_O
	};

	return flags[condition >> 1 & 7];
}

/* The greatest number of so many bits. */
static uint64_t ones(unsigned bits)
{
	return UINT64_MAX >> (64 - bits);
}

/* ---- cmp ----------------------------------------------------------------------- */

/* [start, start + count - 1]; none if count is 0. */
static struct set up_to(uint64_t start, uint64_t count)
{
	struct set set = { count ? SOME : NEVER, start, count - 1 };

	return set;
}

static struct set cmp_set(unsigned condition, uint64_t c, uint64_t max)
{
	static const struct set always = { ALWAYS, 0, 0 };
	uint64_t half = max / 2 + 1;

	switch (condition) {
	case O:
		return c < half ? up_to(half, c) :
				  up_to((half + c) & max, (0 - c) & max);
	case B:
		return up_to(0, c);
	case E:
		return up_to(c, 1);
	case BE:
		return c == max ? always : up_to(0, c + 1);
	case S:
		return up_to((c + half) & max, half);
	case L:
		return up_to(half, (c - half) & max);
	default:	/* LE */
		return c == half - 1 ? always :
				       up_to(half, (c - half + 1) & max);
	}
}

/* ---- predicates -------------------------------------------------------------------- */

static void add(struct lw_predicate *p, unsigned guard, uint64_t a, uint64_t b,
		bool holds)
{
	p->at[p->count].guard = (uint8_t)guard;
	p->at[p->count].data[0] = a;
	p->at[p->count].data[1] = b;
	p->at[p->count].holds = holds;
	p->count++;
}

static void complement(struct set *set, uint64_t max)
{
	set->start = (set->start + set->span + 1) & max;
	set->span = max - set->span - 1;
}

/* Only the lower bits, max, are compared. */
static bool add_part(struct lw_predicate *p, struct set set, uint64_t max,
		     bool holds)
{
	for (unsigned i = 0; i < 2; i++) {
		if (!(set.span & (set.span + 1)) && !(set.start & set.span)) {
			add(p, RTS_GUARD_MASKED, max & ~set.span, set.start,
			    holds);
			add(p, RTS_GUARD_ALWAYS, 0, 0, !holds);
			return true;
		}
		complement(&set, max);
		holds = !holds;
	}
	return false;
}

/* Where the ring is cut: the value behind its end. */
static bool goes_round(const struct set *set, uint64_t cut, uint64_t max)
{
	return ((set->start - cut) & max) + set->span > max;
}

static void add_whole(struct lw_predicate *p, struct set set, uint64_t max,
		      bool holds)
{
	uint64_t half = max / 2 + 1, cut = p->is_signed ? half : 0;

	if (max != UINT64_MAX && goes_round(&set, cut, max)) {
		complement(&set, max);
		holds = !holds;
	}
	if (p->is_signed && set.start >= half)
		set.start |= ~max;
	if (set.span)
		add(p, RTS_GUARD_RANGE, set.start, set.span, holds);
	else
		add(p, RTS_GUARD_EQUAL, set.start, 0, holds);
	add(p, RTS_GUARD_ALWAYS, 0, 0, !holds);
}

static bool cmp(const struct lw_comparison *by, unsigned condition, bool holds,
		struct lw_predicate *p)
{
	uint64_t max = ones(by->width);
	struct set set = cmp_set(condition, by->constant & max, max);

	p->is_signed = by->is_signed && by->width > by->content;
	if (set.size != SOME)
		add(p, RTS_GUARD_ALWAYS, 0, 0, (set.size == ALWAYS) == holds);
	else if (by->width < by->content)
		return add_part(p, set, max, holds);
	else
		add_whole(p, set, max, holds);
	return true;
}

static bool test(const struct lw_comparison *by, unsigned condition, bool holds,
		 struct lw_predicate *p)
{
	uint64_t max = ones(by->width), mask = by->constant & max;
	uint64_t sign = mask & (max / 2 + 1);

	p->is_signed = by->is_signed && by->width > by->content;
	if ((condition == S || condition == L || condition == LE) && sign)
		add(p, RTS_GUARD_MASKED, sign, sign, holds);
	if (condition == E || condition == BE || condition == LE)
		add(p, RTS_GUARD_MASKED, mask, 0, holds);
	add(p, RTS_GUARD_ALWAYS, 0, 0, !holds);
	return true;
}

bool lw_predicate(const struct lw_comparison *by, unsigned condition,
		  struct lw_predicate *p)
{
	bool holds = !(condition & 1);

	memset(p, 0, sizeof(*p));
	condition &= 14;
	if (condition == P)
		return false;
	switch (by->kind) {
	case LW_COMPARE_CMP:
		return cmp(by, condition, holds, p);
	case LW_COMPARE_TEST:
		return test(by, condition, holds, p);
	default:
		if (condition != B)
			return false;
		p->is_signed = by->is_signed && by->width > by->content;
		add(p, RTS_GUARD_MASKED, by->constant, by->constant, holds);
		add(p, RTS_GUARD_ALWAYS, 0, 0, !holds);
		return true;
	}
}
