/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode.h - a decoder for just the x86-64 instructions that sites can be
 *
 * For programs that look at their own text: which instruction is here, and
 * which address or constant does it carry?  Deliberately a second opinion: it
 * shares no line with rtld and ld-wrap.  No libc, so a kernel can use it.
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

static inline uint64_t decode_field(const unsigned char *p)
{
	return (uint64_t)(int64_t)(int32_t)rts_ld32(p);
}

static inline struct instruction decode_relative(enum how how,
						 const unsigned char *p)
{
	return (struct instruction){ how, (uintptr_t)p + 4 + decode_field(p) };
}

static inline struct instruction decode_modrm(const unsigned char *p,
					      bool wide)
{
	bool rip = (p[1] & 0xc7) == 5;

	if (p[0] == 0xff && p[1] == 0x15)
		return decode_relative(CALL_SLOT, p + 2);
	if (p[0] == 0xff && p[1] == 0x25)
		return decode_relative(JMP_SLOT, p + 2);
	if (p[0] == 0xff && p[1] == 0x35)
		return decode_relative(PUSH_SLOT, p + 2);
	if ((p[0] == 0x8b || p[0] == 0x63) && rip)
		return decode_relative(LOAD, p + 2);
	if (p[0] == 0x8d && rip)
		return decode_relative(CONSTANT, p + 2);
	if (p[0] == 0xc7 && (p[1] & 0xf8) == 0xc0)
		return (struct instruction){
			CONSTANT, wide ? decode_field(p + 2) : rts_ld32(p + 2)
		};
	return (struct instruction){ OTHER, 0 };
}

static inline struct instruction decode(const unsigned char *p)
{
	bool wide = false;

	if (rts_ld32(p) == 0xfa1e0ff3)	/* endbr64, at a function's entry */
		p += 4;
	while (*p == 0x2e || *p == 0x3e || *p == 0x67)
		p++;
	if ((*p & 0xf0) == 0x40)
		wide = *p++ & 8;
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

/* What an instruction of 7 bytes can produce in a 64-bit register. */
static inline bool fits_load(uint64_t v, const unsigned char *site)
{
	int64_t distance = (int64_t)(v - (uintptr_t)site - 7);

	return (uint64_t)(int64_t)(int32_t)v == v || (uint32_t)v == v ||
	       (int32_t)distance == distance;
}

#endif /* TESTS_DECODE_H */
