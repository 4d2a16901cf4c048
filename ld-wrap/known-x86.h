/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * known-x86.h - what is known at one point of a body or a function
 */
#ifndef LW_KNOWN_X86_H
#define LW_KNOWN_X86_H

#include "effects-x86.h"

#define LW_KNOWN_WORDS	64	/* of the stack that are followed */

struct lw_known {
	uint32_t changed;	/* hold something else than at entry */
	bool lost;		/* depth is not known */
	int64_t depth;		/* words below the return address */
	int64_t frame;		/* depth where %rbp points, -1: none */
	int pointer;		/* register that was loaded from a fixed place
				   (a jump table's would have an index), or -1 */
	int8_t word[LW_KNOWN_WORDS];	/* whose content at entry; -1: nobody's */
};

/* At entry: nothing is changed, nothing is on the stack. */
void lw_known_begin(struct lw_known *s);
/* The word so many below the return address holds what a register held at
 * entry, if that does so still; reg -1: something else. */
void lw_known_set(struct lw_known *s, int64_t at, int reg);
/* After the instruction.  False: it takes more off the stack than there is. */
bool lw_known_apply(struct lw_known *s, const struct lw_effects *e);

#endif /* LW_KNOWN_X86_H */
