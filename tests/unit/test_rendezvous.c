// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_rendezvous.c - the rendezvous host, with threads as CPUs
 *
 * CPU 0 is the test itself.  Each other CPU is a thread that reads memory and
 * text by plain loads, and between two looks whether an interrupt has come; so
 * ThreadSanitizer (tsan.sh) knows what the protocol promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "../lib/rts_world.h"
#include "../../rtld/platform/rendezvous.h"

#define CPUS	4
#define PATIENCE	60000000000ull	/* the machine may be loaded */
#define SHORT		500000000ull
#define GET(x)		__atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define PUT(x, value)	__atomic_store_n(&(x), value, __ATOMIC_SEQ_CST)

static struct rtld_rendezvous r;
static struct rtld_rendezvous_cpu entries[CPUS];

static struct cpu {
	pthread_t thread;
	unsigned number;
	int interrupt, deaf, offline, stop, initiates;	/* atomic */
	int parked;		/* its own, read by CPU 0 when it has stopped */
	int park_code;
	uint64_t pc;
	struct rtld rt;		/* the same table */
	unsigned passes, torn, done, refused;	/* atomic */
} cpus[CPUS];
static __thread unsigned me;

static int send_code, protect_code, is_open, returns_code;
static int online_from;		/* CPU 3 is, from this question on */
static unsigned asked, wrote_early, unbalanced;

/* ---- the kernel's callbacks --------------------------------------------- */

static unsigned self(void *kernel)
{
	(void)kernel;
	return me;
}

static int online(void *kernel, unsigned cpu)
{
	(void)kernel;
	if (cpu == 3)
		return (int)asked++ >= online_from;
	return 1;
}

static int send_all(void *kernel)
{
	unsigned i;

	(void)kernel;
	if (send_code < 0)
		return send_code;
	for (i = 0; i < CPUS; i++)
		if (i != me)
			PUT(cpus[i].interrupt, 1);
	return 0;
}

static uint64_t now(void *kernel)
{
	struct timespec t;

	(void)kernel;
	sched_yield();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int park(void *kernel, int on)
{
	struct cpu *cpu = &cpus[me];

	(void)kernel;
	if (on && cpu->park_code < 0)
		return cpu->park_code;
	if (cpu->parked == on)
		PUT(unbalanced, 1);
	cpu->parked = on;
	return 0;
}

static int protect(void *kernel, int on)
{
	unsigned i;

	(void)kernel;
	for (i = 0; i < CPUS; i++)
		if (!cpus[i].parked)
			PUT(wrote_early, 1);
	if (on && protect_code < 0)
		return protect_code;
	is_open = on;
	return 0;
}

static int returns(void *kernel, const void *text, size_t n)
{
	(void)kernel;
	(void)text;
	(void)n;
	return returns_code;
}

/* ---- a CPU: reads, is interrupted, sometimes initiates ------------------ */

static unsigned char texts[2][sizeof(world.text)];

/* Memory and text as they are before and behind a switch-over; and both. */
static int whole(void)
{
	unsigned n = world.shift;

	return n < 2 && world.big == n + 1000ull &&
	       !memcmp(world.text, texts[n], sizeof(texts[n]));
}

static void take_interrupt(struct cpu *cpu)
{
	if (GET(cpu->deaf) ||
	    !__atomic_exchange_n(&cpu->interrupt, 0, __ATOMIC_SEQ_CST))
		return;
	rtld_rendezvous_enter(&r, cpu->number, cpu->pc);
}

static void initiate(struct cpu *cpu)
{
	if (rtld_bind(&cpu->rt, &r.host) == 0)
		__atomic_add_fetch(&cpu->done, 1, __ATOMIC_SEQ_CST);
	else
		__atomic_add_fetch(&cpu->refused, 1, __ATOMIC_SEQ_CST);
}

static void *run_cpu(void *arg)
{
	struct cpu *cpu = arg;

	me = cpu->number;
	while (!GET(cpu->stop)) {
		take_interrupt(cpu);
		if (!GET(cpu->offline) && !whole())
			__atomic_add_fetch(&cpu->torn, 1, __ATOMIC_SEQ_CST);
		if (GET(cpu->initiates))
			initiate(cpu);
		__atomic_add_fetch(&cpu->passes, 1, __ATOMIC_SEQ_CST);
		sched_yield();
	}
	return NULL;
}

/* ---- the frame of a test ------------------------------------------------ */

static int change(void *arg)
{
	const uint32_t *n = arg;

	world.shift = *n % 2;
	world.big = world.shift + 1000ull;
	world.ops.second = world.functions + 16 + *n % 2 * 8;
	return 0;
}

static int switch_to(uint32_t n)
{
	return rtld_switch(&rt, &r.host, change, &n);
}

/* What text is with an even and an odd value, found out before anybody runs. */
static void know_texts(void)
{
	uint32_t n;

	for (n = 2; n--; ) {
		change(&n);
		assert_int_equal(rtld_bind(&rt, NULL), 0);
		memcpy(texts[n], world.text, sizeof(texts[n]));
	}
	saved = world;
}

static void reset(void)
{
	memset(&r, 0, sizeof(r));
	memset(entries, 0, sizeof(entries));
	memset(cpus, 0, sizeof(cpus));
	r.cpus = entries;
	r.count = CPUS;
	r.self = self;
	r.online = online;
	r.send = send_all;
	r.now = now;
	r.timeout = PATIENCE;
	r.protect = protect;
	r.park = park;
	r.returns = returns;
	rtld_rendezvous_host(&r);
	send_code = protect_code = is_open = returns_code = 0;
	online_from = 0;
	asked = wrote_early = unbalanced = 0;
	me = 0;
}

static int setup_cpus(void **state)
{
	unsigned i;

	setup(state);
	reset();
	know_texts();
	for (i = 1; i < CPUS; i++) {
		cpus[i].number = i;
		cpus[i].rt = rt;
		pthread_create(&cpus[i].thread, NULL, run_cpu, &cpus[i]);
	}
	return 0;
}

/* They all went on to the end, saw nothing torn, and none is parked. */
static int stop_cpus(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i < CPUS; i++) {
		PUT(cpus[i].stop, 1);
		pthread_join(cpus[i].thread, NULL);
		assert_int_equal(cpus[i].torn, 0);
		assert_int_equal(cpus[i].parked, 0);
	}
	assert_int_equal(cpus[0].parked, 0);
	assert_int_equal(wrote_early, 0);
	assert_int_equal(unbalanced, 0);
	assert_int_equal(is_open, 0);
	assert_int_equal(r.present, 0);
	return 0;
}

