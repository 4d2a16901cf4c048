/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rendezvous.h - the host of a kernel whose CPUs all run: it stops them
 *
 *	static struct rtld_rendezvous r;	zeroed, one for the kernel
 *	struct rtld_host *host = rtld_rendezvous_host(&r);
 *
 *	r.cpus = ...; r.count = ...; r.self = ...; and so on, below
 *	lock against hot-plug;
 *	rc = rtld_switch(&rt, host, change, arg);
 *	unlock;
 *
 * and in the handler of the interrupt that send() raises, interrupts off:
 *
 *	rtld_rendezvous_enter(&r, number of this CPU, interrupted address);
 *
 * From the first check to the last write every other CPU waits there.  If one
 * does not come in time, the transaction is refused (RTLD_E_HOST), nothing has
 * changed, and those that came go on; that one may come late, and goes on at
 * once.  Each that waited serialises before it runs anything else.
 *
 * What runs while the others are stopped - enter(), the callbacks, the
 * interrupt handler's way to enter(), change() and what it calls - must not
 * pass through a site, for that one may be half written.  Interrupts are off
 * everywhere; NMI and machine check are not, and that is what park() is for.
 */
#ifndef RTLD_RENDEZVOUS_H
#define RTLD_RENDEZVOUS_H

#include "rtld.h"

/* Why begin() refused: rt->fault.host is the negative of one of these. */
enum rtld_rendezvous_refusal {
	RTLD_RENDEZVOUS_SETUP = 1,	/* a required member is not set */
	RTLD_RENDEZVOUS_BUSY = 2,	/* a transaction is under way */
	RTLD_RENDEZVOUS_SEND = 3,	/* send() failed */
	RTLD_RENDEZVOUS_TIMEOUT = 4,	/* a CPU did not come */
	RTLD_RENDEZVOUS_CHANGED = 5,	/* a CPU came online meanwhile */
	RTLD_RENDEZVOUS_PARK = 6,	/* park() failed on some CPU */
	RTLD_RENDEZVOUS_PROTECT = 7	/* protect() failed */
};

/* One for each CPU, zeroed, given by the kernel; rendezvous.c's own. */
struct rtld_rendezvous_cpu {
	unsigned joined;	/* the gathering that it last came to */
	int refused;		/* what its park() returned */
	uint64_t pc;		/* where it was interrupted */
};

struct rtld_rendezvous {
	struct rtld_host host;	/* the caller may add live(), print() ... */

	/* ---- the kernel's, set before the first transaction ------------- */

	void *kernel;		/* handed to each callback below */
	struct rtld_rendezvous_cpu *cpus;
	unsigned count;		/* of cpus: every number is below it */

	/* The number of this CPU.  Called with interrupts off. */
	unsigned (*self)(void *kernel);

	/* Must this CPU come?  The answers must not change from begin() to
	 * end(): hold the lock against hot-plug around the transaction.  A CPU
	 * that is being started runs no site before it holds that lock. */
	int (*online)(void *kernel, unsigned cpu);

	/* Raise the interrupt on all other CPUs that are online.  Negative:
	 * refuse.  Must not wait for them. */
	int (*send)(void *kernel);

	/* A clock that all the while goes on, and how many of its units the
	 * CPUs have to come in. */
	uint64_t (*now)(void *kernel);
	uint64_t timeout;

	/* Or NULL.  Make text writable for this CPU, when all have stopped
	 * (a negative number refuses), and no longer (cannot fail). */
	int (*protect)(void *kernel, int on);

	/* Or NULL.  Called on every CPU that stops, on itself: with 1 before
	 * it says that it has arrived: from now on NMI and machine check go to
	 * handlers without a site, that only take note; negative refuses.
	 * With 0 when text is whole again and it has serialised: the usual
	 * handlers are back, and what was noted is done now. */
	int (*park)(void *kernel, int on);

	/* Or NULL: it may.  Does an address inside this text, behind its first
	 * byte, stand on a stack to return to: of a task that sleeps, or of a
	 * CPU that has stopped?  text is where rtld reads it, as for the
	 * host's inside(), which adds the interrupted addresses. */
	int (*returns)(void *kernel, const void *text, size_t n);

	/* ---- results ---------------------------------------------------- */

	unsigned reason;	/* of the last refusal, but for BUSY, or 0 */
	unsigned missing;	/* TIMEOUT, CHANGED, PARK: of which CPU */
	int callback;		/* SEND, PARK, PROTECT: what that returned */
	unsigned sent;		/* rounds of interrupts */
	unsigned stops;		/* transactions with all CPUs stopped */
	unsigned late;		/* arrivals when nobody waited any more */
	unsigned busy;		/* refusals as BUSY */
	uint64_t gathered, stopped;	/* the last one's, units of now(): from
					   send() to the last arrival, from
					   there to the release */
	uint64_t most_gathered, most_stopped;
	uint64_t all_gathered, all_stopped;	/* of all stops together */

	/* ---- rendezvous.c's own ----------------------------------------- */

	unsigned word;		/* generation << 2 | phase */
	unsigned present;	/* CPUs in enter() */
	unsigned me;		/* the initiator */
	unsigned long flags;
	uint64_t since;
	uint64_t offset;	/* from where text is read to where it runs */
};

/* Fill r->host, and return it; nothing else of r is touched. */
struct rtld_host *rtld_rendezvous_host(struct rtld_rendezvous *r);

/* A CPU has come because of send(): wait for the end.  Interrupts are off.  pc
 * is the address that it will go on at. */
void rtld_rendezvous_enter(struct rtld_rendezvous *r, unsigned cpu,
			   uint64_t pc);

#endif /* RTLD_RENDEZVOUS_H */
