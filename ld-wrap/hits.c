// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * hits.c - fields of the image's code that lead where references do
 *
 * One pass over all code, and the answers sorted by where they lead: what
 * anchor.c asks for thousands of sections must not cost a pass each.
 */
#include "config.h"

#include <stdlib.h>

#include "locate.h"

struct search {
	struct lw_link *link;
	LW_ARRAY(uint64_t) targets;	/* sorted, each once */
	struct lw_hits *hits;
};

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static int by_target(const void *pa, const void *pb)
{
	const struct lw_place_hit *a = pa, *b = pb;

	if (a->target != b->target)
		return a->target < b->target ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* Of statics with one name, which address is whose is not known yet. */
static void add_namesakes(struct search *s, const struct lw_reference *one)
{
	const struct lw_mark *marks = s->link->marks.at;

	if (!marks[one->mark].is_local || one->to_stub)
		return;
	for (size_t i = 0; i < s->link->marks.count; i++) {
		if (i != one->mark && marks[i].address &&
		    lw_are_namesakes(&marks[i], &marks[one->mark]))
			*LW_PUSH(&s->targets) =
				marks[i].address + (uint64_t)one->target;
	}
}

/* ---- slots of the GOT ---------------------------------------------------- */

/* Where a section of the file is loaded. */
static uint64_t address_of(const struct lw_image *image,
			   const unsigned char *data)
{
	uint64_t offset = (uint64_t)(data - image->data);

	for (size_t i = 0; i < image->segments.count; i++) {
		const struct lw_segment *one = &image->segments.at[i];

		if (offset - one->offset < one->file_size)
			return one->address + (offset - one->offset);
	}
	return 0;
}

static void add_slot(struct lw_hits *hits, uint64_t address, uint64_t content)
{
	if (content)
		*LW_PUSH(&hits->slots) =
			(struct lw_got_slot){ content, address };
}

static int by_content(const void *pa, const void *pb)
{
	const struct lw_got_slot *a = pa, *b = pb;

	if (a->content != b->content)
		return a->content < b->content ? -1 : 1;
	return (a->address > b->address) - (a->address < b->address);
}

/* Filled in by the linker; or, where code may stand anywhere, to be filled by
 * whoever loads it. */
static void collect_slots(const struct lw_link *link, struct lw_hits *hits)
{
	const struct lw_image *image = &link->image;
	const unsigned char *got;
	const Elf64_Rela *rela;
	uint64_t address;
	size_t size = 0, count = 0;

	got = lw_image_section(image, ".got", &size);
	if (!got || image->elf_class == ELFCLASS32)
		return;
	address = address_of(image, got);
	for (size_t i = 0; i + 8 <= size; i += 8)
		add_slot(hits, address + i, rts_ld64(got + i));
	rela = lw_dynamic_relocations(image, false, &count);
	for (size_t i = 0; i < count; i++) {
		if (rela[i].r_offset - address < size)
			add_slot(hits, rela[i].r_offset,
				 ELF64_R_TYPE(rela[i].r_info) ==
				 R_X86_64_RELATIVE ?
				 (uint64_t)rela[i].r_addend :
				 lw_dynamic_value(image, &rela[i]));
	}
	if (hits->slots.count)
		qsort(hits->slots.at, hits->slots.count,
		      sizeof(*hits->slots.at), by_content);
}

const struct lw_got_slot *lw_hits_slots(const struct lw_hits *hits,
					uint64_t content, size_t *count)
{
	size_t low = 0, high = hits->slots.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hits->slots.at[middle].content < content)
			low = middle + 1;
		else
			high = middle;
	}
	for (*count = 0; low + *count < hits->slots.count &&
	     hits->slots.at[low + *count].content == content; ++*count)
		;
	return *count ? hits->slots.at + low : NULL;
}

/* A use that was not relaxed leads to a slot. */
static void add_slots(struct search *s, const struct lw_reference *one)
{
	const struct lw_got_slot *slots;
	size_t count;

	if (!lw_type_is_got(one->type))
		return;
	slots = lw_hits_slots(s->hits, lw_reference_target(s->link, one),
			      &count);
	for (size_t i = 0; i < count; i++)
		*LW_PUSH(&s->targets) = slots[i].address;
}

/* ---- targets ------------------------------------------------------------- */

static void collect_targets(struct search *s)
{
	const struct lw_link *link = s->link;
	size_t n = 0;

	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (!one->in_code)
			continue;
		if (link->marks.at[one->mark].address)
			*LW_PUSH(&s->targets) = lw_reference_target(link, one);
		add_namesakes(s, one);
		add_slots(s, one);
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
		*LW_PUSH(s->hits) = (struct lw_place_hit){ target, place };
}

/* Every byte of code may begin a field: PC-relative, or an address that is
 * extended to 64 bits with its sign or with zeros, or all of it. */
static void search_code(struct search *s, const struct lw_code *code)
{
	uint64_t low = s->targets.at[0];
	uint64_t span = s->targets.at[s->targets.count - 1] - low;
	bool wide = s->link->image.elf_class != ELFCLASS32;

	for (uint64_t i = 0; i + 4 <= code->size; i++) {
		uint32_t field = rts_ld32(code->data + i);
		uint64_t extended = (uint64_t)(int64_t)(int32_t)field;
		uint64_t place = code->address + i;
		uint64_t target = lw_image_wrap(&s->link->image,
						place + 4 + extended);

		if (target - low <= span)
			add_hit(s, target, place);
		if (extended - low <= span)
			add_hit(s, extended, place);
		else if (field - low <= span)
			add_hit(s, field, place);
		else if (wide && i + 8 <= code->size &&
			 rts_ld64(code->data + i) - low <= span)
			add_hit(s, rts_ld64(code->data + i), place);
	}
}

void lw_hits_find(struct lw_link *link, struct lw_hits *hits)
{
	struct search s = { .link = link, .hits = hits };

	collect_slots(link, hits);
	collect_targets(&s);
	if (!s.targets.count)
		return;
	for (size_t i = 0; i < link->image.code.count; i++) {
		if (link->image.code.at[i].data)
			search_code(&s, &link->image.code.at[i]);
	}
	if (hits->count)
		qsort(hits->at, hits->count, sizeof(*hits->at), by_target);
}

const struct lw_place_hit *lw_hits_of(const struct lw_hits *hits,
				      uint64_t target, size_t *count)
{
	size_t low = 0, high = hits->count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (hits->at[middle].target < target)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < hits->count && hits->at[end].target == target;
	     end++)
		;
	*count = end - low;
	return *count ? hits->at + low : NULL;
}
