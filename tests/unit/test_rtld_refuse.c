/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rtld_refuse.c - every refusal, with nothing written; switch-over
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/rts_world.h"
#include "../lib/rts_open.h"

/* ---- refusals: nothing is written ------------------------------------- */

static void refused(int rc, int code)
{
	assert_int_equal(rc, -code);
	assert_int_equal(rt.fault.code, code);
	assert_int_equal(calls.write, 0);
	assert_int_equal(calls.begin, 1);
	assert_int_equal(calls.end, 1);
	assert_int_equal(rt.busy, 0);
	nothing_changed();
	calls.begin = calls.end = 0;
}

static void all_refuse(int code)
{
	saved = world;
	refused(rtld_bind(&rt, &host), code);
	refused(rtld_unbind(&rt, &host), code);
	assert_int_equal(rtld_check(&rt, &host), -code);
	assert_int_equal(rt.fault.code, code);
	assert_int_equal(calls.begin, 0);
	nothing_changed();
}

/* Each byte of each site that a template fixes. */
static void test_foreign_byte(void **state)
{
	static const struct {
		unsigned at, slot, site, form, length;
	} sites[] = {
		{ AT_CALL_SLOT, 0, 0, CALL_SLOT, 2 },
		{ AT_CALL, 1, 0, CALL, 1 },
		{ AT_JMP, 1, 1, JMP, 1 }, { AT_LOAD64, 2, 0, LOAD64, 3 },
		{ AT_LOAD32, 3, 0, LOAD32, 2 },
		{ AT_LOAD32_TOO, 3, 1, LOAD32, 2 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(sites) / sizeof(*sites); i++) {
		for (unsigned k = 0; k < sites[i].length; k++) {
			unsigned at = sites[i].at;

			start();
			finish();
			world.text[at + k] ^= 0x20;
			all_refuse(RTLD_E_TEXT_BYTES);
			assert_int_equal(rt.fault.slot, sites[i].slot);
			assert_int_equal(rt.fault.site, sites[i].site);
			assert_int_equal(rt.fault.form, sites[i].form);
			assert_int_equal(rt.fault.address,
					 (uintptr_t)world.text + at);
			assert_in_range(rt.fault.length, 5, 7);
			assert_memory_equal(rt.fault.found, world.text + at,
					    rt.fault.length);
			world.text[at + k] ^= 0x20;
			assert_memory_equal(rt.fault.expected, world.text + at,
					    rt.fault.length);
		}
	}
}

/* A linked field is known; where only the linked encoding has the opcode,
 * another field is foreign.  Where the bound one has it too, it is stale. */
static void test_foreign_field(void **state)
{
	(void)state;
	world.text[AT_LOAD32 + 3] ^= 1;
	all_refuse(RTLD_E_TEXT_BYTES);
	assert_int_equal(rt.fault.slot_address, (uintptr_t)&world.shift);
	assert_int_equal(rt.fault.value, 12);
	start();
	finish();
	world.text[AT_CALL_SLOT + 4] ^= 1;
	all_refuse(RTLD_E_TEXT_BYTES);
	start();
	finish();
	world.text[AT_JMP + 2] ^= 1;
	assert_int_equal(rtld_check(&rt, &host), -RTLD_E_TEXT_STALE);
	assert_int_equal(rtld_bind(&rt, &host), 0);
	bound_as_set();
}

static void test_stale(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_int_equal(rtld_check(&rt, &host), 0);
	stats_are(SITES, 0, 0, 0);
	world.shift++;
	saved = world;
	assert_int_equal(rtld_check(&rt, &host), -RTLD_E_TEXT_STALE);
	assert_int_equal(rt.fault.slot, 3);
	assert_int_equal(rt.fault.site, 0);
	assert_int_equal(rt.fault.value, 13);
	assert_memory_equal(rt.fault.found, "\xc7\xc0\x0c\0\0\0", 6);
	nothing_changed();
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_int_equal(rtld_check(&rt, &host), 0);
}

static void test_text_bounds(void **state)
{
	static const int bad[] = { -1, -5, 128 - 5, 128 - 1, 128, 129 };
	unsigned char *at;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		start();
		/* The last slot: what is before must not be written. */
		at = (unsigned char *)&world + offsetof(struct world, text) +
		     bad[i];
		b.slot[3].site[1].at = at;
		b.slot[3].sites = bad[i] < 0 ? 1 : 2;
		if (bad[i] < 0)
			b.slot[3].site[0].at = at;
		finish();
		/* Before the text there is no way to say it but to wrap. */
		all_refuse(bad[i] < 0 ? RTLD_E_STREAM : RTLD_E_TEXT_BOUNDS);
		assert_int_equal(rt.fault.slot, 3);
		if (bad[i] >= 0)
			assert_int_equal(rt.fault.address,
					 (uintptr_t)world.text +
					 (unsigned)bad[i]);
		assert_int_equal(rt.fault.length, 0);
	}
}

