// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_mutate.c - a mutator that knows what a table is
 *
 * Left alone, libFuzzer makes inputs of which one in sixteen is opened: the
 * others die of an offset or a count.  This one picks a thing (a field of an
 * element, a site, a guard and the content it asks for, what the host does),
 * changes it, and has fuzz_repair.c make the rest agree, mostly.  libFuzzer's
 * own mutations still come to text, objects, pool and strings, where any byte
 * is good.
 *
 * It draws all its numbers from the seed that it is given: the same call gives
 * the same bytes.
 */
#include <string.h>

#include "fuzz.h"
#include "fuzz_mutate.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* ---- arrays ------------------------------------------------------------ */

const unsigned fuzz_element[ARRAYS] = {
	sizeof(struct rts_text), sizeof(struct rts_mark),
	sizeof(struct rts_slot), sizeof(struct rts_form),
	sizeof(struct rts_encoding), 1, 1, 1
};

static uint8_t *field_of(const struct input *in, enum array a)
{
	return in->table + offsetof(struct rts_header, text_off) + 8 * a;
}

static uint32_t offset_of(const struct input *in, enum array a)
{
	return (uint32_t)fuzz_get(field_of(in, a), 4);
}

uint32_t fuzz_count(const struct input *in, enum array a)
{
	return (uint32_t)fuzz_get(field_of(in, a) + 4, 4);
}

uint8_t *fuzz_at(const struct input *in, enum array a, uint32_t i)
{
	return in->table + offset_of(in, a) + (size_t)i * fuzz_element[a];
}

int fuzz_is_whole(const struct input *in)
{
	uint64_t size = in->size - HEAD - TABLE;

	for (enum array a = 0; a < ARRAYS; a++) {
		uint64_t off = offset_of(in, a);
		uint64_t n = (uint64_t)fuzz_count(in, a) * fuzz_element[a];

		if (off < sizeof(struct rts_header) || off > size ||
		    n > size - off)
			return 0;
	}
	return 1;
}

uint8_t *fuzz_grow(struct input *in, enum array a, uint32_t n)
{
	uint32_t bytes = n * fuzz_element[a], count = fuzz_count(in, a);
	uint8_t *at = fuzz_at(in, a, count);
	uint32_t offset = (uint32_t)(at - in->table);

	if (in->room - in->size < bytes)
		return NULL;
	memmove(at + bytes, at, (size_t)(in->data + in->size - at));
	memset(at, 0, bytes);
	in->size += bytes;
	for (enum array b = 0; b < ARRAYS; b++) {
		if (b != a && offset_of(in, b) >= offset)
			fuzz_put(field_of(in, b), offset_of(in, b) + bytes, 4);
	}
	fuzz_put(field_of(in, a) + 4, count + n, 4);
	return at;
}

/* ---- one field of one element ------------------------------------------ */

