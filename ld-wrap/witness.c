// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * witness.c - the account, asked from the other side
 *
 * locate.c went from relocations to instructions.  Here the image's code is
 * searched for every field that leads into a mark; each must be the place of
 * a reference, or no access at all but bytes that look like one.  An address
 * that is only taken, or has a register added, says nothing: it may be the end
 * of the object before, or a linker script's name for the place.  And where
 * the build had the linker emit its relocations (the x86 kernel does), those
 * must say the same.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decode-x86.h"
#include "locate.h"

/* Where a mark can be met: its object, or its stub. */
struct range {
	uint64_t start, size;
	uint64_t reach;		/* end of the farthest one up to this */
	size_t mark;
};

struct search {
	struct lw_link *link;
	LW_ARRAY(struct range) ranges;		/* sorted */
	uint64_t low, span;			/* of all ranges */
	LW_ARRAY(uint64_t) places;		/* of references, sorted */
	const Elf64_Sym *symbols;		/* of the image */
	size_t symbol_count;
	struct lw_witness found;
};

#define IMMEDIATE_MAX 4		/* bytes that can follow a displacement */

/* ---- ranges and places ------------------------------------------------- */

static int by_start(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static void add_range(struct search *s, uint64_t start, uint64_t size,
		      size_t mark)
{
	if (start)
		*LW_PUSH(&s->ranges) = (struct range){ start, size, 0, mark };
}

static void collect(struct search *s)
{
	struct lw_link *link = s->link;

	for (size_t i = 0; i < link->marks.count; i++) {
		const struct lw_mark *mark = &link->marks.at[i];

		add_range(s, mark->address, mark->size, i);
		/* What is to be redirected is met at the function itself. */
		add_range(s, mark->redirect ? mark->original : mark->stub, 1,
			  i);
	}
	for (size_t i = 0; i < link->references.count; i++) {
		if (link->references.at[i].place)
			*LW_PUSH(&s->places) = link->references.at[i].place;
	}
	if (s->places.count)
		qsort(s->places.at, s->places.count, sizeof(*s->places.at),
		      by_value);
	if (!s->ranges.count)
		return;
	qsort(s->ranges.at, s->ranges.count, sizeof(*s->ranges.at), by_start);
	s->low = s->ranges.at[0].start;
	for (size_t i = 0; i < s->ranges.count; i++) {
		uint64_t end = s->ranges.at[i].start + s->ranges.at[i].size;

		if (end - s->low > s->span)
			s->span = end - s->low;
		s->ranges.at[i].reach = s->low + s->span;
	}
}

/* The range with an address in [first, last], or NULL. */
static const struct range *range_in(const struct search *s, uint64_t first,
				    uint64_t last)
{
	size_t low = 0, high = s->ranges.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->ranges.at[middle].start <= last)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low; low--) {
		const struct range *one = &s->ranges.at[low - 1];

		if (first < one->start + one->size)
			return one;
		if (first >= one->reach)
			break;
	}
	return NULL;
}

static bool is_place(const struct search *s, uint64_t place)
{
	return s->places.count && bsearch(&place, s->places.at,
					  s->places.count, sizeof(place),
					  by_value);
}

/* ---- from the image's side ---------------------------------------------- */

static const struct lw_code *code_at(const struct lw_link *link,
				     uint64_t address)
{
	for (size_t i = 0; i < link->image.code.count; i++) {
		const struct lw_code *code = &link->image.code.at[i];

		if (address - code->address < code->size)
			return code;
	}
	return NULL;
}

bool lw_place_accesses(struct lw_link *link, uint64_t place, uint64_t *target)
{
	const struct lw_code *code = code_at(link, place);
	const struct lw_image_symbol *symbol =
		lw_image_symbol_at(&link->image, place);
	struct lw_instruction instruction;
	struct lw_fields fields = { 0 };
	uint64_t at;

	if (!code)
		return false;
	at = symbol && symbol->address >= code->address ?
		symbol->address : code->address;
	for (; at <= place; at += fields.length) {
		uint64_t offset = at - code->address;

		if (!lw_decode_fields(link->image.machine, code->data + offset,
				      code->size - offset, &fields))
			return false;
		if (place - at < fields.length)
			break;
	}
	if (at > place ||
	    !lw_decode_operand(link->image.machine,
			       code->data + (at - code->address),
			       fields.length, at, (unsigned)(place - at),
			       &instruction))
		return false;
	*target = instruction.target;
	return instruction.operand == LW_OPERAND_BRANCH ||
	       (instruction.operand == LW_OPERAND_MEMORY &&
		!instruction.segment);
}

/* rts.o's own stub jumps through the slot that it was made for. */
static bool is_our_stub(const struct lw_mark *mark, uint64_t place)
{
	return mark->redirect && place - mark->stub < 16;
}

static void say_unexplained(const struct search *s, uint64_t place,
			    const struct lw_mark *mark)
{
	const struct lw_image_symbol *in =
		lw_image_symbol_at(&s->link->image, place);

	lw_say(LW_UNEXPLAINED_USE, "%s: 0x%" PRIx64 "%s%s: code uses `%s', "
	       "and no relocation of the inputs says so",
	       s->link->command.output, place, in ? ", in " : "",
	       in ? in->name : "", mark->name);
}

static void look_at(struct search *s, uint64_t place, uint64_t target)
{
	const struct range *range;
	uint64_t used;

	if (!range_in(s, target, target + IMMEDIATE_MAX) ||
	    is_place(s, place) || !lw_place_accesses(s->link, place, &used))
		return;
	range = range_in(s, used, used);
	if (!range || is_our_stub(&s->link->marks.at[range->mark], place))
		return;
	*LW_PUSH(&s->found.unexplained) =
		(struct lw_unexplained){ place, target };
	say_unexplained(s, place, &s->link->marks.at[range->mark]);
}

