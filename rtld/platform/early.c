// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * early.c - the host of early boot: one CPU runs, text can be written
 *
 * Compiled freestanding for x86 it is taken for part of a kernel and switches
 * interrupts off: sites are written byte by byte, and a handler that ran in
 * between could execute half a site.  Hosted (in tests, in a program of one
 * thread) it cannot, for a process may not.
 */
#include "early.h"
#include "cpu.h"

static int early_begin(void *ctx, const struct rtld *rt)
{
	struct rtld_early *early = ctx;

	(void)rt;
	early->flags = rtld_interrupts_off_();
	return 0;
}

static void early_end(void *ctx, const struct rtld *rt)
{
	struct rtld_early *early = ctx;

	(void)rt;
	rtld_serialise_();
	rtld_interrupts_restore_(early->flags);
}

/* The one CPU that runs is in begin() or behind it; no task sleeps yet. */
static int early_inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
	return 0;
}

struct rtld_host *rtld_early_host(struct rtld_early *early)
{
	/* Field by field: a whole one might become a call of memset(). */
	early->host.ctx = early;
	early->host.begin = early_begin;
	early->host.end = early_end;
	early->host.write = NULL;
	early->host.live = NULL;
	early->host.inside = early_inside;
	early->host.print = NULL;
	early->host.symbol = NULL;
	early->host.rounds = NULL;
	early->flags = 0;
	return &early->host;
}
