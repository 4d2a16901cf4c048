/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module.h - tables for module loaders
 *
 *	module.c	ld-wrap -r --rts-table
 *	module-place.c	a relocatable file gets addresses
 *	module-file.c	the file is written, and read again
 */
#ifndef LW_MODULE_H
#define LW_MODULE_H

#include "lw.h"
#include "module-place.h"
#include "table.h"

struct lw_module {
	struct lw_link *asked;		/* with the inputs */
	struct lw_link own;		/* with the linked file as its input */
	struct lw_layout layout;	/* of that file */
	lw_bytes table;			/* the images */
	LW_ARRAY(Elf64_Rela) relocations;	/* of .rts.tab */
};

/* Over the linked file; dies if that fails. */
void lw_module_write(const struct lw_module *);

typedef LW_ARRAY(struct lw_module_image {
	uint64_t address, room;
}) lw_module_images;

/*
 * Read such a file, place it, apply its relocations and seal its tables, as a
 * module loader does.  NULL, or why that cannot be done.
 */
const char *lw_module_read(struct lw_image *, const char *path, bool reversed,
			   lw_module_images *);

#endif /* LW_MODULE_H */
