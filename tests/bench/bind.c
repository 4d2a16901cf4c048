// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bind.c - how long rtld takes for a site, and a bare loop for the same
 *
 * The peer is what one would write by hand for calls alone: an array of
 * addresses, and for each the five bytes of a direct call, unchecked.  Both
 * write the same text, which is made writable once, outside the clock.
 *
 *	bind ROUNDS		times both, prints figures
 *	bind 0			binds once and ends, to be counted by callgrind
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "rtld.h"
#include "rtstatic.h"

struct ops { int (*f[8])(int); };
extern struct ops ops;
extern unsigned shift[8];
extern unsigned long limit[8];
extern unsigned long sink;
RTS_DECLARE_FUNC(int, chosen, (int));

static int one(int x) { return x + 1; }
static int two(int x) { return x + 2; }

struct ops ops = { { one, one, one, one, one, one, one, one } };
unsigned shift[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
unsigned long limit[8] = { 8, 7, 6, 5, 4, 3, 2, 1 };
unsigned long sink;
RTS_DEFINE_FUNC(chosen, one);

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void set(unsigned round)
{
	int (*f)(int) = round & 1 ? two : one;

	for (unsigned i = 0; i < 8; i++) {
		ops.f[i] = f;
		shift[i] = round + i;
		limit[i] = round * 3 + i;
	}
	RTS_SET_FUNC(chosen, f);
}

static void refuse(const char *what, int rc)
{
	fprintf(stderr, "bind: %s: %s\n", what, rtld_strerror(rc));
	exit(1);
}

static void open_text(void)
{
	extern const char __executable_start[], etext[];
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)__executable_start & ~(page - 1);
	uintptr_t to = ((uintptr_t)etext + page - 1) & ~(page - 1);

	if (mprotect((void *)from, to - from,
		     PROT_READ | PROT_WRITE | PROT_EXEC)) {
		perror("bind: mprotect");
		exit(1);
	}
}

/* The sites' addresses, as the host sees them go by. */
struct list {
	unsigned char **at;
	size_t count, room;
};

static void record(void *ctx, void *text, const void *bytes, size_t n)
{
	struct list *list = ctx;

	if (list->count < list->room)
		list->at[list->count++] = text;
	memcpy(text, bytes, n);
}

static double time_rtld(struct rtld *rt, const struct rtld_host *host,
			unsigned rounds)
{
	double start = seconds();

	for (unsigned i = 0; i < rounds; i++) {
		int rc;

		set(i);
		rc = rtld_bind(rt, host);
		if (rc < 0)
			refuse("bind", rc);
	}
	return seconds() - start;
}

static double time_loop(const struct list *list, unsigned rounds)
{
	double start = seconds();

	for (unsigned i = 0; i < rounds; i++) {
		uintptr_t to = (uintptr_t)(i & 1 ? two : one);

		for (size_t k = 0; k < list->count; k++) {
			unsigned char *p = list->at[k];
			uint32_t rel = (uint32_t)(to - (uintptr_t)p - 5);

			p[0] = 0xe8;
			memcpy(p + 1, &rel, 4);
		}
		__asm__ volatile("" : : : "memory");
	}
	return seconds() - start;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 0;
	struct list list = { 0 };
	struct rtld_host recorder = { .ctx = &list, .write = record };
	struct rtld_host host = { 0 };
	double ours, loop;
	struct rtld rt;
	int rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);

	if (rc < 0)
		refuse("open", rc);
	open_text();
	if (!rounds) {
		rc = rtld_bind(&rt, &host);
		if (rc < 0)
			refuse("bind", rc);
		printf("sites %u\nbound %u\nbytes %u\n", rt.stats.sites,
		       rt.stats.bound, rt.size);
		return 0;
	}
	rc = rtld_check(&rt, &host);	/* counts the sites */
	if (rc < 0)
		refuse("check", rc);
	list.room = rt.stats.sites;
	list.at = calloc(list.room, sizeof(*list.at));
	if (!list.at)
		return 1;
	rc = rtld_bind(&rt, &recorder);
	if (rc < 0)
		refuse("bind", rc);
	ours = time_rtld(&rt, &host, rounds) / rounds;
	rc = rtld_unbind(&rt, &host);
	if (rc < 0)
		refuse("unbind", rc);
	loop = time_loop(&list, rounds) / rounds;
	printf("rtld_ns %.1f\nloop_ns %.2f\n", ours * 1e9 / rt.stats.sites,
	       loop * 1e9 / (double)list.count);
	free(list.at);
	return 0;
}
