// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * rendezvous.c - the host of a kernel whose CPUs all run: it stops them
 *
 * One word says what goes on: the number of the gathering and its phase.
 *
 *	IDLE ──begin──► GATHER ──all came──► STOP ──end──► RELEASE ──► IDLE
 *			   └─────a CPU is missing───────────▲	   next number
 *
 * IDLE to GATHER is a compare-exchange: of two initiators one is refused.  All
 * other steps are the initiator's alone.  A CPU that enters and finds GATHER
 * or STOP writes the number into its own entry of r->cpus, and waits until the
 * word has another number or the phase RELEASE.  If it finds anything else it
 * has come late, and leaves.
 *
 * Why an entry for each CPU and not a count of arrivals: a CPU that nobody
 * asked for would stand for one that is missing.  And what a CPU writes that
 * came to a gathering just when it was called off has the number of that one,
 * and counts in no other.
 *
 * Why RELEASE: the initiator stays there until no CPU is in enter() any more.
 * So nobody reads r or runs park() when begin() has refused or end() returns.
 *
 * All accesses of word, present and joined are sequentially consistent: a CPU
 * adds itself to present, then reads word; the initiator writes word, then
 * reads present; one of the two sees the other.
 */
#include "rendezvous.h"
#include "cpu.h"

enum phase { IDLE, GATHER, STOP, RELEASE, PHASES };

#define LOAD(p)		__atomic_load_n(p, __ATOMIC_SEQ_CST)
#define STORE(p, value)	__atomic_store_n(p, value, __ATOMIC_SEQ_CST)
#define ADD(p, n)	((void)__atomic_add_fetch(p, n, __ATOMIC_SEQ_CST))

/* ---- every other CPU ---------------------------------------------------- */

/* Must one that came for this gathering still wait? */
static int held(unsigned word, unsigned gathering)
{
	unsigned phase = word - gathering * PHASES;

	return phase == GATHER || phase == STOP;
}

static void stop_here(struct rtld_rendezvous *r, unsigned cpu, uint64_t pc,
		      unsigned gathering)
{
	int rc = r->park ? r->park(r->kernel, 1) : 0;

	if (cpu < r->count) {
		r->cpus[cpu].pc = pc;
		r->cpus[cpu].refused = rc;
		STORE(&r->cpus[cpu].joined, gathering);
	}
	while (held(LOAD(&r->word), gathering))
		rtld_relax_();
	rtld_serialise_();
	if (r->park && rc >= 0)
		r->park(r->kernel, 0);
}

void rtld_rendezvous_enter(struct rtld_rendezvous *r, unsigned cpu,
			   uint64_t pc)
{
	unsigned word;

	ADD(&r->present, 1);
	word = LOAD(&r->word);
	if (held(word, word / PHASES))
		stop_here(r, cpu, pc, word / PHASES);
	else
		ADD(&r->late, 1);
	rtld_serialise_();
	ADD(&r->present, -1u);
}

/* ---- the initiator ------------------------------------------------------ */

static int complete(const struct rtld_rendezvous *r)
{
	return r->cpus && r->count && r->self && r->online && r->send && r->now;
}

/* The first from this number on that must come and has not; or count. */
static unsigned absent(const struct rtld_rendezvous *r, unsigned cpu)
{
	unsigned gathering = LOAD(&r->word) / PHASES;

	for (; cpu < r->count; cpu++) {
		if (cpu != r->me && r->online(r->kernel, cpu) &&
		    LOAD(&r->cpus[cpu].joined) != gathering)
			break;
	}
	return cpu;
}

/* The first that came but could not park; or count. */
static unsigned unparked(const struct rtld_rendezvous *r)
{
	unsigned cpu, gathering = LOAD(&r->word) / PHASES;

	for (cpu = 0; cpu < r->count; cpu++) {
		if (LOAD(&r->cpus[cpu].joined) == gathering &&
		    r->cpus[cpu].refused < 0)
			break;
	}
	return cpu;
}

static unsigned gather(struct rtld_rendezvous *r)
{
	unsigned cpu = 0;

	r->since = r->now(r->kernel);
	r->sent++;
	r->callback = r->send(r->kernel);
	if (r->callback < 0)
		return RTLD_RENDEZVOUS_SEND;
	while ((cpu = absent(r, cpu)) < r->count) {
		r->missing = cpu;
		if (r->now(r->kernel) - r->since > r->timeout)
			return RTLD_RENDEZVOUS_TIMEOUT;
		rtld_relax_();
	}
	/* One that was not online when it was its turn has not been sent for. */
	r->missing = absent(r, 0);
	if (r->missing < r->count)
		return RTLD_RENDEZVOUS_CHANGED;
	r->missing = unparked(r);
	if (r->missing == r->count)
		return 0;
	r->callback = r->cpus[r->missing].refused;
	return RTLD_RENDEZVOUS_PARK;
}

