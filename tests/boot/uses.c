// SPDX-License-Identifier: GPL-3.0-or-later
/* uses.c - two functions for each row of uses.def */
#include "uses.h"

bool use_flag;
uint8_t use_byte = 5;
uint16_t use_short = 5;
uint32_t use_int = 5;
unsigned long use_word = 5;

void *const use_objects[] = {
	&use_flag, &use_byte, &use_short, &use_int, &use_word, NULL
};

/* Around every width's limits, and around what uses.def compares with. */
RTS_SETTER void uses_choose(unsigned n)
{
	static const uint64_t values[USE_SETS] = {
		5, 0, 1, ~0ull, 4, 6, ~1ull, ~2ull, 0x7f, 0x80, 0xff, 0x1234,
		0x7fff, 0x8000, 0xffff, 0x12345678, 0x7fffffff, 0x80000000,
		0xffffffff, 0x123456789abcdef0
	};

	use_flag = n & 1;
	use_byte = (uint8_t)values[n];
	use_short = (uint16_t)values[n];
	use_int = (uint32_t)values[n];
	use_word = (unsigned long)values[n];
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
#define USE_C(name, variable, expression)				\
	static noinline void bound_##name(struct use_state *s)		\
	{								\
		const unsigned long a unused = s->x, b unused = s->y;	\
		const __typeof__(variable) v = variable;		\
		s->r = (unsigned long)(expression);	\
	}								\
	static noinline void memory_##name(struct use_state *s)		\
	{								\
		const unsigned long a unused = s->x, b unused = s->y;	\
		const __typeof__(variable) v = *hidden_##variable;	\
		s->r = (unsigned long)(expression);	\
	}
#include "uses.def"
#undef USE
#undef USE_NAMED
#undef USE_C

#define ROW(name, flags)	{ #name, bound_##name, memory_##name, flags },
#define USE(name, variable, flags, instructions)	ROW(name, flags)
#define USE_NAMED(name, variable, flags, instructions, plain)		\
	ROW(name, flags)
#define USE_C(name, variable, expression)	ROW(name, 0)
const struct use uses[] = {
#include "uses.def"
};
const unsigned uses_count = sizeof(uses) / sizeof(uses[0]);
