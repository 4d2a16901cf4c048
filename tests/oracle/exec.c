// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * exec.c - the CPU says whether a bound load does what the linked one did
 *
 * For many contents, each load runs as linked and as bound, with all registers
 * and flags random: its register must hold the content, extended as the
 * manual says, and everything else must be as before.  How many sites must be
 * bound is counted here, from the guards as the manual gives them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "platform/process.h"
#include "rtld.h"
#include "rtstatic.h"

#define FLAGS	0xcd5u		/* CF PF AF ZF SF DF OF */
#define RANDOM	300

struct use {			/* exec-sites.S makes them */
	void (*run)(void);
	const unsigned char *end;	/* of the site */
	uint64_t kind, reg;
};

struct state {
	uint64_t reg[16], flags;
};

extern const struct use exec_uses[], exec_uses_end[];
extern volatile uint64_t x64, exec_in[16], exec_out[16], exec_flags_in,
	exec_flags_out;
extern volatile uint32_t x32;

static unsigned long runs, bound, lea, failures;

/* xorshift64: any numbers, the same ones each time. */
static uint64_t any(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static int fits(uint64_t x)
{
	return x + 0x80000000u <= 0xffffffffu;
}

/* Is V within reach of lea, and of nothing better? */
static int is_near(const struct use *u, uint64_t v)
{
	return u->kind == RTS_TAG_LOAD64 && !fits(v) && v > 0xffffffffu &&
	       fits(v - (uint64_t)(uintptr_t)u->end);
}

static int can_bind(const struct use *u, uint64_t v)
{
	return u->kind != RTS_TAG_LOAD64 || fits(v) || v <= 0xffffffffu ||
	       is_near(u, v);
}

static uint64_t loaded(const struct use *u, uint64_t v)
{
	if (u->kind == RTS_TAG_LOAD32)
		return (uint32_t)v;
	if (u->kind == RTS_TAG_LOAD32S)
		return (uint64_t)(int64_t)(int32_t)(uint32_t)v;
	return v;
}

static void wrong(const struct use *u, uint64_t v, const char *how)
{
	if (failures++ < 20)
		printf("# kind %" PRIu64 " register %" PRIu64 " content 0x%"
		       PRIx64 ", %s: wrong\n", u->kind, u->reg, v, how);
}

static void run(const struct use *u, uint64_t v, const char *how)
{
	struct state before, after;
	unsigned i;

	for (i = 0; i < 16; i++)
		exec_in[i] = before.reg[i] = any();
	exec_flags_in = before.flags = (any() & FLAGS) | 0x202;
	before.reg[u->reg] = loaded(u, v);
	u->run();
	for (i = 0; i < 16; i++)
		after.reg[i] = exec_out[i];
	after.flags = exec_flags_out;
	if (memcmp(&before, &after, sizeof(after)))
		wrong(u, v, how);
	runs++;
}

static void refused(const char *what, int rc)
{
	printf("# %s: %s\n", what, rtld_errname(rc));
	failures++;
}

/* One content: as linked, bound, and linked again. */
static void content(struct rtld *rt, struct rtld_host *host, uint64_t v)
{
	const struct use *u;
	unsigned long want = 0;
	int rc;

	x64 = v;
	x32 = (uint32_t)v;
	for (u = exec_uses; u < exec_uses_end; u++) {
		run(u, v, "as linked");
		want += (unsigned)can_bind(u, v);
		lea += (unsigned)is_near(u, v);
	}
	rc = rtld_bind(rt, host);
	if (rc < 0)
		refused("bind", rc);
	if (rt->stats.bound != want || rt->stats.written != want) {
		printf("# content 0x%" PRIx64 ": %u bound, not %lu\n", v,
		       rt->stats.bound, want);
		failures++;
	}
	bound += rt->stats.bound;
	for (u = exec_uses; u < exec_uses_end; u++)
		run(u, v, "bound");
	rc = rtld_unbind(rt, host);
	if (rc < 0)
		refused("unbind", rc);
}

static void all_contents(struct rtld *rt, struct rtld_host *host)
{
	static const uint64_t edges[] = {
		0, 1, -(uint64_t)1, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, -(uint64_t)0x80000000, -(uint64_t)0x80000001,
		-(uint64_t)0x100000000, (uint64_t)1 << 63,
		((uint64_t)1 << 63) - 1
	};
	const struct use *u;
	unsigned i;

	for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		content(rt, host, edges[i]);
	/* Loads of x64(%rip), for every second or fourth register. */
	for (u = exec_uses + 1; u < exec_uses_end; u += 12) {
		uint64_t end = (uint64_t)(uintptr_t)u->end;

		content(rt, host, end);
		content(rt, host, end - 0x80000000u);
		content(rt, host, end - 0x80000001u);
		content(rt, host, end + 0x7fffffffu);
		content(rt, host, end + 0x80000000u);
	}
	for (i = 0; i < RANDOM; i++)
		content(rt, host, any() >> (i % 64));
}

int main(void)
{
	static struct rtld_process process;
	struct rtld rt;
	int rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);

	if (rc == 0 && rtld_process_init(&process, &rt))
		rc = -RTLD_E_HOST;
	if (rc == 0)
		all_contents(&rt, rtld_process_host(&process));
	else
		refused("open", rc);
	printf("uses %td runs %lu bound %lu lea %lu failures %lu lost %u\n",
	       exec_uses_end - exec_uses, runs, bound, lea, failures,
	       process.lost);
	return failures || process.lost;
}