static void search_code(struct search *s, const struct lw_code *code)
{
	uint64_t low = s->low - IMMEDIATE_MAX;
	uint64_t span = s->span + IMMEDIATE_MAX;

	for (uint64_t i = 0; i + 4 <= code->size; i++) {
		uint32_t field = rts_ld32(code->data + i);
		uint64_t extended = (uint64_t)(int64_t)(int32_t)field;
		uint64_t place = code->address + i;
		uint64_t target = lw_image_wrap(&s->link->image,
						place + 4 + extended);

		if (target - low < span)
			look_at(s, place, target);
		if (extended - low < span)
			look_at(s, place, extended);
		else if (field - low < span)
			look_at(s, place, field);
	}
}

/* ---- what the linker emitted ---------------------------------------------- */

static uint64_t symbol_value(const struct search *s, size_t index)
{
	if (index >= s->symbol_count ||
	    s->symbols[index].st_shndx == SHN_UNDEF)
		return 0;
	return s->symbols[index].st_value;
}

static bool is_relative(uint32_t type)
{
	return type == R_X86_64_PC32 || type == R_X86_64_PLT32 ||
	       (lw_type_is_got(type) && type != R_X86_64_GOT32);
}

/* The linker leaves the place of what it relaxed a byte off. */
static bool is_near_place(const struct search *s, uint64_t place,
			  uint32_t type)
{
	return is_place(s, place) ||
	       (lw_type_is_got(type) &&
		(is_place(s, place - 1) || is_place(s, place + 1)));
}

static void say_disagree(const struct search *s, uint64_t place,
			 const char *what)
{
	const struct lw_image_symbol *in =
		lw_image_symbol_at(&s->link->image, place);

	lw_say(LW_RELOCATIONS_DISAGREE, "%s: 0x%" PRIx64 "%s%s: %s",
	       s->link->command.output, place, in ? ", in " : "",
	       in ? in->name : "", what);
}

/* S+A; i386 leaves no addend, but what it made of it at the place. */
static uint64_t emitted_target(const struct search *s, const Elf64_Rela *rela)
{
	uint32_t type = (uint32_t)ELF64_R_TYPE(rela->r_info);
	struct lw_image *image = &s->link->image;
	const unsigned char *at = lw_image_at(image, rela->r_offset, 4);

	if (image->elf_class == ELFCLASS32 && lw_type_is_plain(type) && at)
		return lw_plain_value(image, type, rela->r_offset, at);
	return symbol_value(s, ELF64_R_SYM(rela->r_info)) +
	       (uint64_t)rela->r_addend;
}

static void read_emitted(struct search *s, const Elf64_Rela *rela)
{
	uint32_t type = (uint32_t)ELF64_R_TYPE(rela->r_info);
	uint64_t target = emitted_target(s, rela);
	uint64_t used;

	if (type == R_X86_64_NONE)
		return;
	if (is_relative(type))
		target = lw_image_wrap(&s->link->image, target + 4);
	if (!range_in(s, target, target + IMMEDIATE_MAX))
		return;
	if (is_near_place(s, rela->r_offset, type)) {
		s->found.emitted++;
		return;
	}
	if (lw_place_accesses(s->link, rela->r_offset, &used) &&
	    range_in(s, used, used) &&
	    !is_our_stub(&s->link->marks.at[range_in(s, used, used)->mark],
			 rela->r_offset))
		say_disagree(s, rela->r_offset, "the linker emitted a "
			     "relocation against a mark that no input has");
}

struct emitted {
	Elf64_Rela *at;		/* sorted */
	size_t count;
};

static bool has_emitted(const struct emitted *emitted, uint64_t place)
{
	size_t low = 0, high = emitted->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (emitted->at[middle].r_offset + 1 < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low < emitted->count &&
	       emitted->at[low].r_offset - place + 1 <= 2;
}

static int by_offset(const void *pa, const void *pb)
{
	const Elf64_Rela *a = pa, *b = pb;

	return (a->r_offset > b->r_offset) - (a->r_offset < b->r_offset);
}

/* Every reference that is placed in this section must be there too. */
static void check_places(struct search *s, const struct lw_code *code,
			 const struct emitted *emitted)
{
	for (size_t i = 0; i < s->link->references.count; i++) {
		const struct lw_reference *one = &s->link->references.at[i];

		if (one->place - code->address < code->size &&
		    !has_emitted(emitted, one->place))
			say_disagree(s, one->place, "a relocation of the "
				     "inputs is not among the emitted ones");
	}
}

static void check_emitted(struct search *s, const struct lw_code *code)
{
	const char *prefix = s->link->image.elf_class == ELFCLASS32 ? ".rel" :
								      ".rela";
	struct emitted emitted = { 0 };

	if (!code->name)
		return;
	emitted.at = lw_image_relocations(&s->link->image,
					  lw_asprintf("%s%s", prefix,
						      code->name),
					  &emitted.count);
	if (!emitted.at)
		return;
	qsort(emitted.at, emitted.count, sizeof(*emitted.at), by_offset);
	for (size_t i = 0; i < emitted.count; i++)
		read_emitted(s, &emitted.at[i]);
	check_places(s, code, &emitted);
}

struct lw_witness lw_cross_check(struct lw_link *link)
{
	struct search s = { .link = link };

	s.symbols = lw_image_symbols(&link->image, &s.symbol_count);
	collect(&s);
	for (size_t i = 0; s.ranges.count && i < link->image.code.count; i++) {
		const struct lw_code *code = &link->image.code.at[i];

		if (!code->data)
			continue;
		search_code(&s, code);
		check_emitted(&s, code);
	}
	return s.found;
}
