/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rts_world.c - a small image in one structure, for the tests of bind.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "rts_world.h"
#include "rts_open.h"

struct world world, saved;
struct rts_build b;
struct rtld rt;
struct rtld_host host;
struct world_calls calls;

static void put_rel32(unsigned char *field, const void *target)
{
	int32_t distance = (int32_t)((const unsigned char *)target -
				     (field + 4));

	memcpy(field, &distance, 4);
}

void link_site(unsigned at, const char *opcode, unsigned n,
	       const void *target)
{
	memcpy(world.text + at, opcode, n);
	put_rel32(world.text + at + n, target);
}

static void link_text(void)
{
	memset(world.before, 0xcc, sizeof(world.before) +
	       sizeof(world.text) + sizeof(world.after));
	link_site(AT_CALL, "\xe8", 1, world.stub);
	link_site(AT_JMP, "\xe9", 1, world.stub);
	link_site(AT_CALL_SLOT, "\xff\x15", 2, &world.ops.second);
	link_site(AT_LOAD64, "\x48\x8b\x05", 3, &world.big);
	link_site(AT_LOAD32, "\x8b\x05", 2, &world.shift);
	link_site(AT_LOAD32_TOO, "\x8b\x05", 2, &world.shift);
}

static void count_end(void *ctx, const struct rtld *r)
{
	(void)ctx;
	assert_ptr_equal(r, &rt);
	calls.end++;
}

static int count_begin(void *ctx, const struct rtld *r)
{
	(void)ctx;
	assert_ptr_equal(r, &rt);
	return calls.begin++ >= 1000 ? -5 : 7;
}

static void count_write(void *ctx, void *text, const void *bytes, size_t n)
{
	(void)ctx;
	calls.write++;
	memcpy(text, bytes, n);
}

/* The image, all but its table. */
void start(void)
{
	memset(&world, 0, sizeof(world));
	memset(&calls, 0, sizeof(calls));
	memset(&host, 0, sizeof(host));
	host.begin = count_begin;
	host.end = count_end;
	host.write = count_write;
	link_text();
	world.slot = world.functions;
	world.ops.first = world.functions + 8;
	world.ops.second = world.functions + 16;
	world.big = 1000;
	world.shift = 12;
	rts_build_begin(&b);
	rts_build_text(&b, world.text, sizeof(world.text));
	rts_build_form(&b, RTS_TAG_CALL, 0, rts_call, 3);
	rts_build_form(&b, RTS_TAG_JMP, 0, rts_jmp, 2);
	rts_build_form(&b, RTS_TAG_CALL_SLOT, 0, rts_call_slot, 2);
	rts_build_form(&b, RTS_TAG_LOAD64, 0, rts_load64, 4);
	rts_build_form(&b, RTS_TAG_LOAD32, 0, rts_load32, 2);
	rts_build_mark(&b, "ops", RTS_KIND_OPS, &world.ops, 16, NULL);
	rts_build_mark(&b, "fn", RTS_KIND_FUNC, &world.slot, 8, world.stub);
	rts_build_mark(&b, "big", RTS_KIND_VAR, &world.big, 8, NULL);
	rts_build_mark(&b, "shift", RTS_KIND_VAR, &world.shift, 4, NULL);
	rts_build_slot(&b, 0, 8, 8);
	rts_build_site(&b, 0, world.text + AT_CALL_SLOT, CALL_SLOT, NULL);
	rts_build_slot(&b, 1, 0, 8);
	rts_build_site(&b, 1, world.text + AT_CALL, CALL, NULL);
	rts_build_site(&b, 1, world.text + AT_JMP, JMP, NULL);
	rts_build_slot(&b, 2, 0, 8);
	rts_build_site(&b, 2, world.text + AT_LOAD64, LOAD64, NULL);
	rts_build_slot(&b, 3, 0, 4);
	rts_build_site(&b, 3, world.text + AT_LOAD32, LOAD32, NULL);
	rts_build_site(&b, 3, world.text + AT_LOAD32_TOO, LOAD32, NULL);
}

void finish(void)
{
	size_t size = rts_build_end(&b, world.table, ROOM);

	assert_int_equal(rts_open(&rt, world.table, size), 0);
	saved = world;
}

int setup(void **state)
{
	(void)state;
	start();
	finish();
	return 0;
}

void text_is_linked(void)
{
	assert_memory_equal(world.before, saved.before,
			    sizeof(world.before) + sizeof(world.text) +
			    sizeof(world.after));
}

void nothing_changed(void)
{
	assert_memory_equal(&world, &saved, sizeof(world));
}

void stats_are(unsigned bound, unsigned kept, unsigned dropped,
	       unsigned written)
{
	assert_int_equal(rt.stats.sites, bound + kept + dropped);
	assert_int_equal(rt.stats.bound, bound);
	assert_int_equal(rt.stats.kept, kept);
	assert_int_equal(rt.stats.dropped, dropped);
	assert_int_equal(rt.stats.written, written);
}

void site_is(unsigned at, const char *opcode, unsigned n, const void *target)
{
	unsigned char want[8];
	int32_t distance = (int32_t)((const unsigned char *)target -
				     (world.text + at + n + 4));

	memcpy(want, opcode, n);
	memcpy(want + n, &distance, 4);
	assert_memory_equal(world.text + at, want, n + 4);
}

void bound_as_set(void)
{
	uint32_t shift = rts_ld32(world.text + AT_LOAD32 + 2);

	site_is(AT_CALL, "\xe8", 1, world.slot);
	site_is(AT_JMP, "\xe9", 1, world.slot);
	site_is(AT_CALL_SLOT, "\x67\xe8", 2, world.ops.second);
	assert_memory_equal(world.text + AT_LOAD32, "\xc7\xc0", 2);
	assert_memory_equal(world.text + AT_LOAD32_TOO, "\xc7\xc0", 2);
	assert_int_equal(shift, world.shift);
	shift = rts_ld32(world.text + AT_LOAD32_TOO + 2);
	assert_int_equal(shift, world.shift);
}
