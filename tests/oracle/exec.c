// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * exec.c - the CPU says whether a bound site does what the linked one did
 *
 * For many contents of x, and for near and far targets, each site runs as
 * linked and as bound, from the same registers and flags, which are random;
 * afterwards both must have left the same registers, flags and memory.  What is
 * expected comes from the CPU alone, but for one thing: how many sites must be
 * bound is counted here, from the guards as the manual gives them, so that not
 * everything is simply kept.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/process.h"
#include "rtld.h"
#include "rtstatic.h"

#define FLAGS	0xcd5u		/* CF PF AF ZF SF DF OF */
#define SF	0x80u
#define RANDOM	150
#define STATES	3
#define REGS	(sizeof(void *) == 8 ? 16 : 8)
#define SP	4		/* the stack pointer's number */

enum limit { ANY, S32, LOAD, MASK, NEAR };	/* which contents bind */

struct use {			/* sites.py says what, exec-sites.S makes them */
	const void *site;
	const unsigned char *end;
	const char *name, *tag;
	uintptr_t limit, width;
};

struct state {
	uintptr_t reg[16], flags, stack[4];
};

extern const struct use exec_uses[], exec_uses_end[];
extern volatile uint64_t *const exec_x;	/* x, without a site here */
extern volatile uintptr_t exec_in[], exec_out[], exec_flags_in,
	exec_flags_out;
extern const void *volatile exec_site, *volatile exec_back;
extern uintptr_t *const exec_pointers[2];	/* what branches go through */
extern const uintptr_t exec_targets[2];
extern const char exec_done[];
void exec_run(void);

static unsigned long runs, bound, kept, lea, failures;
static uintptr_t stack[4], target, far_target;
static struct state *linked;	/* what each use did: STATES each */

