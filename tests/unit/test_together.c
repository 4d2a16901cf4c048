/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_together.c - several threads, one struct rtld: one at a time
 *
 * Of two calls at once one is refused, and leaves no trace in the other's
 * stats and fault.  Whoever is not refused has text, memory and rt for itself:
 * everything here is read and written plainly, so that ThreadSanitizer
 * (tsan.sh) sees it if that is not so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <cmocka.h>

#include "rtld.h"
#include "../lib/rts_world.h"

#define THREADS	4
#define TIMES	3000

/* ---- one waits in its transaction, another one calls --------------------- */

static sem_t inside, go_on;

static int wait_inside(void *arg)
{
	sem_post(&inside);
	sem_wait(&go_on);
	world.shift = *(const uint32_t *)arg;
	return 0;
}

static int not_called(void *arg)
{
	(void)arg;
	fail();
	return 0;
}

static void not_printed(void *ctx, const char *line, size_t n)
{
	(void)ctx;
	(void)line;
	(void)n;
	fail();
}

static void *first(void *arg)
{
	return (void *)(intptr_t)rtld_switch(&rt, &host, wait_inside, arg);
}

static void test_refused(void **state)
{
	struct rtld_host printing = host;
	uint32_t five = 5;
	pthread_t thread;
	struct rtld was;
	void *result;

	(void)state;
	printing.print = not_printed;
	sem_init(&inside, 0, 0);
	sem_init(&go_on, 0, 0);
	assert_int_equal(pthread_create(&thread, NULL, first, &five), 0);
	sem_wait(&inside);
	was = rt;
	saved = world;
	assert_int_equal(rtld_switch(&rt, &host, not_called, NULL),
			 -RTLD_E_BUSY);
	assert_int_equal(rtld_bind(&rt, NULL), -RTLD_E_BUSY);
	assert_int_equal(rtld_bind_object(&rt, NULL, &world.shift),
			 -RTLD_E_BUSY);
	assert_int_equal(rtld_unbind(&rt, &host), -RTLD_E_BUSY);
	assert_int_equal(rtld_check(&rt, NULL), -RTLD_E_BUSY);
	assert_int_equal(rtld_validate(&rt), -RTLD_E_BUSY);
	assert_int_equal(rtld_dump(&rt, &printing, RTLD_DUMP_SITES),
			 -RTLD_E_BUSY);
	assert_memory_equal(&rt, &was, sizeof(was));
	assert_memory_equal(&world, &saved, sizeof(world));
	assert_int_equal(calls.begin, 1);
	assert_int_equal(calls.end, 0);
	sem_post(&go_on);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_int_equal((intptr_t)result, 0);
	assert_int_equal(calls.end, 1);
	bound_as_set();
	/* It has gone: the next one is served. */
	assert_int_equal(rtld_check(&rt, NULL), 0);
}

/* ---- all at any time ------------------------------------------------------ */

static unsigned alone;		/* not atomic, on purpose */

static struct worker {
	pthread_t thread;
	uint32_t number;
	unsigned done, refused, wrong;
} workers[THREADS];

static int yield_begin(void *ctx, const struct rtld *r)
{
	(void)ctx;
	(void)r;
	alone++;
	sched_yield();
	return 0;
}

static void yield_end(void *ctx, const struct rtld *r)
{
	(void)ctx;
	(void)r;
	if (--alone)
		workers[0].wrong++;
}

static int set(void *arg)
{
	world.shift = *(const uint32_t *)arg;
	world.big = world.shift + 1000ull;
	return 0;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned i;
	int rc;

	/* On a machine with more to do one may come too late each time. */
	for (i = 0; i < TIMES || !w->done; i++) {
		uint32_t value = w->number * TIMES + i;

		rc = i % 7 == 0 ? rtld_unbind(&rt, &host) :
		     i % 7 == 3 ? rtld_bind(&rt, &host) :
		     i % 7 == 5 ? rtld_check(&rt, &host) :
		     rtld_switch(&rt, &host, set, &value);
		if (rc == 0)
			w->done++;
		else if (rc == -RTLD_E_BUSY)
			w->refused++;
		else
			w->wrong++;
		if (rc)
			sched_yield();
	}
	return NULL;
}

static void test_at_once(void **state)
{
	unsigned i, refused = 0;

	(void)state;
	memset(&host, 0, sizeof(host));
	host.begin = yield_begin;
	host.end = yield_end;
	for (i = 0; i < THREADS; i++) {
		workers[i].number = i;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work,
						&workers[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(workers[i].wrong, 0);
		assert_true(workers[i].done > 0);
		refused += workers[i].refused;
	}
	assert_true(refused > 0);
	assert_int_equal(alone, 0);
	assert_int_equal(rtld_check(&rt, NULL), 0);
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	bound_as_set();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_refused, setup),
		cmocka_unit_test_setup(test_at_once, setup),
	};

	return cmocka_run_group_tests_name("together", tests, NULL, NULL);
}
