/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * clobbers-x86.h - what a few instructions, or a function, may change
 */
#ifndef LW_CLOBBERS_X86_H
#define LW_CLOBBERS_X86_H

#include "effects-x86.h"
#include "lw.h"

/*
 * The instructions of a body (RTS_INLINE): the RTS_CLOBBER_* that they change,
 * and how many they are.  Returns NULL, or why they cannot be a body.
 */
const char *lw_body_clobbers(unsigned machine, const unsigned char *code,
			     size_t size, uint32_t *clobbers,
			     unsigned *instructions);

/*
 * What a call of the function at address may change, from its code in the
 * linked image and from that of all that it calls directly.  why is NULL, or
 * why the code could not be followed: clobbers is then everything.
 */
struct lw_clobbers {
	uint32_t mask;
	const char *why;
};
struct lw_clobbers lw_function_clobbers(struct lw_image *image,
					uint64_t address);

/* What the stub at address changes on its way to what its slot holds. */
struct lw_clobbers lw_stub_clobbers(struct lw_image *image, uint64_t address);

/* All that a call of a C function may change. */
uint32_t lw_clobbers_of_c(unsigned machine);

/* All that code may change. */
uint32_t lw_clobbers_all(unsigned machine);

/* "rax rbx flags", as the machine calls them. */
const char *lw_clobbers_text(unsigned machine, uint32_t mask);

#endif /* LW_CLOBBERS_X86_H */
