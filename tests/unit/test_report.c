// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_report.c - a use with several sites: uses and sites are counted apart
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"

static struct lw_object object = { .name = "a.o" };
static struct lw_link lk;

static size_t add_form(unsigned tag)
{
	LW_PUSH(&lk.forms)->tag = (uint8_t)tag;
	return lk.forms.count - 1;
}

static void add_use(size_t mark, enum lw_class class, enum lw_reason reason)
{
	struct lw_reference *one = LW_PUSH(&lk.references);

	one->object = &object;
	one->mark = mark;
	one->class = class;
	one->reason = reason;
	one->place = 0x1000 + lk.references.count;
	one->site = lk.sites.count;
}

static void add_site(size_t form, uint64_t address)
{
	struct lw_site *site = LW_PUSH(&lk.sites);

	site->form = form;
	site->address = address;
	site->reference = lk.references.count - 1;
	site->mark = lk.references.at[site->reference].mark;
}

/* Two marks; of the first a comparison with two branches, and a store. */
static int setup(void **state)
{
	size_t branch, load;

	(void)state;
	memset(&lk, 0, sizeof(lk));
	lk.command.output = "out";
	LW_PUSH(&lk.marks)->name = "x";
	LW_PUSH(&lk.marks)->name = "y";
	lk.marks.at[0].kind = RTS_KIND_VAR;
	lk.marks.at[1].kind = RTS_KIND_OPS;
	lk.marks.at[0].address = 0x2000;
	branch = add_form(RTS_TAG_BRANCH);
	load = add_form(RTS_TAG_LOAD32);
	add_use(0, LW_CLASS_BOUND, LW_KEPT_NONE);
	add_site(branch, 0x1003);
	add_site(branch, 0x1009);
	add_use(0, LW_CLASS_KEPT, LW_KEPT_STORE);
	add_use(1, LW_CLASS_BOUND, LW_KEPT_NONE);
	add_site(load, 0x1100);
	add_use(1, LW_CLASS_DROPPED, LW_KEPT_NONE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lw_free_all();
	return 0;
}

static void test_counts(void **state)
{
	struct lw_counts c;

	(void)state;
	lw_count(&lk, 0, &c);
	assert_int_equal(c.references, 2);
	assert_int_equal(c.class[LW_CLASS_BOUND], 1);
	assert_int_equal(c.class[LW_CLASS_KEPT], 1);
	assert_int_equal(c.reason[LW_KEPT_STORE], 1);
	assert_int_equal(c.sites, 2);
	assert_int_equal(c.tag[RTS_TAG_BRANCH], 2);
	assert_int_equal(c.tag[RTS_TAG_LOAD32], 0);
	lw_count(&lk, LW_ALL_MARKS, &c);
	assert_int_equal(c.references, 4);
	assert_int_equal(c.sites, 3);
	assert_int_equal(c.class[LW_CLASS_BOUND], 2);
	assert_int_equal(c.class[LW_CLASS_DROPPED], 1);
}

static char *written(void (*put)(const struct lw_link *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	put(&lk, to);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void test_text(void **state)
{
	char *text = written(lw_report_text);

	(void)state;
	assert_string_equal(text,
		"ld-wrap-report 1 out\n"
		"mark x var 0x2000 size 0\n"
		" references 2 bound 1 kept 1 address 0 data 0 dropped 0\n"
		" sites 2\n"
		" bound branch 2\n"
		" kept store 1\n"
		" kept store 0x1002 a.o:(+0x0)\n"
		"mark y ops absent size 0\n"
		" references 2 bound 1 kept 0 address 0 data 0 dropped 1\n"
		" sites 1\n"
		" bound load32 1\n"
		"total references 4 bound 2 kept 1 address 0 data 0 dropped 1\n"
		"unexplained 0\n"
		"emitted 0\n"
		"dropped 1 a.o\n"
		"table used 0 room 0 sites 3\n");
	free(text);
}

/* How often a piece stands in a text, blanks left out. */
static unsigned occurs(const char *text, const char *piece)
{
	size_t n = strlen(text), to = 0;
	char *dense = lw_alloc(n + 1);
	unsigned found = 0;

	for (size_t i = 0; i < n; i++) {
		if (!strchr(" \n", text[i]))
			dense[to++] = text[i];
	}
	for (text = dense; (text = strstr(text, piece)); text++)
		found++;
	return found;
}

static void test_json(void **state)
{
	char *text = written(lw_report_json);

	(void)state;
	assert_int_equal(occurs(text, "\"uses\":[{\"sites\":["
		"{\"tag\":\"branch\",\"address\":\"0x1003\"},"
		"{\"tag\":\"branch\",\"address\":\"0x1009\"}],"
		"\"address\":\"0x1001\","), 1);
	assert_int_equal(occurs(text, "\"sites\":2,\"bound\":{\"branch\":2},"
		"\"reasons\":{\"store\":1}"), 1);
	assert_int_equal(occurs(text, "\"address\":null,\"size\":0"), 1);
	assert_int_equal(occurs(text, "\"kept\":[{\"reason\":\"store\""), 1);
	assert_int_equal(occurs(text, "\"sites\":3,"
		"\"bound\":{\"load32\":1,\"branch\":2}"), 1);
	assert_int_equal(occurs(text, "\"dropped\":[{\"object\":\"a.o\","
		"\"references\":1}]"), 1);
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_counts),
		TEST(test_text),
		TEST(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
