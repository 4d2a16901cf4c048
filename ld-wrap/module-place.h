/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module-place.h - a relocatable file as a module loader would place it
 *
 * Addresses and relocations: the file becomes an image.
 */
#ifndef LW_MODULE_PLACE_H
#define LW_MODULE_PLACE_H

#include "lw.h"

struct lw_layout {
	const struct lw_object *object;
	uint64_t *at;		/* of each section; 0: not loaded */
	uint64_t *symbols;	/* of each symbol, undefined ones too */
	uint64_t externs, room;	/* where those are, and each one's bytes */
	size_t extern_count;
	unsigned char *data;	/* the file, with addresses and segments */
	size_t size;
};

/*
 * Give each loaded section and each undefined symbol an address and apply the
 * relocations, as far as they make sense to a module loader.  The sections lie
 * apart, ascending or, if reversed, descending.  NULL, or why it cannot be
 * done.
 */
const char *lw_module_place(struct lw_layout *, const struct lw_object *,
		     bool reversed);

/* The section that an address lies in, or just behind; 0: none. */
size_t lw_layout_section(const struct lw_layout *, uint64_t address);

/* A symbol of the file by which an address can be said, and what is to be
 * added; 0: there is none. */
size_t lw_layout_symbol(const struct lw_layout *, uint64_t address,
			int64_t *addend);

#endif /* LW_MODULE_PLACE_H */