/* xorshift64: any numbers, the same ones each time. */
static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t any(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A register: any bits, or what makes the flags differ. */
static uintptr_t any_register(uint64_t v)
{
	uint64_t r = any();

	switch (r >> 61) {
	case 0:
		return (uintptr_t)v;
	case 1:
		return (uintptr_t)-v;
	case 2:
		return (uintptr_t)(v + (r & 1 ? 1 : -(uint64_t)1));
	case 3:
		return (uintptr_t)1 << r % (8 * sizeof(uintptr_t));
	default:
		return (uintptr_t)any();
	}
}

static bool fits(uint64_t v)
{
	return v + 0x80000000u <= 0xffffffffu;
}

/* Is V within reach of lea, and of nothing better? */
static bool is_near(const struct use *u, uint64_t v)
{
	return u->limit == LOAD && !fits(v) && v > 0xffffffffu &&
	       fits(v - (uint64_t)(uintptr_t)u->end);
}

static bool can_bind(const struct use *u, uint64_t v)
{
	switch (u->limit) {
	case ANY:
		return true;
	case S32:
		return fits(v);
	case NEAR:
		return sizeof(void *) == 4 ||
		       fits(target - (uint64_t)(uintptr_t)u->end);
	case MASK:
		return fits(v) || v <= 0xffffffffu;
	default:
		return fits(v) || v <= 0xffffffffu || is_near(u, v);
	}
}

/* Run it once, from the next random state. */
static struct state run(const struct use *u, uint64_t v)
{
	struct state s = { .flags = 0 };
	unsigned i;

	for (i = 0; i < REGS; i++)
		exec_in[i] = any_register(v);
	for (i = 0; i < 4; i++)
		stack[i] = (uintptr_t)any();
	if (u->limit == NEAR || !strcmp(u->tag, "push-slot"))
		exec_in[SP] = (uintptr_t)&stack[2];
	exec_flags_in = (uintptr_t)((any() & FLAGS) | 0x202);
	exec_site = u->site;
	exec_back = exec_done;
	exec_run();
	for (i = 0; i < REGS; i++)
		s.reg[i] = exec_out[i];
	s.flags = exec_flags_out;
	memcpy(s.stack, stack, sizeof(stack));
	runs++;
	return s;
}

static void differs(const struct use *u, uint64_t v, const struct state *a,
		    const struct state *b)
{
	unsigned i;

	if (failures++ >= 20)
		return;
	printf("# %s %s, content 0x%" PRIx64 ":", u->tag, u->name, v);
	for (i = 0; i < REGS; i++) {
		if (a->reg[i] != b->reg[i])
			printf(" register %u: 0x%" PRIxPTR " but 0x%" PRIxPTR,
			       i, a->reg[i], b->reg[i]);
	}
	if (a->flags != b->flags)
		printf(" flags: 0x%" PRIxPTR " but 0x%" PRIxPTR, a->flags,
		       b->flags);
	if (memcmp(a->stack, b->stack, sizeof(a->stack)))
		printf(" memory");
	putchar('\n');
}

static void refused(const char *what, int rc)
{
	printf("# %s: %s\n", what, rtld_errname(rc));
	failures++;
}

static void run_all(uint64_t v, bool compare)
{
	uint64_t start = seed;
	struct state *s = linked, now;
	const struct use *u;

	for (u = exec_uses; u < exec_uses_end; u++) {
		for (unsigned i = 0; i < STATES; i++, s++) {
			now = run(u, v);
			/* rts_mask() leaves no sign flag to rely on where it
			 * is a 32-bit `and'. */
			if (u->limit == MASK && !fits(v))
				now.flags &= ~SF;
			if (!compare)
				*s = now;
			else if (memcmp(s, &now, sizeof(now)))
				differs(u, v, s, &now);
		}
	}
	if (!compare)
		seed = start;		/* the same states once more */
	if (*exec_x != v)
		refused("x has changed", 0);
}

/* Far from all text: mov $3, %eax; jmp *back. */
static bool make_far_target(void)
{
	static const unsigned char code[] = {
		0xb8, 3, 0, 0, 0, 0xff, 0x25
	};
	unsigned char *page = mmap((void *)((uintptr_t)1 <<
					    (sizeof(void *) == 8 ? 44 : 30)),
				   4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uintptr_t back = (uintptr_t)exec_done;
	uint32_t field = 0;

	if (page == MAP_FAILED)
		return false;
	far_target = (uintptr_t)page;
	if (sizeof(void *) == 4)
		field = (uint32_t)(far_target + sizeof(code) + 4);
	memcpy(page, code, sizeof(code));
	memcpy(page + sizeof(code), &field, 4);
	memcpy(page + sizeof(code) + 4, &back, sizeof(back));
	return !mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void next_target(void)
{
	if (target == exec_targets[0])
		target = exec_targets[1];
	else if (target == exec_targets[1])
		target = far_target;
	else
		target = exec_targets[0];
	*exec_pointers[0] = *exec_pointers[1] = target;
}

/* One content: as linked, bound, and linked again. */
static void content(struct rtld *rt, struct rtld_host *host, uint64_t v)
{
	const struct use *u;
	unsigned long want = 0;
	int rc;

	*exec_x = v;
	next_target();
	for (u = exec_uses; u < exec_uses_end; u++) {
		want += can_bind(u, v);
		lea += is_near(u, v);
	}
	run_all(v, false);
	rc = rtld_bind(rt, host);
	if (rc < 0)
		refused("bind", rc);
	if (rt->stats.bound != want || rt->stats.written != want) {
		printf("# content 0x%" PRIx64 ": %u bound of %u, not %lu\n", v,
		       rt->stats.bound, rt->stats.sites, want);
		failures++;
	}
	bound += rt->stats.bound;
	kept += rt->stats.kept;
	run_all(v, true);
	rc = rtld_unbind(rt, host);
	if (rc < 0)
		refused("unbind", rc);
}

/* The edges of every field, on both sides, and in both signs. */
static void all_edges(struct rtld *rt, struct rtld_host *host)
{
	static const unsigned bits[] = { 7, 8, 15, 16, 31, 32, 63 };
	unsigned i;

	content(rt, host, 0);
	content(rt, host, 1);
	content(rt, host, -(uint64_t)1);
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		uint64_t edge = (uint64_t)1 << bits[i];

		content(rt, host, edge - 1);
		content(rt, host, edge);
		content(rt, host, edge + 1);
		content(rt, host, -edge - 1);
		content(rt, host, -edge);
		content(rt, host, -edge + 1);
	}
}

/* How far lea reaches, from every fourth of its sites. */
static void lea_edges(struct rtld *rt, struct rtld_host *host)
{
	const struct use *u;
	unsigned n = 0;

	for (u = exec_uses; u < exec_uses_end; u++) {
		uint64_t end = (uint64_t)(uintptr_t)u->end;

		if (u->limit != LOAD || n++ % 4)
			continue;
		content(rt, host, end);
		content(rt, host, end - 0x80000000u);
		content(rt, host, end - 0x80000001u);
		content(rt, host, end + 0x7fffffffu);
		content(rt, host, end + 0x80000000u);
	}
}

static void all_contents(struct rtld *rt, struct rtld_host *host)
{
	all_edges(rt, host);
	lea_edges(rt, host);
	for (unsigned i = 0; i < RANDOM; i++)
		content(rt, host, any() >> (i % 64));
}

int main(void)
{
	static struct rtld_process process;
	size_t uses = (size_t)(exec_uses_end - exec_uses);
	struct rtld rt;
	int rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);

	linked = calloc(uses * STATES, sizeof(*linked));
	if (!linked || !make_far_target())
		rc = -RTLD_E_HOST;
	if (rc == 0 && rtld_process_init(&process, &rt))
		rc = -RTLD_E_HOST;
	if (rc == 0)
		all_contents(&rt, rtld_process_host(&process));
	else
		refused("open", rc);
	printf("uses %zu runs %lu bound %lu kept %lu lea %lu failures %lu "
	       "lost %u\n", uses, runs, bound, kept, lea, failures,
	       process.lost);
	return failures || process.lost;
}
