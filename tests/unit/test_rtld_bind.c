/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_rtld_bind.c - bind, rebind, unbind, of one object and of all */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/rts_world.h"
#include "../lib/rts_open.h"

/* ---- what works ------------------------------------------------------- */

static void test_bind(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(SITES, 0, 0, SITES);
	assert_int_equal(calls.begin, 1);
	assert_int_equal(calls.end, 1);
	assert_int_equal(calls.write, SITES);
	bound_as_set();
	assert_memory_equal(world.text + AT_LOAD64, "\x48\xc7\xc0\xe8\x03\0\0",
			    7);
	/* Beside the sites, nothing. */
	assert_memory_equal(world.before, saved.before, sizeof(world.before) +
			    AT_CALL);
	assert_memory_equal(world.text + AT_CALL + 5, saved.text + AT_CALL + 5,
			    AT_JMP - AT_CALL - 5);
	assert_memory_equal(world.text + AT_LOAD32_TOO + 6,
			    saved.text + AT_LOAD32_TOO + 6,
			    sizeof(world.text) - AT_LOAD32_TOO - 6 +
			    sizeof(world.after));
}

static void test_bind_twice(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	saved = world;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(SITES, 0, 0, 0);
	assert_int_equal(calls.write, SITES);
	nothing_changed();
}

static void test_rebind(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	world.slot = world.functions + 40;
	world.ops.second = world.functions + 48;
	world.shift = 0xfffffffe;
	world.big = (uint64_t)-5;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(SITES, 0, 0, SITES);
	bound_as_set();
	assert_memory_equal(world.text + AT_LOAD64,
			    "\x48\xc7\xc0\xfb\xff\xff\xff", 7);
}

static void test_unbind(void **state)
{
	(void)state;
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	stats_are(0, SITES, 0, 0);
	text_is_linked();
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	stats_are(0, SITES, 0, SITES);
	nothing_changed();
	/* Even if memory has changed since. */
	assert_int_equal(rtld_bind(&rt, &host), 0);
	memset(&world.ops, 0x11, sizeof(world.ops));
	world.slot = NULL;
	world.big = (uint64_t)1 << 60;
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	text_is_linked();
}

/* The encodings of load64, in order, by value. */
static void test_load64(void **state)
{
	static const struct { uint64_t value; const char *opcode; } rows[] = {
		{ 0, "\x48\xc7\xc0" }, { 0x7fffffff, "\x48\xc7\xc0" },
		{ 0x80000000, "\x2e\x2e\xb8" }, { 0xffffffff, "\x2e\x2e\xb8" },
		{ 0xffffffff80000000, "\x48\xc7\xc0" },
		{ 0xffffffff7fffffff, "\x48\x8b\x05" },
		{ 0x7fff00000000ffff, "\x48\x8b\x05" },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		world.big = rows[i].value;
		assert_int_equal(rtld_bind_object(&rt, &host, &world.big), 0);
		assert_memory_equal(world.text + AT_LOAD64, rows[i].opcode, 3);
		stats_are(rows[i].opcode[1] != '\x8b',
			  rows[i].opcode[1] == '\x8b', 0, rt.stats.written);
		assert_int_equal(rtld_check(&rt, &host), 0);
	}
	/* An address in reach: by lea, if it is beyond 4 GiB. */
	world.big = (uintptr_t)world.functions;
	if (world.big >> 32) {
		assert_int_equal(rtld_bind_object(&rt, &host, &world.big), 0);
		site_is(AT_LOAD64, "\x48\x8d\x05", 3, world.functions);
	}
}

/* V with an inline body of its own, by guard. */
static void test_inline_body(void **state)
{
	(void)state;
	world.slot = NULL;	/* the row's guard: V == 0 */
	/* jmp has no such body, and 0 is out of reach unless non-PIE. */
	assert_int_equal(rtld_bind_object(&rt, &host, &world.slot), 0);
	assert_memory_equal(world.text + AT_CALL, "\x2e\x2e\x2e\x2e\xfa", 5);
	if ((uintptr_t)world.text >> 32) {
		assert_memory_equal(world.text + AT_JMP, saved.text + AT_JMP,
				    5);
		stats_are(1, 1, 0, 1);
	}
	world.slot = world.functions;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	bound_as_set();
}

/* Out of reach: the site keeps its linked form, is counted, and no error. */
static void test_kept(void **state)
{
	(void)state;
	world.slot = (void *)0x1122334455667788;
	world.ops.second = (void *)0x2233445566778899;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(3, 3, 0, 3);
	assert_memory_equal(world.text + AT_CALL, saved.text + AT_CALL, 5);
	assert_memory_equal(world.text + AT_JMP, saved.text + AT_JMP, 5);
	assert_memory_equal(world.text + AT_CALL_SLOT,
			    saved.text + AT_CALL_SLOT, 6);
	assert_int_equal(rtld_check(&rt, NULL), 0);
	stats_are(3, 3, 0, 0);
	/* In reach again, and out again. */
	world.slot = world.functions;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(5, 1, 0, 2);
	world.slot = (void *)0x1122334455667788;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(3, 3, 0, 2);
	assert_memory_equal(world.text + AT_CALL, saved.text + AT_CALL, 5);
}

