// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * branches-run.c - runs what branches-gen.py made, unbound and bound
 *
 * Every case leaves all that it may change in out[].  For each content that
 * must be the same unbound, bound, and bound anew from the content before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/process.h"
#include "rtld.h"
#include "rtstatic.h"

#define OUT	11

volatile uint8_t x8;	RTS_VAR(x8);
volatile uint16_t x16;	RTS_VAR(x16);
volatile uint32_t x32;	RTS_VAR(x32);
volatile uint64_t x64;	RTS_VAR(x64);

uint64_t out[OUT];
extern void (*const cases[])(void), (*const cases_end[])(void);
void run(void (*one)(void));

static const uint64_t values[] = {
	0, 1, 2, 3, 4, 0x41, 0x42, 0x43, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0xfe,
	0xff, 0x100, 0x7ffe, 0x7fff, 0x8000, 0x8001, 0xff7f, 0xff80, 0xff81,
	0xfffe, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff, 0x80000000,
	0x80000001, 0xffffff7f, 0xffffff80, 0xffffff81, 0xfffffffe,
	0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000,
	0x8000000000000001, 0xffffffff7fffffff, 0xffffffff80000000,
	0xffffffffffffff7f, 0xffffffffffffff80, 0xffffffffffffffff,
	0x123456789abcdef0,
};
#define VALUES	(sizeof(values) / sizeof(*values))

static uint64_t (*expected)[OUT];
static size_t count;
static unsigned long failures, runs;

static void store(uint64_t v)
{
	x8 = (uint8_t)v;
	x16 = (uint16_t)v;
	x32 = (uint32_t)v;
	x64 = v;
}

static void check(const char *what, size_t value)
{
	for (size_t i = 0; i < count; i++) {
		memset(out, 0, sizeof(out));
		run(cases[i]);
		runs++;
		if (!memcmp(out, expected[value * count + i], sizeof(out)))
			continue;
		if (failures++ < 10)
			printf("%s: case%zu differs for %#" PRIx64 "\n", what,
			       i, values[value]);
	}
}

int main(void)
{
	static struct rtld_process process;
	struct rtld rt;
	unsigned kept = 0;

	count = (size_t)(cases_end - cases);
	expected = calloc(VALUES * count, sizeof(*expected));
	if (!expected || rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&process, &rt))
		return 2;
	rtld_process_host(&process)->inside = rtld_process_alone;
	for (size_t v = 0; v < VALUES; v++) {
		store(values[v]);
		for (size_t i = 0; i < count; i++) {
			run(cases[i]);
			memcpy(expected[v * count + i], out, sizeof(out));
		}
	}
	for (size_t v = 0; v < VALUES; v++) {
		store(values[v]);
		if (rtld_bind(&rt, rtld_process_host(&process)))
			return 3;
		kept += rt.stats.kept;
		check("bound", v);
	}
	if (rtld_unbind(&rt, rtld_process_host(&process)))
		return 4;
	check("unbound", VALUES - 1);
	printf("cases %zu sites %u kept %u runs %lu failures %lu\n", count,
	       rt.stats.sites, kept, runs, failures);
	return failures != 0;
}
