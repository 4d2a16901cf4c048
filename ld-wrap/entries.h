/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entries.h - who may enter a stretch of code
 *
 *	entries.c  what the object's symbols and relocations lead to
 *	sweep.c    what the section's own instructions lead to
 *	landing.c  what unwinding leads to
 *
 * Offsets in it count from the first byte of an input section.
 */
#ifndef ENTRIES_H
#define ENTRIES_H

#include "lw.h"

/* What a field in data says of code: as a distance from its own place, and as
 * one from the beginning of its table. */
struct lw_entry_distance {
	size_t section;		/* of the table */
	uint64_t table;		/* where it begins there */
	uint64_t from_place, from_table;	/* where it leads to */
};

/* The code of one input section: a bit for each byte. */
struct lw_entry_code {
	const unsigned char *data;	/* as it came in */
	size_t size;
	unsigned char *entered;
	LW_ARRAY(uint64_t) starts;	/* where decoding can begin; sorted */
	LW_ARRAY(uint64_t) functions;	/* those that are functions */
	LW_ARRAY(struct lw_entry_distance) distances;
	LW_ARRAY(uint64_t) bases;	/* labels whose address code takes */
	bool swept;
};

/* One object: its sections with code have code[i].data. */
struct lw_entry_object {
	const struct lw_object *object;
	struct lw_entry_code *code;	/* by section */
};

/* Offsets outside of the section are nobody's. */
void lw_entry_set(struct lw_entry_code *code, uint64_t offset);
/* Nothing is known about [first, end). */
void lw_entry_set_all(struct lw_entry_code *code, uint64_t first,
		      uint64_t end);

/* The stretch [*first, *end) between two of these around the offset. */
void lw_entry_between(const uint64_t *at, size_t count, uint64_t offset,
		      uint64_t size, uint64_t *first, uint64_t *end);

/* Add what the section's own instructions lead to. */
void lw_entry_sweep(unsigned machine, const struct lw_entry_object *object,
		    size_t section);

/* Add the landing pads of all the object's sections. */
void lw_entry_landing(const struct lw_entry_object *object);

#endif /* ENTRIES_H */
