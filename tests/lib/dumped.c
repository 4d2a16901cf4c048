// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dumped.c - a program with one site of every form, that binds and dumps itself
 *
 *	dumped DO [LOG [MEMORY [ADDRESS]]]
 *
 * DO is a word of letters, done in order: b bind, u unbind, s switch over,
 * d append a debug dump to LOG, m write own text to MEMORY, p print what the
 * code computes, t tamper with the byte of text at ADDRESS, c print what
 * rtld_check() says.  The last line of stdout is the run-time address that MEMORY
 * begins with.
 *
 * Text is written through /proc/self/mem, which needs no page to be writable:
 * a host for tests only, since other threads would not be stopped.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtld.h"
#include "rtstatic.h"

struct ops {
	long (*add)(long);
	long (*twice)(long);
};

static long one(long x) { return x + 1; }
static long two(long x) { return x + 2; }
static long twice(long x) { return 2 * x; }
static long thrice(long x) { return 3 * x; }
long half(long x);
__attribute__((noinline)) long half(long x) { return x / 2; }
long quarter(long x);
__attribute__((noinline)) long quarter(long x) { return x / 4; }

unsigned shift = 3;
RTS_VAR(shift);
long big = 0x123456789;
RTS_VAR(big);
int negative = -2;
RTS_VAR(negative);
struct ops ops = { one, twice };
RTS_OPS(ops);
RTS_DECLARE_FUNC(long, work, (long));
RTS_DEFINE_FUNC(work, half);

/* Two that compilers seldom write: a conditional tail call, a push. */
long conditional(long x);
long pushed(void);
__asm__(".pushsection .text\n"
	"	.globl	conditional, pushed\n"
	"	.type	conditional, @function\n"
	"conditional:\n"
	"	testq	%rdi, %rdi\n"
	"	jne	work\n"
	"	xorl	%eax, %eax\n"
	"	ret\n"
	"	.size	conditional, . - conditional\n"
	"	.type	pushed, @function\n"
	"pushed:	pushq	ops(%rip)\n"
	"	popq	%rax\n"
	"	ret\n"
	"	.size	pushed, . - pushed\n"
	".popsection");

long use_ops(long x);
__attribute__((noinline)) long use_ops(long x)
{
	return ops.add(x) + 7;
}

long tail_ops(long x);
__attribute__((noinline)) long tail_ops(long x)
{
	return ops.twice(x);
}

/* Of its own: for a shift, clang loads only the low byte. */
unsigned use_shift(void);
__attribute__((noinline)) unsigned use_shift(void)
{
	return shift;
}

long use_work(long x);
__attribute__((noinline)) long use_work(long x)
{
	return work(x << use_shift()) + negative;
}

long use_big(void);
__attribute__((noinline)) long use_big(void)
{
	return big;
}

static void compute(void)
{
	printf("%ld %ld %ld %#lx %ld %s\n", use_ops(5), tail_ops(5),
	       use_work(9), use_big(), conditional(40),
	       pushed() == (long)ops.add ? "same" : "other");
}

/* ---- the host --------------------------------------------------------- */

static FILE *log_file;

static void write_text(void *ctx, void *text, const void *bytes, size_t n)
{
	if (pwrite(*(int *)ctx, bytes, n, (off_t)(uintptr_t)text) != (ssize_t)n)
		abort();
}

/* As a serial console would have it. */
static void print(void *ctx, const char *line, size_t n)
{
	(void)ctx;
	fprintf(log_file, "[    0.042] %.*s\r\n", (int)n - 1, line);
}

static size_t symbol(void *ctx, uint64_t address, char *buf, size_t size)
{
	const char *name = NULL;

	(void)ctx;
	if (address == (uintptr_t)half)
		name = "half";
	if (address == (uintptr_t)quarter)
		name = "quarter";
	return name ? (size_t)snprintf(buf, size, "%s", name) : 0;
}

/* V that fits nowhere near, V at an edge, another function. */
static RTS_SETTER int change(void *arg)
{
	(void)arg;
	shift = 31;
	negative = -0x7fffffff - 1;
	big = 0x7fffffff00;
	ops.add = two;
	ops.twice = thrice;
	RTS_SET_FUNC(work, quarter);
	return 0;
}

extern const char __executable_start[], etext[];

static void write_memory(int self, const char *path)
{
	size_t n = (size_t)(etext - __executable_start);
	char *copy = calloc(1, n);
	FILE *f = fopen(path, "wb");

	if (!f || !copy ||
	    pread(self, copy, n, (off_t)(uintptr_t)__executable_start) !=
	    (ssize_t)n || fwrite(copy, 1, n, f) != n || fclose(f))
		abort();
	free(copy);
}

static void tamper(int self, const char *address)
{
	unsigned char *at = (unsigned char *)strtoul(address, NULL, 0);
	unsigned char byte = *at ^ 1;

	write_text(&self, at, &byte, 1);
}

static void check(struct rtld *rt, const struct rtld_host *host)
{
	int code = rtld_check(rt, host);

	printf("check %d", code);
	if (code < 0)
		printf(" site %#llx slot %u",
		       (unsigned long long)rt->fault.address, rt->fault.slot);
	for (unsigned i = 0; code < 0 && i < rt->fault.length; i++)
		printf("%s%02x", i ? "" : " found ", rt->fault.found[i]);
	printf("\n");
}

static int work_off(struct rtld *rt, const struct rtld_host *host, char what,
		    char **args)
{
	switch (what) {
	case 'b':
		return rtld_bind(rt, host);
	case 'u':
		return rtld_unbind(rt, host);
	case 's':
		return rtld_switch(rt, host, change, NULL);
	case 'd':
		return rtld_dump(rt, host, RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS |
				 RTLD_DUMP_SITES);
	case 'm':
		write_memory(*(int *)host->ctx, args[0]);
		return 0;
	case 't':
		tamper(*(int *)host->ctx, args[1]);
		return 0;
	case 'c':
		check(rt, host);
		return 0;
	case 'p':
		compute();
		return 0;
	default:
		return -1;
	}
}

int main(int argc, char **argv)
{
	int self = open("/proc/self/mem", O_RDWR);
	const struct rtld_host host = {
		.ctx = &self, .write = write_text, .print = print,
		.symbol = symbol
	};
	char *args[] = { "mem", "0" };
	struct rtld rt;
	int code;

	if (argc < 2)
		return 2;
	for (int i = 3; i < argc && i < 5; i++)
		args[i - 3] = argv[i];
	log_file = argc > 2 ? fopen(argv[2], "ab") : stderr;
	/* Plain ld leaves no table: then only the computing can be done. */
	code = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);
	if (code && strspn(argv[1], "p") != strlen(argv[1])) {
		fprintf(stderr, "rtld_open: %d\n", code);
		return 1;
	}
	for (const char *p = argv[1]; *p; p++) {
		code = work_off(&rt, &host, *p, args);
		if (code) {
			fprintf(stderr, "%c: %d, site at %#llx\n", *p, code,
				(unsigned long long)rt.fault.address);
			return 1;
		}
	}
	printf("%p\n", (const void *)__executable_start);
	return fclose(log_file) ? 1 : 0;
}
