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

/* The section at hand. */
struct section {
	struct lw_content *content;
	struct lw_anchor *anchor;
};

/* The bytes of a section that has been placed. */
struct extent {
	uint64_t start, size;
};

struct search {
	struct lw_link *link;
	struct lw_anchors *anchors;
	struct lw_hits hits;
	LW_ARRAY(struct extent) taken;	/* given away, sorted */
	struct lw_contents contents;
	unsigned char *linked;		/* by object: 0 not asked, 1 no, 2 yes */
};

/* Asking takes a walk through all symbols of the image. */
static bool is_linked(struct search *s, const struct lw_object *object)
{
	unsigned char *known;

	if (!object)
		return true;
	if (!s->linked)
		s->linked = lw_alloc(s->link->objects.count);
	known = &s->linked[object->index];
	if (!*known)
		*known = lw_object_is_linked(s->link, object) ? 2 : 1;
	return *known == 2;
}

/* ---- one section ------------------------------------------------------ */

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
static bool leads(struct lw_link *link, const struct lw_reference *reference,
		  uint64_t place, const unsigned char *at)
{
	bool relative = reference->type == R_X86_64_PC32 ||
			reference->type == R_X86_64_PLT32;
	uint64_t to;

	if (!lw_type_is_plain(reference->type))
		return true;
	to = lw_image_wrap(&link->image,
			   lw_plain_value(&link->image, reference->type,
					  place, at) + (relative ? 4 : 0));
	return to == lw_reference_target(link, reference) ||
	       lw_leads_by_plt(link, reference, to);
}

static bool all_lead(struct lw_link *link, const struct section *sec,
		     uint64_t base, const unsigned char *at)
{
	for (size_t i = sec->anchor->first; i < sec->anchor->end; i++) {
		const struct lw_reference *one = &link->references.at[i];

		/* Its mark may be one that is not linked. */
		if (!link->marks.at[one->mark].address)
			continue;
		/* A short branch may end the section. */
		if (!lw_type_is_plain(one->type) &&
		    one->offset < sec->content->size)
			continue;
		if (one->offset + 4 > sec->content->size ||
		    !leads(link, one, base + one->offset, at + one->offset))
			return false;
	}
	return true;
}

static bool is_here(struct search *s, const struct section *sec, uint64_t base)
{
	const struct lw_content *c = sec->content;
	const unsigned char *at = lw_image_at(&s->link->image, base, c->size);

	return at && !is_taken(s, base, c->size) &&
	       all_lead(s->link, sec, base, at) && lw_content_matches(c, at) &&
	       lw_content_agrees(&s->contents, c, base, at);
}

static bool try_base(struct search *s, const struct section *sec,
		     uint64_t base)
{
	const struct lw_content *c = sec->content;

	if (!is_here(s, sec, base))
		return false;
	sec->anchor->base = base;
	sec->anchor->placed = true;
	take(s, base, c->size);
	lw_content_settle(&s->contents, c, base,
			  lw_image_at(&s->link->image, base, c->size));
	return true;
}

