// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * declared.c - each declared use, unbound, bound, rebound, unbound
 *
 * What a use must give is computed here from a copy of what memory holds, in
 * plain C.  After a bind memory is changed without another one: uses that are
 * bound must go on giving the old results, all others the new ones; which of
 * them are is said by the table alone, so those are only counted (the last
 * line).  The argument is how many must be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/process.h"
#include "rtld.h"
#include "uses.h"

_Bool truth;
uint8_t byte;
short half;
int word;
int64_t quad;
void *pointer;
uint8_t count8;
unsigned count32;
int64_t count64;
uint64_t big;

static unsigned checks, failed, stale;
static const char *step;

/* What memory is to hold. */
struct content {
	uint64_t test, big;	/* test: cut to each width */
	unsigned count;
	void (*notify)(int x, int y);
};

static int noted;
static void add(int x, int y) { noted += 10 * x + y; }
static void subtract(int x, int y) { noted -= x + y; }

static RTS_SETTER void store(const struct content *c)
{
	truth = c->test != 0;
	byte = (uint8_t)c->test;
	half = (short)c->test;
	word = (int)c->test;
	quad = (int64_t)c->test;
	pointer = (void *)(uintptr_t)c->test;
	count8 = (uint8_t)c->count;
	count32 = c->count;
	count64 = c->count;
	big = c->big;
	RTS_SET_FUNC(notify, c->notify);
}

/* Is it what memory holds; or, where that differs, what it held? */
static void expect(const char *what, uint64_t is, uint64_t now, uint64_t old)
{
	checks++;
	if (is == now)
		return;
	if (is == old) {
		stale++;
		return;
	}
	failed++;
	printf("# %s: %s is 0x%llx, not 0x%llx nor 0x%llx\n", step, what,
	       (unsigned long long)is, (unsigned long long)now,
	       (unsigned long long)old);
}

#define IF(name, width)							\
	do {								\
		int now_ = (c->test & (width)) != 0;			\
		int old_ = (o->test & (width)) != 0;			\
		expect("if " #name, (uint64_t)if_##name(),		\
		       now_ ? 10 : 20, old_ ? 10 : 20);			\
		expect("unless " #name, (uint64_t)unless_##name(7),	\
		       now_ ? 8 : 22, old_ ? 8 : 22);			\
	} while (0)

static uint64_t many_ifs(const struct content *c, int n)
{
	int sum = 0;

	for (int i = 0; i < n; i++) {
		if ((uint8_t)c->test && !(uint32_t)c->test)
			sum += i;
		else if (c->test)
			sum -= 2 * i;
		sum += (uint16_t)c->test != 0;
	}
	return (uint64_t)sum;
}

static void check_ifs(const struct content *c, const struct content *o)
{
	IF(truth, UINT64_MAX);
	IF(byte, 0xff);
	IF(half, 0xffff);
	IF(word, 0xffffffff);
	IF(quad, UINT64_MAX);
	IF(pointer, UINTPTR_MAX);
	/* Of those, some could be bound and others not. */
	for (int n = 0; n < 4 && c == o; n++)
		expect("many ifs", (uint64_t)if_many(n), many_ifs(c, n),
		       many_ifs(o, n));
}

#define SHIFT(name, v)							\
	do {								\
		if (c->count < 32 && o->count < 32)			\
			expect("32-bit shift by " #name,		\
			       shift32_##name((uint32_t)(v)),		\
			       (uint32_t)(v) >> c->count,		\
			       (uint32_t)(v) >> o->count);		\
		expect("64-bit shift by " #name, shift64_##name(v),	\
		       (v) >> c->count, (v) >> o->count);		\
	} while (0)

static uint64_t many_shifts(uint64_t a, const struct content *c)
{
	static const unsigned factor[] = { 3, 5, 7, 11, 13, 17, 19, 23, 29,
					   31 };
	uint64_t v[10] = { a, 2 * a, 3 * a, a + 4, a ^ 5, ~a }, sum = 0;

	v[6] = v[0] + 7 * v[1];
	v[7] = v[2] + 5 * v[3];
	v[8] = v[4] + 3 * v[5];
	v[9] = v[0] ^ v[5];
	for (int i = 0; i < 10; i++)
		sum += (v[i] >> c->count) * factor[i];
	return sum;
}

static void check_shifts(const struct content *c, const struct content *o)
{
	static const uint64_t values[] = { 0, 1, 0x80000000, 0xffffffff,
					   0x8000000000000001, UINT64_MAX,
					   0x123456789abcdef0 };

	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++) {
		uint64_t v = values[i];

		SHIFT(count8, v);
		SHIFT(count32, v);
		SHIFT(count64, v);
		if (c != o)
			continue;
		expect("many shifts", shift_many(v, 2 * v, 3 * v, v + 4,
						 v ^ 5, ~v),
		       many_shifts(v, c), many_shifts(v, o));
	}
}

