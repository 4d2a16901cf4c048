// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * estimate.c - how large .rts.tab has to be, before the link
 *
 * The table's size must be a function of the inputs alone: kernels link three
 * times and compare addresses.  It should be enough, and not much more; if
 * it is too small, main.c links again with the exact size.  So, in bytes:
 *
 *	header		sizeof(struct rts_header)
 *	text		8 ranges
 *	marks		sizeof(struct rts_mark) + name + NUL, each
 *	slots		sizeof(struct rts_slot) + 4, each: distinct mark and
 *			offset; the 4 are its first site's address
 *	sites		2.5 for each reference in code: an ULEB128 of the
 *			distance takes 2, or 3 beyond 8 KiB, and now and then
 *			a form index follows; 6 more for each rts_if() and
 *			rts_shift_right(), whose operands take up to that
 *	forms		for each distinct shape, see shape_of(): two
 *			encodings, or the four of a 64-bit load, which
 *			has as many as any; and one for rts_if() and some
 *			for rts_shift_right(), of each register
 *
 * rounded up to 64.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "patchable.h"
#include "scan.h"

#define TEXT_RANGES	8
#define SITE_BYTES(n)	((n) * 5 / 2)
#define DECLARED_BYTES(n)	((n) * 6 + ((n) < 6 ? (n) : 6) *	\
	(sizeof(struct rts_form) + 3 * ENCODING_BYTES))
#define SLOT_BYTES	(sizeof(struct rts_slot) + 4)
#define SHAPES_MAX	128	/* x86-64 has not so many forms */

/* An encoding with its template, its mask (often shared) and one slice. */
#define FORM_LENGTH	7
#define ENCODING_BYTES	(sizeof(struct rts_encoding) + 2 * FORM_LENGTH + \
			 sizeof(struct rts_slice))

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t count_distinct(uint64_t *values, size_t count)
{
	size_t i, distinct = 0;

	qsort(values, count, sizeof(*values), by_value);
	for (i = 0; i < count; i++)
		distinct += !i || values[i] != values[i - 1];
	return distinct;
}

static bool is_rex(unsigned char byte)
{
	return (byte & 0xf0) == 0x40;
}

/* Of two bytes before opcode and ModRM, those that belong to it: REX or 0f or
 * 66, and what tells it from others in front of that; 2e is rts_const()'s and
 * rts_mask()'s. */
static uint64_t front_of(unsigned char first, unsigned char second)
{
	if (is_rex(second))
		return second | (first == 0x66 || first == 0x2e ?
				 (uint64_t)first << 8 : 0);
	if (second == 0x0f)
		return second | (first == 0x66 || is_rex(first) ?
				 (uint64_t)first << 8 : 0);
	return second == 0x66 ? second : 0;
}

/*
 * What the bytes before the field may be, without what is surely of another
 * instruction: e8, e9 (call, jmp) and 0f 8x (jcc) have no more than that; a0,
 * a1 (moffs) have no ModRM; all else ends in opcode and ModRM, and a SIB if it
 * has an absolute address.
 */
static uint64_t shape_of(const struct lw_reference *reference)
{
	size_t size, n = reference->offset < 5 ? reference->offset : 5;
	const unsigned char *data;
	unsigned char b[5] = { 0 };

	data = lw_section_data(reference->object, reference->section, &size);
	if (data && reference->offset <= size)
		memcpy(b + 5 - n, data + reference->offset - n, n);
	if (b[4] == 0xe8 || b[4] == 0xe9)
		return b[4];
	if (b[3] == 0x0f && (b[4] & 0xf0) == 0x80)
		return 0x0f00u | b[4];
	if ((b[4] & 0xfe) == 0xa0)
		return front_of(b[2], b[3]) << 16 | b[4];
	if (b[4] == 0x25 && (b[3] & 0xc7) == 0x04)
		memmove(b + 1, b, 4);
	return front_of(b[1], b[2]) << 16 | (uint64_t)b[3] << 8 | b[4];
}

