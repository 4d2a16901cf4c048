/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rts/env.h - the one door between rtld and its surroundings
 *
 * Everything that rtld and the image layout take from outside enters here:
 * exact-width integers, size_t, and nothing else.  A kernel with its own
 * <linux/types.h> replaces this one file and compiles the rest unchanged.
 *
 * All loads from the image go through rts_ld16/32/64: the image may stand at
 * any address, and its byte order is the target's (little-endian for every
 * machine of ABI version 1), so nothing is ever read through a cast pointer.
 */
#ifndef RTS_ENV_H
#define RTS_ENV_H

#include <stddef.h>
#include <stdint.h>

/* The ELF e_machine of the CPU that this code is compiled for. */
#if defined(__x86_64__)
#define RTS_ENV_MACHINE	62	/* EM_X86_64 */
#elif defined(__i386__)
#define RTS_ENV_MACHINE	3	/* EM_386 */
#elif defined(__aarch64__)
#define RTS_ENV_MACHINE	183	/* EM_AARCH64 */
#elif defined(__riscv)
#define RTS_ENV_MACHINE	243	/* EM_RISCV */
#else
#define RTS_ENV_MACHINE	0
#endif

/* gcc -Os would call a function of three bytes, for it decides before it has
 * seen that the shifts are one load. */
#define RTS_ENV_INLINE	static inline __attribute__((__always_inline__))

RTS_ENV_INLINE uint16_t rts_ld16(const void *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint16_t)(b[0] | b[1] << 8);
}

RTS_ENV_INLINE uint32_t rts_ld32(const void *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	       (uint32_t)b[3] << 24;
}

RTS_ENV_INLINE uint64_t rts_ld64(const void *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return rts_ld32(b) | (uint64_t)rts_ld32(b + 4) << 32;
}

#endif /* RTS_ENV_H */