static void check_values(const struct content *c, const struct content *o)
{
	static const uint64_t values[] = { 0, 0xff, 0xdeadbeef, UINT64_MAX };

	expect("const big", const_big(), c->big, o->big);
	expect("const pointer", (uintptr_t)const_pointer(),
	       (uintptr_t)c->test, (uintptr_t)o->test);
	expect("const word", (uint64_t)const_word(),
	       (uint64_t)(int)c->test, (uint64_t)(int)o->test);
	expect("const half", (uint64_t)const_half(),
	       (uint64_t)(short)c->test, (uint64_t)(short)o->test);
	expect("const truth", const_truth(), c->test != 0, o->test != 0);
	for (unsigned i = 0; i < sizeof(values) / sizeof(*values); i++) {
		uint64_t v = values[i];

		expect("mask64", mask64(v), v & c->big, v & o->big);
		expect("mask32", mask32((uint32_t)v), (uint32_t)v & c->count,
		       (uint32_t)v & o->count);
		expect("mask mixed", mask_mixed((uint32_t)v),
		       (uint32_t)v & c->big, (uint32_t)v & o->big);
		expect("mask narrow", mask_narrow(v), v & (uint8_t)c->test,
		       v & (uint8_t)o->test);
	}
}

static uint64_t noted_by(void (*f)(int x, int y), int x, int y)
{
	noted = 1000;
	if (f)
		f(x, y);
	return (uint64_t)noted;
}

static void check_notify(const struct content *c, const struct content *o)
{
	uint64_t now = noted_by(c->notify, 3, 4), old = noted_by(o->notify, 3, 4);

	noted = 1000;
	expect("what a call of notify gives", (uint64_t)call_notify(3), 4, 4);
	expect("call notify", (uint64_t)noted, now, old);
	now = noted_by(c->notify, 3, 5);
	old = noted_by(o->notify, 3, 5);
	noted = 1000;
	jump_notify(3);
	expect("jmp notify", (uint64_t)noted, now, old);
	now = noted_by(c->notify, 6, 7);
	old = noted_by(o->notify, 6, 7);
	noted = 1000;
	(&notify)(6, 7);	/* perhaps through the stub */
	expect("notify by its address", (uint64_t)noted, now, old);
}

static void check_all(const char *name, const struct content *c,
		      const struct content *o)
{
	step = name;
	check_ifs(c, o);
	check_shifts(c, o);
	check_values(c, o);
	check_notify(c, o);
}

static void must(int code, const char *what)
{
	if (!code)
		return;
	printf("%s: %s\n", what, rtld_errname(code));
	exit(1);
}

static const struct content contents[] = {
	{ 0, 0, 0, NULL },
	{ 1, 1, 1, add },
	{ 0x80, 0x7fffffff, 31, NULL },
	{ 0x8000, 0x80000000, 7, subtract },
	{ 0x100, 0xffffffff, 8, add },		/* byte is 0 */
	{ 0x10000, 0x100000000, 30, add },	/* half is 0 */
	{ 0x100000000, 0xffffffff80000000, 63, NULL },	/* word is 0 */
	{ 0x8000000000000000, 0x7fffffffffffffff, 32, add },
	{ UINT64_MAX, UINT64_MAX, 33, subtract },
	{ 0, 0x123456789abcdef0, 16, NULL },
};

int main(int argc, char **argv)
{
	struct rtld_process process;
	struct rtld rt;
	unsigned n = sizeof(contents) / sizeof(*contents), sites = 0;
	const struct content *c, *next;
	int code = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);

	for (unsigned i = 0; i < n; i++) {
		store(&contents[i]);
		check_all("unbound", &contents[i], &contents[i]);
	}
	if (argc < 2) {		/* plain ld: there is no table */
		printf("checks %u failed %u, %s\n", checks, failed,
		       rtld_errname(code));
		return failed || !code;
	}
	must(code, "open");
	if (rtld_process_init(&process, &rt))
		return 2;
	for (unsigned i = 0; i < n; i++) {
		c = &contents[i];
		next = &contents[(i + 1) % n];
		store(c);
		must(rtld_bind(&rt, rtld_process_host(&process)), "bind");
		check_all("bound", c, c);
		store(next);
		check_all("memory changed", next, c);
		store(c);
		must(rtld_check(&rt, NULL), "check");
		sites = rt.stats.sites;
	}
	must(rtld_unbind(&rt, rtld_process_host(&process)), "unbind");
	n = stale;
	for (unsigned i = 0; i < 3; i++) {
		store(&contents[i]);
		check_all("unbound again", &contents[i], &contents[i]);
	}
	printf("checks %u failed %u stale %u sites %u\n", checks, failed,
	       stale, sites);
	return failed || stale != n || stale < (unsigned)atoi(argv[1]);
}
