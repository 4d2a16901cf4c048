// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * table-forms.c - the forms of the image: each once, the most used first
 *
 * A site says its form by number, in one byte if the number is small; and
 * what forms look like stands in a pool of bytes, where equal ones meet.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

/* One form of the image: all equal ones of link.forms together. */
struct shape {
	const struct lw_form *form;
	lw_bytes key;		/* equal keys are equal forms */
	size_t *to;		/* where its number goes */
	size_t count;		/* sites */
	uint64_t first;		/* lowest address of those */
};

/* rts_form.encoding and the pool's indices have 16 bits. */
#define ENCODINGS_MAX	65535
#define POOL_MAX	65536

/* Where these bytes stand in the pool: a template of one form is often part
 * of another's, so look before adding. */
static size_t pool(struct lw_table *t, const void *p, size_t n)
{
	unsigned char *found;

	if (!n)
		return 0;
	found = t->pool.count ? memmem(t->pool.at, t->pool.count, p, n) : NULL;
	if (found)
		return (size_t)(found - t->pool.at);
	lw_put(&t->pool, p, n);
	return t->pool.count - n;
}

static int by_key(const void *pa, const void *pb)
{
	const struct shape *a = pa, *b = pb;

	LW_ORDER(a->key.count, b->key.count);
	return memcmp(a->key.at, b->key.at, a->key.count);
}

static int by_frequency(const void *pa, const void *pb)
{
	const struct shape *a = pa, *b = pb;

	LW_ORDER(b->count, a->count);
	LW_ORDER(a->first, b->first);
	return 0;
}

static size_t guard_size(const struct lw_encoding *e)
{
	switch (e->guard & ~(RTS_GUARD_NOT | RTS_GUARD_RELATIVE)) {
	case RTS_GUARD_EQUAL:
		return 8;
	case RTS_GUARD_MASKED:
	case RTS_GUARD_RANGE:
		return 16;
	default:
		return 0;
	}
}

static void slice_bytes(const struct lw_encoding *e, unsigned char *to)
{
	for (size_t i = 0; i < e->slice_count; i++) {
		*to++ = e->slices[i].from;
		*to++ = e->slices[i].length;
		*to++ = e->slices[i].to;
	}
}

static void guard_bytes(const struct lw_encoding *e, unsigned char *to)
{
	for (size_t i = 0; i < 16; i++)
		to[i] = (unsigned char)(e->guard_data[i / 8] >> i % 8 * 8);
}

/* The first eight bytes of struct rts_encoding. */
static void put_encoding_head(lw_bytes *b, const struct lw_encoding *e)
{
	const unsigned char head[8] = { e->guard, e->source, e->flags, e->shift,
					e->bits, e->range, e->slice_count,
					e->bias };

	lw_put(b, head, sizeof(head));
}

/* All that makes a form what it is.  Its slot's width is not part of it: that
 * stands with the slot. */
static void put_key(lw_bytes *b, const struct lw_form *f)
{
	unsigned char buf[3 * LW_SLICES_MAX + 16];

	lw_put_le(b, f->length, 1);
	lw_put_le(b, f->flags, 1);
	lw_put_le(b, f->tag, 1);
	lw_put_le(b, f->before, 1);
	for (size_t i = 0; i < f->encoding_count; i++) {
		const struct lw_encoding *e = &f->encodings[i];

		put_encoding_head(b, e);
		lw_put(b, e->template, f->length);
		lw_put(b, e->mask, f->length);
		slice_bytes(e, buf);
		lw_put(b, buf, 3u * e->slice_count);
		guard_bytes(e, buf);
		lw_put(b, buf, guard_size(e));
	}
}

static void put_encoding(struct lw_table *t, const struct lw_form *f,
			 const struct lw_encoding *e)
{
	unsigned char slices[3 * LW_SLICES_MAX], guard[16];

	slice_bytes(e, slices);
	guard_bytes(e, guard);
	put_encoding_head(&t->encodings, e);
	lw_put_le(&t->encodings, pool(t, e->template, f->length), 2);
	lw_put_le(&t->encodings, pool(t, e->mask, f->length), 2);
	lw_put_le(&t->encodings, pool(t, slices, 3u * e->slice_count), 2);
	lw_put_le(&t->encodings, pool(t, guard, guard_size(e)), 2);
}

static void put_form(struct lw_table *t, const struct lw_form *f)
{
	lw_put_le(&t->forms, f->length, 1);
	lw_put_le(&t->forms, f->flags, 1);
	lw_put_le(&t->forms, t->encoding_count, 2);
	lw_put_le(&t->forms, f->encoding_count, 1);
	lw_put_le(&t->forms, f->tag, 1);
	lw_put_le(&t->forms, f->before, 1);
	lw_put_le(&t->forms, 0, 1);
	for (size_t i = 0; i < f->encoding_count; i++)
		put_encoding(t, f, &f->encodings[i]);
	t->encoding_count += f->encoding_count;
}

/* Fold equal forms; number[] tells where each of link.forms went. */
static struct shape *fold_forms(struct lw_table *t, size_t *number)
{
	size_t n = t->link->forms.count, last = 0;
	struct shape *shapes = lw_alloc((n + 1) * sizeof(*shapes));
	struct shape *all = lw_alloc((n + 1) * sizeof(*all));

	for (size_t i = 0; i < n; i++) {
		all[i].form = &t->link->forms.at[i];
		all[i].to = &number[i];
		put_key(&all[i].key, all[i].form);
	}
	qsort(all, n, sizeof(*all), by_key);
	for (size_t i = 0; i < n; i++) {
		if (i && by_key(&all[i], &all[i - 1]))
			last++;
		shapes[last].form = all[i].form;
		*all[i].to = last;
	}
	t->shape_count = n ? last + 1 : 0;
	return shapes;
}

static void count_shapes(struct lw_table *t, struct shape *shapes,
			 const size_t *number)
{
	for (size_t i = 0; i < t->use_count; i++) {
		struct lw_use *u = &t->uses[i];
		struct shape *shape;

		u->form = number[t->link->sites.at[u->site].form];
		shape = &shapes[u->form];
		if (!shape->count++)
			shape->first = u->address;
	}
}

/* Runs while uses are in order of address: shape.first relies on it. */
void lw_table_forms(struct lw_table *t)
{
	size_t n = t->link->forms.count, used = 0;
	size_t *number = lw_alloc((n + 1) * sizeof(*number));
	size_t *rank = lw_alloc((n + 1) * sizeof(*rank));
	struct shape *shapes = fold_forms(t, number);

	count_shapes(t, shapes, number);
	for (size_t i = 0; i < t->shape_count; i++)
		shapes[i].to = &rank[i];
	qsort(shapes, t->shape_count, sizeof(*shapes), by_frequency);
	for (; used < t->shape_count && shapes[used].count; used++) {
		*shapes[used].to = used;
		put_form(t, shapes[used].form);
	}
	t->shape_count = used;
	for (size_t i = 0; i < t->use_count; i++)
		t->uses[i].form = rank[t->uses[i].form];
	if (t->encoding_count > ENCODINGS_MAX)
		lw_table_no_space(t, "encodings", t->encoding_count,
				  ENCODINGS_MAX);
	if (t->pool.count > POOL_MAX)
		lw_table_no_space(t, "bytes of templates", t->pool.count,
				  POOL_MAX);
}