/* The very last bytes of text are text. */
static void test_text_end(void **state)
{
	(void)state;
	start();
	b.slot[3].site[1].at = world.text + 128 - 6;
	link_site(128 - 6, "\x8b\x05", 2, &world.shift);
	finish();
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_memory_equal(world.text + 128 - 6, "\xc7\xc0\x0c\0\0\0", 6);
	assert_memory_equal(world.after, saved.after, sizeof(world.after));
}

/* Two ranges with a hole: sites in both, none in the hole, none across. */
static void test_text_ranges(void **state)
{
	(void)state;
	start();
	b.text[0].size = AT_LOAD32 + 3;
	finish();
	all_refuse(RTLD_E_TEXT_BOUNDS);
	assert_int_equal(rt.fault.address, (uintptr_t)world.text + AT_LOAD32);
	start();
	b.text[0].size = AT_LOAD32 + 6;
	rts_build_text(&b, world.text + AT_LOAD32_TOO, 6);
	finish();
	assert_int_equal(rtld_bind(&rt, &host), 0);
	bound_as_set();
	start();
	b.text[0].size = AT_LOAD32 + 6;
	rts_build_text(&b, world.text + AT_LOAD32_TOO + 1, 20);
	finish();
	all_refuse(RTLD_E_TEXT_BOUNDS);
}

static void test_overlap(void **state)
{
	(void)state;
	for (unsigned less = 1; less <= 6; less++) {
		start();
		b.slot[3].site[1].at = world.text + AT_LOAD32_TOO - less;
		finish();
		all_refuse(RTLD_E_TEXT_OVERLAP);
		assert_int_equal(rt.fault.site, 1);
	}
}

static void test_unreachable(void **state)
{
	uint64_t stub;
	unsigned char *mark;
	size_t size = rts_ld32(world.table + offsetof(struct rts_header,
						      size));

	(void)state;
	/* A stub too far away: the text is below the table. */
	mark = world.table + rts_ld32(world.table +
			offsetof(struct rts_header, mark_off)) +
	       sizeof(struct rts_mark);
	stub = INT32_MAX;
	for (unsigned i = 0; i < 4; i++)
		mark[4 + i] = (unsigned char)(stub >> 8 * i);
	rts_build_crc(world.table);
	assert_int_equal(rts_open(&rt, world.table, size), 0);
	all_refuse(RTLD_E_TEXT_UNBOUND);
	assert_int_equal(rt.fault.low, INT32_MIN);
	assert_int_equal(rt.fault.high, INT32_MAX);
	assert_int_equal(rt.fault.length, 5);
	assert_memory_equal(rt.fault.found, world.text + AT_CALL, 5);
}

/* ---- malformed streams ------------------------------------------------ */

