/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_rtld_window.c - sites of several instructions, whose boundaries move
 *
 * One site, push; call *slot; pop.  Its first encoding, for one function, is
 * that function's body where all three stood: a context that was inside would
 * wake up in the middle of an instruction, so the host must say that there is
 * none.  The second one, a direct call between the same push and pop, moves no
 * boundary and needs no leave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/rts_world.h"
#include "../lib/rts_open.h"

#define AT	90
#define LENGTH	8
#define BODY	"\xfa\x0f\x1f\x80\0\0\0\0"	/* cli; nop */

static struct rts_build_encoding forms[3] = {
	{ "fa 0f 1f 80 00 00 00 00", .flags = RTS_ENCODING_WINDOW,
	  .guard = RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE },
	{ "50 67 e8 .. .. .. .. 58", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, .flags = RTS_ENCODING_PLACE, .bias = 7,
	  .range = RTS_RANGE_SIGNED, .bits = 32, .slices = { { 0, 32, 24 } } },
	{ "50 ff 15 .. .. .. .. 58", .source = RTS_SOURCE_SLOT,
	  .flags = RTS_ENCODING_PLACE, .bias = 7, .range = RTS_RANGE_SIGNED,
	  .bits = 32, .slices = { { 0, 32, 24 } } },
};

static int someone_inside;
static unsigned asked;

static int inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	assert_ptr_equal(text, world.text + AT);
	assert_int_equal(n, LENGTH);
	asked++;
	return someone_inside;
}

static void *inlined, *far_enough;	/* functions: with a body, without */

static int setup_window(void **state)
{
	unsigned form;

	(void)state;
	start();
	inlined = world.functions + 8;
	far_enough = world.functions + 16;
	forms[0].data[0] = (uintptr_t)inlined - (uintptr_t)world.table;
	world.text[AT] = 0x50;
	link_site(AT + 1, "\xff\x15", 2, &world.ops.first);
	world.text[AT + 7] = 0x58;
	form = rts_build_form(&b, RTS_TAG_CALL_WINDOW, RTS_FORM_WINDOW, forms,
			      3);
	/* Slots ascend: the window's stands before that of the other member. */
	b.slot[4] = b.slot[3];
	b.slot[3] = b.slot[2];
	b.slot[2] = b.slot[1];
	b.slot[1] = b.slot[0];
	b.slots = 5;
	memset(&b.slot[0], 0, sizeof(b.slot[0]));
	b.slot[0].width = 8;
	rts_build_site(&b, 0, world.text + AT, form, NULL);
	world.ops.first = inlined;
	finish();
	host.inside = inside;
	someone_inside = 0;
	asked = 0;
	return 0;
}

static void is_body(void)
{
	assert_memory_equal(world.text + AT, BODY, LENGTH);
}

static void is_direct(void)
{
	assert_int_equal(world.text[AT], 0x50);
	site_is(AT + 1, "\x67\xe8", 2, world.ops.first);
	assert_int_equal(world.text[AT + 7], 0x58);
}

static void is_linked(void)
{
	assert_memory_equal(world.text + AT, saved.text + AT, LENGTH);
}

static void test_nobody_inside(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_body();
	assert_true(asked);
	assert_int_equal(rtld_check(&rt, &host), 0);
	world.ops.first = far_enough;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_direct();
	world.ops.first = inlined;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_body();
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	is_linked();
}

/* A host that cannot say, or says that somebody is. */
static void no_leave(void)
{
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_direct();
	assert_int_equal(rt.stats.bound, SITES + 1);
	/* That is what V gives without leave, so it is right. */
	assert_int_equal(rtld_check(&rt, &host), 0);
	world.ops.first = far_enough;
	assert_int_equal(rtld_check(&rt, &host), -RTLD_E_TEXT_STALE);
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_direct();
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	is_linked();
}

static void test_no_leave(void **state)
{
	(void)state;
	host.inside = NULL;
	no_leave();
	assert_int_equal(asked, 0);
}

