// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * steps.c - a reader that stops at a breakpoint, and goes on whenever it likes
 *
 * One use of each kind.  The reader comes to its site while switch one is in
 * step 1 or 2, takes the breakpoint, and is held there: what a thread would see
 * that the system does not run for a while, or a CPU whose hypervisor does not.
 * It goes on in step 1, 2 or 3 of that switch, while the writer waits for it
 * in its sync() (so a handler that waited for the writer would never end),
 * after that switch, in one of the three steps of switch two, which goes back,
 * or after it.  The result must be the new one if it went on before switch two,
 * else one of the two.
 *
 * And without a reader: what the handler says to breakpoints that are stale,
 * and to those of others; what a second initiator gets.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live.h"

enum { AFTER_ONE = 4, AFTER_TWO = 8 };	/* steps of two switches, see at() */

static struct rtld *rt;
static struct rtld_live *live;
static int failures;

static sem_t begin, trapped, go, done;
static const struct use *use;
static uint64_t result;
static int hold;			/* the reader's next breakpoint */
static __thread int is_reader;
static unsigned from, until, step;
static unsigned held, emulated, retried;

static void bad(const char *what)
{
	if (failures++ < 20)
		fprintf(stderr, "# %s, from step %u until %u: %s\n",
		       use ? use->kind : "-", from, until, what);
}

static void must_wait(sem_t *sem, const char *what)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 8;
	if (!sem_timedwait(sem, &end))
		return;
	bad(what);
	_exit(1);
}

/* ---- the reader ----------------------------------------------------------- */

static void in_trap(void)
{
	if (!is_reader || !hold)
		return;
	hold = 0;
	sem_post(&trapped);
	must_wait(&go, "does not go on");
}

static void *reader(void *arg)
{
	(void)arg;
	is_reader = 1;
	for (;;) {
		while (sem_wait(&begin))
			;
		if (!use)
			return NULL;
		result = use->run();
		sem_post(&done);
	}
}

/* ---- the writer ----------------------------------------------------------- */

/* A moment of the two switches: 1 to 3, AFTER_ONE, 5 to 7, AFTER_TWO. */
static void at(unsigned moment)
{
	unsigned e = live->emulated, r = live->retried;

	if (moment == from) {
		hold = 1;
		sem_post(&begin);
		must_wait(&trapped, "meets no breakpoint");
		held++;
	}
	if (moment == until) {
		sem_post(&go);
		must_wait(&done, "does not end");
		e = live->emulated - e;
		r = live->retried - r;
		if (moment == AFTER_ONE || moment == AFTER_TWO ?
		    e || r != 1 : !e || r)
			bad("neither emulated nor retried as it should be");
		emulated += e;
		retried += r;
	}
}

static void in_sync(void)
{
	at(++step);
}

static void one(const struct use *u, int new)
{
	int old = !new;

	use = u;
	step = 0;
	text_in_sync = in_sync;
	if (rtld_switch(rt, &live->host, set_change, &new))
		bad("switch one");
	at(++step);
	if (rtld_switch(rt, &live->host, set_change, &old))
		bad("switch two");
	at(++step);
	text_in_sync = NULL;
	if (step != AFTER_TWO)
		bad("not three rounds in each switch");
	if (result != u->right[new] &&
	    (until <= AFTER_ONE || result != u->right[old]))
		bad("neither old nor new");
}

static void each_kind(int new)
{
	for (unsigned i = 0; i < use_count; i++) {
		if (i && !strcmp(uses[i].kind, uses[i - 1].kind))
			continue;
		for (from = 1; from <= 2; from++) {
			for (until = from; until <= AFTER_TWO; until++)
				one(&uses[i], new);
		}
	}
}

/* ---- without a reader ----------------------------------------------------- */

/* What the handler says to a breakpoint there: -1: it is not ours, 0: retry,
 * 1: emulated. */
