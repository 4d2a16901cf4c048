// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * namesakes.c - statics of one name, marked in several inputs
 *
 * Their records say where they are, but not whose they are; linked.c gave
 * the addresses out in the order of the inputs.  The members of an archive
 * are linked in the order in which they are needed; so ask the code which
 * address is whose.
 */
#include "config.h"

#include "anchor.h"

/* How many of the object's sections that refer to the mark are in the image,
 * if the mark stands at this address. */
static size_t count_places(struct lw_placing *s, size_t mark, uint64_t address)
{
	struct lw_mark *one = &s->link->marks.at[mark];
	uint64_t saved = one->address, base;
	struct lw_placed sec;
	size_t n = 0;
	bool plain;

	one->address = address;
	for (size_t i = 0; i < s->anchors->count; i++) {
		struct lw_anchor *anchor = &s->anchors->at[i];
		bool uses = false;

		for (size_t k = anchor->first; k < anchor->end; k++)
			uses |= s->link->references.at[k].mark == mark;
		if (uses && lw_placed_open(s, &sec, anchor))
			n += lw_placed_find(s, &sec, &base, &plain);
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

static struct choice choose(struct lw_placing *s, const struct namesakes *n,
			    size_t mark)
{
	const struct lw_mark *one = &s->link->marks.at[n->marks.at[mark]];
	struct choice best = { .mark = mark };

	best.linked = lw_placing_is_linked(s, one->object);
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

static void settle_one(struct lw_placing *s, struct namesakes *n)
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
static bool is_settled(struct lw_placing *s)
{
	const struct lw_link *link = s->link;
	bool *named = lw_alloc(link->marks.count + 1);
	struct lw_placed sec;
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
		if (uses && !(lw_placed_open(s, &sec, anchor) &&
			      lw_placed_find(s, &sec, &base, &plain)))
			return false;
	}
	return true;
}

void lw_namesakes_settle(struct lw_placing *s)
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