static void all_go_on(void)
{
	unsigned i, passes;

	for (i = 1; i < CPUS; i++) {
		passes = GET(cpus[i].passes);
		while (GET(cpus[i].passes) < passes + 2)
			sched_yield();
	}
}

/* Interrupts off, and it has noticed. */
static void deafen(unsigned cpu)
{
	PUT(cpus[cpu].deaf, 1);
	all_go_on();
}

static void refused_as(int reason, unsigned missing, int callback)
{
	saved = world;
	assert_int_equal(switch_to(world.shift + 1), -RTLD_E_HOST);
	assert_int_equal(rt.fault.host, -reason);
	assert_int_equal(r.reason, reason);
	assert_int_equal(r.missing, missing);
	assert_int_equal(r.callback, callback);
	nothing_changed();
	all_go_on();
}

/* After a refusal the next one is as if there had been none. */
static void works_again(void)
{
	unsigned stops = r.stops;

	assert_int_equal(switch_to(world.shift + 1), 0);
	assert_int_equal(r.stops, stops + 1);
	assert_int_equal(r.reason, 0);
	assert_true(whole());
	all_go_on();
}

/* ---- tests -------------------------------------------------------------- */

static void test_switches(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 1; n <= 100; n++) {
		assert_int_equal(switch_to(n), 0);
		assert_true(whole());
		assert_int_equal(rt.stats.bound, SITES);
	}
	assert_int_equal(r.stops, 100);
	assert_int_equal(r.sent, 100);
	assert_true(r.most_stopped >= r.stopped);
	assert_true(r.most_gathered >= r.gathered);
	all_go_on();
}

static void test_one_cpu(void **state)
{
	(void)state;
	setup(NULL);
	reset();
	know_texts();
	r.count = 1;
	r.park = NULL;
	r.protect = NULL;
	assert_int_equal(switch_to(6), 0);
	assert_int_equal(switch_to(7), 0);
	assert_true(whole());
	assert_int_equal(r.stops, 2);
}

static void test_not_set_up(void **state)
{
	(void)state;
	setup(NULL);
	reset();
#define WITHOUT(member, nothing)					\
	r.member = nothing;						\
	assert_int_equal(switch_to(6), -RTLD_E_HOST);			\
	assert_int_equal(rt.fault.host, -RTLD_RENDEZVOUS_SETUP);	\
	nothing_changed();						\
	reset()
	WITHOUT(cpus, NULL);
	WITHOUT(count, 0);
	WITHOUT(self, NULL);
	WITHOUT(online, NULL);
	WITHOUT(send, NULL);
	WITHOUT(now, NULL);
}

