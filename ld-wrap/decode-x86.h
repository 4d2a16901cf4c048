/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode-x86.h - what one x86 instruction does with one of its fields
 *
 * decode-x86.c and effects-x86.c alone know the decoder library; the rest
 * asks two questions: how long is this instruction and where are its fields,
 * and: how does it use this field.  Each is asked for a machine: EM_X86_64, or
 * EM_386, which has the same opcodes but no REX and no PC-relative operands.
 */
#ifndef LW_DECODE_X86_H
#define LW_DECODE_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LW_INSTRUCTION_MAX	15	/* bytes; the CPU refuses longer ones */

/* Where a displacement, an immediate or a branch distance stands. */
struct lw_field {
	uint8_t at, size;	/* bytes from the instruction's first, bytes */
};

struct lw_fields {
	uint8_t length;		/* of the instruction */
	uint8_t count;
	struct lw_field at[3];	/* one displacement, up to two immediates */
};

enum lw_operand {
	LW_OPERAND_NONE,	/* not an operand of this instruction */
	LW_OPERAND_MEMORY,	/* the memory at .target, known exactly */
	LW_OPERAND_INDEXED,	/* memory at .target + registers */
	LW_OPERAND_ADDRESS,	/* lea: the address alone, exact or not */
	LW_OPERAND_BRANCH,	/* .target is where it goes */
	LW_OPERAND_IMMEDIATE	/* .target is the immediate */
};

struct lw_instruction {
	uint64_t address;
	uint16_t machine;	/* EM_X86_64 or EM_386 */
	uint8_t length;
	uint8_t bytes[LW_INSTRUCTION_MAX];
	struct lw_field field;	/* the one that was asked about */
	enum lw_operand operand;
	uint64_t target;	/* sign-extended to 64 bits as the CPU does */
	/* MEMORY and INDEXED only */
	uint8_t width;		/* bytes of memory it accesses */
	bool reads, writes;
	bool pc_relative;	/* else the field is the address itself */
	bool segment;		/* relative to %fs or %gs: not this memory */
	bool vector;		/* loads or stores an SSE, AVX, x87 register */
};

/* Length and fields of the instruction at code, of which max bytes may be
 * read; false if there is none. */
bool lw_decode_fields(unsigned machine, const unsigned char *code, size_t max,
		      struct lw_fields *);

/* What the instruction at code does with the field that starts at byte field;
 * false if there is no instruction, or nothing begins there. */
bool lw_decode_operand(unsigned machine, const unsigned char *code, size_t max,
		       uint64_t address, unsigned field,
		       struct lw_instruction *);

/* Is that an instruction of APX, with its 32 registers: one with a REX2 prefix,
 * or with what EVEX had no meaning for?  The others know none of them. */
bool lw_is_apx(unsigned machine, const unsigned char *code, size_t max);

/* Where an instruction may lead. */
enum lw_flow_kind {
	LW_FLOW_NEXT,		/* only to the one behind it */
	LW_FLOW_CONDITIONAL,	/* there, or to .target */
	LW_FLOW_JUMP,		/* only to .target */
	LW_FLOW_CALL,		/* direct or not: comes back, but with what? */
	LW_FLOW_INDIRECT,	/* jmp through a register or memory */
	LW_FLOW_AWAY		/* ret, syscall, int */
};

struct lw_flow {
	struct lw_fields fields;
	enum lw_flow_kind kind;
	bool relative;		/* has a target, that many bytes behind the */
	int64_t target;		/* instruction's first byte */
	bool takes_address;	/* lea of a PC-relative address, the same way */
	bool landing;		/* endbr: may be an indirect branch's target */
	uint8_t distance;	/* where the field of .target stands in it */
};

/* Where the instruction at code leads; cheap enough for all of them. */
bool lw_decode_flow(unsigned machine, const unsigned char *code, size_t max,
		    struct lw_flow *);

/* The flags that conditions decide on. */
#define LW_FLAG_C	0x0001u
#define LW_FLAG_P	0x0004u
#define LW_FLAG_Z	0x0040u
#define LW_FLAG_S	0x0080u
#define LW_FLAG_O	0x0800u
#define LW_FLAGS	(LW_FLAG_C | LW_FLAG_P | LW_FLAG_Z | LW_FLAG_S | \
			 LW_FLAG_O)

/* What an instruction may change, and what it reads: flags, and the sixteen
 * general registers, any part of each. */
struct lw_changes {
	uint32_t flags, registers;
	uint32_t reads_flags, reads;
	uint32_t kills_flags, kills;	/* what it overwrites as a whole,
					   whatever happens */
};

bool lw_decode_changes(unsigned machine, const unsigned char *code,
		       size_t max, struct lw_changes *);

#endif /* LW_DECODE_X86_H */
