/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * locate.h - how the parts of locating share their work
 *
 *	linked.c   where the linked image has the marks
 *	anchor.c   where it has the input sections that refer to them
 *	locate.c   the instruction at each reference; its class, form, site
 *	witness.c  the image asked the other way round, and the relocations
 *		   that the real linker emitted
 */
#ifndef LOCATE_H
#define LOCATE_H

#include "lw.h"

/* Where a reference's S+A is in the linked image, as if its field ended the
 * instruction. */
uint64_t lw_reference_target(const struct lw_link *link,
			     const struct lw_reference *reference);

/* Does the address belong to the mark: its object, or for a reference to a
 * stub that entry? */
bool lw_reference_covers(const struct lw_link *link,
			 const struct lw_reference *reference,
			 uint64_t address);

/* The type goes through the GOT, unless the linker relaxed it. */
bool lw_type_is_got(uint32_t type);

/* The marks' addresses, and the table's (linked.c). */
void lw_find_marks(struct lw_link *link);

/* The relocations of a section, ascending by offset (anchor.c). */
struct lw_relocations {
	const Elf64_Rela *at;
	size_t count;
};
struct lw_relocations lw_relocations_of(const struct lw_object *object,
					size_t section);

/* References [first, end) are those of one section in code; base is its
 * address, if it is in the image. */
struct lw_anchor {
	struct lw_object *object;
	size_t section;
	size_t first, end;
	bool placed;
	uint64_t base;
};

struct lw_anchors {
	struct lw_anchor *at;
	size_t count, room;
};

/* Place every section; sets place of the references in those found. */
void lw_anchor(struct lw_link *link, struct lw_anchors *anchors);

/* May this object's code be in the image?  Only a member of an archive may
 * not; then any global symbol of its own in the image says so. */
bool lw_object_is_linked(const struct lw_link *link,
			 const struct lw_object *object);

/* Uses that no relocation explains; what the emitted relocations say. */
struct lw_witness {
	size_t unexplained;
	size_t emitted;		/* emitted relocations against marks in code */
};
struct lw_witness lw_cross_check(struct lw_link *link);

/*
 * Does an instruction access memory, or branch, by the field at place?  Then
 * *target is where.  Decoded from the symbol before it in the image: for what
 * no input speaks of.
 */
bool lw_place_accesses(struct lw_link *link, uint64_t place, uint64_t *target);

#endif /* LOCATE_H */
