/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * anchor.h - how the parts of anchor.c share their work
 *
 *	anchor.c     which section comes when
 *	section.c    where one section is
 *	namesakes.c  which of several equal names stands where
 */
#ifndef ANCHOR_H
#define ANCHOR_H

#include "locate.h"

/* The bytes of a section that has been placed. */
struct lw_extent {
	uint64_t start, size;
	struct lw_anchor *anchor;
};

struct lw_placing {
	struct lw_link *link;
	struct lw_anchors *anchors;
	struct lw_hits hits;
	LW_ARRAY(struct lw_extent) taken;	/* given away, sorted */
	struct lw_contents contents;
	unsigned char *linked;		/* by object: 0 not asked, 1 no, 2 yes */
	bool folding;			/* what is left: only places that an
					   equal section has */
};

/* The section at hand. */
struct lw_placed {
	struct lw_content *content;
	struct lw_anchor *anchor;
};

/* lw_object_is_linked(), asked once for each object. */
bool lw_placing_is_linked(struct lw_placing *p, const struct lw_object *object);

/* False: the section has no bytes. */
bool lw_placed_open(struct lw_placing *p, struct lw_placed *sec,
		    struct lw_anchor *anchor);
/* Where the section is, by its references; *plain: if not there, nowhere. */
bool lw_placed_find(struct lw_placing *p, const struct lw_placed *sec,
		    uint64_t *base, bool *plain);
/* Find its place, and take it. */
void lw_section_place(struct lw_placing *p, struct lw_anchor *anchor);

/* Statics of one name: give each its own address. */
void lw_namesakes_settle(struct lw_placing *p);

#endif /* ANCHOR_H */
