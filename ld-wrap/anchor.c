// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * anchor.c - find input sections in the linked image, without a map file
 *
 * A section that refers to a mark betrays its place: wherever the image's
 * code has a 32-bit field that leads to what one of its relocations speaks
 * of, the section may begin that relocation's offset before.  It does if all
 * its other references lead where they should from there, and if every byte
 * that no relocation covers is the same.  That is proof enough to say that
 * this is the section, or one that cannot be told from it; of several equal
 * ones (COMDAT, equal statics) each place is given away once.  The largest
 * sections come first: a small one may look like a part of a large one, but
 * not the other way round.
 *
 * What the linker may change besides the fields is left out of the
 * comparison: relaxed GOT loads and calls, and the TLS sequences.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "locate.h"
#include "scan.h"

/* A field in the image's code that leads to target. */
struct hit {
	uint64_t target, place;
};

/* The bytes of a section that has been placed. */
struct extent {
	uint64_t start, size;
};

struct search {
	struct lw_link *link;
	struct lw_anchors *anchors;
	LW_ARRAY(uint64_t) targets;	/* sorted, each once */
	LW_ARRAY(struct hit) hits;	/* sorted by target, place */
	LW_ARRAY(struct extent) taken;	/* given away, sorted */
	unsigned char *mask;		/* of the section at hand: 1 = compare */
};

/* ---- relocations ------------------------------------------------------- */

bool lw_type_is_got(uint32_t type)
{
	return type == R_X86_64_GOTPCREL || type == R_X86_64_GOTPCRELX ||
	       type == R_X86_64_REX_GOTPCRELX;
}

static int by_offset(const void *pa, const void *pb)
{
	const Elf64_Rela *a = pa, *b = pb;

	return (a->r_offset > b->r_offset) - (a->r_offset < b->r_offset);
}

struct lw_relocations lw_relocations_of(const struct lw_object *object,
					size_t section)
{
	struct lw_relocations all = { 0 };
	size_t size = 0, index = lw_rela_of(object, section);
	const unsigned char *data =
		index ? lw_section_data(object, index, &size) : NULL;
	Elf64_Rela *copy;

	if (!data)
		return all;
	all.count = size / sizeof(Elf64_Rela);
	copy = lw_memdup(data, size);
	qsort(copy, all.count, sizeof(*copy), by_offset);
	all.at = copy;
	return all;
}

/* Bytes before the field, and from it on, that the linker may write. */
static void span_of(uint32_t type, uint64_t *before, uint64_t *behind)
{
	*before = 0;
	*behind = 4;
	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		*behind = 8;
		break;
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
	case R_X86_64_GOTTPOFF:
	case R_X86_64_GOTPC32_TLSDESC:
		*before = 3;
		break;
	case R_X86_64_TLSGD:
	case R_X86_64_TLSLD:
		*before = 4;
		*behind = 12;
		break;
	default:
		break;
	}
}

static void mask_fields(struct search *s, const struct lw_relocations *all,
			uint64_t size)
{
	uint64_t before, behind, from, to;

	memset(s->mask, 1, size);
	for (size_t i = 0; i < all->count; i++) {
		uint64_t at = all->at[i].r_offset;

		if (at >= size)
			continue;
		span_of(ELF64_R_TYPE(all->at[i].r_info), &before, &behind);
		from = at > before ? at - before : 0;
		to = behind < size - at ? at + behind : size;
		memset(s->mask + from, 0, to - from);
	}
}

