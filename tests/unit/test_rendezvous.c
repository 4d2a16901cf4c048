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
#include "rendezvous-cpus.h"

/* ---- tests -------------------------------------------------------------- */

static void test_switches(void **state)
{
	struct rtld_rounds said;
	uint32_t n;

	(void)state;
	for (n = 1; n <= 100; n++) {
		assert_int_equal(switch_to(n), 0);
		assert_true(whole());
		assert_int_equal(rt.stats.bound, SITES);
	}
	assert_int_equal(r.stops, 100);
	assert_int_equal(r.sent, 100);
	r.host.rounds(r.host.ctx, &said);
	assert_string_equal(said.name, "rendezvous");
	assert_int_equal(said.transactions, 100);
	assert_int_equal(said.rounds, 100);
	assert_int_equal(said.last, 1);
	assert_int_equal(said.batches, 0);
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
