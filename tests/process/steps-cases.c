// SPDX-License-Identifier: GPL-3.0-or-later
/* steps-cases.c - what steps-cases.S calls, and the list of it */
#include "steps.h"

void (*volatile steps_wait)(void);

/* None changes more than its result and what a call may. */
static noinline long times(long x) { return x * 5; }
static noinline long thrice(long x) { return x * 3 + 1; }
static noinline long three(long x) { (void)x; return 3; }
RTS_INLINE(three, RTS_CLOBBER_RAX, "movl $3, %eax");
static noinline long zero(long x) { (void)x; return 0; }
RTS_INLINE(zero, RTS_CLOBBER_RAX | RTS_CLOBBER_FLAGS, "xorl %eax, %eax");
static noinline long seven(long x) { (void)x; return 7; }
RTS_INLINE(seven, RTS_CLOBBER_RAX, "push $7; pop %rax");
static noinline long nine(long x) { (void)x; return 9; }
RTS_INLINE(nine, RTS_CLOBBER_RAX | RTS_CLOBBER_RCX, "push $9; pop %rcx; "
	   "xchg %eax, %ecx");
/* Sleeps meanwhile. */
#define ALIGN_STACK	__attribute__((force_align_arg_pointer))
void steps_nap(void);
ALIGN_STACK void steps_nap(void)
{
	if (steps_wait)
		steps_wait();
}

static noinline long sleepy(long x)
{
	steps_nap();
	return x * 7;
}
static long (*const functions[CONTENTS])(long) = {
	times, three, seven, zero, thrice, nine, sleepy
};

RTS_DECLARE_FUNC(long, pick, (long));
RTS_DEFINE_FUNC(pick, times);
RTS_DECLARE_FUNC(void, maybe, (void));
RTS_DEFINE_FUNC_NULLABLE(maybe);
/* second: any of them; third: or NULL. */
struct ops { long (*first)(long), (*second)(long), (*third)(long); };
extern struct ops ops;
RTS_OPS(ops);
struct ops ops = { times, times, NULL };

/* %rax is their argument and their result. */
void more(void), twice(void), nap(void);
__asm__(".text\n"
	"nap:	push %rax; call steps_nap; pop %rax; add $3, %rax; ret\n"
	"more:	add $1000, %rax; ret\n"
	"twice:	add %rax, %rax; ret\n");
RTS_INLINE(twice, RTS_CLOBBER_RAX | RTS_CLOBBER_FLAGS, "add %rax, %rax");
static void (*const optional[CONTENTS])(void) = {
	NULL, more, twice, NULL, twice, more, nap
};

RTS_SETTER void steps_choose(unsigned n)
{
	static const unsigned char sets[CONTENTS] = { 0, 1, 2, 19, 8, 3, 4 };

	uses_choose(sets[n]);
	RTS_SET_FUNC(pick, functions[n]);
	RTS_SET_FUNC(maybe, optional[n]);
	ops.second = functions[n];
	ops.third = n & 1 || n == SLEEPY ? functions[n] : NULL;
}

#define CASES(X)							\
	X(PLAIN, call) X(PLAIN, tail) X(PLAIN, jcc) X(PLAIN, call_slot)	\
	X(PLAIN, tail_slot) X(PLAIN, push_slot) X(PLAIN, nullable)	\
	X(PLAIN, tail_nullable) X(PLAIN, call_thunk) X(PLAIN, tail_thunk) \
	X(PLAIN, alone_cmp) X(PLAIN, alone_load) X(PLAIN, alone_setcc)	\
	X(PLAIN, alone_cmov)						\
	X(WINDOW, window) X(WINDOW, window_between)			\
	X(WINDOW, window_slot) X(WINDOW, window_nullable)		\
	X(DEPENDS, thunk_null) X(DEPENDS, tail_thunk_null)		\
	X(DEPENDS, thunk_twice) X(DEPENDS, thunk_told)			\
	X(DEPENDS, depends_load) X(DEPENDS, depends_word)		\
	X(DEPENDS, depends_twice) X(DEPENDS, depends_setcc)		\
	X(DEPENDS, depends_cmov) X(DEPENDS, depends_three)

#define FUNCTION(group, name)						\
	long asm_##name(long);						\
	static noinline void run_##name(struct use_state *s)		\
	{								\
		s->r = (unsigned long)asm_##name((long)s->x);		\
	}
CASES(FUNCTION)
#define ROW(group, name)	{ #name, run_##name, group },
const struct step_case step_cases[] = { CASES(ROW) };
const unsigned step_cases_count = sizeof(step_cases) / sizeof(*step_cases);
