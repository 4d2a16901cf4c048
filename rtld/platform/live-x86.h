/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * live-x86.h - the host of an x86 kernel that changes text while it runs
 *
 *	static struct rtld_live_patch patches[256];
 *	static struct rtld_live l;		zeroed, one for the kernel
 *	struct rtld_host *host = rtld_live_host(&l);
 *
 *	l.patches = patches;
 *	l.room = 256;
 *	l.sync = ...;
 *	lock against hot-plug;
 *	rc = rtld_switch(&rt, host, change, arg);
 *	unlock;
 *
 * and first of all in the breakpoint handler (#BP, vector 3):
 *
 *	if (rtld_live_trap(&l, &regs))
 *		return to regs;
 *
 * Nobody stops.  Sites are written in batches of up to `room', each in three
 * steps: a breakpoint over the first byte of each; the other bytes; the first
 * bytes.  After each step sync() makes all CPUs serialise: three rounds of
 * interrupts a batch, however many sites are in it.  A CPU that comes to a
 * breakpoint does there and then what the site's linked encoding does, with
 * memory as it is, which change() has left as it shall be.  It waits for
 * nobody; so a handler may run with interrupts off, in an NMI, on the CPU that
 * writes, or while sync() never ends.
 *
 * A CPU sees each site old until some moment between begin() and end(), and
 * new from then on.  After rtld_switch() has returned all see only new.
 *
 * What must not pass through a site: the way from the breakpoint to
 * rtld_live_trap() and back, and what happens in NMI before a breakpoint is
 * allowed there (x86-64: before the stack has been chosen).  An interrupt that
 * does sync() may: it is answered before or behind the breakpoint.
 *
 * Encodings of several instructions are not touched: a site that holds one is
 * refused with TEXT_INSIDE, others take the next encoding.
 */
#ifndef RTLD_LIVE_X86_H
#define RTLD_LIVE_X86_H

#include "rtld.h"

/* Why begin() refused: rt->fault.host is the negative of one of these. */
enum rtld_live_refusal {
	RTLD_LIVE_SETUP = 1,	/* a required member is not set */
	RTLD_LIVE_BUSY = 2,	/* a transaction is under way */
	RTLD_LIVE_FORM = 3,	/* a linked encoding that cannot be emulated;
				   form says whose */
	RTLD_LIVE_PROTECT = 4	/* protect() failed */
};

/* A site to be written; given by the kernel, live-x86.c's own. */
#define RTLD_LIVE_WORDS	(16 / sizeof(unsigned long))
struct rtld_live_patch {
	unsigned long address;	/* that it has when it runs */
	unsigned long text;	/* where it is written, if not by poke() */
	unsigned long length;
	unsigned long linked[RTLD_LIVE_WORDS];	/* bytes, as in memory */
	unsigned long next[RTLD_LIVE_WORDS];
};

/* What the interrupted code had.  r by the numbers that instructions use: ax
 * cx dx bx sp bp si di, r8 to r15; on i386 the second half is not used. */
struct rtld_regs {
	unsigned long r[16];
	unsigned long ip, flags;
};

struct rtld_live {
	struct rtld_host host;	/* the caller may add live(), print() ... */

	/* ---- the kernel's, set before the first transaction ------------- */

	struct rtld_live_patch *patches;
	uint32_t room;		/* how many, at least 1; 256 is good */

	void *kernel;		/* handed to each callback below */

	/* Make every other CPU that may run text execute a serialising
	 * instruction (an interrupt's return is one), and wait until all have.
	 * Called with interrupts as they were in rtld_switch(): on.  Cannot
	 * fail.  A CPU that is not online must serialise, or run none of the
	 * sites, before it counts as online. */
	void (*sync)(void *kernel);

	/* Or NULL: plain stores.  Write n bytes to text, as rtld names it,
	 * through another mapping for example. */
	void (*poke)(void *kernel, void *text, const void *bytes, size_t n);

	/* Or NULL.  Make text writable, after the first check that can refuse
	 * (a negative number refuses), and no longer (cannot fail). */
	int (*protect)(void *kernel, int on);

	/* ---- results ---------------------------------------------------- */

	uint32_t form;		/* of RTLD_LIVE_FORM */
	uint32_t batches, syncs, written;	/* of the last transaction:
					   batches, sync()s, sites */
	uint32_t all_batches, all_syncs;	/* since the first */
	uint32_t transactions;	/* not refused by begin() */
	uint32_t busy;		/* refusals as BUSY */
	/* Of all, as far as handlers on several CPUs do not count at once. */
	uint32_t emulated, retried;

	/* ---- live-x86.c's own ------------------------------------------- */

	const struct rtld *rt;
	uint32_t taken;		/* a transaction is under way */
	uint32_t queued;	/* patches of the batch to come */
	uint32_t generation;	/* odd: a batch is being written */
	uint32_t count;		/* patches in it */
	unsigned long low, high;	/* addresses of all there have ever been:
					   [low, high) */
};

/* Fill l->host, and return it; nothing else of l is touched. */
struct rtld_host *rtld_live_host(struct rtld_live *l);

/*
 * The breakpoint handler's first question.  regs as the CPU saved them: ip is
 * behind the breakpoint.  1: it was one of ours, or was one until a moment
 * ago: go on with regs, all of which may have changed, sp too.  0: it is
 * another's; nothing has changed.  May be called on any CPU, at any time, also
 * while l is zero.  Text must not use `int $3' of two bytes (cd 03), which
 * cannot be told from a breakpoint that is gone.
 *
 * Room on the stack.  A call is emulated by a store below the interrupted sp.
 * If the handler's own frame is there (no change of stack, as in a kernel's own
 * text), one word must be left free between the two.  live-entry-x86.h has
 * an entry that does, and one may use it as it is.
 */
int rtld_live_trap(struct rtld_live *l, struct rtld_regs *regs);

#endif /* RTLD_LIVE_X86_H */