/* REX.W 8b is a 64-bit load, unless rts_const() asks for one; REX.W 23 may be
 * rts_mask()'s. */
static unsigned encodings_of(uint64_t shape)
{
	unsigned opcode = shape >> 8 & 0xff;
	bool declared = shape >> 24 == 0x2e;

	if ((shape >> 16 & 0xf8) != 0x48)
		return 2;
	if (opcode == 0x8b && !declared)
		return 4;
	return opcode == 0x23 && declared ? 3 : 2;
}

/* A slow path of rts/declared.h: the nop that announces it ends where its
 * first instruction begins, 2 or 3 bytes before the field. */
static bool is_declared(const struct lw_reference *reference)
{
	static const unsigned char nop[] = { 0x0f, 0x1f, 0x80, 'R', 'T', 'S' };
	size_t size, n = sizeof(nop) + 1;
	const unsigned char *data, *at;

	data = lw_section_data(reference->object, reference->section, &size);
	if (!data || reference->offset > size || reference->offset < n + 3)
		return false;
	at = data + reference->offset - n;
	return !memcmp(at - 2, nop, sizeof(nop)) ||
		!memcmp(at - 3, nop, sizeof(nop));
}

/* The opcodes that forms-x86.c has forms for; a direct branch's shape is
 * its opcode alone. */
static bool has_form(uint64_t shape)
{
	unsigned opcode = shape >> 8 & 0xff;

	if (shape < 0x100 || (shape & ~UINT64_C(0xf)) == 0x0f80)
		return shape == 0xe8 || shape == 0xe9 || shape > 0x100 ||
			(shape & 0xfe) == 0xa0;
	if (!opcode)		/* prefix and moffs */
		return (shape & 0xfe) == 0xa0;
	if ((shape >> 16 & 0xff) == 0x0f)
		return opcode == 0xaf || (opcode & 0xf6) == 0xb6;
	return opcode == 0x63 || opcode == 0xff || (opcode & 0xfe) == 0x84 ||
		(opcode & 0xfe) == 0x8a || (opcode & 0xc6) == 0x02;
}

/* values: sorted. */
static size_t form_bytes(const uint64_t *values, size_t count)
{
	size_t i, shapes = 0, size = 0;

	for (i = 0; i < count && shapes < SHAPES_MAX; i++) {
		if ((i && values[i] == values[i - 1]) || !has_form(values[i]))
			continue;
		shapes++;
		size += sizeof(struct rts_form) +
			encodings_of(values[i]) * ENCODING_BYTES;
	}
	return size;
}

/* Marks are few and offsets small: a collision costs nothing but space. */
static uint64_t slot_of(const struct lw_reference *reference)
{
	return ((uint64_t)reference->mark << 40) ^
		(uint64_t)(reference->target & 0xffffffffff);
}

size_t lw_table_estimate(const struct lw_link *link)
{
	size_t i, sites = 0, declared = 0, slots, size;
	uint64_t *slot, *shape;
	const struct lw_reference *one;

	slot = lw_alloc((link->references.count + 1) * sizeof(*slot));
	shape = lw_alloc((link->references.count + 1) * sizeof(*shape));
	for (i = 0; i < link->references.count; i++) {
		one = &link->references.at[i];
		if (!one->in_code)
			continue;
		slot[sites] = slot_of(one);
		declared += is_declared(one);
		shape[sites++] = shape_of(one);
	}
	slots = count_distinct(slot, sites);
	declared += lw_patchable_count(link);
	qsort(shape, sites, sizeof(*shape), by_value);
	size = sizeof(struct rts_header) +
		TEXT_RANGES * sizeof(struct rts_text) + slots * SLOT_BYTES +
		SITE_BYTES(sites) + DECLARED_BYTES(declared) +
		form_bytes(shape, sites);
	for (i = 0; i < link->marks.count; i++)
		size += sizeof(struct rts_mark) +
			strlen(link->marks.at[i].name) + 1;
	return (size + 63) & ~(size_t)63;
}