#define FIELD(array, type, field)	{ array,			\
	offsetof(struct rts_##type, field),				\
	sizeof(((struct rts_##type *)0)->field) }

static const struct { uint8_t array, offset, width; } fields[] = {
	FIELD(TEXTS, text, start), FIELD(TEXTS, text, size),
	FIELD(MARKS, mark, address), FIELD(MARKS, mark, stub),
	FIELD(MARKS, mark, size), FIELD(MARKS, mark, name),
	FIELD(MARKS, mark, kind), FIELD(SLOTS, slot, address),
	FIELD(SLOTS, slot, mark), FIELD(SLOTS, slot, width),
	FIELD(SLOTS, slot, reserved), FIELD(SLOTS, slot, sites),
	FIELD(SLOTS, slot, stream), FIELD(FORMS, form, length),
	FIELD(FORMS, form, flags), FIELD(FORMS, form, encoding),
	FIELD(FORMS, form, encodings), FIELD(FORMS, form, tag),
	FIELD(FORMS, form, before), FIELD(FORMS, form, reserved),
	FIELD(ENCODINGS, encoding, guard), FIELD(ENCODINGS, encoding, source),
	FIELD(ENCODINGS, encoding, flags), FIELD(ENCODINGS, encoding, shift),
	FIELD(ENCODINGS, encoding, bits), FIELD(ENCODINGS, encoding, range),
	FIELD(ENCODINGS, encoding, slices), FIELD(ENCODINGS, encoding, bias),
	FIELD(ENCODINGS, encoding, template_at),
	FIELD(ENCODINGS, encoding, mask_at),
	FIELD(ENCODINGS, encoding, slices_at),
	FIELD(ENCODINGS, encoding, guard_at),
};

uint8_t *fuzz_any(const struct input *in, enum array a)
{
	uint32_t n = fuzz_count(in, a);

	return n ? fuzz_at(in, a, fuzz_number(n)) : NULL;
}

static void change_field(struct input *in)
{
	uint32_t i = fuzz_number(COUNT(fields));
	uint8_t *p = fuzz_any(in, fields[i].array);
	uint8_t *q = fuzz_any(in, fields[i].array);

	if (!p)
		return;
	if (fuzz_once_in(3))	/* what another one has */
		memcpy(p + fields[i].offset, q + fields[i].offset,
		       fields[i].width);
	else
		fuzz_change_number(p + fields[i].offset, fields[i].width);
}

static void change_header(struct input *in)
{
	static const uint8_t widths[] = { 4, 2, 2, 2, 1, 1, 4, 4, 4, 4, 4, 8 };
	uint32_t at = 0, i = fuzz_number(COUNT(widths));

	for (uint32_t k = 0; k < i; k++)
		at += widths[k];
	if (fuzz_once_in(16))	/* an offset or a count: mostly the end of it */
		fuzz_change_number(field_of(in, fuzz_number(ARRAYS)) +
			      4 * fuzz_number(2), 4);
	else
		fuzz_change_number(in->table + at, widths[i]);
}

/* ---- one element more, or another order -------------------------------- */

/* Who counts or points across the place must be told. */
static void shift_marks(struct input *in, uint32_t from)
{
	for (uint32_t i = 0; i < fuzz_count(in, SLOTS); i++) {
		uint8_t *p = fuzz_at(in, SLOTS, i) + 4;

		if (fuzz_get(p, 2) > from)
			fuzz_put(p, fuzz_get(p, 2) + 1, 2);
	}
}

/* An element twice.  Forms and encodings at the end, so that those who point at
 * them keep theirs; what is sorted, beside the first. */
static void duplicate(struct input *in)
{
	enum array a = fuzz_number(POOL);
	uint32_t n = fuzz_count(in, a), i, size = fuzz_element[a];
	uint8_t *to;

	if (!n || n > 200)
		return;
	i = fuzz_number(n);
	to = fuzz_grow(in, a, 1);
	if (!to)
		return;
	if (a == FORMS || a == ENCODINGS) {
		memcpy(to, fuzz_at(in, a, i), size);
		return;
	}
	memmove(fuzz_at(in, a, i + 1), fuzz_at(in, a, i),
		(size_t)(n - i) * size);
	if (a == MARKS)
		shift_marks(in, i);
}

/* The order in which a form tries its encodings. */
static void exchange(struct input *in)
{
	uint8_t *p = fuzz_any(in, ENCODINGS), *q = fuzz_any(in, ENCODINGS);
	uint8_t saved[sizeof(struct rts_encoding)];

	if (!p)
		return;
	memcpy(saved, p, sizeof(saved));
	memcpy(p, q, sizeof(saved));
	memcpy(q, saved, sizeof(saved));
}

/* ---- contents, and guards that ask for them ---------------------------- */

static uint8_t *memory_of(const struct input *in, const uint8_t *slot)
{
	int64_t at = (int32_t)fuzz_get(slot, 4);

	if (at < -OBJECTS || at > -8)
		return NULL;
	return in->table + at;
}

static void change_content(struct input *in)
{
	uint8_t *slot = fuzz_any(in, SLOTS), *p, *e;

	p = slot ? memory_of(in, slot) : NULL;
	if (!p)
		p = in->data + HEAD + TEXT + 8 * fuzz_number(OBJECTS / 8);
	e = fuzz_any(in, ENCODINGS);
	switch (fuzz_number(6)) {
	case 0:		/* somewhere in text, for a table that is far away */
		fuzz_put(p, FAR_AWAY - fuzz_number(TABLE), 8);
		return;
	case 1:		/* or for one that relocates its pointers */
		fuzz_put(p, -(uint64_t)fuzz_number(TABLE), 8);
		return;
	case 2:		/* what a guard asks for, or next to it */
	case 3:
		if (e && fuzz_get(e + 14, 2) + 16 <= fuzz_count(in, POOL))
			memcpy(p, fuzz_at(in, POOL,
					  (uint32_t)fuzz_get(e + 14, 2)), 8);
		if (fuzz_once_in(2))
			fuzz_put(p, fuzz_get(p, 8) + fuzz_number(3) - 1, 8);
		return;
	default:
		fuzz_change_number(p, 1u << fuzz_number(4));
	}
}

/* A guard that the content of some slot passes, just. */
static void change_guard(struct input *in)
{
	static const uint8_t kinds[] = {
		RTS_GUARD_EQUAL, RTS_GUARD_MASKED, RTS_GUARD_RANGE,
	};
	uint8_t *data, *e, *slot, *v;

	data = fuzz_grow(in, POOL, 16);
	e = fuzz_any(in, ENCODINGS);
	slot = fuzz_any(in, SLOTS);
	if (!data || !e || !slot)
		return;
	v = memory_of(in, slot);
	fuzz_put(e + 14, fuzz_count(in, POOL) - 16, 2);
	e[0] = kinds[fuzz_number(3)];
	if (fuzz_once_in(3))
		e[0] |= RTS_GUARD_NOT;
	if (fuzz_once_in(4))
		e[0] |= RTS_GUARD_RELATIVE;
	if (v)
		fuzz_put(data, fuzz_get(v, 1u << fuzz_number(4)), 8);
	fuzz_put(data + 8, fuzz_edge(), 8);
}

/* ---- bytes, and the host ----------------------------------------------- */

static void change_bytes(struct input *in)
{
	uint8_t *p = in->data + HEAD;
	size_t n = TEXT + OBJECTS;

	if (fuzz_once_in(2)) {
		p = fuzz_at(in, POOL, 0);
		n = fuzz_count(in, POOL);
	} else if (fuzz_once_in(4)) {
		p = fuzz_at(in, STRINGS, 0);
		n = fuzz_count(in, STRINGS);
	}
	if (n)	/* in place, whatever it would like */
		LLVMFuzzerMutate(p, n, n);
}

static void change_host(struct input *in)
{
	in->data[fuzz_number(HEAD)] ^= (uint8_t)(1u << fuzz_number(8));
}

static void (*const changes[])(struct input *) = {
	change_field, change_field, change_field, change_header, duplicate,
	exchange, change_content, change_content, change_guard,
	fuzz_change_sites, fuzz_change_sites, fuzz_change_sites, change_bytes,
	change_host, change_host,
};

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed)
{
	struct input in = {
		.data = data, .table = data + HEAD + TABLE,
		.size = size, .room = max,
	};

	if (size < HEAD + TABLE + sizeof(struct rts_header) ||
	    !fuzz_is_whole(&in))
		return LLVMFuzzerMutate(data, size, max);
	fuzz_begin_with(seed);
	for (uint32_t n = 1 + fuzz_number(4); n && fuzz_is_whole(&in); n--)
		changes[fuzz_number(COUNT(changes))](&in);
	in.data[0] |= FIX_CRC | FIX_SIZE;
	fuzz_repair(&in, fuzz_once_in(3) ? 64 : 0);
	fuzz_repair_sites(&in);
	return in.size;
}
