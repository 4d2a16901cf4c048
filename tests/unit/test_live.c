// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_live.c - the live-x86 host by an image built by hand: what stands in
 * text at each sync(), how many there are, and what begin() refuses
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "platform/live-x86.h"
#include "../lib/rts_world.h"

#define INT3		0xcc
#define AT_WINDOW	90

static struct rtld_live live;
static struct rtld_live_patch patches[8];
static unsigned syncs;
static unsigned char seen[9][128];	/* text at each sync() */

static const struct { unsigned at, length; } sites[SITES] = {
	{ AT_CALL, 5 }, { AT_JMP, 5 }, { AT_CALL_SLOT, 6 }, { AT_LOAD64, 7 },
	{ AT_LOAD32, 6 }, { AT_LOAD32_TOO, 6 }
};

static void sync(void *kernel)
{
	assert_ptr_equal(kernel, &syncs);
	if (syncs < 9)
		memcpy(seen[syncs], world.text, sizeof(world.text));
	syncs++;
}

static void begin_live(unsigned room)
{
	memset(&live, 0, sizeof(live));
	memset(patches, 0, sizeof(patches));
	rtld_live_host(&live);
	live.patches = patches;
	live.room = room;
	live.sync = sync;
	live.kernel = &syncs;
	syncs = 0;
}

static int setup_live(void **state)
{
	setup(state);
	begin_live(8);
	return 0;
}

/* ---- steps and rounds ----------------------------------------------------- */

static void text_at(unsigned step, const unsigned char *tail)
{
	unsigned char want[128];

	memcpy(want, saved.text, sizeof(want));
	for (unsigned i = 0; i < SITES; i++) {
		memcpy(want + sites[i].at, tail + sites[i].at,
		       sites[i].length);
		if (step < 3)
			want[sites[i].at] = INT3;
	}
	assert_memory_equal(seen[step - 1], want, sizeof(want));
}

static void test_steps(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &live.host), 0);
	assert_int_equal(rt.stats.written, SITES);
	assert_int_equal(syncs, 3);
	text_at(1, saved.text);
	text_at(2, world.text);
	text_at(3, world.text);
	bound_as_set();
	assert_int_equal(rtld_check(&rt, &live.host), 0);
	assert_int_equal(rtld_unbind(&rt, &live.host), 0);
	text_is_linked();
}

/* As the dump will say. */
static void counts(uint32_t transactions, uint32_t all, uint32_t last,
		   uint32_t batches)
{
	struct rtld_rounds said;

	live.host.rounds(live.host.ctx, &said);
	assert_string_equal(said.name, "live-x86");
	assert_int_equal(said.transactions, transactions);
	assert_int_equal(said.rounds, all);
	assert_int_equal(said.last, last);
	assert_int_equal(said.batches, batches);
}

static void test_rounds(void **state)
{
	unsigned batches;

	(void)state;
	for (unsigned room = 1; room <= 8; room++) {
		begin_live(room);
		batches = (SITES + room - 1) / room;
		assert_int_equal(rtld_bind(&rt, &live.host), 0);
		assert_int_equal(live.batches, batches);
		assert_int_equal(live.syncs, 3 * batches);
		assert_int_equal(live.written, SITES);
		counts(1, 3 * batches, 3 * batches, batches);
		bound_as_set();
		/* Nothing to write: nobody is asked. */
		assert_int_equal(rtld_bind(&rt, &live.host), 0);
		assert_int_equal(live.syncs, 0);
		assert_int_equal(rtld_unbind(&rt, &live.host), 0);
		text_is_linked();
		assert_int_equal(syncs, 6 * batches);
		counts(3, 6 * batches, 3 * batches, 2 * batches);
		assert_int_equal(live.all_syncs, 6 * batches);
		assert_int_equal(live.all_batches, 2 * batches);
	}
}

/* ---- refusals ------------------------------------------------------------- */

static void refused(int why)
{
	saved = world;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rtld_bind(&rt, &live.host), -RTLD_E_HOST);
		assert_int_equal(rt.fault.host, -why);
		nothing_changed();
		assert_int_equal(syncs, 0);
	}
}

static void test_setup_missing(void **state)
{
	(void)state;
	live.sync = NULL;
	refused(RTLD_LIVE_SETUP);
	begin_live(0);
	refused(RTLD_LIVE_SETUP);
	begin_live(8);
	live.patches = NULL;
	refused(RTLD_LIVE_SETUP);
}

/* Each is a form of which the host has no idea. */
static void test_form(void **state)
{
	static const struct rts_build_encoding unknown[] = {
		{ "0f a3 05 .. .. .. ..", .source = RTS_SOURCE_SLOT,
		  .flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED },
		{ "64 8b 05 .. .. .. ..", .source = RTS_SOURCE_SLOT,
		  .flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED },
		{ "8b 80 .. .. .. ..", .source = RTS_SOURCE_SLOT },
		{ "89 05 .. .. .. ..", .source = RTS_SOURCE_SLOT,
		  .flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED },
		/* known, but which register is in the field */
		{ "8b 05 00 00 00 00", .source = RTS_SOURCE_SLOT, .bits = 3,
		  .slices = { { 0, 3, 11 } } },
		{ "50", .source = RTS_SOURCE_NONE },
		{ "f4", .source = RTS_SOURCE_NONE },
	};
	unsigned form;

	(void)state;
	for (unsigned i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		start();
		form = rts_build_form(&b, RTS_TAG_ALU, 0, &unknown[i], 1);
		finish();
		begin_live(8);
		refused(RTLD_LIVE_FORM);
		assert_int_equal(live.form, form);
	}
}

static int protect_says, protected_on, protected_off;

