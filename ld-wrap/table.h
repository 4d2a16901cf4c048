/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.h - what the makers of .rts.tab and of .rts.rela share */
#ifndef LW_TABLE_H
#define LW_TABLE_H

#include "lw.h"

/* The room for a table is a multiple of this, so that a few more sites in the
 * next link of the same kernel need not move what lies behind it. */
#define LW_TABLE_ROUND	64

/* Store the low n bytes of value as the target reads them. */
void lw_table_store(void *to, uint64_t value, size_t n);

/* ---- between table.c and table-forms.c -------------------------------- */

typedef LW_ARRAY(unsigned char) lw_bytes;

void lw_put(lw_bytes *, const void *, size_t n);
void lw_put_le(lw_bytes *, uint64_t value, unsigned n);

/* A site with all that it is sorted by. */
struct lw_use {
	uint64_t slot, address;
	size_t mark;		/* index in the image */
	size_t site;		/* index into link.sites */
	size_t form;		/* index in the image, once forms are sorted */
	unsigned width;
};

struct lw_table {
	struct lw_link *link;
	uint64_t base;		/* address of the header */
	struct lw_use *uses;
	size_t use_count, mark_count, slot_count, shape_count, encoding_count;
	uint64_t text0;		/* where the first site of a slot counts from */
	lw_bytes text, marks, slots, forms, encodings, pool, stream, strings;
	bool failed;
};

static inline const struct lw_form *lw_form_of(const struct lw_table *t,
					       const struct lw_use *u)
{
	return &t->link->forms.at[t->link->sites.at[u->site].form];
}

/* Compare by this; if equal go on. */
#define LW_ORDER(a, b)							\
	do {								\
		if ((a) != (b))						\
			return (a) < (b) ? -1 : 1;			\
	} while (0)

void lw_table_no_space(struct lw_table *, const char *what, size_t n,
		       size_t max);

/* Fill forms, encodings and pool; give each use the number of its form.  Uses
 * are in order of address. */
void lw_table_forms(struct lw_table *);

#endif /* LW_TABLE_H */