/* Other bytes in the place of the last slot's stream. */
static void put_stream(const void *bytes, size_t n)
{
	unsigned char *h = world.table, *slot;
	uint32_t start_at, off = rts_ld32(h + offsetof(struct rts_header,
						       stream_off));
	uint32_t end, string = rts_ld32(h + offsetof(struct rts_header,
						     string_off));

	slot = h + rts_ld32(h + offsetof(struct rts_header, slot_off)) +
	       3 * sizeof(struct rts_slot);
	start_at = rts_ld32(slot + offsetof(struct rts_slot, stream));
	/* The strings may go: nobody prints. */
	assert_true(off + start_at + n <= rts_ld32(h +
				offsetof(struct rts_header, size)));
	memcpy(h + off + start_at, bytes, n);
	end = start_at + (uint32_t)n;
	memcpy(h + offsetof(struct rts_header, stream_size), &end, 4);
	(void)string;
	h[rts_ld32(h + offsetof(struct rts_header, size)) - 1] = 0;
	rts_build_crc(h);
	assert_int_equal(rts_open(&rt, h, ROOM), 0);
}

static void test_streams(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		int code;
	} rows[] = {
		{ "", 0, RTLD_E_STREAM },
		{ "\x80", 1, RTLD_E_STREAM },		/* never ends */
		{ "\x8d\x01", 2, RTLD_E_STREAM },	/* no form */
		{ "\x8d\x01\x84", 3, RTLD_E_STREAM },
		{ "\x8d\x01\x05", 3, RTLD_E_STREAM },	/* unknown form */
		{ "\x8d\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12,
		  RTLD_E_STREAM },			/* ten bytes */
		{ "\x8c\x01\x0c", 3, RTLD_E_STREAM },	/* first without form */
		{ "\x8d\x01\x04", 3, RTLD_E_STREAM },	/* one of two */
		{ "\x8d\x01\x04\x00", 4, RTLD_E_TEXT_OVERLAP },
		/* wraps around: nine bytes of ones, and a tenth */
		{ "\x8d\x01\x04\xfe\xff\xff\xff\xff\xff\xff\xff\x7f", 12,
		  RTLD_E_TEXT_BOUNDS },
		{ "\x8d\x01\x04\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 13,
		  RTLD_E_STREAM },
		/* numbers longer than they need to be are numbers */
		{ "\x8d\x81\x80\x00\x84\x00\x8c\x00", 8, 0 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		start();
		finish();
		put_stream(rows[i].bytes, rows[i].n);
		saved = world;
		if (!rows[i].code) {
			assert_int_equal(rtld_bind(&rt, &host), 0);
			bound_as_set();
			continue;
		}
		all_refuse(rows[i].code);
		assert_int_equal(rt.fault.slot, 3);
		assert_true(rt.fault.offset <= rt.size);
	}
}

/* ---- operands --------------------------------------------------------- */

