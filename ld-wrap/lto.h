/* SPDX-License-Identifier: GPL-3.0-or-later */
/* lto.h - inputs whose code is made during the link (lto.c) */
#ifndef LTO_H
#define LTO_H

#include "lw.h"

/* Are there LTO code and marks?  Then link.lto is set: until the linker has
 * made native objects, the scan is blind to what they will say. */
void lw_lto_open(struct lw_link *);
bool lw_lto_is_blind(const struct lw_link *);
/* Is it in LTO code that an option's symbol has to be looked for, in vain? */
bool lw_lto_hides(const struct lw_link *, const struct lw_option_mark *);
void lw_lto_say_hidden(const struct lw_option_mark *);
/* Before a run of the real linker: the command that leaves its native objects
 * with us.  After it: scan them in place of the LTO code.  True: rts.o has to
 * be another, so it was all for nothing. */
void lw_lto_before(struct lw_link *);
bool lw_lto_after(struct lw_link *, const char *rts_o);

/* The command as it came. */
const struct lw_command *lw_lto_plain(const struct lw_link *);

/* Bytes of .rts.tab for LTO code that is not native yet; 0 if there is none. */
size_t lw_lto_guess(const struct lw_link *link);

/* ---- the files (lto-files.c) ------------------------------------------- */

/* A native object; suffix: what the linker appended, its number or nothing. */
struct lw_native {
	const char *path, *suffix;
	long number;
};

struct lw_natives {
	LW_ARRAY(struct lw_native) list;
};

/* The path of a file of ours that ends so; "": what all begin with. */
const char *lw_lto_file(const char *end);
/* In the linker's order. */
struct lw_natives lw_lto_natives(void);
/* --lto-obj-path: the user wants copies, under names that begin with to. */
void lw_lto_give(const char *to);

#endif /* LTO_H */
