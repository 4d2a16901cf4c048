// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * faults-host.c - callbacks of the host that fail, never come back, or call back
 *
 * Every callback, at each of its calls in one switch-over.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

enum { BEGIN, END, WRITE, LIVE, INSIDE, CHANGE, CALLBACKS };

static struct {
	unsigned calls[CALLBACKS];
	int which;		/* this one, at its call number `when' ... */
	unsigned when;
	enum { FAIL, NEST, BREAK } what;	/* does that */
	unsigned hits;
} plan;
static jmp_buf away;
static struct rtld_host host;
static unsigned char *changed;

static int change(void *arg);

/* 1: it is to fail. */
static int called(int which)
{
	struct rtld before;

	if (plan.calls[which]++ != plan.when || which != plan.which)
		return 0;
	plan.hits++;
	if (plan.what == BREAK)
		longjmp(away, 1);
	if (plan.what == FAIL)
		return 1;
	before = rt;
	MUST(rtld_bind(&rt, &host) == -RTLD_E_BUSY);
	MUST(rtld_unbind(&rt, NULL) == -RTLD_E_BUSY);
	MUST(rtld_switch(&rt, NULL, change, NULL) == -RTLD_E_BUSY);
	MUST(rtld_check(&rt, NULL) == -RTLD_E_BUSY);
	MUST(!memcmp(&before, &rt, sizeof(rt)));
	return 0;
}

static int host_begin(void *ctx, const struct rtld *r)
{
	(void)ctx;
	(void)r;
	return called(BEGIN) ? -7 : 0;
}

static void host_end(void *ctx, const struct rtld *r)
{
	(void)ctx;
	(void)r;
	called(END);
}

static void host_write(void *ctx, void *text, const void *bytes, size_t n)
{
	(void)ctx;
	called(WRITE);
	memcpy(text, bytes, n);
}

static int host_live(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
	return !called(LIVE);
}

static int host_inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
	return called(INSIDE);
}

static int change(void *arg)
{
	(void)arg;
	if (called(CHANGE))
		return -9;
	if (changed)
		*changed ^= 1;
	return 0;
}

static const struct rtld_host callbacks = {
	.begin = host_begin, .end = host_end, .write = host_write,
	.live = host_live, .inside = host_inside,
};

static int transact(int which, unsigned when, int what)
{
	memset(&plan, 0, sizeof(plan));
	plan.which = which;
	plan.when = when;
	plan.what = what;
	return rtld_switch(&rt, &host, change, NULL);
}

/* A switch that does not fail, to know the text that it leaves, and how often
 * each callback is called. */
static void whole(unsigned *calls, unsigned char *after)
{
	reset(bound);
	MUST(after && !transact(-1, 0, FAIL));
	memcpy(calls, plan.calls, sizeof(plan.calls));
	memcpy(after, memory, size);
}

/* It fails: begin() and change() refuse; live() and inside() are believed. */
static void fail(int which, unsigned when, const unsigned char *after)
{
	int rc;

	reset(bound);
	rc = transact(which, when, FAIL);
	MUST(plan.hits == 1);
	if (which == BEGIN || which == CHANGE) {
		MUST(rc == -(which == BEGIN ? RTLD_E_HOST : RTLD_E_CHANGE));
		MUST(rt.fault.host == (which == BEGIN ? -7 : -9));
		MUST(plan.calls[END] == (which == CHANGE));
		MUST(!memcmp(memory, bound, size));
	} else if (rc) {
		MUST(rc == -RTLD_E_TEXT_INSIDE);
		MUST(!memcmp(memory, bound, size));
	} else if (which == LIVE) {
		MUST(rt.stats.dropped == (when >= place_count));
	} else {
		MUST(which == INSIDE || !memcmp(memory, after, size));
	}
	MUST(!rt.busy);
}

/* It never comes back: all is forgotten but memory.  The next boot of the
 * same memory - a crash kernel's, a debugger's - opens and binds. */
static void leave(int which, unsigned when, const unsigned char *after)
{
	reset(bound);
	if (!setjmp(away))
		transact(which, when, BREAK);
	MUST(plan.hits == 1);
	if (plan.calls[CHANGE] == 0 || which == CHANGE)
		MUST(!memcmp(memory, bound, size));
	MUST(!open_at(table_address));
	MUST(!rtld_bind(&rt, NULL));
	MUST(!memcmp(memory, plan.calls[CHANGE] && which != CHANGE ? after :
		     bound, size));
}

void callback_faults(void)
{
	unsigned char *after = calloc(1, size);
	unsigned calls[CALLBACKS] = { 0 }, total = 0;

	MUST(after != NULL);
	host = callbacks;
	/* Something that is bound changes: the first VAR whose low bit shows. */
	for (uint32_t i = 0; i < RTLD_HEAD_(&rt, slot_count); i++) {
		const unsigned char *r = RTLD_AT_(&rt, slot, i);

		changed = table + (int32_t)RTLD_GET32_(r, struct rts_slot,
						       address);
		whole(calls, after);
		if (calls[WRITE] > 2)
			break;
	}
	MUST(calls[WRITE] > 2 && calls[LIVE] >= 2 * place_count);
	for (int which = 0; which < CALLBACKS; which++) {
		for (unsigned when = 0; when < calls[which]; when++) {
			total++;
			if (which != END && which != WRITE)
				fail(which, when, after);
			leave(which, when, after);
			reset(bound);
			MUST(!transact(which, when, NEST));
			MUST(plan.hits == 1);
			MUST(!memcmp(memory, after, size));
		}
	}
	free(after);
	printf("callbacks: %u calls, each failed, left and nested\n", total);
}
