// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * section.c - where one input section is in the linked image
 *
 * A section that refers to a mark betrays its place: wherever the image's
 * code has a 32-bit field that leads to what one of its relocations speaks
 * of, the section may begin that relocation's offset before.  It does if all
 * its other references lead where they should from there, and if every byte
 * that no relocation covers is the same.
 *
 * What the linker may change besides the fields is left out of the
 * comparison: relaxed GOT loads and calls, and the TLS sequences.  Where all
 * references go through the GOT their fields may lead nowhere; then symbols,
 * and at last the bytes themselves, say where to look.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "anchor.h"

/* ---- what is given away ----------------------------------------------- */

/* The first of the taken ones that ends behind start. */
static size_t first_behind(const struct lw_placing *s, uint64_t start)
{
	size_t low = 0, high = s->taken.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct lw_extent *one = &s->taken.at[middle];

		if (one->start + one->size <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_taken(const struct lw_placing *s, uint64_t start, uint64_t size)
{
	size_t i = first_behind(s, start);

	return i < s->taken.count && s->taken.at[i].start < start + size;
}

/* Who has just these bytes, or NULL. */
static struct lw_anchor *owner(const struct lw_placing *s, uint64_t start,
			       uint64_t size)
{
	size_t i = first_behind(s, start);

	return i < s->taken.count && s->taken.at[i].start == start &&
		s->taken.at[i].size == size ? s->taken.at[i].anchor : NULL;
}

static bool may_have(const struct lw_placing *s, uint64_t start, uint64_t size)
{
	return s->folding ? owner(s, start, size) != NULL :
			    !is_taken(s, start, size);
}

static void take(struct lw_placing *s, struct lw_anchor *anchor, uint64_t size)
{
	size_t i, at = first_behind(s, anchor->base);

	LW_PUSH(&s->taken);
	for (i = s->taken.count - 1; i > at; i--)
		s->taken.at[i] = s->taken.at[i - 1];
	s->taken.at[at] = (struct lw_extent){ anchor->base, size, anchor };
}

/* It has the bytes of an equal one: what that one is, is this one, too. */
static void fold(struct lw_placing *s, struct lw_anchor *anchor, uint64_t size)
{
	struct lw_anchor *into = owner(s, anchor->base, size);

	if (!into)
		return;
	anchor->twin = into->twin;
	into->twin = anchor;
	for (size_t i = anchor->first; i < anchor->end; i++)
		s->link->references.at[i].folded =
			anchor->base + s->link->references.at[i].offset;
}

/*
 * A use through the GOT that was relaxed leads to its target, too.  Of i386
 * that holds for branches only: an address may be counted from the GOT there.
 * One that was not relaxed reads a slot; what is in there may be left to the
 * dynamic linker, and if not must be the target.
 */
static bool got_leads(struct lw_link *link, const struct lw_reference *one,
		      uint64_t place, const unsigned char *in,
		      const unsigned char *at)
{
	uint64_t target = lw_reference_target(link, one), value;
	enum lw_got_use use = lw_got_use(in, at);
	const unsigned char *slot;

	if (link->image.elf_class == ELFCLASS32 &&
	    (in[-2] != 0xff || use == LW_GOT_KEPT))
		return true;
	value = use == LW_GOT_EARLIER ? rts_ld32(at - 1) : rts_ld32(at);
	value = (uint64_t)(int64_t)(int32_t)value;
	if (use == LW_GOT_ABSOLUTE)
		return value == target;
	if (use != LW_GOT_KEPT)
		return lw_image_wrap(&link->image, value + place +
				     (use == LW_GOT_EARLIER ? 3 : 4)) == target;
	slot = lw_image_at(&link->image, value + place -
			   (uint64_t)one->addend, 8);
	return slot && (!rts_ld64(slot) || rts_ld64(slot) == target -
			(uint64_t)one->addend - 4);
}

/* The reference leads to its target from here. */
static bool leads(struct lw_link *link, const struct lw_reference *reference,
		  uint64_t place, const unsigned char *in,
		  const unsigned char *at)
{
	bool relative = reference->type == R_X86_64_PC32 ||
			reference->type == R_X86_64_PLT32;
	uint64_t to;

	if (lw_type_is_got(reference->type))
		return got_leads(link, reference, place, in, at);
	if (!lw_type_is_plain(reference->type))
		return true;
	to = lw_image_wrap(&link->image,
			   lw_plain_value(&link->image, reference->type,
					  place, at) + (relative ? 4 : 0));
	return to == lw_reference_target(link, reference) ||
	       lw_leads_by_plt(link, reference, to);
}

static bool all_lead(struct lw_link *link, const struct lw_placed *sec,
		     uint64_t base, const unsigned char *at)
{
	const struct lw_content *c = sec->content;

	for (size_t i = sec->anchor->first; i < sec->anchor->end; i++) {
		const struct lw_reference *one = &link->references.at[i];
		bool got = lw_type_is_got(one->type) && one->offset >= 2;

		/* Its mark may be one that is not linked. */
		if (!link->marks.at[one->mark].address)
			continue;
		/* A short branch may end the section. */
		if (!got && !lw_type_is_plain(one->type) &&
		    one->offset < c->size)
			continue;
		if (one->offset + 4 > c->size ||
		    !leads(link, one, base + one->offset,
			   c->data + one->offset, at + one->offset))
			return false;
	}
	return true;
}

static bool is_here(struct lw_placing *s, const struct lw_placed *sec,
		    uint64_t base)
{
	const struct lw_content *c = sec->content;
	const unsigned char *at = lw_image_at(&s->link->image, base, c->size);

	return at && may_have(s, base, c->size) &&
	       all_lead(s->link, sec, base, at) && lw_content_matches(c, at) &&
	       lw_content_agrees(&s->contents, c, base, at);
}

static bool try_base(struct lw_placing *s, const struct lw_placed *sec,
		     uint64_t base)
{
	const struct lw_content *c = sec->content;

	if (!is_here(s, sec, base))
		return false;
	sec->anchor->base = base;
	if (s->folding) {
		fold(s, sec->anchor, c->size);
		return true;
	}
	sec->anchor->placed = true;
	take(s, sec->anchor, c->size);
	lw_content_settle(&s->contents, c, base,
			  lw_image_at(&s->link->image, base, c->size));
	return true;
}

/* The reference with the fewest places to try. */
static const struct lw_place_hit *best_hits(const struct lw_placing *s,
				   const struct lw_anchor *anchor,
				   uint64_t *offset, size_t *count)
{
	const struct lw_place_hit *best = NULL, *hits;
	size_t n;

	*count = SIZE_MAX;
	for (size_t i = anchor->first; i < anchor->end; i++) {
		const struct lw_reference *one =
			&s->link->references.at[i];

		if (!lw_type_is_plain(one->type) ||
		    lw_may_use_plt(s->link, one) ||
		    !s->link->marks.at[one->mark].address)
			continue;
		hits = lw_hits_of(&s->hits, lw_reference_target(s->link, one),
				  &n);
		if (n < *count) {
			best = hits;
			*count = n;
			*offset = one->offset;
		}
	}
	return best;
}

/* Where the section is, by its references; *plain: if not there, nowhere. */
bool lw_placed_find(struct lw_placing *s, const struct lw_placed *sec,
			 uint64_t *base, bool *plain)
{
	uint64_t offset = 0;
	size_t count;
	const struct lw_place_hit *hits =
		best_hits(s, sec->anchor, &offset, &count);

	*plain = count != SIZE_MAX;
	for (size_t i = 0; *plain && i < count; i++) {
		*base = hits[i].place - offset;
		if (is_here(s, sec, *base))
			return true;
	}
	return false;
}

static bool place_by_hits(struct lw_placing *s, const struct lw_placed *sec,
			  bool *plain)
{
	uint64_t base;

	return lw_placed_find(s, sec, &base, plain) && try_base(s, sec, base);
}

/* A field that leads there is the reference's. */
static bool place_by_field(struct lw_placing *s, const struct lw_placed *sec,
			   uint64_t offset, uint64_t target, uint64_t align)
{
	const struct lw_place_hit *hits;
	uint64_t base;
	size_t n;

	hits = lw_hits_of(&s->hits, target, &n);
	/* Where a branch was relaxed the field may be a byte earlier. */
	for (size_t i = 0; i < 2 * n; i++) {
		base = hits[i / 2].place - offset + i % 2;
		if (!(base % align) && try_base(s, sec, base))
			return true;
	}
	return false;
}

/* Relaxed, it leads to the mark; else to a slot of the GOT. */
static bool place_by_use(struct lw_placing *s, const struct lw_placed *sec,
			 const struct lw_reference *one, uint64_t align)
{
	uint64_t target = lw_reference_target(s->link, one);
	const struct lw_got_slot *slots;
	size_t n;

	if (place_by_field(s, sec, one->offset, target, align))
		return true;
	slots = lw_hits_slots(&s->hits, target, &n);
	for (size_t i = 0; i < n; i++) {
		if (place_by_field(s, sec, one->offset, slots[i].address,
				   align))
			return true;
	}
	return false;
}

/*
 * What goes through the GOT does so no more where it was relaxed, and what may
 * use the PLT need not.  If that is all that a section does, a byte to the side
 * it may look the same; so first where the section is aligned as it should be,
 * which a linker script may change (SUBALIGN).
 */
static bool place_by_got(struct lw_placing *s, const struct lw_placed *sec)
{
	const struct lw_anchor *anchor = sec->anchor;
	uint64_t align = lw_shdr(anchor->object, anchor->section).sh_addralign;

	for (;; align = 1) {
		for (size_t i = anchor->first; i < anchor->end; i++) {
			const struct lw_reference *one =
				&s->link->references.at[i];

			if ((lw_type_is_got(one->type) ||
			     lw_may_use_plt(s->link, one)) &&
			    s->link->marks.at[one->mark].address &&
			    place_by_use(s, sec, one, align ? align : 1))
				return true;
		}
		if (align <= 1)
			return false;
	}
}

/* Some of its symbols may be in the linked symbol table. */
static bool place_by_symbols(struct lw_placing *s, const struct lw_placed *sec)
{
	const struct lw_object *object = sec->anchor->object;

	for (size_t i = 1; i < object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(object, i);
		const struct lw_image_symbol *linked;

		if (lw_sym_section(object, i) != sec->anchor->section ||
		    ELF64_ST_TYPE(symbol.st_info) == STT_SECTION)
			continue;
		linked = lw_image_symbol_named(&s->link->image,
					       lw_sym_name(object, &symbol));
		if (linked &&
		    try_base(s, sec, linked->address - symbol.st_value))
			return true;
	}
	return false;
}

/* The longest run of bytes that no relocation covers. */
static size_t longest_run(const struct lw_placed *sec, size_t *start)
{
	size_t best = 0, run = 0;

	for (size_t i = 0; i < sec->content->size; i++) {
		run = sec->content->mask[i] ? run + 1 : 0;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best;
}

#define RUN_MIN	8	/* bytes; fewer are found anywhere */

/* Only GOT references, and no symbols: look for the bytes themselves. */
static bool place_by_bytes(struct lw_placing *s, const struct lw_placed *sec)
{
	size_t start = 0, run = longest_run(sec, &start);

	for (size_t i = 0; run >= RUN_MIN && i < s->link->image.code.count;
	     i++) {
		const struct lw_code *code = &s->link->image.code.at[i];
		const unsigned char *at = code->data;
		const unsigned char *end = at + (at ? code->size : 0);

		while (at && (at = memmem(at, (size_t)(end - at),
					  sec->content->data + start, run))) {
			if (try_base(s, sec, code->address - start +
				     (uint64_t)(at - code->data)))
				return true;
			at++;
		}
	}
	return false;
}

bool lw_placed_open(struct lw_placing *s, struct lw_placed *sec,
			 struct lw_anchor *anchor)
{
	sec->anchor = anchor;
	sec->content = lw_content_of(&s->contents, anchor->object,
				     anchor->section);
	return sec->content;
}

void lw_section_place(struct lw_placing *s, struct lw_anchor *anchor)
{
	struct lw_placed sec;
	bool plain;

	if (!lw_placed_open(s, &sec, anchor))
		return;
	if (!(sec.content->based && try_base(s, &sec, sec.content->base)) &&
	    !place_by_hits(s, &sec, &plain) &&
	    (plain || (!place_by_symbols(s, &sec) && !place_by_got(s, &sec) &&
		       !place_by_bytes(s, &sec))))
		return;
	for (size_t i = anchor->first; anchor->placed && i < anchor->end; i++)
		s->link->references.at[i].place =
			anchor->base + s->link->references.at[i].offset;
}
