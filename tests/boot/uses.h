/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uses.h - variables that every kind of instruction uses
 *
 * work.c is how code is; this is what an instruction set can do.  Each row of
 * uses.def is compiled twice: with the variable as its operand, which ld-wrap
 * finds, and with the same memory through a register, which nobody can.  Both
 * run from the same registers and flags, and must end with the same: unbound
 * that is no wonder, bound it is the proof.
 */
#ifndef BOOT_USES_H
#define BOOT_USES_H

#include "kernel.h"

extern bool use_flag;			RTS_VAR(use_flag);
extern uint8_t use_byte;		RTS_VAR(use_byte);
extern uint16_t use_short;		RTS_VAR(use_short);
extern uint32_t use_int;		RTS_VAR(use_int);
extern unsigned long use_word;		RTS_VAR(use_word);
extern uint64_t use_wide;		RTS_VAR(use_wide);
extern uint8_t use_shift;		RTS_VAR(use_shift);

/* Registers before, and after. */
struct use_state {
	unsigned long r, x, y, flags;
};

struct use {
	const char *name;
	void (*bound)(struct use_state *);	/* the variable is its operand */
	void (*memory)(struct use_state *);	/* a pointer to it is */
	unsigned long flags;			/* that must agree */
};
extern const struct use uses[];
extern const unsigned uses_count;

/* Give the variables the nth set of values, n < USE_SETS. */
#define USE_SETS	20
void uses_choose(unsigned n);
extern void *const use_objects[];	/* up to NULL */

#endif /* BOOT_USES_H */
