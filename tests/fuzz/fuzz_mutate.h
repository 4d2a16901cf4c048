/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_mutate.h - an input of fuzz_rtld as its mutator sees it
 *
 * fuzz_mutate.c changes things, fuzz_sites.c sites, and fuzz_repair.c makes
 * most of the rest agree.
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz_number.h"
#include "fuzz_rtld.h"
#include "rts/abi.h"

/* The arrays of a table, in the order of the header. */
enum array { TEXTS, MARKS, SLOTS, FORMS, ENCODINGS, POOL, STREAMS, STRINGS,
	     ARRAYS };

struct input {
	uint8_t *data;		/* HEAD, text, objects, table */
	uint8_t *table;
	size_t size, room;	/* of all */
};

/* The bytes of one element; how many there are, where they begin. */
extern const unsigned fuzz_element[ARRAYS];
uint32_t fuzz_count(const struct input *in, enum array a);
uint8_t *fuzz_at(const struct input *in, enum array a, uint32_t i);
/* Any of them; NULL if there is none. */
uint8_t *fuzz_any(const struct input *in, enum array a);
/* Do all arrays lie within the table? */
int fuzz_is_whole(const struct input *in);
/* Room for n elements more at the end of an array: where; or NULL. */
uint8_t *fuzz_grow(struct input *in, enum array a, uint32_t n);

/* Of any slot: a site more, or less, or another one. */
void fuzz_change_sites(struct input *in);

/* Make a table that rtld_open() and rtld_validate() take, or nearly so: each
 * rule is left out once in `damage' times.  0: no rule is. */
void fuzz_repair(struct input *in, uint32_t damage);
/* End each slot before its first site that makes no sense, and give the others
 * the bytes of one of their encodings. */
void fuzz_repair_sites(struct input *in);

#endif /* FUZZ_MUTATE_H */
