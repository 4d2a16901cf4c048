/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * effects-x86.h - what one x86 instruction does to registers, stack and flow
 *
 * decode-x86.h asks an instruction about one of its fields; this asks it about
 * all that it changes.  Registers are a mask of RTS_CLOBBER_*, as rtstatic.h
 * has them; the stack pointer is never in it, but is told apart below.
 */
#ifndef LW_EFFECTS_X86_H
#define LW_EFFECTS_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtstatic.h"

#define LW_CLOBBERS_ALL	0x3ffefu	/* every register but the stack's */
#define LW_REG_SP	4		/* hardware numbers */
#define LW_REG_BP	5
#define LW_REG_FLAGS	16		/* pushf, popf */

enum lw_way {
	LW_WAY_NEXT,
	LW_WAY_JUMP,
	LW_WAY_BRANCH,		/* conditional */
	LW_WAY_CALL,
	LW_WAY_RETURN,
	LW_WAY_STOP,		/* a trap on purpose: ud2, int3 */
	LW_WAY_SYSTEM		/* int, syscall, iret, far branches */
};

enum lw_stack {
	LW_STACK_NONE,
	LW_STACK_PUSH,
	LW_STACK_POP,
	LW_STACK_ADJUST,	/* by a constant: .bytes are added to it */
	LW_STACK_FRAME,		/* mov %rsp,%rbp */
	LW_STACK_UNFRAME,	/* lea bytes(%rbp),%rsp; mov %rbp,%rsp */
	LW_STACK_LEAVE,
	LW_STACK_OTHER		/* written in a way that is not followed */
};

struct lw_effects {
	uint8_t length;
	uint8_t word;		/* bytes that a push takes: 8 or 4 */
	enum lw_way flow;
	enum lw_stack stack;
	int64_t bytes;		/* of ADJUST and UNFRAME */
	int reg;		/* that is pushed or popped, or -1 */
	uint32_t writes;	/* RTS_CLOBBER_* */
	bool relative;		/* an operand counts from the instruction */
	bool direct;		/* JUMP, BRANCH, CALL: target is known */
	bool through;		/* JUMP, CALL: through a pointer at a fixed
				   place */
	bool looks;		/* reads the stack pointer, or memory by it */
	bool direction;		/* std */
	bool segment;		/* has an fs or gs prefix */
	bool memory, by_stack;	/* accesses memory; by esp, ebp */
	uint64_t target;
	int pointer;		/* the register that a mov loads from a fixed
				   place, or that a JUMP goes by; or -1 */
	/* mov of a whole register to, or from, (%rsp) or (%rbp) + disp */
	bool saves, loads;
	int base, moved;
	int64_t disp;
	unsigned size;		/* bytes of that memory, 0: not known */
	/* another store to memory by %rsp or %rbp + disp alone */
	bool stores;
};

/* The instruction at code, of which max bytes may be read, as it stands at
 * address; false if there is none. */
bool lw_decode_effects(unsigned machine, const unsigned char *code, size_t max,
		       uint64_t address, struct lw_effects *);

#endif /* LW_EFFECTS_X86_H */