static void test_does_not_come(void **state)
{
	(void)state;
	deafen(2);
	r.timeout = SHORT;
	refused_as(RTLD_RENDEZVOUS_TIMEOUT, 2, 0);
	refused_as(RTLD_RENDEZVOUS_TIMEOUT, 2, 0);
	r.timeout = PATIENCE;
	assert_int_equal(GET(r.late), 0);
	/* It comes when nobody waits any more. */
	PUT(cpus[2].deaf, 0);
	while (!GET(r.late))
		sched_yield();
	works_again();
}

/* It comes at any time: late, to the next gathering, in time. */
static void test_comes_at_random(void **state)
{
	unsigned i, refused = 0;

	(void)state;
	r.timeout = 0;
	for (i = 0; i < 60; i++) {
		PUT(cpus[1 + i % 3].deaf, i % 2);
		r.timeout = i % 4 ? 300000 * (i % 7) : 0;
		if (switch_to(world.shift + 1) == 0)
			continue;
		assert_int_equal(r.reason, RTLD_RENDEZVOUS_TIMEOUT);
		assert_true(whole());
		refused++;
	}
	assert_true(refused > 0);
	for (i = 1; i < CPUS; i++)
		PUT(cpus[i].deaf, 0);
	r.timeout = PATIENCE;
	works_again();
}

static void test_send_fails(void **state)
{
	(void)state;
	send_code = -7;
	refused_as(RTLD_RENDEZVOUS_SEND, 0, -7);
	send_code = 0;
	works_again();
}

static void test_park_fails(void **state)
{
	unsigned i;

	(void)state;
	for (i = 0; i < CPUS; i++) {
		cpus[i].park_code = -3;
		refused_as(RTLD_RENDEZVOUS_PARK, i, -3);
		cpus[i].park_code = 0;
		works_again();
	}
}

static void test_protect_fails(void **state)
{
	(void)state;
	protect_code = -9;
	refused_as(RTLD_RENDEZVOUS_PROTECT, 0, -9);
	protect_code = 0;
	works_again();
}

static int change_fails(void *arg)
{
	(void)arg;
	return -11;
}

static void test_change_fails(void **state)
{
	(void)state;
	saved = world;
	assert_int_equal(rtld_switch(&rt, &r.host, change_fails, NULL),
			 -RTLD_E_CHANGE);
	nothing_changed();
	all_go_on();
	works_again();
}

/* Text that is none of ours: found when all have stopped. */
static void test_foreign_text(void **state)
{
	unsigned char old = world.text[AT_JMP];

	(void)state;
	assert_int_equal(r.host.begin(r.host.ctx, &rt), 0);
	world.text[AT_JMP] = 0xcc;
	texts[world.shift][AT_JMP] = 0xcc;
	r.host.end(r.host.ctx, &rt);
	saved = world;
	assert_int_equal(switch_to(world.shift + 1), -RTLD_E_TEXT_BYTES);
	nothing_changed();
	all_go_on();
	assert_int_equal(r.host.begin(r.host.ctx, &rt), 0);
	world.text[AT_JMP] = texts[world.shift][AT_JMP] = old;
	r.host.end(r.host.ctx, &rt);
	works_again();
}

/* Online while the others are gathered: nobody sent for it. */
static void test_comes_online(void **state)
{
	(void)state;
	deafen(3);
	online_from = 1;
	refused_as(RTLD_RENDEZVOUS_CHANGED, 3, 0);
	PUT(cpus[3].deaf, 0);
	works_again();
}

/* Nobody sends for it, nobody waits for it; it runs nothing of ours. */
static void test_offline(void **state)
{
	(void)state;
	PUT(cpus[3].offline, 1);
	deafen(3);
	online_from = 1000000;
	cpus[3].parked = 1;	/* so that protect() does not mind */
	works_again();
	cpus[3].parked = 0;
	online_from = 0;
	PUT(cpus[3].deaf, 0);
	PUT(cpus[3].offline, 0);
	works_again();
}

/* Another initiator in each phase; and one that nests. */
static int begin_again(void)
{
	struct rtld other = rt;

	return r.host.begin(r.host.ctx, &other);
}

static int begin_code;

static int send_twice(void *kernel)
{
	begin_code = begin_again();
	return send_all(kernel);
}

