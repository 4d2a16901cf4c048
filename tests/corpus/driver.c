// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * driver.c - set the marked variables, call every function, say what came out
 *
 * Prints, for each phase, `phase NAME', then a line for each set of contents
 * and each function: SET FUNCTION HASH, over many arguments.  Linked by plain
 * ld there is one phase only, `unbound', and that is what the others must
 * equal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "platform/process.h"
#include "rtld.h"

#define INPUTS	13

/* ---- marked ---------------------------------------------------------- */

#define DEFINE(t)	t x_##t = 1, arr_##t[4] = { 1, 2, 3, 4 };
EACH_TYPE(DEFINE)
struct cfg cfg, bank[3];
struct bits bits;
bool flag;
u8 amount;
const u32 *pointer = table, *nothing;
const struct cfg *holder = &bank[2];
const char *name = "no";
double real;

/* ---- the functions' company ------------------------------------------ */

const u32 table[16] = {
	3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3
};
struct cfg out;

u64 one(u64 x) { return x * 0x9e3779b9 + 1; }
u64 two(u64 x) { return (x >> 3) ^ 0x1234; }
u64 three(u64 x, u64 y, u64 z) { return x + 3 * y + 7 * z; }
u64 call_it(function_t *f, u64 x) { return f(x, 3) + 1; }
void call_void(void (*f)(u64, u64), u64 x) { f(x, 4); }

u64 sum_of(const u32 *from, u64 n)
{
	u64 sum = n;

	while (n--)
		sum += from[n];
	return sum;
}

const void *pick_pointer(const void *p, u64 a)
{
	static const u64 zero;

	return a & 1 ? p : &zero;
}

static u64 plus(u64 a, u64 b) { return a + b + 1; }
static u64 times(u64 a, u64 b) { return a * 3 + b * 5; }
static u64 mixed(u64 a, u64 b) { return (a ^ b) + (b >> 7); }
static u64 zero(u64 a, u64 b) { (void)a, (void)b; return 0; }

struct ops ops = { plus, times, NULL };
RTS_DEFINE_FUNC(chosen, plus);
RTS_DEFINE_FUNC_NULLABLE(maybe);

static void count(u64 a, u64 b) { out.u64 += a * 3 + b; }
static void clear(u64 a, u64 b) { out.u64 = b - a; }
static void idle(u64 a, u64 b) { (void)a, (void)b; }

/* Bodies that stand where the call was. */
#ifdef RTS_INLINE
RTS_INLINE(zero, RTS_CLOBBER_RAX | RTS_CLOBBER_RDX | RTS_CLOBBER_FLAGS,
	   "xor %eax, %eax; cltd");
RTS_INLINE(idle, RTS_CLOBBERS_NONE, "");
#ifdef __x86_64__
RTS_INLINE(plus, RTS_CLOBBER_RAX, "lea 1(%rdi, %rsi), %rax");
#endif
#endif

/* ---- contents -------------------------------------------------------- */

/* The first sets give the same to all, cut to its width; the others not. */
static const u64 same[] = {
	0, 1, 2, 4, 5, 6, -(u64)1, -(u64)2, 0x7e, 0x7f, 0x80, 0x81, 0xff,
	0x7ffe, 0x7fff, 0x8000, 0x8001, 0xffff, 0x7ffffffe, 0x7fffffff,
	0x80000000, 0x80000001, 0xffffffff, 0x100000000, -(u64)0x80000000,
	-(u64)0x80000001, ((u64)1 << 63) - 1, (u64)1 << 63,
	((u64)1 << 63) + 1, 0x8000000080008080, 100
};
#define SAME	(sizeof(same) / sizeof(same[0]))
#define SETS	(SAME + 11)

static unsigned set_now;

static u64 value(unsigned n)
{
	u64 x = (set_now + 1) * 0x9e3779b97f4a7c15 + n * 0xbf58476d1ce4e5b9;

	if (set_now < SAME)
		return same[set_now];
	x ^= x >> 30;
	x *= 0x94d049bb133111eb;
	x ^= x >> 27;
	if (x & 1)
		return x >> (x >> 8) % 63;
	return same[(x >> 1) % SAME];
}

static void fill(struct cfg *c, unsigned n)
{
	c->u8 = (u8)value(n);
	c->s8 = (s8)value(n + 1);
	c->u16 = (u16)value(n + 2);
	c->s16 = (s16)value(n + 3);
	c->u32 = (u32)value(n + 4);
	c->s32 = (s32)value(n + 5);
	c->u64 = value(n + 6);
	c->s64 = (s64)value(n + 7);
	c->flag = value(n + 8) & 1;
}