/* Some sites bound, some not, some to an old value: any start is good. */
static void test_half_bound(void **state)
{
	(void)state;
	for (unsigned mask = 0; mask < 16; mask++) {
		start();
		finish();
		if (mask & 1)
			rtld_bind_object(&rt, NULL, &world.ops);
		if (mask & 2)
			rtld_bind_object(&rt, NULL, &world.slot);
		if (mask & 4)
			rtld_bind_object(&rt, NULL, &world.big);
		world.slot = world.functions + 20;
		world.ops.second = world.functions + 30;
		world.shift = 0;
		/* And within one slot. */
		if (mask & 8)
			memcpy(world.text + AT_LOAD32_TOO, "\xc7\xc0\1\2\3\4",
			       6);
		assert_int_equal(rtld_bind(&rt, &host), 0);
		bound_as_set();
		assert_int_equal(rtld_unbind(&rt, &host), 0);
		text_is_linked();
	}
}

static void test_object(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind_object(&rt, &host, &world.slot), 0);
	stats_are(2, 0, 0, 2);
	site_is(AT_CALL, "\xe8", 1, world.slot);
	assert_memory_equal(world.text + AT_CALL_SLOT,
			    saved.text + AT_CALL_SLOT, 60);
	assert_int_equal(rtld_bind_object(&rt, &host, &world.ops), 0);
	stats_are(1, 0, 0, 1);
	assert_int_equal(rtld_bind_object(&rt, &host, &world.shift), 0);
	stats_are(2, 0, 0, 2);
}

/* A mark that no site uses is marked all the same. */
static void test_object_without_sites(void **state)
{
	(void)state;
	start();
	rts_build_mark(&b, "idle", RTS_KIND_VAR, world.table, 4, NULL);
	finish();
	assert_int_equal(rtld_bind_object(&rt, &host, world.table), 0);
	stats_are(0, 0, 0, 0);
}

static void test_no_object(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind_object(&rt, &host, world.functions),
			 -RTLD_E_NO_OBJECT);
	assert_int_equal(rt.fault.code, RTLD_E_NO_OBJECT);
	/* Its middle is not where an object begins. */
	assert_int_equal(rtld_bind_object(&rt, &host, &world.ops.second),
			 -RTLD_E_NO_OBJECT);
	assert_int_equal(rtld_bind_object(&rt, &host, NULL),
			 -RTLD_E_ARGUMENT);
	assert_int_equal(calls.begin, 0);
	nothing_changed();
}

/* No callbacks at all, and no host: a plain copy. */
static void test_plain(void **state)
{
	const struct rtld_host none = { 0 };

	(void)state;
	assert_int_equal(rtld_bind(&rt, &none), 0);
	bound_as_set();
	assert_int_equal(rtld_unbind(&rt, NULL), 0);
	text_is_linked();
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	bound_as_set();
}

/* Read at one address, run at another: everything that holds an address
 * speaks of where it runs. */
static void test_elsewhere(void **state)
{
	uint64_t moved = 0xffffffff81000000;
	uint64_t table = moved + offsetof(struct world, table);
	size_t size = rts_ld32(world.table + offsetof(struct rts_header,
						      size));
	uint64_t target = moved + offsetof(struct world, functions) + 24;

	(void)state;
	assert_int_equal(rts_open_at(&rt, world.table, size, table), 0);
	memcpy(&world.slot, &target, 8);
	memcpy(&world.ops.second, &target, 8);
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(SITES, 0, 0, SITES);
	site_is(AT_CALL, "\xe8", 1, world.functions + 24);
	site_is(AT_CALL_SLOT, "\x67\xe8", 2, world.functions + 24);
	assert_int_equal(rtld_check(&rt, NULL), 0);
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	text_is_linked();
}

/* ---- live ------------------------------------------------------------- */

static int live_but_call(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	calls.live++;
	assert_true(n == 5 || n == 6 || n == 7);
	return text != world.text + AT_CALL;
}

static void test_live(void **state)
{
	(void)state;
	host.live = live_but_call;
	memset(world.text + AT_CALL, 0, 5);	/* freed, used otherwise */
	assert_int_equal(rtld_bind(&rt, &host), 0);
	stats_are(SITES - 1, 0, 1, SITES - 1);
	assert_memory_equal(world.text + AT_CALL, "\0\0\0\0\0", 5);
	assert_int_equal(rtld_check(&rt, &host), 0);
	stats_are(SITES - 1, 0, 1, 0);
	assert_int_equal(rtld_check(&rt, NULL), -RTLD_E_TEXT_BYTES);
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	stats_are(0, SITES - 1, 1, SITES - 1);
	memcpy(world.text + AT_CALL, saved.text + AT_CALL, 5);
	text_is_linked();
}

int main(void)
{
#define T(name)	cmocka_unit_test_setup(test_##name, setup)
	const struct CMUnitTest tests[] = {
		T(bind), T(bind_twice), T(rebind), T(unbind), T(load64),
		T(inline_body), T(kept), T(half_bound), T(object),
		T(object_without_sites), T(no_object), T(plain),
		T(elsewhere), T(live),
	};

	return cmocka_run_group_tests_name("rtld_bind", tests, NULL, NULL);
}