/* A form with an address of its own, forward and backward. */
static void test_operand(void **state)
{
	static const struct rts_build_encoding branch[3] = {
		{ "2e e9 .. .. .. ..", .guard = RTS_GUARD_EQUAL,
		  .source = RTS_SOURCE_OPERAND, .flags = RTS_ENCODING_PLACE,
		  .range = RTS_RANGE_SIGNED },
		{ "66 0f 1f 44 00 00", .guard = RTS_GUARD_EQUAL,
		  .data = { 1 } },
		{ "0f 84 .. .. .. ..", .source = RTS_SOURCE_OPERAND,
		  .flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED },
	};
	static const int to[] = { 0, 5, 63, 64, -1, -64, -65, 100, -8192,
				  8191, 1 << 20, -(1 << 27) };
	unsigned form;

	(void)state;
	for (unsigned i = 0; i < sizeof(to) / sizeof(*to); i++) {
		unsigned char *label = (unsigned char *)
			((uintptr_t)world.text + 40 + (uintptr_t)to[i]);

		start();
		form = rts_build_form(&b, 0, RTS_FORM_OPERAND, branch, 3);
		b.slots = 0;
		rts_build_slot(&b, 3, 0, 4);
		b.slot[0].sites = 0;
		rts_build_site(&b, 0, world.text + 40, form, label);
		link_site(40, "\x0f\x84", 2, label);
		finish();
		assert_int_equal(rtld_bind(&rt, &host), 0);
		stats_are(0, 1, 0, 0);
		world.shift = 0;
		assert_int_equal(rtld_bind(&rt, &host), 0);
		site_is(40, "\x2e\xe9", 2, label);
		world.shift = 1;
		assert_int_equal(rtld_bind(&rt, &host), 0);
		assert_memory_equal(world.text + 40, "\x66\x0f\x1f\x44\0\0",
				    6);
		/* Known fields are compared, whoever wrote them. */
		memcpy(world.text + 40, "\x2e\xe9\1\2\3\4", 6);
		memset(&calls, 0, sizeof(calls));
		all_refuse(RTLD_E_TEXT_BYTES);
		memcpy(world.text + 40, "\x66\x0f\x1f\x44\0\0", 6);
		assert_int_equal(rtld_unbind(&rt, &host), 0);
		site_is(40, "\x0f\x84", 2, label);
		memset(&calls, 0, sizeof(calls));
	}
}

/* A known field that does not fit is not taken for the template with a field
 * of zeros. */
static void test_operand_out_of_reach(void **state)
{
	static const struct rts_build_encoding branch[2] = {
		{ "2e e9 .. .. .. ..", .guard = RTS_GUARD_EQUAL,
		  .source = RTS_SOURCE_OPERAND, .flags = RTS_ENCODING_PLACE,
		  .range = RTS_RANGE_SIGNED },
		{ .bytes = "66 0f 1f 44 00 00" },
	};
	unsigned form;

	(void)state;
	start();
	form = rts_build_form(&b, 0, RTS_FORM_OPERAND, branch, 2);
	b.slots = 0;
	rts_build_slot(&b, 3, 0, 4);
	b.slot[0].sites = 0;
	rts_build_site(&b, 0, world.text + 40, form,
		       (void *)((uintptr_t)world.text + ((uint64_t)1 << 40)));
	memcpy(world.text + 40, "\x66\x0f\x1f\x44\0\0", 6);
	finish();
	world.shift = 0;	/* the guard holds */
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	stats_are(0, 1, 0, 0);
	memcpy(world.text + 40, "\x2e\xe9\0\0\0\0", 6);
	all_refuse(RTLD_E_TEXT_BYTES);
}

/* ---- transactions ----------------------------------------------------- */

static void test_begin_refuses(void **state)
{
	(void)state;
	calls.begin = 1000;
	assert_int_equal(rtld_bind(&rt, &host), -RTLD_E_HOST);
	assert_int_equal(rt.fault.code, RTLD_E_HOST);
	assert_int_equal(rt.fault.host, -5);
	assert_int_equal(calls.end, 0);
	assert_int_equal(rt.busy, 0);
	nothing_changed();
	calls.begin = 0;
	assert_int_equal(rtld_bind(&rt, &host), 0);
}

static int change_calls;

static int change(void *arg)
{
	change_calls++;
	/* Checked, and not yet written. */
	assert_int_equal(calls.write, 0);
	assert_int_equal(calls.begin, 1);
	assert_int_equal(calls.end, 0);
	if (!arg)
		return -42;
	world.slot = world.functions + 32;
	world.ops.second = world.functions + 33;
	world.shift = 99;
	world.big = 0x1234567812345678;	/* fits nothing */
	return 1;
}

static void test_switch(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	change_calls = 0;
	assert_int_equal(rtld_switch(&rt, &host, change, &world), 0);
	assert_int_equal(change_calls, 1);
	assert_int_equal(calls.end, 1);
	stats_are(SITES - 1, 1, 0, SITES);
	bound_as_set();
	assert_memory_equal(world.text + AT_LOAD64, saved.text + AT_LOAD64, 7);
	assert_int_equal(rtld_check(&rt, NULL), 0);
}