/* ---- fields of the image ------------------------------------------------ */

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static int by_target(const void *pa, const void *pb)
{
	const struct hit *a = pa, *b = pb;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

static void collect_targets(struct search *s)
{
	const struct lw_link *link = s->link;
	size_t n = 0;

	for (size_t i = 0; i < link->references.count; i++) {
		if (link->references.at[i].in_code &&
		    link->marks.at[link->references.at[i].mark].address)
			*LW_PUSH(&s->targets) = lw_reference_target(link,
						&link->references.at[i]);
	}
	if (!s->targets.count)
		return;
	qsort(s->targets.at, s->targets.count, sizeof(*s->targets.at),
	      by_value);
	for (size_t i = 0; i < s->targets.count; i++) {
		if (!n || s->targets.at[n - 1] != s->targets.at[i])
			s->targets.at[n++] = s->targets.at[i];
	}
	s->targets.count = n;
}

static void add_hit(struct search *s, uint64_t target, uint64_t place)
{
	if (bsearch(&target, s->targets.at, s->targets.count,
		    sizeof(target), by_value))
		*LW_PUSH(&s->hits) = (struct hit){ target, place };
}

/* Every byte of code may begin a field: PC-relative, or an address that is
 * extended to 64 bits with its sign or with zeros, or all of it. */
static void search_code(struct search *s, const struct lw_code *code)
{
	uint64_t low = s->targets.at[0];
	uint64_t span = s->targets.at[s->targets.count - 1] - low;

	for (uint64_t i = 0; i + 4 <= code->size; i++) {
		uint32_t field = rts_ld32(code->data + i);
		uint64_t extended = (uint64_t)(int64_t)(int32_t)field;
		uint64_t place = code->address + i;

		if (place + 4 + extended - low <= span)
			add_hit(s, place + 4 + extended, place);
		if (extended - low <= span)
			add_hit(s, extended, place);
		else if (field - low <= span)
			add_hit(s, field, place);
		else if (i + 8 <= code->size &&
			 rts_ld64(code->data + i) - low <= span)
			add_hit(s, rts_ld64(code->data + i), place);
	}
}

static void find_hits(struct search *s)
{
	collect_targets(s);
	if (!s->targets.count)
		return;
	for (size_t i = 0; i < s->link->image.code.count; i++) {
		if (s->link->image.code.at[i].data)
			search_code(s, &s->link->image.code.at[i]);
	}
	if (s->hits.count)
		qsort(s->hits.at, s->hits.count, sizeof(*s->hits.at),
		      by_target);
}

/* The hits of one target; NULL and 0 if there are none. */
static const struct hit *hits_of(const struct search *s, uint64_t target,
				 size_t *count)
{
	size_t low = 0, high = s->hits.count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->hits.at[middle].target < target)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < s->hits.count &&
	     s->hits.at[end].target == target; end++)
		;
	*count = end - low;
	return s->hits.at + low;
}

/* ---- one section ---------------------------------------------------------- */

/* The section as it came in. */
struct section {
	const unsigned char *data;
	size_t size;
	struct lw_anchor *anchor;
};

