// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * main.c - threads that call through all sites while another one switches over
 *
 *	main live SWITCHES READERS ROOM		the breakpoint protocol
 *	main process SWITCHES READERS		the process host, nobody stops
 *	main steps				steps.c
 *
 * An epoch says what a call may give.  2k: switch k has returned, all must see
 * its set, k & 1.  2k + 1: switch k + 1 is under way.  A call that began in
 * epoch a and ended in b may give set a/2 up to set (b + 1)/2: one if nothing
 * happened meanwhile, else one of two.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "live.h"
#include "platform/process.h"

#define READERS_MAX	64

static struct rtld_live live;
static uint64_t epoch;
static int stop;

struct reader {
	pthread_t thread;
	unsigned number;
	uint64_t calls, sure[2], both[2], wrong;
};

static void wrong(struct reader *r, const struct use *u, uint64_t from,
		  uint64_t to, uint64_t got)
{
	if (r->wrong++ < 5)
		fprintf(stderr, "# %s: %llx, not %llx or %llx; epoch %llu to "
			"%llu\n", u->kind, (unsigned long long)got,
			(unsigned long long)u->right[0],
			(unsigned long long)u->right[1],
			(unsigned long long)from, (unsigned long long)to);
}

static void call(struct reader *r, const struct use *u)
{
	uint64_t from = __atomic_load_n(&epoch, __ATOMIC_SEQ_CST), to, got;
	unsigned set;

	got = u->run();
	to = __atomic_load_n(&epoch, __ATOMIC_SEQ_CST);
	r->calls++;
	if (got != u->right[0] && got != u->right[1]) {
		wrong(r, u, from, to, got);
		return;
	}
	set = got == u->right[1];
	r->both[set]++;
	if (from == to && !(from & 1)) {
		r->sure[set]++;
		if (set != (from / 2 & 1))
			wrong(r, u, from, to, got);
	}
}

static void *read_all(void *arg)
{
	struct reader *r = arg;
	unsigned i = r->number * 37;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		call(r, &uses[i++ % use_count]);
	return NULL;
}

/* All uses, after the switch to this set has returned. */
static int is_new(unsigned set)
{
	for (unsigned i = 0; i < use_count; i++) {
		if (uses[i].run() != uses[i].right[set])
			return 0;
	}
	return 1;
}

static int switch_all(struct rtld *rt, struct rtld_host *host,
		      uint64_t switches)
{
	for (uint64_t k = 1; k <= switches; k++) {
		int set = k & 1, rc;

		__atomic_store_n(&epoch, 2 * k - 1, __ATOMIC_SEQ_CST);
		rc = rtld_switch(rt, host, set_change, &set);
		if (rc) {
			printf("# switch %llu: %s, host %d\n",
			       (unsigned long long)k, rtld_errname(rc),
			       rt->fault.host);
			return 1;
		}
		__atomic_store_n(&epoch, 2 * k, __ATOMIC_SEQ_CST);
		if (!is_new(k & 1))
			return 1;
		/* Let the others see this one. */
		if (k % 15 == 0)
			usleep(50);
	}
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int threads(struct rtld *rt, struct rtld_host *host, uint64_t switches,
		   unsigned readers)
{
	static struct reader all[READERS_MAX];
	struct reader sum = { .calls = 0 };
	double start = now();
	int rc;

	for (unsigned i = 0; i < readers; i++) {
		all[i].number = i;
		if (pthread_create(&all[i].thread, NULL, read_all, &all[i]))
			return 1;
	}
	rc = switch_all(rt, host, switches);
	start = now() - start;
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < readers; i++) {
		pthread_join(all[i].thread, NULL);
		sum.calls += all[i].calls;
		sum.sure[0] += all[i].sure[0];
		sum.sure[1] += all[i].sure[1];
		sum.both[0] += all[i].both[0];
		sum.both[1] += all[i].both[1];
		sum.wrong += all[i].wrong;
	}
	printf("switches %llu readers %u seconds %.1f calls %llu old %llu "
	       "new %llu sure %llu %llu wrong %llu\n", (unsigned long long)switches,
	       readers, start, (unsigned long long)sum.calls,
	       (unsigned long long)sum.both[0], (unsigned long long)sum.both[1],
	       (unsigned long long)sum.sure[0],
	       (unsigned long long)sum.sure[1], (unsigned long long)sum.wrong);
	printf("sites %u written %u bound %u kept %u\n", rt->stats.sites,
	       rt->stats.written, rt->stats.bound, rt->stats.kept);
	return rc || sum.wrong || !sum.both[0] || !sum.both[1] ||
		!sum.sure[0] || !sum.sure[1];
}

static int run_live(struct rtld *rt, uint64_t switches, unsigned readers,
		    unsigned room)
{
	struct rtld_host *host = rtld_live_host(&live);
	int rc;

	live.patches = calloc(room, sizeof(*live.patches));
	live.room = room;
	if (text_init(&live, rt) || rtld_bind(rt, host))
		return 1;
	rc = switches ? threads(rt, host, switches, readers) : steps(rt, &live);
	printf("last: batches %u sync %u written %u; all: batches %u sync %u, "
	       "emulated %u retried %u\n", live.batches, live.syncs,
	       live.written, live.all_batches, live.all_syncs, live.emulated,
	       live.retried);
	if (live.syncs != 3 * live.batches ||
	    live.batches != (live.written + room - 1) / room ||
	    live.written != rt->stats.written || text_syncs != live.all_syncs)
		return 1;
	return rc;
}

static int run_process(struct rtld *rt, uint64_t switches, unsigned readers)
{
	static struct rtld_process process;
	int rc;

	if (rtld_process_init(&process, rt) ||
	    rtld_bind(rt, rtld_process_host(&process)))
		return 1;
	rc = threads(rt, rtld_process_host(&process), switches, readers);
	printf("lost %u\n", process.lost);
	return rc || process.lost;
}

int main(int argc, char **argv)
{
	unsigned long n[3] = { 0, 8, 256 };
	struct rtld rt;

	for (int i = 2; i < argc && i < 5; i++)
		n[i - 2] = strtoul(argv[i], NULL, 0);
	if (argc < 2 || n[1] > READERS_MAX || sets_learn() ||
	    rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE))
		return 2;
	if (!strcmp(argv[1], "process"))
		return run_process(&rt, n[0], (unsigned)n[1]);
	return run_live(&rt, n[0], (unsigned)n[1], (unsigned)n[2]);
}
