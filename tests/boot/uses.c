// SPDX-License-Identifier: GPL-3.0-or-later
/* uses.c - two functions for each row of uses.def */
#include "uses.h"

bool use_flag;
uint8_t use_byte = 5;
uint16_t use_short = 5;
uint32_t use_int = 5;
unsigned long use_word = 5;
uint64_t use_wide = 5;
uint8_t use_shift = 5;	/* less than a register has bits */

void *const use_objects[] = {
	&use_flag, &use_byte, &use_short, &use_int, &use_word, &use_wide,
	&use_shift, NULL
};

/*
 * Once, and whole: other CPUs may be reading.  gcc 12 makes two stores of
 * use_flag = n & 1, first of n and then an AND in memory.
 */
#define STORE(object, value) \
	(*(volatile __typeof__(object) *)&(object) = (value))

/* Around every width's limits, and around what uses.def compares with. */
RTS_SETTER void uses_choose(unsigned n)
{
	static const uint64_t values[USE_SETS] = {
		5, 0, 1, ~0ull, 4, 6, ~1ull, ~2ull, 0x7f, 0x80, 0xff, 0x1234,
		0x7fff, 0x8000, 0xffff, 0x12345678, 0x7fffffff, 0x80000000,
		0xffffffff, 0x123456789abcdef0
	};

	STORE(use_flag, n & 1);
	STORE(use_byte, (uint8_t)values[n]);
	STORE(use_short, (uint16_t)values[n]);
	STORE(use_int, (uint32_t)values[n]);
	STORE(use_word, (unsigned long)values[n]);
	STORE(use_wide, values[n]);
	STORE(use_shift, values[n] & 31);
}

#define CARRY	0x801ul		/* OF, CF */
#define LOGIC	0x8c5ul		/* all but AF, which logic leaves undefined */
#define ALL	0x8d5ul

/* `cmp' is there for the flags that come in: those of y - x. */
#define RUN(instructions, operand)					\
	__asm__ volatile("cmp %[x], %[y]\n\t" instructions "\n\t"	\
			 "pushf\n\tpop %[f]"				\
			 : [r] "+&q"(s->r), [f] "=r"(s->flags)		\
			 : [v] "m"(operand), [x] "r"(s->x), [y] "r"(s->y) \
			 : "cc", "memory")

/* Pointers to them that no compiler knows the content of. */
#define HIDE(variable)							\
	static const volatile __typeof__(variable)			\
		*volatile hidden_##variable = &variable
HIDE(use_flag);
HIDE(use_byte);
HIDE(use_short);
HIDE(use_int);
HIDE(use_word);
HIDE(use_wide);
HIDE(use_shift);

#define USE_NAMED(name, variable, flags, instructions, plain)		\
	static noinline void bound_##name(struct use_state *s)		\
	{								\
		RUN(instructions, variable);				\
	}								\
	static noinline void memory_##name(struct use_state *s)		\
	{								\
		RUN(plain, *hidden_##variable);				\
	}
#define USE(name, variable, flags, instructions)			\
	USE_NAMED(name, variable, flags, instructions, instructions)
#define unused		__attribute__((unused))
#define C_FUNCTION(name, what, expression)				\
	static noinline void what##_##name(struct use_state *s)		\
	{								\
		const unsigned long a unused = s->x, b unused = s->y;	\
									\
		s->r = (unsigned long)(expression);			\
	}
/* The expression with v as the operand's content. */
#define C_WITH(operand, expression)					\
	__extension__ ({						\
		const __typeof__(operand) v = operand;			\
		expression;						\
	})
#define USE_DECLARED(name, variable, expression, plain)			\
	C_FUNCTION(name, bound, expression)				\
	C_FUNCTION(name, memory, C_WITH(*hidden_##variable, plain))
#define USE_C(name, variable, expression)				\
	C_FUNCTION(name, bound, C_WITH(variable, expression))		\
	C_FUNCTION(name, memory, C_WITH(*hidden_##variable, expression))
#include "uses.def"
#undef USE
#undef USE_NAMED
#undef USE_C
#undef USE_DECLARED

#define ROW(name, flags)	{ #name, bound_##name, memory_##name, flags },
#define USE(name, variable, flags, instructions)	ROW(name, flags)
#define USE_NAMED(name, variable, flags, instructions, plain)		\
	ROW(name, flags)
#define USE_C(name, variable, expression)	ROW(name, 0)
#define USE_DECLARED(name, variable, expression, plain)	ROW(name, 0)
const struct use uses[] = {
#include "uses.def"
};
const unsigned uses_count = sizeof(uses) / sizeof(uses[0]);