/* The first of the taken ones that ends behind start. */
static size_t first_behind(const struct search *s, uint64_t start)
{
	size_t low = 0, high = s->taken.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct extent *one = &s->taken.at[middle];

		if (one->start + one->size <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_taken(const struct search *s, uint64_t start, uint64_t size)
{
	size_t i = first_behind(s, start);

	return i < s->taken.count && s->taken.at[i].start < start + size;
}

static void take(struct search *s, uint64_t start, uint64_t size)
{
	size_t i, at = first_behind(s, start);

	LW_PUSH(&s->taken);
	for (i = s->taken.count - 1; i > at; i--)
		s->taken.at[i] = s->taken.at[i - 1];
	s->taken.at[at] = (struct extent){ start, size };
}

/* The reference leads to its target from here.  What goes through the GOT
 * says nothing. */
static bool leads(const struct lw_link *link,
		  const struct lw_reference *reference, uint64_t place,
		  const unsigned char *at)
{
	uint64_t target = lw_reference_target(link, reference);
	uint32_t field = rts_ld32(at);

	switch (reference->type) {
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return place + 4 + (uint64_t)(int64_t)(int32_t)field == target;
	case R_X86_64_32:
		return field == (uint32_t)target;
	case R_X86_64_32S:
		return (uint64_t)(int64_t)(int32_t)field == target;
	default:
		return true;
	}
}

static bool all_lead(const struct lw_link *link, const struct section *sec,
		     uint64_t base, const unsigned char *at)
{
	for (size_t i = sec->anchor->first; i < sec->anchor->end; i++) {
		const struct lw_reference *one = &link->references.at[i];

		/* Its mark may be one that is not linked. */
		if (!link->marks.at[one->mark].address || one->tentative)
			continue;
		if (one->offset + 4 > sec->size ||
		    !leads(link, one, base + one->offset, at + one->offset))
			return false;
	}
	return true;
}

static bool same_bytes(const struct search *s, const struct section *sec,
		       const unsigned char *at)
{
	for (size_t i = 0; i < sec->size; i++) {
		if (s->mask[i] && at[i] != sec->data[i])
			return false;
	}
	return true;
}

static bool is_here(struct search *s, const struct section *sec, uint64_t base)
{
	const unsigned char *at =
		lw_image_at(&s->link->image, base, sec->size);

	return at && !is_taken(s, base, sec->size) &&
	       all_lead(s->link, sec, base, at) && same_bytes(s, sec, at);
}

static bool try_base(struct search *s, const struct section *sec,
		     uint64_t base)
{
	if (!is_here(s, sec, base))
		return false;
	sec->anchor->base = base;
	sec->anchor->placed = true;
	take(s, base, sec->size);
	return true;
}

/* The reference with the fewest places to try. */
static const struct hit *best_hits(const struct search *s,
				   const struct lw_anchor *anchor,
				   uint64_t *offset, size_t *count)
{
	const struct hit *best = NULL, *hits;
	size_t n;

	*count = SIZE_MAX;
	for (size_t i = anchor->first; i < anchor->end; i++) {
		const struct lw_reference *one =
			&s->link->references.at[i];

		if (lw_type_is_got(one->type) || one->tentative ||
		    !s->link->marks.at[one->mark].address)
			continue;
		hits = hits_of(s, lw_reference_target(s->link, one), &n);
		if (n < *count) {
			best = hits;
			*count = n;
			*offset = one->offset;
		}
	}
	return best;
}

static bool place_by_hits(struct search *s, const struct section *sec)
{
	uint64_t offset = 0;
	size_t count;
	const struct hit *hits = best_hits(s, sec->anchor, &offset, &count);

	for (size_t i = 0; hits && i < count; i++) {
		if (try_base(s, sec, hits[i].place - offset))
			return true;
	}
	return false;
}

/* Some of its symbols may be in the linked symbol table. */
static bool place_by_symbols(struct search *s, const struct section *sec)
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
static size_t longest_run(const struct search *s, const struct section *sec,
			  size_t *start)
{
	size_t best = 0, run = 0;

	for (size_t i = 0; i < sec->size; i++) {
		run = s->mask[i] ? run + 1 : 0;
		if (run > best) {
			best = run;
			*start = i + 1 - run;
		}
	}
	return best;
}

#define RUN_MIN	8	/* bytes; fewer are found anywhere */

/* Only GOT references, and no symbols: look for the bytes themselves. */
static bool place_by_bytes(struct search *s, const struct section *sec)
{
	size_t start = 0, run = longest_run(s, sec, &start);

	for (size_t i = 0; run >= RUN_MIN && i < s->link->image.code.count;
	     i++) {
		const struct lw_code *code = &s->link->image.code.at[i];
		const unsigned char *at = code->data;
		const unsigned char *end = at + (at ? code->size : 0);

		while (at && (at = memmem(at, (size_t)(end - at),
					  sec->data + start, run))) {
			if (try_base(s, sec, code->address - start +
				     (uint64_t)(at - code->data)))
				return true;
			at++;
		}
	}
	return false;
}

static void place(struct search *s, struct lw_anchor *anchor)
{
	struct section sec = { .anchor = anchor };
	struct lw_relocations all;

	sec.data = lw_section_data(anchor->object, anchor->section, &sec.size);
	if (!sec.data || !sec.size)
		return;
	all = lw_relocations_of(anchor->object, anchor->section);
	s->mask = lw_alloc(sec.size);
	mask_fields(s, &all, sec.size);
	if (!place_by_hits(s, &sec) && !place_by_symbols(s, &sec) &&
	    !place_by_bytes(s, &sec))
		return;
	for (size_t i = anchor->first; i < anchor->end; i++)
		s->link->references.at[i].place =
			anchor->base + s->link->references.at[i].offset;
}

/* ---- all ------------------------------------------------------------------ */

/* The scan leaves the references of one section together. */
static void collect_anchors(struct search *s)
{
	struct lw_link *link = s->link;
	struct lw_anchor *last = NULL;

	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (!one->in_code)
			continue;
		if (!last || last->object != one->object ||
		    last->section != one->section) {
			last = LW_PUSH(s->anchors);
			last->object = one->object;
			last->section = one->section;
			last->first = i;
		}
		last->end = i + 1;
	}
}

static uint64_t size_of(const struct lw_anchor *anchor)
{
	return lw_shdr(anchor->object, anchor->section).sh_size;
}

static int by_size(const void *pa, const void *pb)
{
	const struct lw_anchor *a = *(struct lw_anchor *const *)pa;
	const struct lw_anchor *b = *(struct lw_anchor *const *)pb;

	if (size_of(a) != size_of(b))
		return size_of(a) > size_of(b) ? -1 : 1;
	return (a > b) - (a < b);
}

void lw_anchor(struct lw_link *link, struct lw_anchors *anchors)
{
	struct search s = { .link = link, .anchors = anchors };
	struct lw_anchor **order;

	collect_anchors(&s);
	find_hits(&s);
	order = lw_alloc((anchors->count + 1) * sizeof(*order));
	for (size_t i = 0; i < anchors->count; i++)
		order[i] = &anchors->at[i];
	qsort(order, anchors->count, sizeof(*order), by_size);
	for (size_t i = 0; i < anchors->count; i++)
		place(&s, order[i]);
}
