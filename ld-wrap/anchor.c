// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * anchor.c - find input sections in the linked image, without a map file
 *
 * What section.c finds is proof enough to say that this is the section, or one
 * that cannot be told from it; of several equal ones (COMDAT, equal statics)
 * each place is given away once.  The largest sections come first: a small
 * one may look like a part of a large one, but not the other way round.
 *
 * Linkers that fold identical code (--icf of gold, lld and mold) give one
 * place to several sections.  So what is left in the end may have the place
 * of another: its references are dropped with it, but what it knows of that
 * code holds there as well.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "anchor.h"

/* Asking takes a walk through all symbols of the image. */
bool lw_placing_is_linked(struct lw_placing *s, const struct lw_object *object)
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

/* The scan leaves the references of one section together. */
static void collect_anchors(struct lw_placing *s)
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

static size_t collect_order(struct lw_placing *s, struct lw_anchor **order,
			    bool linked)
{
	size_t n = 0;

	for (size_t i = 0; i < s->anchors->count; i++) {
		struct lw_anchor *one = &s->anchors->at[i];

		if (lw_placing_is_linked(s, one->object) == linked)
			order[n++] = one;
	}
	return n;
}

/* A section that was placed has told where this one is. */
static bool is_based(struct lw_placing *s, struct lw_anchor *anchor)
{
	struct lw_placed sec;

	return lw_placed_open(s, &sec, anchor) && sec.content->based;
}

/* Of those that may look alike, one whose place is known goes first: another
 * one would take it. */
static void choose_next(struct lw_placing *s, struct lw_anchor **order,
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

static void place_all(struct lw_placing *s, struct lw_anchor **order,
		      size_t count)
{
	qsort(order, count, sizeof(*order), by_size);
	for (size_t i = 0; i < count; i++) {
		choose_next(s, order + i, count - i);
		lw_section_place(s, order[i]);
	}
}

/* What has no place of its own may share that of another. */
static void fold_all(struct lw_placing *s)
{
	s->folding = true;
	for (size_t i = 0; i < s->anchors->count; i++) {
		if (!s->anchors->at[i].placed)
			lw_section_place(s, &s->anchors->at[i]);
	}
}

void lw_anchor(struct lw_link *link, struct lw_anchors *anchors)
{
	struct lw_placing s = { .link = link, .anchors = anchors,
				.contents.link = link };
	struct lw_anchor **order;

	collect_anchors(&s);
	if (link->layout) {
		lw_anchor_placed(link, anchors);
		return;
	}
	lw_hits_find(link, &s.hits);
	lw_namesakes_settle(&s);
	order = lw_alloc((anchors->count + 1) * sizeof(*order));
	place_all(&s, order, collect_order(&s, order, true));
	/* What seems not to be pulled in gets only what nobody else is. */
	place_all(&s, order, collect_order(&s, order, false));
	fold_all(&s);
}
