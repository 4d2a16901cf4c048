/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * emulate-x86.h - do what the linked encoding of a site does
 *
 * Not for users of hosts: of this only struct rtld_regs is theirs, and that
 * stands in live-x86.h.
 */
#ifndef RTLD_EMULATE_X86_H
#define RTLD_EMULATE_X86_H

#include "live-x86.h"

#define RTLD_EMULATE_LOCAL_	__attribute__((visibility("hidden")))

#define RTLD_INSTRUCTION_MAX_	15	/* bytes, as the CPU has it */

/* One instruction of the closed set, taken apart. */
struct rtld_instruction_ {
	uint8_t kind;		/* emulate-x86.c's own */
	uint8_t length;		/* bytes */
	uint8_t what;		/* an operation, or a condition */
	uint8_t size;		/* of the register, in bytes */
	uint8_t width;		/* of what is read from memory, in bytes */
	uint8_t is_signed;	/* it is extended with its sign */
	uint8_t rex;		/* or 0 */
	uint8_t reg, rm;	/* with REX.R and REX.B */
	uint8_t field;		/* where the displacement stands */
	uint8_t field_size;	/* its bytes, or 0 */
	uint8_t relative;	/* it counts from the instruction's end */
};

/*
 * The instruction that begins at bytes, of which n can be read: its length, or
 * 0 if it is none of the set.  What the displacement is does not matter.
 */
RTLD_EMULATE_LOCAL_
unsigned rtld_instruction_(const unsigned char *bytes, unsigned n,
			   struct rtld_instruction_ *i);

/* Bytes of the pushes of one register each that stand in front of a call: a
 * site may begin with them, and no encoding changes them. */
RTLD_EMULATE_LOCAL_
unsigned rtld_pushes_(const unsigned char *bytes, unsigned n);

/* Do what it does; regs->ip is its address before, and the next one's after.
 * bytes are its own. */
RTLD_EMULATE_LOCAL_
void rtld_emulate_(const struct rtld_instruction_ *i,
		   const unsigned char *bytes, struct rtld_regs *regs);

#endif /* RTLD_EMULATE_X86_H */
