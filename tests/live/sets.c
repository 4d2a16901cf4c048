// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sets.c - the two sets of contents, and what each use gives with them
 *
 * What is right is not written down: it is what each function gives while
 * unbound.  Each must give two different things, or it would show nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "live.h"

static const int near[2];

struct ops ops = { old_function, new_function };
uint8_t x8;
uint16_t x16;
uint32_t x32;
uint64_t x64;
const void *xnear;
unsigned flag;
uint8_t count;
RTS_DEFINE_FUNC(chosen, old_function);

extern const struct {
	uint64_t (*run)(void);
	const char *kind;
} site_uses[], site_uses_end[];

struct use *uses;
unsigned use_count;

static uint64_t use_if(void)
{
	if (rts_if(flag))
		return 0x10;
	return 0x20;
}

static uint64_t use_shift(void)
{
	return rts_shift_right(0x123456789abcdefull, count);
}

/* Others read meanwhile, one slot at a time: not a race that a sanitizer should
 * speak of. */
RTS_SETTER __attribute__((no_sanitize("thread")))
int set_change(void *set)
{
	static const struct ops both[2] = {
		{ old_function, new_function }, { new_function, old_function }
	};
	int new = *(const int *)set;

	ops = both[new];
	RTS_SET_FUNC(chosen, both[new].first);
	x8 = new ? 0xa5 : 0x43;
	x16 = new ? 0x8765 : 0x1234;
	x32 = new ? (uint32_t)NEW32 : OLD32;
	/* One of them fits an immediate, the other does not. */
	x64 = new ? 0x123456789abcdef0 : -(uint64_t)0x6789abcd;
	xnear = &near[new];
	flag = (unsigned)new;
	count = new ? 13 : 3;
	return 0;
}

static void add(uint64_t (*run)(void), const char *kind)
{
	uses = realloc(uses, (use_count + 1) * sizeof(*uses));
	if (!uses)
		abort();
	uses[use_count].run = run;
	uses[use_count++].kind = kind;
}

RTS_SETTER
int sets_learn(void)
{
	int wrong = 0, new = 0;

	for (long i = 0; i < site_uses_end - site_uses; i++)
		add(site_uses[i].run, site_uses[i].kind);
	add(use_if, "if");
	add(use_shift, "shift");
	for (; new < 2; new++) {
		set_change(&new);
		for (unsigned i = 0; i < use_count; i++)
			uses[i].right[new] = uses[i].run();
	}
	for (unsigned i = 0; i < use_count; i++) {
		if (uses[i].right[0] != uses[i].right[1])
			continue;
		printf("# %s: the same with both sets\n", uses[i].kind);
		wrong = 1;
	}
	new = 0;
	set_change(&new);
	return wrong;
}
