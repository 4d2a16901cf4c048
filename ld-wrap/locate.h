/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * locate.h - how the parts of locating share their work
 *
 *	linked.c   where the linked image has the marks
 *	hits.c     which fields of its code lead there
 *	content.c  what an input section looks like in it
 *	anchor.c   where it has the input sections that refer to them
 *		   (section.c, namesakes.c: see anchor.h)
 *	declared-x86.c  uses and functions that were declared to be special
 *	patchable-x86.c  entries of functions that can be replaced
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

/* Statics of one name and kind, in several inputs. */
bool lw_are_namesakes(const struct lw_mark *a, const struct lw_mark *b);

/* The type goes through the GOT, unless the linker relaxed it. */
bool lw_type_is_got(uint32_t type);
/* What became of such a use. */
enum lw_got_use {
	LW_GOT_NONE,		/* no linker makes that of it */
	LW_GOT_KEPT,		/* it goes through a slot of the GOT */
	LW_GOT_RELATIVE,	/* its field is S+A-P */
	LW_GOT_EARLIER,		/* the same, and a byte earlier */
	LW_GOT_ABSOLUTE		/* its field is S */
};
/* in, out: its field in the input, and in the image (content.c). */
enum lw_got_use lw_got_use(const unsigned char *in, const unsigned char *out);
/* The field is S+A or S+A-P, whatever the linker relaxed. */
bool lw_type_is_plain(uint32_t type);
/* S+A, from such a field at place. */
uint64_t lw_plain_value(const struct lw_image *, uint32_t type, uint64_t place,
			const unsigned char *at);

/* The marks' addresses, and the table's (linked.c). */
void lw_find_marks(struct lw_link *link);

/* The relocations of a section, ascending by offset (content.c). */
struct lw_relocations {
	const Elf64_Rela *at;
	size_t count;
};
struct lw_relocations lw_relocations_of(const struct lw_object *object,
					size_t section);

/*
 * That a section is decoded in step is shown by its relocations: each in the
 * instruction at the offset must be a field of it.  linked: in the image,
 * where the linker may have rewritten what it stands in.  *next is the first
 * relocation not before the instruction, and becomes the first behind it.
 */
struct lw_fields;
bool lw_in_step(const struct lw_relocations *all, size_t *next, uint64_t at,
		const struct lw_fields *fields, bool linked);

/* A section as it came in, and what is known about its place. */
struct lw_content {
	const struct lw_object *object;
	size_t section;
	const unsigned char *data;
	size_t size;
	unsigned char *mask;	/* 1: the linker leaves this byte alone */
	struct lw_relocations relocations;
	bool tried;
	bool based;		/* base is known */
	uint64_t base;
};

struct lw_contents {
	struct lw_link *link;
	struct lw_content **at;	/* by object and section */
};

/* NULL if it has no bytes. */
struct lw_content *lw_content_of(struct lw_contents *all,
				 const struct lw_object *object,
				 size_t section);
/* Are the bytes at (as many as it has) the section's? */
bool lw_content_matches(const struct lw_content *c, const unsigned char *at);
/* If it stands at base, does where its fields have the other sections of its
 * object fit what is known of those? */
bool lw_content_agrees(struct lw_contents *all, const struct lw_content *c,
		       uint64_t base, const unsigned char *at);
/* It does stand there: so do the others. */
void lw_content_settle(struct lw_contents *all, const struct lw_content *c,
		       uint64_t base, const unsigned char *at);

/* A 32-bit field in the image's code, read as one may be, that leads to what
 * some reference leads to (hits.c). */
struct lw_place_hit {
	uint64_t target, place;
};

/* A slot of the GOT, and what it is or will be filled with. */
struct lw_got_slot {
	uint64_t content, address;
};

struct lw_hits {
	struct lw_place_hit *at;	/* sorted by target, then place */
	size_t count, room;
	LW_ARRAY(struct lw_got_slot) slots;	/* sorted by content */
};

void lw_hits_find(struct lw_link *link, struct lw_hits *hits);
/* The hits of one target: the first, and how many. */
const struct lw_place_hit *lw_hits_of(const struct lw_hits *hits,
				      uint64_t target, size_t *count);
/* The slots of the GOT that hold one address: the first, and how many. */
const struct lw_got_slot *lw_hits_slots(const struct lw_hits *hits,
					uint64_t content, size_t *count);