static int change_twice(void *arg)
{
	uint32_t n = 4;

	begin_code = begin_again();
	assert_int_equal(switch_to(1), -RTLD_E_BUSY);
	(void)arg;
	return change(&n);
}

static void test_nested(void **state)
{
	(void)state;
	r.send = send_twice;
	works_again();
	assert_int_equal(begin_code, -RTLD_RENDEZVOUS_BUSY);
	begin_code = 0;
	r.send = send_all;
	assert_int_equal(rtld_switch(&rt, &r.host, change_twice, NULL), 0);
	assert_int_equal(begin_code, -RTLD_RENDEZVOUS_BUSY);
	assert_int_equal(r.busy, 2);
	works_again();
}

/* All of them initiate, all the time: each transaction is whole or refused. */
static void test_many_initiators(void **state)
{
	unsigned i, done = 0, tries, refused = 0;

	(void)state;
	PUT(cpus[1].initiates, 1);
	PUT(cpus[2].initiates, 1);
	for (tries = 0; done < 20 && tries < 100000; tries++) {
		if (switch_to(world.shift + 1) == 0) {
			done++;
			continue;
		}
		assert_int_equal(rt.fault.host, -RTLD_RENDEZVOUS_BUSY);
		refused++;
		take_interrupt(&cpus[0]);
		sched_yield();
	}
	for (i = 1; i < CPUS; i++)
		PUT(cpus[i].initiates, 0);
	/* One of them may wait for us. */
	for (i = 1; i < CPUS; i++) {
		unsigned passes = GET(cpus[i].passes);

		while (GET(cpus[i].passes) < passes + 2) {
			take_interrupt(&cpus[0]);
			sched_yield();
		}
	}
	assert_int_equal(done, 20);
	assert_int_equal(GET(r.busy), refused + cpus[1].refused +
			 cpus[2].refused);
	assert_int_equal(r.stops, done + cpus[1].done + cpus[2].done);
	works_again();
}

/* Interrupted addresses, and those on stacks. */
static void test_inside(void **state)
{
	const unsigned char *text = world.text + AT_CALL;
	unsigned i;

	(void)state;
	for (i = 0; i < 7; i++) {
		cpus[2].pc = (uintptr_t)text + i - 1;
		assert_int_equal(r.host.begin(r.host.ctx, &rt), 0);
		assert_int_equal(r.host.inside(r.host.ctx, text, 5),
				 i >= 2 && i < 6);
		returns_code = 1;
		assert_int_equal(r.host.inside(r.host.ctx, text, 5), 1);
		returns_code = 0;
		r.returns = NULL;
		assert_int_equal(r.host.inside(r.host.ctx, text, 5), 1);
		r.returns = returns;
		r.host.end(r.host.ctx, &rt);
	}
	/* Text that is read elsewhere than it runs. */
	{
		struct rtld far = rt;

		far.address += 0x100000;
		cpus[2].pc = (uintptr_t)text + 0x100001;
		assert_int_equal(r.host.begin(r.host.ctx, &far), 0);
		assert_int_equal(r.host.inside(r.host.ctx, text, 5), 1);
		r.host.end(r.host.ctx, &far);
	}
	/* What a CPU wrote at an earlier gathering says nothing now. */
	deafen(2);
	deafen(3);
	r.count = 2;
	cpus[2].parked = cpus[3].parked = 1;
	assert_int_equal(r.host.begin(r.host.ctx, &rt), 0);
	r.count = CPUS;
	assert_int_equal(r.host.inside(r.host.ctx, text, 5), 0);
	r.host.end(r.host.ctx, &rt);
	cpus[2].parked = cpus[3].parked = 0;
	PUT(cpus[2].deaf, 0);
	PUT(cpus[3].deaf, 0);
}

int main(void)
{
#define ON_CPUS(test) \
	cmocka_unit_test_setup_teardown(test, setup_cpus, stop_cpus)
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_cpu),
		cmocka_unit_test(test_not_set_up),
		ON_CPUS(test_switches),
		ON_CPUS(test_does_not_come),
		ON_CPUS(test_comes_at_random),
		ON_CPUS(test_send_fails),
		ON_CPUS(test_park_fails),
		ON_CPUS(test_protect_fails),
		ON_CPUS(test_change_fails),
		ON_CPUS(test_foreign_text),
		ON_CPUS(test_comes_online),
		ON_CPUS(test_offline),
		ON_CPUS(test_nested),
		ON_CPUS(test_many_initiators),
		ON_CPUS(test_inside),
	};

	return cmocka_run_group_tests_name("rendezvous", tests, NULL, NULL);
}