/* Pointers change, too: the set is what tells them. */
RTS_SETTER static void set_pointers(unsigned k)
{
	static function_t *const functions[] = { plus, times, zero, mixed };
	static void (*const voids[])(u64, u64) = { NULL, count, idle, clear };

	pointer = table + k % 8;
	nothing = k % 3 ? NULL : table + 1;
	holder = &bank[k % 3];
	name = k % 2 ? "yes" : "no";
	ops.first = functions[k % 4];
	ops.second = functions[(k + 1) % 4];
	ops.none = k % 3 ? NULL : mixed;
	RTS_SET_FUNC(chosen, functions[(k + 2) % 4]);
	RTS_SET_FUNC(maybe, voids[k / 4 % 4]);
}

/* As one word: to store a field is to read its neighbours, and until the next
 * bind a bound load gives what they were.  A compiler would even make fields of
 * the assignment, if it knew what is assigned. */
RTS_SETTER static void set_bits(void)
{
	struct bits b = {
		.a = value(300) & 7, .b = value(301) & 1,
		.c = value(302) & 0xfff, .d = value(303) & 3,
		.e = value(304) & 3
	};

	__asm__("" : "+m"(b));
	bits = b;
}

RTS_SETTER static int set(void *arg)
{
	unsigned n = 100;

	set_now = *(unsigned *)arg;
	set_statics(value);
#define SET(t)	x_##t = (t)value(n++);					\
		for (unsigned i = 0; i < 4; i++)			\
			arr_##t[i] = (t)value(n++);
	EACH_TYPE(SET)
	fill(&cfg, 200);
	for (unsigned i = 0; i < 3; i++)
		fill(&bank[i], 220 + 20 * i);
	set_bits();
	flag = value(305) & 1;
	amount = value(307) & 31;
	real = (double)(s32)value(306);
	set_pointers(set_now);
	return 0;
}

/* ---- running --------------------------------------------------------- */

static u64 hash(const struct corpus *c)
{
	static const u64 inputs[] = {
		0, 1, -(u64)1, 0x80, 0x7fffffff, 0x80000000, 0xffff8000,
		0x0123456789abcdef, 0xfedcba9876543210, 5, 0xff, 1000, 3
	};
	u64 sum = 0xcbf29ce484222325;

	memset(&out, 0, sizeof(out));
	for (unsigned i = 0; i < INPUTS; i++) {
		sum = (sum ^ c->run(inputs[i], inputs[(i * 5 + 3) % INPUTS])) *
		      0x100000001b3;
		sum ^= sum >> 29;
	}
	return sum;
}

static void run_all(void)
{
	for (unsigned i = 0; i < corpus_count; i++) {
		if (corpus[i].run)
			printf("%u %s %" PRIx64 "\n", set_now, corpus[i].name,
			       hash(&corpus[i]));
	}
}

/* One thread, without a signal's handler; and what calls rtld is no site. */
static int inside(void *ctx, const void *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
	return 0;
}

static void must(const char *what, int rc)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, rtld_errname(rc));
	exit(1);
}

static void unbound(const char *phase)
{
	printf("phase %s\n", phase);
	for (unsigned k = 0; k < SETS; k++) {
		set(&k);
		run_all();
	}
}

/* Each set by itself, from linked text; then from one to the next; then
 * linked text again. */
static void bound(struct rtld *rt, struct rtld_host *host)
{
	printf("phase bound\n");
	for (unsigned k = 0; k < SETS; k++) {
		set(&k);
		must("bind", rtld_bind(rt, host));
		fprintf(stderr, "set %u sites %u bound %u kept %u\n", k,
			rt->stats.sites, rt->stats.bound, rt->stats.kept);
		run_all();
		must("check", rtld_check(rt, host));
		must("unbind", rtld_unbind(rt, host));
	}
	printf("phase rebound\n");
	for (unsigned k = 0; k < SETS; k++) {
		must("switch", rtld_switch(rt, host, set, &k));
		run_all();
	}
	must("unbind", rtld_unbind(rt, host));
	unbound("unbound-again");
}

int main(void)
{
	static struct rtld_process process;
	struct rtld_host *host;
	struct rtld rt;

	unbound("unbound");
	if (!RTS_TABLE_SIZE)
		return 0;
	must("open", rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE));
	must("host", rtld_process_init(&process, &rt));
	host = rtld_process_host(&process);
	host->inside = inside;
	bound(&rt, host);
	return process.lost != 0;
}