/* References [first, end) are those of one section in code; base is its
 * address, if it is in the image. */
struct lw_anchor {
	struct lw_object *object;
	size_t section;
	size_t first, end;
	bool placed;
	uint64_t base;
	struct lw_anchor *twin;	/* the next of those that the linker may have
				   folded into this one */
};

struct lw_anchors {
	struct lw_anchor *at;
	size_t count, room;
};

/* A placed section as code that can be decoded: what the stages behind the
 * decoding of one instruction ask for its neighbours.  Addresses in it are
 * offsets from the section's first byte. */
struct lw_run {
	struct lw_link *link;
	const struct lw_anchor *anchor;
	const unsigned char *code;	/* in the image */
	uint64_t size;
	struct lw_relocations relocations;	/* of the input section */
};

/*
 * May control flow enter at an offset in [first, last] other than from the
 * instruction before?  True as well if that cannot be told (entries.c).
 */
bool lw_entered(struct lw_run *run, uint64_t first, uint64_t last);

/*
 * Make a site of a use: at address, one instruction or a window as form says.
 * The first one of a use is its own (reference.site); it may have more, as a
 * load that is followed by a branch which depends on it.  The caller sets
 * reference.class.
 */
struct lw_site *lw_add_site(struct lw_link *link, struct lw_reference *one,
			    uint64_t address, uint64_t slot,
			    const struct lw_form *form);

/*
 * Is the use that this instruction makes one of rts_if() or rts_shift_right()?
 * Then its site is made, its class set, and *place is the site's offset in the
 * section.  (declared-x86.c)
 */
struct lw_instruction;
bool lw_declared_x86(const struct lw_run *run, struct lw_reference *one,
		     const struct lw_instruction *instruction, uint64_t *place);

/* Of the operand of an rts_if(), less the site's address: where it jumps if it
 * is bound to what is not 0, counted from the site's end. */
uint64_t lw_declared_yes(uint64_t packed);

/* The form of a branch to a stub whose slot may hold NULL; others stay as they
 * are. */
void lw_nullable_x86(struct lw_form *form);
/* That of `jmp stub', at the entry of a function that may be replaced. */
void lw_patchable_form_x86(struct lw_form *form);

/* Make the sites of functions that can be replaced, or say why not
 * (patchable-x86.c). */
void lw_patchables_locate(struct lw_link *link);

/*
 * A shared object (shared.c).  Is the symbol one that the dynamic linker looks
 * up by name?  May a call of a mark's function go by the PLT, and does it: is
 * target the entry of that function?
 */
bool lw_is_preemptible(struct lw_link *link, const char *symbol);
bool lw_may_use_plt(const struct lw_link *link,
		    const struct lw_reference *reference);
bool lw_leads_by_plt(struct lw_link *link,
		     const struct lw_reference *reference, uint64_t target);
/* Does this use reach the mark by way of the GOT? */
struct lw_instruction;
bool lw_goes_through_got(const struct lw_link *link,
			 const struct lw_reference *one,
			 const struct lw_instruction *instruction);
/* Nobody here defines the mark, but somebody else will: then the use is kept.
 * base: of its section. */
bool lw_keep_foreign(const struct lw_link *link, struct lw_reference *one,
		     uint64_t base);
/* What the dynamic linker will do, for the PLT or for all else; and what one
 * of them gives if its symbol is the file's own, else 0. */
Elf64_Rela *lw_dynamic_relocations(const struct lw_image *image, bool plt,
				   size_t *count);
uint64_t lw_dynamic_value(const struct lw_image *image,
			  const Elf64_Rela *rela);

/* Place every section; sets place of the references in those found. */
void lw_anchor(struct lw_link *link, struct lw_anchors *anchors);

/* The same of a relocatable file, of which that is known (module-place.c). */
void lw_anchor_placed(struct lw_link *link, struct lw_anchors *anchors);

/* May this object's code be in the image?  Only a member of an archive may
 * not; then any global symbol of its own in the image says so. */
bool lw_object_is_linked(const struct lw_link *link,
			 const struct lw_object *object);

/* A field that uses a mark without a relocation that says so. */
struct lw_unexplained {
	uint64_t place, target;	/* target as if it ended the instruction */
};

/* Uses that no relocation explains; what the emitted relocations say. */
struct lw_witness {
	LW_ARRAY(struct lw_unexplained) unexplained;
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
