/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sequence.h - an instruction that depends on the one that uses the slot
 *
 *	sequence-x86.c    finds such instructions behind a use
 *	conditions-x86.c  for which contents a condition holds
 *	alive-x86.c       whether what it goes by is asked for once more
 *	dependent-x86.c   the form of such an instruction
 *	thunks-x86.c      names of retpolines
 */
#ifndef SEQUENCE_H
#define SEQUENCE_H

#include "lw.h"

struct lw_run;

/* A comparison of V, or of a register that was loaded with it, with a
 * constant. */
enum lw_compare_kind {
	LW_COMPARE_CMP,		/* cmp $constant, V */
	LW_COMPARE_TEST,	/* test $constant, V */
	LW_COMPARE_BIT		/* bt $constant, V; constant has that bit */
};

struct lw_comparison {
	enum lw_compare_kind kind;
	unsigned width;		/* bits that are compared */
	unsigned content;	/* bits of V */
	bool is_signed;		/* how V was extended, if width is more */
	uint64_t constant;	/* its lower width bits count */
};

/* When a condition holds: the first guard that matches V decides; the last
 * one always matches. */
struct lw_predicate {
	unsigned count;
	struct {
		uint8_t guard;
		uint64_t data[2];
		bool holds;
	} at[3];
	bool is_signed;		/* V is to be extended so for the guards */
};

/* condition: the lower four bits of the opcode.  False: no guards say it. */
bool lw_predicate(const struct lw_comparison *by, unsigned condition,
		  struct lw_predicate *p);
/* The flags (LW_FLAG_*) that it asks for. */
uint32_t lw_condition_flags(unsigned condition);

/* An x86 instruction taken apart as far as its ModRM byte. */
struct lw_parts {
	const unsigned char *bytes;
	unsigned machine, length;
	unsigned pads;		/* ignored prefixes in front */
	unsigned at;		/* where the opcode stands */
	unsigned rex;		/* 0x40..0x4f, or 0 */
	unsigned opcode;	/* 0x0f84 for the two-byte ones */
	unsigned modrm;
	bool opsize;		/* has a 66 prefix */
	bool odd;		/* has another prefix that means something */
};

struct lw_parts lw_parts_of(unsigned machine, const unsigned char *bytes,
			    unsigned length);
static inline unsigned lw_parts_reg(const struct lw_parts *p)
{
	return (p->modrm >> 3 & 7) | (p->rex & 4) << 1;
}
static inline unsigned lw_parts_rm(const struct lw_parts *p)
{
	return (p->modrm & 7) | (p->rex & 1) << 3;
}
/* Bits of operands that are not bytes. */
static inline unsigned lw_parts_width(const struct lw_parts *p)
{
	return p->rex & 8 ? 64 : p->opsize ? 16 : 32;
}

/* Is it jcc, setcc %r8 or cmovcc %r,%r, without odd prefixes? */
bool lw_is_conditional(const struct lw_parts *p, unsigned *condition);
/* Its form; width: of the slot, in bytes. */
void lw_form_conditional(const struct lw_parts *p, const struct lw_predicate *,
			 unsigned width, struct lw_form *form);

/* Is it a direct call or jmp with a 32-bit distance? */
bool lw_is_direct(const struct lw_parts *p);
/* Its form, if it goes to a thunk that calls, or jumps to, V. */
void lw_form_thunk(const struct lw_parts *p, unsigned width,
		   struct lw_form *form);

/*
 * What depends on a use: adds its sites, and says how many.  If there are none
 * though something depends on it, *why says why.
 */
struct lw_instruction;
size_t lw_sequence_x86(struct lw_run *run, struct lw_reference *one,
		       const struct lw_instruction *use,
		       enum lw_reason *why);

/* Are these registers and flags (of LW_FLAGS) overwritten before anybody asks
 * for them, wherever control goes from each of these offsets? */
bool lw_is_dead(const struct lw_run *run, const uint64_t *from, unsigned count,
		uint32_t registers, uint32_t flags);

/* The registers that a call leaves as they are. */
uint32_t lw_preserved(unsigned machine);

/* The number of the register that a retpoline of this name jumps to, or -1. */
int lw_thunk_register(const char *name);

/* The same of the thunk that this relative branch goes to. */
struct lw_flow;
int lw_thunk_called(const struct lw_run *run, uint64_t at,
		    const struct lw_flow *flow);

/* The first relocation of the run's section that is not before offset. */
size_t lw_relocation_from(const struct lw_run *run, uint64_t offset);

#endif /* SEQUENCE_H */
