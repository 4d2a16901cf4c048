/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stress.h - hundreds of sites, each answer checked for old or new
 *
 * Everything follows from one number, the epoch: stress_choose(e) sets each
 * variable and function to what epoch e has.  A pass goes through all sites of
 * stress.S and notes what each gave.  Before it, `published' is read: from that
 * epoch on a switch-over has returned.  Behind it, `announced': up to that one
 * it has begun.  Each answer must be that of an epoch between the two.
 */
#ifndef BOOT_STRESS_H
#define BOOT_STRESS_H

/* How many sites of each sort, in the order of a pass. */
#define ST_CALLS	96	/* call st_func: epoch & 7 */
#define ST_OPS		64	/* call *st_ops: epoch & 7 */
#define ST_OPS_NEXT	32	/* call *st_ops+8: (epoch + 3) & 7 */
#define ST_LOADS	96	/* mov st_int: epoch */
#define ST_WIDES	32	/* mov st_wide: epoch * ST_WIDE, 64 bits */
#define ST_BYTES	32	/* movzb st_byte: epoch & 255 */
#define ST_ADDS		32	/* add st_int: epoch + 7 */
#define ST_COMPARES	32	/* cmp $0, st_flag; je: epoch & 1 */
#define ST_BODIES	32	/* call st_body, perhaps its body: epoch & 3 */
#define ST_PATCHED	32	/* call st_patch, which is replaced: epoch & 3 */
#define ST_WINDOWS	16	/* push; call; pop: what was pushed */
#define ST_ANSWERS	(ST_CALLS + ST_OPS + ST_OPS_NEXT + ST_LOADS +	\
			 ST_WIDES + ST_BYTES + ST_ADDS + ST_COMPARES +	\
			 ST_BODIES + ST_PATCHED + ST_WINDOWS)
#define ST_SMALL	16	/* of a small pass: 8 calls, 8 loads */
#define ST_WIDE		0x100000001
#define ST_PUSHED	0x5555

#ifndef __ASSEMBLER__

#include "smp.h"

extern unsigned published, announced;	/* atomic */

void stress_init(void);

/* Where the windows stand; a site that all handlers pass through, and one that
 * none does. */
extern const unsigned char *const st_windows[ST_WINDOWS];
extern const unsigned char st_small_site[], st_pass_site[];
#define ST_WINDOW_LENGTH	9

/* Commands to another CPU: struct percpu's. */
#define DEAF		1	/* let no interrupt through */
#define LINGER		2	/* stay where a window calls */

/* Give everything what this epoch has.  Passes through no site. */
void stress_choose(unsigned epoch);

/* On any CPU, at any time. */
void stress_pass(struct percpu *cpu);
void stress_small(struct percpu *cpu);

unsigned stress_random(struct percpu *cpu, unsigned below);

#endif /* __ASSEMBLER__ */
#endif /* BOOT_STRESS_H */