static int trap_at(unsigned long address)
{
	static unsigned long stack[64];
	struct rtld_regs before, after;

	memset(&before, 0, sizeof(before));
	before.r[4] = (unsigned long)(stack + 32);
	before.ip = address + 1;
	before.flags = 0x202;
	after = before;
	if (!rtld_live_trap(live, &after)) {
		if (memcmp(&before, &after, sizeof(after)))
			bad("not ours, but changed");
		return -1;
	}
	if (after.ip != address)
		return 1;
	before.ip = address;
	if (memcmp(&before, &after, sizeof(after)))
		bad("retried, but changed");
	return 0;
}

static unsigned long seen[4096];
static unsigned seen_count;

extern const unsigned char foreign_int3[];	/* sites.S */

static void expect(int all, const char *what)
{
	for (unsigned i = 0; i < seen_count; i++) {
		if (trap_at(seen[i]) != all)
			bad(what);
	}
	if (trap_at((unsigned long)foreign_int3) != -1)
		bad("another's breakpoint was taken");
}

static void in_sync_all(void)
{
	if (++step == 1) {
		for (seen_count = 0; seen_count < live->queued &&
		     seen_count < 4096; seen_count++)
			seen[seen_count] =
				live->patches[seen_count].address;
	}
	expect(1, "a site of the batch is not emulated");
}

static unsigned in_batch(unsigned long address)
{
	for (unsigned i = 0; i < live->queued; i++) {
		if (live->patches[i].address == address)
			return 1;
	}
	return 0;
}

/* A batch of other sites. */
static void in_sync_others(void)
{
	for (unsigned i = 0; i < seen_count; i++) {
		if (!in_batch(seen[i]) && trap_at(seen[i]))
			bad("a stale breakpoint is not retried");
	}
}

RTS_SETTER
static void stale(void)
{
	int new = 1;

	use = NULL;
	text_in_sync = in_sync_all;
	step = 0;
	if (rtld_switch(rt, &live->host, set_change, &new))
		bad("switch");
	expect(0, "after its batch a site is not retried");
	text_in_sync = in_sync_others;
	x16++;
	if (rtld_bind_object(rt, &live->host, &x16) || !live->written)
		bad("bind one object");
	text_in_sync = NULL;
	expect(0, "after another batch a site is not retried");
	new = 0;
	x16--;
	if (rtld_bind(rt, &live->host) ||
	    rtld_switch(rt, &live->host, set_change, &new))
		bad("switch back");
}

static struct rtld second;
static unsigned refused;

static void in_sync_second(void)
{
	int new = 1;

	if (rtld_switch(&second, &live->host, set_change, &new) ==
	    -RTLD_E_HOST && second.fault.host == -RTLD_LIVE_BUSY)
		refused++;
	if (rtld_switch(rt, &live->host, set_change, &new) == -RTLD_E_BUSY)
		refused++;
}

/* The same image, opened twice; from within, which is what an interrupt or
 * another CPU would do. */
static void initiators(void)
{
	int new = 0, i;

	second = *rt;
	for (i = 0; i < 2; i++) {
		new = !new;
		text_in_sync = in_sync_second;
		if (rtld_switch(rt, &live->host, set_change, &new))
			bad("switch");
		text_in_sync = NULL;
		for (unsigned k = 0; k < use_count; k++) {
			if (uses[k].run() != uses[k].right[new])
				bad("a refused switch changed something");
		}
	}
	if (refused != 12 || live->busy != 6)
		bad("a second initiator was not refused");
}

int steps(struct rtld *the_rt, struct rtld_live *the_live)
{
	pthread_t thread;
	int new = 1;

	rt = the_rt;
	live = the_live;
	sem_init(&begin, 0, 0);
	sem_init(&trapped, 0, 0);
	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	text_in_trap = in_trap;
	if (pthread_create(&thread, NULL, reader, NULL))
		return 1;
	each_kind(1);
	if (rtld_switch(rt, &live->host, set_change, &new))
		bad("switch");
	each_kind(0);
	new = 0;
	if (rtld_switch(rt, &live->host, set_change, &new))
		bad("switch");
	use = NULL;
	sem_post(&begin);
	pthread_join(thread, NULL);
	stale();
	initiators();
	printf("held %u emulated %u retried %u failures %d\n", held, emulated,
	       retried, failures);
	return failures != 0;
}
