/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode.h - a decoder for just the x86 instructions that sites can be
 *
 * For programs that look at their own text: which instruction is here, and
 * which address or constant does it carry?  Deliberately a second opinion: it
 * shares no line with rtld and ld-wrap.  No libc, so a kernel can use it.
 * What i386 has not: displacements from the next instruction, and REX; what
 * it alone has: a short load of %eax from an address (moffs).
 */
#ifndef TESTS_DECODE_H
#define TESTS_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#include "rts/env.h"

enum how {
	OTHER, CALL, CALL_SLOT, JMP, JMP_SLOT, JCC, PUSH, PUSH_SLOT, LOAD,
	CONSTANT
};

static const char *const how_names[] = {
	"something else", "call", "call *slot", "jmp", "jmp *slot", "jcc",
	"push constant", "push slot", "load", "constant"
};

struct instruction {
	enum how how;
	uint64_t value;		/* target, slot's address, or constant */
};

#ifdef __x86_64__
#define DECODE_64	1
#else
#define DECODE_64	0
#endif

static inline uint64_t decode_field(const unsigned char *p)
{
	return (uintptr_t)(intptr_t)(int32_t)rts_ld32(p);
}

static inline struct instruction decode_relative(enum how how,
						 const unsigned char *p)
{
	return (struct instruction){
		how, (uintptr_t)p + 4 + (uintptr_t)decode_field(p)
	};
}

/* A memory operand with nothing but a displacement. */
static inline struct instruction decode_memory(enum how how,
					       const unsigned char *p)
{
	return DECODE_64 ? decode_relative(how, p) :
			   (struct instruction){ how, rts_ld32(p) };
}

static inline struct instruction decode_modrm(const unsigned char *p,
					      bool wide)
{
	bool displacement = (p[1] & 0xc7) == 5;

	if (p[0] == 0xff && p[1] == 0x15)
		return decode_memory(CALL_SLOT, p + 2);
	if (p[0] == 0xff && p[1] == 0x25)
		return decode_memory(JMP_SLOT, p + 2);
	if (p[0] == 0xff && p[1] == 0x35)
		return decode_memory(PUSH_SLOT, p + 2);
	if ((p[0] == 0x8b || (DECODE_64 && p[0] == 0x63)) && displacement)
		return decode_memory(LOAD, p + 2);
	if (p[0] == 0x8d && displacement)
		return decode_memory(CONSTANT, p + 2);
	if (p[0] == 0xc7 && (p[1] & 0xf8) == 0xc0)
		return (struct instruction){
			CONSTANT, wide ? decode_field(p + 2) : rts_ld32(p + 2)
		};
	return (struct instruction){ OTHER, 0 };
}

static inline struct instruction decode(const unsigned char *p)
{
	bool wide = false;

	/* endbr64, endbr32, at a function's entry */
	if ((rts_ld32(p) & 0xfeffffff) == 0xfa1e0ff3)
		p += 4;
	while (*p == 0x2e || *p == 0x3e || *p == 0x67)
		p++;
	if (DECODE_64 && (*p & 0xf0) == 0x40)
		wide = *p++ & 8;
	if (!DECODE_64 && *p == 0xa1)
		return decode_memory(LOAD, p + 1);
	if (*p == 0xe8)
		return decode_relative(CALL, p + 1);
	if (*p == 0xe9)
		return decode_relative(JMP, p + 1);
	if (*p == 0x0f && (p[1] & 0xf0) == 0x80)
		return decode_relative(JCC, p + 2);
	if (*p == 0x68)
		return (struct instruction){ PUSH, decode_field(p + 1) };
	if ((*p & 0xf8) == 0xb8)
		return (struct instruction){
			CONSTANT, wide ? rts_ld64(p + 1) : rts_ld32(p + 1)
		};
	return decode_modrm(p, wide);
}

/* The call that returns here: 5 bytes direct, 6 through a slot. */
static inline struct instruction decode_call(const unsigned char *end)
{
	return decode(end[-6] == 0xff && end[-5] == 0x15 ? end - 6 : end - 5);
}

/* What an instruction of 7 bytes can produce in a 64-bit register; a register
 * of 32 bits takes all that it can hold from any. */
static inline bool fits_load(uint64_t v, const unsigned char *site)
{
	int64_t distance = (int64_t)(v - (uintptr_t)site - 7);

	return !DECODE_64 || (uint64_t)(int64_t)(int32_t)v == v ||
	       (uint32_t)v == v || (int32_t)distance == distance;
}

#endif /* TESTS_DECODE_H */
