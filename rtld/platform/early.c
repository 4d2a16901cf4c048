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

#if defined(__x86_64__) || defined(__i386__)

/*
 * A CPU sees its own stores to code after a jump, says the manual; but only if
 * they went through the address that is executed, and a kernel at an identity
 * mapping writes through another.  After a serialising instruction it does in
 * any case.  CPUID is the one that works in every mode and at every privilege;
 * a far return does not serialise, IRET needs a stack frame.
 */
static void serialise(void)
{
	unsigned a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)
			 : : "memory");
}

#if !__STDC_HOSTED__
static unsigned long interrupts_off(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static void interrupts_restore(unsigned long flags)
{
	__asm__ volatile("push %0; popf" : : "r"(flags) : "memory", "cc");
}
#else
static unsigned long interrupts_off(void)
{
	return 0;
}

static void interrupts_restore(unsigned long flags)
{
	(void)flags;
}
#endif

#else
#error "early.c: no port to this machine yet"
#endif

static int early_begin(void *ctx, const struct rtld *rt)
{
	struct rtld_early *early = ctx;

	(void)rt;
	early->flags = interrupts_off();
	return 0;
}

static void early_end(void *ctx, const struct rtld *rt)
{
	struct rtld_early *early = ctx;

	(void)rt;
	serialise();
	interrupts_restore(early->flags);
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
	early->flags = 0;
	return &early->host;
}
