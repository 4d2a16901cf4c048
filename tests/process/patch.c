// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * patch.c - functions that are replaced while the program runs
 *
 * Each step stores, or stores and binds; then all ways to reach the function
 * must lead to the same one: a call, a pointer taken before, one that data
 * holds, recursion, a tail call.  Linked by ld-wrap, memory alone suffices.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "patch.h"
#include "platform/process.h"
#include "rtld.h"

static struct rtld rt;
static struct rtld_process process;
static unsigned checks, failed;

static int (*volatile before)(int) = value;
static int (*const in_data[])(int) = { value };

int other(int x);
int other(int x)
{
	return x + 200;
}

int another(int x);
int another(int x)
{
	return x + 300;
}

/* Called by the function that it replaces: once, and at its own depth. */
unsigned long deeper(unsigned n);
unsigned long deeper(unsigned n)
{
	return n ? depth(n - 1) + 1000 : 5;
}

static __attribute__((noinline)) int tail(int x)
{
	return value(x);
}

static void expect(const char *step, const char *what, long have, long want)
{
	checks++;
	if (have == want)
		return;
	failed++;
	printf("%s: %s: %ld, not %ld\n", step, what, have, want);
}

static void each_way(const char *step, int add)
{
	expect(step, "a call", value(1), add + 1);
	expect(step, "from another file", from_elsewhere(2), add + 2);
	expect(step, "a pointer", before(3), add + 3);
	expect(step, "a pointer in data", in_data[0](4), add + 4);
	expect(step, "a tail call", tail(5), add + 5);
	expect(step, "nine arguments",
	       many(1, 2, 3, 4, 5, 6, 7, 8, 9.0), 123456789);
}

static void bind(const char *step)
{
	int rc = rtld_bind(&rt, rtld_process_host(&process));

	expect(step, "rtld_bind()", rc, 0);
	expect(step, "rtld_check()",
	       rtld_check(&rt, rtld_process_host(&process)), 0);
	expect(step, "lost", process.lost, 0);
}

struct replacement {
	int (*function)(int);
};

static RTS_SETTER int replace(void *arg)
{
	const struct replacement *by = arg;

	RTS_PATCH(value, by->function);
	return 0;
}

static RTS_SETTER void set_depth(int on)
{
	if (on)
		RTS_PATCH(depth, deeper);
	else
		RTS_PATCH(depth, 0);
}

static void step(const char *name, int (*to)(int), int add, int now)
{
	struct replacement by = { to };
	int rc;

	if (now) {
		rc = rtld_switch(&rt, rtld_process_host(&process), replace,
				 &by);
		expect(name, "rtld_switch()", rc, 0);
	} else {
		replace(&by);
	}
	each_way(name, add);
}

/* More than 2 GiB from any program: no jump reaches it, so the entry goes by
 * the slot. */
static void far_away(void)
{
#ifdef __x86_64__
	static const unsigned char code[] = {
		0x8d, 0x87, 0x90, 0x01, 0, 0,	/* lea 400(%rdi), %eax */
		0xc3
	};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int (*function)(int);

	memcpy(page, code, sizeof(code));
	memcpy(&function, &page, sizeof(function));
	expect("far away", "mprotect()",
	       mprotect(page, 4096, PROT_READ | PROT_EXEC), 0);
	step("far away", function, 400, 1);
	expect("far away", "entry and stub are kept", rt.stats.kept >= 2, 1);
#endif
}

static void recursion(void)
{
	expect("recursion", "itself", (long)depth(3), 3 * 10 + 1);
	set_depth(1);
	bind("recursion");
	expect("recursion", "the other", (long)depth(3), 3 * 1000 + 5);
	set_depth(0);
	bind("recursion");
	expect("recursion", "itself again", (long)depth(3), 3 * 10 + 1);
}

int main(int argc, char **argv)
{
	int rc;

	(void)argv;
	each_way("as linked", 100);
	rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);
	if (argc > 1)	/* plain ld: there is nothing more to see */
		return rc == 0 || failed;
	expect("open", "rtld_open()", rc, 0);
	expect("open", "the host", rtld_process_init(&process, &rt), 0);
	step("stored, unbound", other, 200, 0);
	step("undone, unbound", NULL, 100, 0);
	bind("bound to nothing");
	each_way("bound to nothing", 100);
	step("patched", other, 200, 1);
	step("patched again", another, 300, 1);
	expect("patched again", "unbind",
	       rtld_unbind(&rt, rtld_process_host(&process)), 0);
	each_way("unbound", 300);
	bind("bound again");
	each_way("bound again", 300);
	far_away();
	step("undone", NULL, 100, 1);
	recursion();
	rtld_dump(&rt, rtld_process_host(&process), RTLD_DUMP_MARKS |
		  RTLD_DUMP_SLOTS | RTLD_DUMP_SITES);
	printf("%u checks, %u failed\n", checks, failed);
	return failed || checks < 60;
}
