/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scan.h - what the two halves of the scan share
 *
 *	names.c   which input symbols have one of a set of names
 *	records.c marks in the inputs: section .rts.mark
 *	marks.c   marks, from records and options, resolved and folded
 *	scan.c    references
 */
#ifndef SCAN_H
#define SCAN_H

#include "lw.h"

/* Sums of what an input says may overflow; they wrap as in the target. */
static inline int64_t lw_sum(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* What a global symbol of this name is to a mark. */
struct lw_role {
	bool used;
	size_t mark;		/* index into link.marks */
	bool stub;		/* its stub, or a function to be redirected */
	int64_t offset;		/* of the symbol from the object's, or the
				   stub's, first byte */
};

/* A global name that we look for. */
struct lw_name {
	const char *text;
	uint64_t key;		/* its first bytes, see names.c */
	size_t next;		/* of the same hash; index + 1 */
	size_t best;		/* the hit that defines it; index + 1, or 0 */
	unsigned rank;		/* of that definition */
	struct lw_role role;
};

/* A global symbol of an object with such a name. */
struct lw_hit {
	size_t object, symbol, name;
};

#define LW_NAME_BUCKETS 4096

struct lw_scan {
	const struct lw_link *link;
	LW_ARRAY(struct lw_name) names;
	LW_ARRAY(struct lw_hit) hits;
	size_t buckets[LW_NAME_BUCKETS];	/* index + 1 */
	size_t walked;		/* names before this one have their hits */
	bool in_order;		/* hits ascend by object */
};

/*
 * What --wrap makes of a name where it is used: SYM is __wrap_SYM, and
 * __real_SYM is SYM.  And the name that an object's symbol is used by: what
 * an object defines itself, only lld wraps.
 */
const char *lw_wrapped_name(const struct lw_command *command,
			    const char *name);
/* What to write for a name to mean just that. */
const char *lw_unwrapped_name(const struct lw_command *command,
			      const char *name);
const char *lw_used_name(const struct lw_link *link,
			 const struct lw_object *object, size_t symbol);

/* The index of a name in the set, new or not. */
size_t lw_name_add(struct lw_scan *scan, const char *text);

/* Look for the names that were added since the last walk in all objects:
 * fills hits, and best of those names. */
void lw_name_walk(struct lw_link *link);

/* Hits ascend by object and symbol after this. */
void lw_name_sort(struct lw_scan *scan);

/* The hit that defines the name for the link, or NULL. */
const struct lw_hit *lw_name_definition(const struct lw_scan *scan,
					size_t name);

/* Does this symbol define something with an address? */
bool lw_defines(const struct lw_object *object, const Elf64_Sym *symbol,
		size_t index);

/* A place that a mark or a field speaks of: a global symbol + offset, or, if
 * the symbol is local, object + section + offset. */
struct lw_spot {
	bool set;
	bool global;
	size_t name;		/* global: in scan.names */
	int64_t offset;
	struct lw_object *object;	/* local, or the definition of name */
	size_t section;
	uint64_t value;
	uint64_t size;		/* st_size there, 0 if unknown */
	uint8_t type;		/* STT_* there */
};

/* The spot of symbol + addend in an object. */
struct lw_spot lw_spot_of(struct lw_scan *scan, struct lw_object *object,
			  size_t symbol, int64_t addend);

/* A mark before it is resolved and folded. */
struct lw_candidate {
	const char *name, *where;
	enum rts_kind kind;
	uint64_t size;			/* 0: the symbol's */
	struct lw_object *object;	/* of the record, NULL for an option */
	const struct lw_option_mark *option;
	struct lw_spot spot, stub;
	bool redirect, nullable, drop;
};

struct lw_candidates {
	struct lw_candidate *at;
	size_t count, room;
};

/* Collect the records of all objects (records.c). */
void lw_records_read(struct lw_link *link, struct lw_candidates *found);

/* The object's first SHT_RELA for a section, or 0. */
size_t lw_rela_of(const struct lw_object *object, size_t section);
Elf64_Rela lw_rela(const unsigned char *data, size_t index);

/* A size for .rts.tab that holds all these references (scan.c). */
size_t lw_table_estimate(const struct lw_link *link);

#endif /* SCAN_H */