static void test_somebody_inside(void **state)
{
	(void)state;
	someone_inside = 1;
	no_leave();
	assert_true(asked);
}

static int change_calls;

static int change(void *arg)
{
	change_calls++;
	world.ops.first = arg;
	return 0;
}

static void refused(int rc)
{
	assert_int_equal(rc, -RTLD_E_TEXT_INSIDE);
	assert_int_equal(rt.fault.code, RTLD_E_TEXT_INSIDE);
	assert_int_equal(rt.fault.address, (uintptr_t)(world.text + AT));
	assert_int_equal(rt.fault.length, LENGTH);
	assert_memory_equal(rt.fault.found, BODY, LENGTH);
	assert_int_equal(calls.write, 0);
	nothing_changed();
}

/* Once the body stands there, nothing may take its place. */
static void test_bound_body_stays(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	someone_inside = 1;
	calls.write = 0;
	change_calls = 0;
	saved = world;
	/* It is what it should be: nothing to do, nothing to refuse. */
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_int_equal(rt.stats.written, 0);
	nothing_changed();
	assert_int_equal(rtld_check(&rt, &host), 0);
	calls.write = 0;
	refused(rtld_unbind(&rt, &host));
	/* What change() will store is not known when sites are checked. */
	refused(rtld_switch(&rt, &host, change, far_enough));
	refused(rtld_switch(&rt, &host, change, inlined));
	assert_int_equal(change_calls, 0);
	world.ops.first = far_enough;
	saved = world;
	refused(rtld_bind(&rt, &host));
	someone_inside = 0;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_direct();
}

/* Bound when somebody was inside; then nobody is. */
static void test_switch_later(void **state)
{
	(void)state;
	someone_inside = 1;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_direct();
	someone_inside = 0;
	assert_int_equal(rtld_switch(&rt, &host, change, far_enough), 0);
	is_direct();
	assert_int_equal(rtld_switch(&rt, &host, change, inlined), 0);
	is_body();
	world.ops.first = far_enough;
	assert_int_equal(rtld_check(&rt, &host), -RTLD_E_TEXT_STALE);
}

static void test_switch(void **state)
{
	(void)state;
	host.inside = NULL;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	is_direct();
	host.inside = inside;
	assert_int_equal(rtld_switch(&rt, &host, change, inlined), 0);
	is_body();
	world.ops.first = far_enough;
	assert_int_equal(rtld_check(&rt, &host), -RTLD_E_TEXT_STALE);
	world.ops.first = inlined;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_int_equal(rtld_switch(&rt, &host, change, far_enough), 0);
	is_direct();
	assert_int_equal(rtld_switch(&rt, &host, change, inlined), 0);
	is_body();
}

/* ---- a branch that goes by what an earlier instruction has read --------- */

static struct rts_build_encoding branch[3] = {
	{ "66 90", .guard = RTS_GUARD_EQUAL, .flags = RTS_ENCODING_DEPENDS },
	{ "eb 05", .guard = RTS_GUARD_ALWAYS, .flags = RTS_ENCODING_DEPENDS },
	{ "74 05", .guard = RTS_GUARD_ALWAYS },
};

#define AT_BRANCH	100
#define BEFORE		9

static const void *asked_text;
static size_t asked_n;

static int inside_before(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	asked++;
	asked_text = text;
	asked_n = n;
	return someone_inside;
}

static int setup_branch(void **state)
{
	unsigned form;

	(void)state;
	start();
	memcpy(world.text + AT_BRANCH, "\x74\x05", 2);
	form = rts_build_form(&b, RTS_TAG_BRANCH, RTS_FORM_WINDOW, branch, 3);
	rts_build_site(&b, 3, world.text + AT_BRANCH, form, NULL);
	finish();
	/* The builder knows no such field. */
	world.table[rts_ld32(world.table + offsetof(struct rts_header,
						    form_off)) +
		    form * sizeof(struct rts_form) +
		    offsetof(struct rts_form, before)] = BEFORE;
	rts_build_crc(world.table);
	assert_int_equal(rts_open(&rt, world.table, rt.size), 0);
	saved = world;
	host.inside = inside_before;
	someone_inside = 0;
	asked = 0;
	return 0;
}