static void test_switch_from_unbound(void **state)
{
	(void)state;
	assert_int_equal(rtld_switch(&rt, &host, change, &world), 0);
	bound_as_set();
}

static void test_change_refuses(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	saved = world;
	refused(rtld_switch(&rt, &host, change, NULL), RTLD_E_CHANGE);
	assert_int_equal(rt.fault.host, -42);
	assert_int_equal(rt.fault.address, 0);
	assert_int_equal(rtld_switch(&rt, &host, NULL, NULL),
			 -RTLD_E_ARGUMENT);
}

/* Text that is not what memory says is found before change() runs. */
static void test_switch_refuses_stale(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	world.shift++;
	saved = world;
	change_calls = 0;
	refused(rtld_switch(&rt, &host, change, &world), RTLD_E_TEXT_STALE);
	world.shift--;
	world.text[AT_CALL] = 0xcc;
	saved = world;
	refused(rtld_switch(&rt, &host, change, &world), RTLD_E_TEXT_BYTES);
	assert_int_equal(change_calls, 0);
}

static int nested(void)
{
	const struct rtld before = rt;
	int rc = rtld_bind(&rt, &host);

	assert_int_equal(rtld_unbind(&rt, NULL), rc);
	assert_int_equal(rtld_check(&rt, NULL), rc);
	assert_int_equal(rtld_bind_object(&rt, NULL, &world.slot), rc);
	assert_int_equal(rtld_switch(&rt, NULL, change, &world), rc);
	/* Without a trace. */
	assert_memory_equal(&before, &rt, sizeof(rt));
	return rc;
}

static int nested_begin(void *ctx, const struct rtld *r)
{
	(void)ctx;
	(void)r;
	assert_int_equal(nested(), -RTLD_E_BUSY);
	return 0;
}

static void nested_end(void *ctx, const struct rtld *r)
{
	nested_begin(ctx, r);
}

static void nested_write(void *ctx, void *text, const void *bytes, size_t n)
{
	nested_begin(ctx, NULL);
	memcpy(text, bytes, n);
}

static int nested_live(void *ctx, const void *text, size_t n)
{
	(void)text;
	(void)n;
	return !nested_begin(ctx, NULL);
}

static int nested_change(void *arg)
{
	nested_begin(NULL, NULL);
	world.slot = world.functions + 5;
	(void)arg;
	return 0;
}

static void test_busy(void **state)
{
	(void)state;
	host.begin = nested_begin;
	host.end = nested_end;
	host.write = nested_write;
	host.live = nested_live;
	assert_int_equal(rtld_switch(&rt, &host, nested_change, NULL), 0);
	bound_as_set();
	assert_int_equal(rt.busy, 0);
	/* The fault of a refusal survives what end() tries. */
	world.text[AT_CALL] = 0xcc;
	assert_int_equal(rtld_bind(&rt, &host), -RTLD_E_TEXT_BYTES);
	assert_int_equal(rt.fault.code, RTLD_E_TEXT_BYTES);
	assert_int_equal(rt.fault.address, (uintptr_t)world.text + AT_CALL);
}

int main(void)
{
#define T(name)	cmocka_unit_test_setup(test_##name, setup)
	const struct CMUnitTest tests[] = {
		T(foreign_byte), T(foreign_field), T(stale), T(text_bounds),
		T(text_end), T(text_ranges), T(overlap), T(unreachable),
		T(streams), T(operand), T(operand_out_of_reach),
		T(begin_refuses), T(switch), T(switch_from_unbound),
		T(change_refuses), T(switch_refuses_stale), T(busy),
	};

	return cmocka_run_group_tests_name("rtld_refuse", tests, NULL, NULL);
}
