/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_alive.c - whether a register, or the flags, may be asked for once more
 *
 * Each row is code, what is asked about, and the answer; "alive" is right
 * wherever it cannot be shown, "dead" is a promise.
 */
#include "config.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/locate.h"
#include "../../ld-wrap/sequence.h"

#define RAX	(1u << 0)
#define RCX	(1u << 1)
#define RDX	(1u << 2)
#define RBX	(1u << 3)
#define RSI	(1u << 6)
#define RDI	(1u << 7)
#define R10	(1u << 10)
#define R11	(1u << 11)
#define R12	(1u << 12)
#define ZF	LW_FLAG_Z

static const struct row {
	const char *code;
	uint32_t registers, flags;
	bool dead, dead32;	/* on x86-64, on i386 */
} rows[] = {
	/* ret: results and what is preserved live on. */
	{ "c3", RAX, 0, false, false },
	{ "c3", RDX, 0, false, false },
	{ "c3", RBX, 0, false, false },
	{ "c3", RCX, 0, true, true },
	{ "c3", RSI, 0, true, false },
	{ "c3", 0, ZF, true, true },
	{ "c2 08 00", RAX, 0, false, false },
	{ "c2 08 00", RCX, ZF, true, true },
	/* Overwritten as a whole, in part, not at all. */
	{ "b8 01 00 00 00 c3", RAX, 0, true, true },
	{ "b0 01 c3", RAX, 0, false, false },
	{ "66 b8 01 00 c3", RAX, 0, false, false },
	{ "b8 01 00 00 00 c3", RAX | RDX, 0, false, false },
	{ "31 c0 c3", RAX, 0, true, true },
	{ "29 c0 c3", RAX, 0, true, true },
	{ "30 c0 c3", RAX, 0, false, false },
	{ "31 c8 c3", RAX, 0, false, false },
	{ "8b 00 c3", RAX, 0, false, false },	/* mov (%rax),%eax */
	{ "0f 44 c1 c3", RAX, 0, false, false },	/* cmov */
	/* Flags: read, overwritten, perhaps overwritten. */
	{ "85 c9 c3", 0, ZF, true, true },
	{ "0f 94 c1 85 c9 c3", 0, ZF, false, false },
	{ "d3 e2 0f 94 c1 c3", 0, ZF, false, false },	/* shl %cl,%edx */
	{ "c1 e2 03 0f 94 c1 c3", 0, ZF, true, true },
	{ "0f 92 c1 c3", 0, ZF, true, true },	/* setb asks for CF only */
	{ "9c c3", 0, ZF, false, false },	/* pushf */
	/* Both ways of a branch. */
	{ "72 03 31 c0 c3 31 c0 c3", RAX, 0, true, true },
	{ "72 03 31 c0 c3 89 c1 c3", RAX, 0, false, false },
	{ "72 03 89 c1 c3 31 c0 c3", RAX, 0, false, false },
	{ "72 7f 31 c0 c3", RAX, 0, false, false },	/* leads out */
	{ "eb 01 cc 31 c0 c3", RAX, 0, true, true },
	{ "eb fe", RCX, 0, false, false },	/* never comes to an end */
	/* Calls: arguments live, flags do not. */
	{ "e8 00 00 00 00 c3", RDI, 0, false, false },
	{ "e8 00 00 00 00 c3", RAX, 0, false, false },
	{ "e8 00 00 00 00 c3", RCX, 0, false, false },
	{ "e8 00 00 00 00 c3", 0, ZF, true, true },
	{ "e8 00 00 00 00 bb 01 00 00 00 c3", RBX, 0, true, true },
	{ "e8 00 00 00 00 89 d8 c3", RBX, 0, false, false },
	{ "ff d0 c3", RAX, 0, false, false },
	/* Elsewhere. */
	{ "ff e2", RCX, 0, false, false },
	{ "ff e2", 0, ZF, false, false },
	{ "0f 0b", RAX | RBX, ZF, true, true },
	{ "0f 05", RAX, 0, false, false },
	{ "cd 80", RBX, 0, false, false },
	{ "cd c3", RCX, ZF, false, false },	/* no ret, though it ends so */
	{ "f3 c3", RCX, ZF, true, true },
	{ "2e c2 08 00", RAX, 0, false, false },
	{ "f3 a4 c3", RSI, 0, false, false },	/* reads it */
	{ "", RAX, 0, false, false },
	{ "0f", RAX, 0, false, false },		/* cut short */
};