/* The reference with the fewest places to try. */
static const struct lw_place_hit *best_hits(const struct search *s,
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
static bool find_by_hits(struct search *s, const struct section *sec,
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

static bool place_by_hits(struct search *s, const struct section *sec,
			  bool *plain)
{
	uint64_t base;

	return find_by_hits(s, sec, &base, plain) && try_base(s, sec, base);
}

/* What goes through the GOT does so no more where it was relaxed; a jmp's
 * field is then a byte earlier.  And what may use the PLT need not. */
static bool place_by_got(struct search *s, const struct section *sec)
{
	const struct lw_anchor *anchor = sec->anchor;
	const struct lw_place_hit *hits;
	size_t n;

	for (size_t i = anchor->first; i < anchor->end; i++) {
		const struct lw_reference *one = &s->link->references.at[i];

		if ((!lw_type_is_got(one->type) &&
		     !lw_may_use_plt(s->link, one)) ||
		    !s->link->marks.at[one->mark].address)
			continue;
		hits = lw_hits_of(&s->hits, lw_reference_target(s->link, one),
				  &n);
		for (size_t k = 0; k < n; k++) {
			uint64_t base = hits[k].place - one->offset;

			if (try_base(s, sec, base) ||
			    try_base(s, sec, base + 1))
				return true;
		}
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
static size_t longest_run(const struct section *sec, size_t *start)
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
static bool place_by_bytes(struct search *s, const struct section *sec)
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

static bool open_section(struct search *s, struct section *sec,
			 struct lw_anchor *anchor)
{
	sec->anchor = anchor;
	sec->content = lw_content_of(&s->contents, anchor->object,
				     anchor->section);
	return sec->content;
}

static void place(struct search *s, struct lw_anchor *anchor)
{
	struct section sec;
	bool plain;

	if (!open_section(s, &sec, anchor))
		return;
	if (!(sec.content->based && try_base(s, &sec, sec.content->base)) &&
	    !place_by_hits(s, &sec, &plain) &&
	    (plain || (!place_by_symbols(s, &sec) && !place_by_got(s, &sec) &&
		       !place_by_bytes(s, &sec))))
		return;
	for (size_t i = anchor->first; i < anchor->end; i++)
		s->link->references.at[i].place =
			anchor->base + s->link->references.at[i].offset;
}

/* ---- statics of one name ---------------------------------------------- */

/* How many of the object's sections that refer to the mark are in the image,
 * if the mark stands at this address. */
static size_t count_places(struct search *s, size_t mark, uint64_t address)
{
	struct lw_mark *one = &s->link->marks.at[mark];
	uint64_t saved = one->address, base;
	struct section sec;
	size_t n = 0;
	bool plain;

	one->address = address;
	for (size_t i = 0; i < s->anchors->count; i++) {
		struct lw_anchor *anchor = &s->anchors->at[i];
		bool uses = false;

		for (size_t k = anchor->first; k < anchor->end; k++)
			uses |= s->link->references.at[k].mark == mark;
		if (uses && open_section(s, &sec, anchor))
			n += find_by_hits(s, &sec, &base, &plain);
	}
	one->address = saved;
	return n;
}

/* Marks of one name, and the addresses that are theirs. */
struct namesakes {
	LW_ARRAY(size_t) marks;
	LW_ARRAY(uint64_t) addresses;
};

/* What one mark of them could be: the address with the most places, and how
 * many addresses are as good. */
struct choice {
	size_t mark, address;	/* indices */
	size_t places, equals;
	bool linked;		/* its object seems to be */
};

static struct choice choose(struct search *s, const struct namesakes *n,
			    size_t mark)
{
	const struct lw_mark *one = &s->link->marks.at[n->marks.at[mark]];
	struct choice best = { .mark = mark };

	best.linked = is_linked(s, one->object);
	for (size_t i = 0; i < n->addresses.count; i++) {
		size_t places = count_places(s, n->marks.at[mark],
					     n->addresses.at[i]);

		if (places == best.places)
			best.equals++;
		if (places <= best.places)
			continue;
		best.address = i;
		best.places = places;
		best.equals = 1;
	}
	return best;
}

/* Who has a place at all, then who is linked, then who has no choice. */
static bool is_clearer(const struct choice *a, const struct choice *b)
{
	if (!a->places != !b->places)
		return a->places;
	if (a->linked != b->linked)
		return a->linked;
	return a->equals < b->equals;
}

static void settle_one(struct search *s, struct namesakes *n)
{
	struct choice best = choose(s, n, 0), other;

	for (size_t i = 1; i < n->marks.count; i++) {
		other = choose(s, n, i);
		if (is_clearer(&other, &best))
			best = other;
	}
	s->link->marks.at[n->marks.at[best.mark]].address =
		n->addresses.at[best.address];
	n->marks.count--;
	n->addresses.count--;
	for (size_t i = best.mark; i < n->marks.count; i++)
		n->marks.at[i] = n->marks.at[i + 1];
	for (size_t i = best.address; i < n->addresses.count; i++)
		n->addresses.at[i] = n->addresses.at[i + 1];
}

/* All marks that share the name of the first; empty if it is not that. */
static struct namesakes namesakes_of(const struct lw_link *link, size_t first)
{
	const struct lw_mark *marks = link->marks.at;
	struct namesakes n = { 0 }, none = { 0 };

	for (size_t i = 0; i < link->marks.count; i++) {
		if (!lw_are_namesakes(&marks[i], &marks[first]))
			continue;
		if (i < first)
			return none;
		*LW_PUSH(&n.marks) = i;
		if (marks[i].address)
			*LW_PUSH(&n.addresses) = marks[i].address;
	}
	return n.marks.count > 1 ? n : none;
}

/* Is every section that uses a namesake where linked.c's addresses say?  Then
 * nobody can tell them from the right ones. */
static bool is_settled(struct search *s)
{
	const struct lw_link *link = s->link;
	bool *named = lw_alloc(link->marks.count + 1);
	struct section sec;
	uint64_t base;
	bool plain;

	for (size_t i = 0; i < link->marks.count; i++) {
		struct namesakes n = namesakes_of(link, i);

		for (size_t k = 0; k < n.marks.count; k++)
			named[n.marks.at[k]] = true;
	}
	for (size_t i = 0; i < s->anchors->count; i++) {
		struct lw_anchor *anchor = &s->anchors->at[i];
		bool uses = false;

		for (size_t k = anchor->first; k < anchor->end; k++)
			uses |= named[link->references.at[k].mark];
		if (uses && !(open_section(s, &sec, anchor) &&
			      find_by_hits(s, &sec, &base, &plain)))
			return false;
	}
	return true;
}

/*
 * linked.c gave out the addresses in the order of the inputs.  The members of
 * an archive are linked in the order in which they are needed; so ask the
 * code which address is whose.
 */
static void settle_namesakes(struct search *s)
{
	struct lw_link *link = s->link;
	LW_ARRAY(struct namesakes) all = { 0 };

	if (is_settled(s))
		return;
	for (size_t i = 0; i < link->marks.count; i++) {
		struct namesakes n = namesakes_of(link, i);

		if (n.marks.count)
			*LW_PUSH(&all) = n;
	}
	/* No place may be judged by another name that is still open. */
	for (size_t i = 0; i < all.count; i++) {
		for (size_t k = 0; k < all.at[i].marks.count; k++)
			link->marks.at[all.at[i].marks.at[k]].address = 0;
	}
	for (size_t i = 0; i < all.count; i++) {
		while (all.at[i].marks.count && all.at[i].addresses.count)
			settle_one(s, &all.at[i]);
	}
}

/* ---- all -------------------------------------------------------------- */

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

static size_t collect_order(struct search *s, struct lw_anchor **order,
			    bool linked)
{
	size_t n = 0;

	for (size_t i = 0; i < s->anchors->count; i++) {
		struct lw_anchor *one = &s->anchors->at[i];

		if (is_linked(s, one->object) == linked)
			order[n++] = one;
	}
	return n;
}

/* A section that was placed has told where this one is. */
static bool is_based(struct search *s, struct lw_anchor *anchor)
{
	struct section sec;

	return open_section(s, &sec, anchor) && sec.content->based;
}

/* Of those that may look alike, one whose place is known goes first: another
 * one would take it. */
static void choose_next(struct search *s, struct lw_anchor **order,
			size_t count)
{
	struct lw_anchor *next;
	size_t i = 0;

	while (i < count && size_of(order[i]) == size_of(order[0]) &&
	       !is_based(s, order[i]))
		i++;
	if (i == count || size_of(order[i]) != size_of(order[0]))
		return;
	next = order[i];
	for (; i; i--)
		order[i] = order[i - 1];
	order[0] = next;
}

static void place_all(struct search *s, struct lw_anchor **order, size_t count)
{
	qsort(order, count, sizeof(*order), by_size);
	for (size_t i = 0; i < count; i++) {
		choose_next(s, order + i, count - i);
		place(s, order[i]);
	}
}

void lw_anchor(struct lw_link *link, struct lw_anchors *anchors)
{
	struct search s = { .link = link, .anchors = anchors,
			    .contents.link = link };
	struct lw_anchor **order;

	collect_anchors(&s);
	lw_hits_find(link, &s.hits);
	settle_namesakes(&s);
	order = lw_alloc((anchors->count + 1) * sizeof(*order));
	place_all(&s, order, collect_order(&s, order, true));
	/* What seems not to be pulled in gets only what nobody else is. */
	place_all(&s, order, collect_order(&s, order, false));
}