/* All others have stopped.  This CPU's own vectors, then the text. */
static unsigned take_over(struct rtld_rendezvous *r)
{
	r->missing = r->me;
	r->callback = r->park ? r->park(r->kernel, 1) : 0;
	if (r->callback < 0)
		return RTLD_RENDEZVOUS_PARK;
	r->callback = r->protect ? r->protect(r->kernel, 1) : 0;
	if (r->callback >= 0)
		return 0;
	if (r->park)
		r->park(r->kernel, 0);
	return RTLD_RENDEZVOUS_PROTECT;
}

static void release(struct rtld_rendezvous *r)
{
	unsigned gathering = LOAD(&r->word) / PHASES;

	STORE(&r->word, gathering * PHASES + RELEASE);
	rtld_serialise_();
}

/* Nobody is in enter() but who comes late, and leaves at once. */
static void leave(struct rtld_rendezvous *r, unsigned long flags)
{
	while (LOAD(&r->present))
		rtld_relax_();
	STORE(&r->word, (LOAD(&r->word) / PHASES + 1) * PHASES + IDLE);
	rtld_interrupts_restore_(flags);
}

static int rendezvous_begin(void *ctx, const struct rtld *rt)
{
	struct rtld_rendezvous *r = ctx;
	unsigned long flags;
	unsigned word, reason;

	if (!complete(r))
		return -RTLD_RENDEZVOUS_SETUP;
	/* Off already here: who gathers must stay on this CPU. */
	flags = rtld_interrupts_off_();
	word = LOAD(&r->word);
	if (word % PHASES != IDLE ||
	    !__atomic_compare_exchange_n(&r->word, &word, word + GATHER, 0,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		ADD(&r->busy, 1);
		rtld_interrupts_restore_(flags);
		return -RTLD_RENDEZVOUS_BUSY;
	}
	r->flags = flags;
	r->me = r->self(r->kernel);
	r->offset = rt->address - (uintptr_t)rt->image;
	reason = gather(r);
	if (!reason) {
		r->gathered = r->now(r->kernel) - r->since;
		r->since += r->gathered;
		STORE(&r->word, LOAD(&r->word) - GATHER + STOP);
		reason = take_over(r);
	}
	r->reason = reason;
	if (!reason)
		return 0;
	release(r);
	leave(r, flags);
	return -(int)reason;
}

static void rendezvous_end(void *ctx, const struct rtld *rt)
{
	struct rtld_rendezvous *r = ctx;
	unsigned long flags = r->flags;

	(void)rt;
	if (r->protect)
		r->protect(r->kernel, 0);
	release(r);
	if (r->park)
		r->park(r->kernel, 0);
	/* Now that text is whole: now() may have sites. */
	r->stopped = r->now(r->kernel) - r->since;
	r->stops++;
	r->all_gathered += r->gathered;
	r->all_stopped += r->stopped;
	if (r->gathered > r->most_gathered)
		r->most_gathered = r->gathered;
	if (r->stopped > r->most_stopped)
		r->most_stopped = r->stopped;
	leave(r, flags);
}

static int rendezvous_inside(void *ctx, const void *text, size_t n)
{
	const struct rtld_rendezvous *r = ctx;
	unsigned cpu, gathering = LOAD(&r->word) / PHASES;
	uint64_t address = (uintptr_t)text + r->offset;

	for (cpu = 0; cpu < r->count; cpu++) {
		if (LOAD(&r->cpus[cpu].joined) == gathering &&
		    r->cpus[cpu].pc - address - 1 < n - 1)
			return 1;
	}
	return !r->returns || r->returns(r->kernel, text, n);
}

/* Each transaction is one round; refused ones may have had one, too. */
static void rendezvous_rounds(void *ctx, struct rtld_rounds *to)
{
	const struct rtld_rendezvous *r = ctx;

	to->name = "rendezvous";
	to->transactions = r->stops;
	to->rounds = r->sent;
	to->last = r->stops ? 1 : 0;
	to->batches = 0;
}

struct rtld_host *rtld_rendezvous_host(struct rtld_rendezvous *r)
{
	r->host.ctx = r;
	r->host.begin = rendezvous_begin;
	r->host.end = rendezvous_end;
	r->host.write = NULL;
	r->host.live = NULL;
	r->host.inside = rendezvous_inside;
	r->host.print = NULL;
	r->host.symbol = NULL;
	r->host.rounds = rendezvous_rounds;
	/* The first gathering must not have the number of zeroed entries. */
	if (!r->word)
		r->word = PHASES + IDLE;
	return &r->host;
}
