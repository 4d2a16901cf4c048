// SPDX-License-Identifier: GPL-3.0-or-later
/* mod.c - a module: marks of its own, and uses of the program's */
#include "module.h"

/* Behind the declaration, as a header of the kernel would have it. */
RTS_FUNC(kernel_mix, rts_slot_kernel_mix);

#define init_text __attribute__((section(".init.text"), noinline, used))

extern hidden unsigned level;		RTS_VAR(level);
static unsigned char small = 3;		RTS_VAR(small);
struct ops { unsigned (*step)(unsigned x); };
static struct ops ops;			RTS_OPS(ops);
static int flag;			RTS_VAR(flag);
RTS_DECLARE_FUNC(unsigned, mix, (unsigned x));

static unsigned add_one(unsigned x) { return x + 1; }
static unsigned add_two(unsigned x) { return x + 2; }
unsigned level = 10;
RTS_DEFINE_FUNC(mix, add_one);
static struct ops ops = { add_one };

unsigned get_level(unsigned x);
unsigned get_small(unsigned x);
unsigned get_step(unsigned x);
unsigned get_mix(unsigned x);
unsigned get_kernel_level(unsigned x);
unsigned get_kernel_step(unsigned x);
unsigned get_kernel_mix(unsigned x);
unsigned get_if(unsigned x);
unsigned init_level(unsigned x);
unsigned init_kernel_mix(unsigned x);
unsigned set_all(unsigned n);

unsigned get_level(unsigned x) { return x + level; }
unsigned get_small(unsigned x) { return x + small; }
unsigned get_step(unsigned x) { return ops.step(x) + 0; }
unsigned get_mix(unsigned x) { return mix(x) + 5; }
unsigned get_kernel_level(unsigned x) { return x + kernel_level; }
unsigned get_kernel_step(unsigned x) { return kernel_ops.step(x) + 5; }
unsigned get_kernel_mix(unsigned x) { return kernel_mix(x); }

/*
 * A branch that leads to another section, as compilers write it where they
 * know what is rare: its bytes are the loader's.
 */
__asm__("	.text\n"
	"	.globl	get_cold\n"
	"	.type	get_cold, @function\n"
	"get_cold:\n"
	"	cmpl	$11, level(%rip)\n"
	"	je	1f\n"
	"	lea	2(%rdi), %eax\n"
	"	ret\n"
	"	.size	get_cold, . - get_cold\n"
	"	.section .text.unlikely, \"ax\", @progbits\n"
	"1:	lea	1(%rdi), %eax\n"
	"	add	level(%rip), %eax\n"
	"	ret\n"
	"	.text\n");

/* One that does not. */
unsigned get_if(unsigned x)
{
	if (rts_if(flag))
		return x + 3;
	return x;
}

init_text unsigned init_level(unsigned x) { return x + level; }
init_text unsigned init_kernel_mix(unsigned x) { return kernel_mix(x) + 7; }

RTS_SETTER unsigned set_all(unsigned n)
{
	level = 10 + n;
	flag = n != 0;
	small = (unsigned char)(3 + n);
	ops.step = n ? add_two : add_one;
	RTS_SET_FUNC(mix, n ? add_two : add_one);
	return n;
}
