// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * main.c - the marks, and a process that binds itself to several contents
 *
 * For each set of contents the sum of all uses must be the same unbound,
 * bound and unbound again.  Linked by a plain linker it prints the same sums.
 */
#include <stdio.h>
#include <string.h>

#include "marks.h"
#include "platform/process.h"
#include "rtld.h"

static int plus(int x) { return x + 1; }
static int minus(int x) { return x - 11; }
static int times(int x) { return x * 7; }
static int square(int x) { return x * x; }

unsigned shift = 3;
unsigned long wide = 0x123456789a;
unsigned char flag = 1;
unsigned near __attribute__((visibility("hidden"))) = 8;
unsigned plain = 0x55;
struct ops ops = { plus, minus };
RTS_DEFINE_FUNC(choose, plus);

/* Data that holds addresses. */
unsigned *pointers[] = { &shift, &near };

static struct rtld rt;
static struct rtld_process process;
static unsigned bound;
static int failed;

static RTS_SETTER void set(int n)
{
	static int (*const functions[])(int) = { plus, minus, times, square };

	shift = (unsigned)n * 5 % 31;
	wide = n & 1 ? 7 : 0xfedcba9876543210;
	flag = n & 1;
	near = n & 2 ? 7 : 0x80000001;
	plain = (unsigned)n * 0x10203;
	ops.first = functions[n & 3];
	ops.second = functions[~n & 3];
	RTS_SET_FUNC(choose, functions[n * 3 & 3]);
}

static long sum(void)
{
	return one_sum(9) + 5 * two_sum(9) + inline_one(4) + 3 * inline_two(5) +
	       7 * asm_sum(1);
}

static void expect(const char *when, int n, long want)
{
	long have = sum();

	if (have != want) {
		printf("FAIL set %d, %s: %ld instead of %ld\n", n, when, have,
		       want);
		failed = 1;
	}
}

static void refused(const char *what, int rc)
{
	printf("FAIL %s: %s\n", what, rtld_errname(rc));
	failed = 1;
}

static void try_bound(int n, long want)
{
	const struct rtld_host *host = rtld_process_host(&process);
	int rc = rtld_bind(&rt, host);

	if (rc)
		refused("bind", rc);
	bound += rt.stats.bound;
	expect("bound", n, want);
	rc = rtld_unbind(&rt, host);
	if (rc)
		refused("unbind", rc);
	expect("unbound again", n, want);
}

int main(void)
{
	int have_table = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) == 0 &&
			 rtld_process_init(&process, &rt) == 0;

	if (have_table)
		rtld_process_host(&process)->inside = rtld_process_alone;
	printf("sum at first: %ld\n", sum());
	for (int n = 0; n < 6; n++) {
		long want;

		set(n);
		want = sum();
		printf("sum %d: %ld\n", n, want);
		if (have_table)
			try_bound(n, want);
	}
	fprintf(stderr, "bound %u\n", bound);
	return failed || (have_table && !bound);
}
