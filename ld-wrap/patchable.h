/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * patchable.h - functions whose entry can be sent elsewhere (RTS_PATCHABLE)
 *
 * In the order of the stages that call them: records.c, scan.c, linked.c,
 * locate.c, fill.c.
 */
#ifndef LW_PATCHABLE_H
#define LW_PATCHABLE_H

#include "lw.h"
#include "scan.h"

struct lw_patchable {
	const char *name, *where;
	struct lw_spot slot, entry;
	struct lw_object *object;	/* of the record; */
	size_t section;
	uint64_t offset;		/* its field that names the function */
	/* After the link; 0: absent. */
	uint64_t linked_slot, function, site;
};

/* A record: spot is the slot, stub the function. */
void lw_patchable_add(struct lw_link *link, const struct lw_candidate *record,
		      size_t section, uint64_t offset);
size_t lw_patchable_count(const struct lw_link *link);
/* A reference for each. */
void lw_patchable_references(struct lw_link *link);
/* What a linked record says; in the order of the inputs. */
void lw_patchable_forget(struct lw_link *link);
void lw_patchable_linked(struct lw_link *link, const char *name, uint64_t slot,
			 uint64_t function);
/* Is this the site of one?  Then what is written there in the linked file:
 * the site's linked bytes and what follows; returns how many (of at most
 * RTS_SITE_MAX). */
bool lw_patchable_is(const struct lw_link *link, uint64_t site);
size_t lw_patchable_bytes(const unsigned char *linked, unsigned length,
			  unsigned char *bytes);

#endif /* LW_PATCHABLE_H */