static int protect(void *kernel, int on)
{
	assert_ptr_equal(kernel, &syncs);
	if (!on) {
		assert_int_equal(syncs, 3);
		protected_off++;
		return 0;
	}
	assert_int_equal(syncs, 0);
	protected_on++;
	return protect_says;
}

static void test_protect(void **state)
{
	(void)state;
	live.protect = protect;
	protect_says = -1;
	protected_on = protected_off = 0;
	refused(RTLD_LIVE_PROTECT);
	assert_int_equal(protected_off, 0);
	protect_says = 0;
	assert_int_equal(rtld_bind(&rt, &live.host), 0);
	assert_int_equal(protected_on, 3);
	assert_int_equal(protected_off, 1);
}

/* Nothing is queued when the check refuses. */
static void test_check_refuses(void **state)
{
	(void)state;
	world.text[AT_LOAD32_TOO] ^= 1;
	saved = world;
	assert_int_equal(rtld_bind(&rt, &live.host), -RTLD_E_TEXT_BYTES);
	nothing_changed();
	assert_int_equal(syncs, 0);
	world.text[AT_LOAD32_TOO] ^= 1;
	assert_int_equal(rtld_bind(&rt, &live.host), 0);
}

/* ---- the breakpoint ------------------------------------------------------- */

static void test_trap(void **state)
{
	struct rtld_regs regs = { .ip = (uintptr_t)world.text + AT_JMP + 1 };
	struct rtld_live zero;

	(void)state;
	memset(&zero, 0, sizeof(zero));
	assert_int_equal(rtld_live_trap(&zero, &regs), 0);
	assert_int_equal(rtld_live_trap(&live, &regs), 0);
	assert_int_equal(rtld_bind(&rt, &live.host), 0);
	/* It was one until a moment ago. */
	assert_int_equal(rtld_live_trap(&live, &regs), 1);
	assert_int_equal(regs.ip, (uintptr_t)world.text + AT_JMP);
	/* Beside all that there has been. */
	regs.ip = (uintptr_t)world.text + AT_CALL;
	assert_int_equal(rtld_live_trap(&live, &regs), 0);
	regs.ip = (uintptr_t)world.text + AT_LOAD32_TOO + 2;
	assert_int_equal(rtld_live_trap(&live, &regs), 0);
	/* One of somebody else. */
	world.text[AT_JMP + 8] = INT3;
	regs.ip = (uintptr_t)world.text + AT_JMP + 9;
	assert_int_equal(rtld_live_trap(&live, &regs), 0);
	assert_int_equal(regs.ip, (uintptr_t)world.text + AT_JMP + 9);
}

/* ---- windows -------------------------------------------------------------- */

static struct rts_build_encoding window[3] = {
	{ "fa 0f 1f 84 00 00 00 00 00 90", .flags = RTS_ENCODING_WINDOW,
	  .guard = RTS_GUARD_EQUAL | RTS_GUARD_NOT },
	{ "50 41 51 67 e8 .. .. .. .. 58", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, .flags = RTS_ENCODING_PLACE, .bias = 9,
	  .range = RTS_RANGE_SIGNED, .bits = 32, .slices = { { 0, 32, 40 } } },
	{ "50 41 51 ff 15 .. .. .. .. 58", .source = RTS_SOURCE_SLOT,
	  .flags = RTS_ENCODING_PLACE, .bias = 9, .range = RTS_RANGE_SIGNED,
	  .bits = 32, .slices = { { 0, 32, 40 } } },
};

static unsigned long stack[4];
static struct rtld_regs emulated;

static void sync_in_window(void *kernel)
{
	if (!syncs) {
		emulated.ip = (uintptr_t)world.text + AT_WINDOW + 4;
		emulated.r[4] = (uintptr_t)(stack + 3);
		assert_int_equal(rtld_live_trap(&live, &emulated), 1);
	}
	sync(kernel);
}

/* The pushes stay: the breakpoint stands at the call between them. */
static void test_window(void **state)
{
	unsigned char *at = world.text + AT_WINDOW;
	unsigned form;

	(void)state;
	start();
	memcpy(at, "\x50\x41\x51", 3);
	link_site(AT_WINDOW + 3, "\xff\x15", 2, &world.ops.second);
	at[9] = 0x58;
	form = rts_build_form(&b, RTS_TAG_CALL_WINDOW, RTS_FORM_WINDOW, window,
			      3);
	b.slot[0].site[b.slot[0].sites].at = at;
	b.slot[0].site[b.slot[0].sites++].form = form;
	window[0].data[0] = 1;
	finish();
	begin_live(8);
	live.sync = sync_in_window;
	assert_int_equal(rtld_bind(&rt, &live.host), 0);
	assert_int_equal(rt.stats.written, SITES + 1);
	assert_int_equal(syncs, 3);
	assert_int_equal(seen[0][AT_WINDOW], 0x50);
	assert_int_equal(seen[0][AT_WINDOW + 3], INT3);
	site_is(AT_WINDOW + 3, "\x67\xe8", 2, world.ops.second);
	assert_memory_equal(at, "\x50\x41\x51", 3);
	assert_int_equal(at[9], 0x58);
	assert_int_equal(emulated.ip, (uintptr_t)world.ops.second);
	assert_int_equal(stack[2], (uintptr_t)at + 9);
	assert_int_equal(rtld_unbind(&rt, &live.host), 0);
	text_is_linked();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_steps, setup_live),
		cmocka_unit_test_setup(test_rounds, setup_live),
		cmocka_unit_test_setup(test_setup_missing, setup_live),
		cmocka_unit_test_setup(test_form, setup_live),
		cmocka_unit_test_setup(test_protect, setup_live),
		cmocka_unit_test_setup(test_check_refuses, setup_live),
		cmocka_unit_test_setup(test_trap, setup_live),
		cmocka_unit_test_setup(test_window, setup_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