static void branch_is(const char *bytes)
{
	assert_memory_equal(world.text + AT_BRANCH, bytes, 2);
}

static void test_depends(void **state)
{
	(void)state;
	world.shift = 0;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\x66\x90");
	assert_ptr_equal(asked_text, world.text + AT_BRANCH - BEFORE);
	assert_int_equal(asked_n, BEFORE + 2);
	world.shift = 5;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\xeb\x05");
	assert_int_equal(rtld_check(&rt, &host), 0);
}

/* The host is not asked about what is no text. */
static void test_before_text(void **state)
{
	unsigned char *before = world.table + offsetof(struct rts_form, before) +
		rts_ld32(world.table + offsetof(struct rts_header, form_off)) +
		(b.forms - 1) * sizeof(struct rts_form);

	(void)state;
	*before = AT_BRANCH;	/* the branch and all text before it */
	rts_build_crc(world.table);
	assert_int_equal(rtld_bind(&rt, &host), 0);
	assert_ptr_equal(asked_text, world.text);
	asked = 0;
	++*before;
	rts_build_crc(world.table);
	world.shift = 0;
	assert_int_equal(rtld_bind(&rt, &host), -RTLD_E_TEXT_BOUNDS);
	assert_int_equal(asked, 0);
	branch_is("\xeb\x05");
}

/* Without leave it is not bound anew, but never refused: linked is right. */
static void test_depends_without_leave(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\xeb\x05");
	someone_inside = 1;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\xeb\x05");
	world.shift = 0;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\x74\x05");
	assert_int_equal(rt.stats.kept, 1);
	world.shift = 5;
	host.inside = NULL;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\x74\x05");
	assert_int_equal(rtld_check(&rt, &host), 0);
}

static int set_shift(void *arg)
{
	world.shift = *(uint32_t *)arg;
	return 0;
}

static void test_depends_switch(void **state)
{
	uint32_t zero = 0, seven = 7;

	(void)state;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	someone_inside = 1;
	assert_int_equal(rtld_switch(&rt, &host, set_shift, &seven), 0);
	branch_is("\xeb\x05");
	assert_int_equal(rtld_switch(&rt, &host, set_shift, &zero), 0);
	branch_is("\x74\x05");
	someone_inside = 0;
	assert_int_equal(rtld_bind(&rt, &host), 0);
	branch_is("\x66\x90");
	someone_inside = 1;
	assert_int_equal(rtld_unbind(&rt, &host), 0);
	branch_is("\x74\x05");
}

/* No window among the forms of the other sites: they never ask. */
static void test_others_do_not_ask(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind_object(&rt, &host, &world.shift), 0);
	assert_int_equal(asked, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nobody_inside, setup_window),
		cmocka_unit_test_setup(test_no_leave, setup_window),
		cmocka_unit_test_setup(test_somebody_inside, setup_window),
		cmocka_unit_test_setup(test_bound_body_stays, setup_window),
		cmocka_unit_test_setup(test_switch, setup_window),
		cmocka_unit_test_setup(test_switch_later, setup_window),
		cmocka_unit_test_setup(test_others_do_not_ask, setup_window),
		cmocka_unit_test_setup(test_depends, setup_branch),
		cmocka_unit_test_setup(test_before_text, setup_branch),
		cmocka_unit_test_setup(test_depends_without_leave, setup_branch),
		cmocka_unit_test_setup(test_depends_switch, setup_branch),
	};

	return cmocka_run_group_tests_name("rtld_window", tests, NULL, NULL);
}