/* x86-64 only. */
static const struct row wide[] = {
	{ "e8 00 00 00 00 c3", R11, 0, true, false },
	{ "e8 00 00 00 00 c3", R10, 0, false, false },
	{ "e8 00 00 00 00 41 89 c4 c3", R12, 0, true, false },
	{ "48 31 c0 c3", RAX, 0, true, false },
	{ "41 5c c3", R12, 0, true, false },	/* pop %r12 */
};

static bool is_dead(unsigned machine, const struct row *row)
{
	struct lw_link link = { .image = { .machine = machine } };
	struct lw_anchor anchor = { .base = 0 };
	struct lw_run run = { .link = &link, .anchor = &anchor };
	uint64_t from = 0;
	const char *p = row->code;
	unsigned char *code = malloc(strlen(p) + 1);
	bool dead;

	assert_non_null(code);
	for (; *p; p += p[2] ? 3 : 2)
		code[run.size++] = (unsigned char)strtoul(p, NULL, 16);
	/* A sanitizer sees a read behind the end. */
	run.code = code = realloc(code, run.size + !run.size);
	dead = lw_is_dead(&run, &from, 1, row->registers, row->flags);
	free(code);
	return dead;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (is_dead(EM_X86_64, &rows[i]) != rows[i].dead)
			fail_msg("x86-64: %s", rows[i].code);
		if (is_dead(EM_386, &rows[i]) != rows[i].dead32)
			fail_msg("i386: %s", rows[i].code);
	}
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++) {
		if (is_dead(EM_X86_64, &wide[i]) != wide[i].dead)
			fail_msg("x86-64: %s", wide[i].code);
	}
}

/* Of two places to go on from, one is enough to be alive. */
static void test_two_ways(void **state)
{
	static const unsigned char code[] = { 0x31, 0xc0, 0xc3, 0x89, 0xc1,
					      0xc3 };
	struct lw_link link = { .image = { .machine = EM_X86_64 } };
	struct lw_anchor anchor = { .base = 0 };
	struct lw_run run = { .link = &link, .anchor = &anchor, .code = code,
			      .size = sizeof(code) };
	uint64_t from[2] = { 0, 0 };

	(void)state;
	assert_true(lw_is_dead(&run, from, 2, RAX, 0));
	from[1] = 3;
	assert_false(lw_is_dead(&run, from, 2, RAX, 0));
	from[1] = sizeof(code);
	assert_false(lw_is_dead(&run, from, 2, RAX, 0));
	assert_true(lw_is_dead(&run, from, 1, RAX, 0));
}

/* A call of a retpoline reads the register that its name says: not one that
 * the place behind it has, nor one of another's. */
static void test_thunk(void **state)
{
	static const unsigned char code[] = { 0xe8, 0, 0, 0, 0, 0x5b, 0x41,
					      0x5c, 0xc3 };
	static char name[] = "__x86_indirect_thunk_rbx";
	struct lw_image_symbol symbol = { .address = 5, .name = name };
	struct lw_link link = { .image = { .machine = EM_X86_64 } };
	struct lw_anchor anchor = { .base = 0 };
	struct lw_run run = { .link = &link, .anchor = &anchor, .code = code,
			      .size = sizeof(code) };
	uint64_t from[1] = { 0 };

	(void)state;
	assert_true(lw_is_dead(&run, from, 1, RBX, 0));
	assert_true(lw_is_dead(&run, from, 1, R12, 0));
	link.image.symbols.at = &symbol;
	link.image.symbols.count = 1;
	assert_false(lw_is_dead(&run, from, 1, RBX, 0));
	assert_true(lw_is_dead(&run, from, 1, R12, 0));
	symbol.address = 6;
	assert_true(lw_is_dead(&run, from, 1, RBX, 0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thunk),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_two_ways),
	};

	return cmocka_run_group_tests_name("alive", tests, NULL, NULL);
}
